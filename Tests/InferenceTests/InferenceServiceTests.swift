import EventLoop
import Inference
import Synchronization
import TestSupport
import Testing
import Wire

@Suite struct InferenceServiceTests {
    private let folder: TemporaryFolder
    private let service: InferenceService
    private let addition: CompiledModel

    init() throws {
        folder = try TemporaryFolder()
        service = try Cache.service()
        addition = try service.loadModel(folder.write("addition.xml", additionIR), name: "addition")
    }

    @Test func theLibraryIsOfThePinnedVersion() {
        #expect(service.openVINOVersion.hasPrefix("2026.4."))
    }

    @Test func aModelTellsItsPorts() {
        #expect(addition.inputs == [ModelPort(name: "a", type: .f32, shape: [nil, 3]), ModelPort(name: "b", type: .f32, shape: [nil, 3])])
        #expect(addition.outputs == [ModelPort(name: "sum", type: .f32, shape: [nil, 3])])
    }

    @Test func aMissingLibraryFolderNamesMakeSetup() {
        let error = #expect(throws: RPCStatus.self) { try InferenceService(configuration: InferenceConfiguration(libraryFolder: "/nowhere")) }
        #expect(error?.code == .notFound && error?.message.contains("make setup") == true)
    }

    @Test func aMissingModelIsNotFoundAndNamesMakeSetup() {
        let error = #expect(throws: RPCStatus.self) { try service.loadModel("/nowhere/x.onnx", name: "x") }
        #expect(error?.code == .notFound && error?.message.contains("make setup") == true)
        #expect(error?.message.contains("/nowhere/x.onnx") == true)
    }

    @Test(arguments: ["bad.onnx", "bad.xml", "bad.tflite"]) func aBrokenModelIsAFailedPreconditionWithItsPath(name: String) throws {
        let path = try folder.write(name, "this is no model")
        let error = #expect(throws: RPCStatus.self) { try service.loadModel(path, name: "bad") }
        #expect(error?.code == .failedPrecondition && error?.message.contains(path) == true)
        #expect(error?.message.contains("Exception from") == false)
    }

    @Test func theSameFileIsCompiledOnce() throws {
        #expect(try service.loadModel(addition.path, name: "again") === addition)
        #expect(try service.loadModel(addition.path, name: "more", options: ModelOptions(requests: 2)) !== addition)
    }

    /// As a decoder's past does: it begins with length 0 and grows.
    @Test(arguments: [0, 1, 2, 7, 100, 3, 0]) func dynamicShapesWork(rows: Int) async throws {
        let values = (0..<rows * 3).map(Float.init)
        let a = try service.floats([rows, 3], values)
        let b = try service.floats([rows, 3], values)
        let outputs = try await service.run(addition, [("a", a), ("b", b)], ["sum"]).get()
        #expect(outputs[0].shape == [rows, 3])
        #expect(outputs[0].floats() == values.map { $0 * 2 })
    }

    @Test func memoryOfSomebodyElseIsUsedInPlaceAndHeldAsLongAsItsTensor() async throws {
        weak var watched: Memory?
        do {
            let memory = Memory([1, 2, 3])
            watched = memory
            let a = try HostTensor(.f32, [1, 3], in: memory)
            let outputs = try await service.run(addition, [("a", a), ("b", a)], ["sum"]).get()
            #expect(outputs[0].floats() == [2, 4, 6])
        }
        #expect(watched == nil)
        let error = #expect(throws: RPCStatus.self) { try HostTensor(.f32, [2, 3], in: Memory([1, 2, 3])) }
        #expect(error?.code == .invalidArgument && error?.message.contains("has 24 bytes; 12 were given") == true)
    }

    @Test func aRetainedOutputIsNotOverwrittenAndFeedsTheNextJobWithoutACopy() async throws {
        let one = try service.floats([2, 3], [1, 2, 3, 4, 5, 6])
        var kept = [one]
        for _ in 0..<6 {
            let last = try #require(kept.last)
            kept.append(try await service.run(addition, [("a", last), ("b", one)], ["sum"]).get()[0])
        }
        for (index, tensor) in kept.enumerated() { #expect(tensor.floats() == [1, 2, 3, 4, 5, 6].map { $0 * Float(index + 1) }) }
        #expect(Set(kept.map(\.bytes.baseAddress)).count == kept.count)
    }

    @Test func inputsThatDoNotFitAreInvalid() async throws {
        let good = try service.floats([1, 3], [1, 2, 3])
        let wide = try service.floats([1, 4], [1, 2, 3, 4])
        let whole = try service.tensor(.i64, [1, 3])
        for bad in [wide, whole] {
            let result = try await service.run(addition, [("a", good), ("b", bad)], ["sum"])
            guard case .failure(let status) = result else {
                Issue.record("a tensor that does not fit was taken")
                continue
            }
            #expect(status.code == .invalidArgument && status.message.contains("\"b\""))
        }
        for inputs in [[("a", good)], [("a", good), ("c", good)], [("a", good), ("a", good)]] {
            guard case .failure(let status) = try await service.run(addition, inputs, ["sum"]) else {
                Issue.record("wrong names were taken")
                continue
            }
            #expect(status.code == .invalidArgument)
        }
        // The model still works.
        #expect(try await service.run(addition, [("a", good), ("b", good)], ["sum"]).get()[0].floats() == [2, 4, 6])
    }

    @Test func aDeadlineInThePastExpires() async throws {
        let a = try service.floats([1, 3], [1, 2, 3])
        guard case .failure(let status) = try await service.run(addition, [("a", a), ("b", a)], ["sum"], deadlineUs: 1) else {
            Issue.record("an expired job ran")
            return
        }
        #expect(status.code == .deadlineExceeded)
    }

    @Test func tensorsAreChargedToTheirBudgetAndGivenBack() async throws {
        let budget = MemoryBudget(bytesMax: 100)
        do {
            let tensor = try service.floats([2, 3], [1, 2, 3, 4, 5, 6], budget: budget)
            #expect(budget.usedBytes == 24)
            let sum = try await service.run(addition, [("a", tensor), ("b", tensor)], ["sum"], budget: budget).get()
            #expect(budget.usedBytes == 48)
            let error = #expect(throws: RPCStatus.self) { try service.tensor(.f32, [14], budget: budget) }
            #expect(error?.code == .resourceExhausted)
            #expect(sum[0].shape == [2, 3])
        }
        #expect(budget.usedBytes == 0)
    }

    @Test func impossibleShapesAreInvalid() {
        for shape in [[-1], [Int.max, 2], [1 << 40], Array(repeating: 1, count: 9)] {
            #expect(throws: RPCStatus.self) { try service.tensor(.f32, shape) }
        }
        #expect(throws: Never.self) { try service.tensor(.f32, []) }
    }

    @Test func completionsComeOnTheLoopOnceEachAndCancelledJobsEndCancelled() async throws {
        let a = try service.floats([1, 3], [1, 2, 3])
        let (addition, service) = (addition, service)
        let codes: [StatusCode] = try await withLoop { loop, done in
            let collected = LoopBound(Collected(expected: 500, done), loop: loop)
            for index in 0..<500 {
                let job = InferenceJob(model: addition, inputs: [("a", a), ("b", a)], outputs: ["sum"], fairnessKey: UInt64(index % 3))
                do throws(RPCStatus) {
                    let ticket = try service.submit(job, on: loop) { result in
                        loop.preconditionCurrent()
                        collected.value.add(result)
                    }
                    if index % 2 == 1 { service.cancel(ticket) }
                } catch {
                    collected.value.add(.failure(error))
                }
            }
        }
        #expect(codes.count == 500)
        #expect(codes.filter { $0 == .ok }.count >= 250)
        #expect(codes.allSatisfy { $0 == .ok || $0 == .cancelled })
    }

    @Test func virtualTimeMovesByTheModelledCostOnly() async throws {
        let path = addition.path
        let service = service
        let model = try service.loadModel(path, name: "slow", options: ModelOptions(requests: 3, modelledCostUs: 70_000))
        let a = try service.floats([1, 3], [1, 2, 3])
        let elapsed: UInt64 = try await withLoop(.virtual) { loop, done in
            let start = loop.nowUs
            let job = InferenceJob(model: model, inputs: [("a", a), ("b", a)], outputs: ["sum"])
            do {
                _ = try service.submit(job, on: loop) { _ in done(loop.nowUs - start) }
            } catch {
                done(0)
            }
        }
        #expect(elapsed == 70_000)
    }

    @Test func afterShuttingDownNothingIsTaken() async throws {
        let a = try service.floats([1, 3], [1, 2, 3])
        _ = try await service.run(addition, [("a", a), ("b", a)], ["sum"]).get()
        service.shutDown()
        service.shutDown()
        guard case .failure(let status) = try await service.run(addition, [("a", a), ("b", a)], ["sum"]) else {
            Issue.record("a job was taken after the end")
            return
        }
        #expect(status.code == .unavailable)
    }

    /// Who lets a service go may be a loop that must not wait: the process does, before it takes OpenVINO away.
    @Test func aProcessThatEndsWaitsForServicesThatWereLetGo() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let path = try folder.write("addition.xml", additionIR)
            for _ in 0..<4 { _ = try Cache.service().loadModel(path, name: "addition", options: ModelOptions(requests: 16)) }
        }
    }

    @Test func theObserverHearsOfEachJob() async throws {
        let heard = Atomic<Int>(0)
        let service = try Cache.service { $0.observer = { if $0.model == "addition" && $0.status == .ok { heard.add(1, ordering: .relaxed) } } }
        let model = try service.loadModel(addition.path, name: "addition")
        let a = try service.floats([1, 3], [1, 2, 3])
        for _ in 0..<3 { _ = try await service.run(model, [("a", a), ("b", a)], ["sum"]).get() }
        #expect(heard.load(ordering: .relaxed) == 3)
    }
}

/// Counts outcomes until all are there.
private final class Collected {
    private var codes: [StatusCode] = []
    private let expected: Int
    private let done: ([StatusCode]) -> Void

    init(expected: Int, _ done: @escaping ([StatusCode]) -> Void) {
        self.expected = expected
        self.done = done
    }

    func add(_ result: Result<[HostTensor], RPCStatus>) {
        switch result {
        case .success: codes.append(.ok)
        case .failure(let status): codes.append(status.code)
        }
        if codes.count == expected { done(codes) }
    }
}

/// Floats on the heap.
private final class Memory: TensorMemory, @unchecked Sendable {
    // Invariant: written in init only.
    let bytes: UnsafeMutableRawBufferPointer

    init(_ values: [Float]) {
        bytes = .allocate(byteCount: values.count * 4, alignment: 64)
        values.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }

    deinit { bytes.deallocate() }
}
