import EventLoop
import Glibc
import Inference
import TestSupport
import Testing
import Wire

extension Cache {
    static func service(_ change: (inout InferenceConfiguration) -> Void = { _ in }) throws -> InferenceService {
        var configuration = InferenceConfiguration(libraryFolder: "\(folder)/openvino/libs")
        change(&configuration)
        return try InferenceService(configuration: configuration)
    }
}

/// A folder that is removed with its files when the object goes.
final class TemporaryFolder {
    let path: String
    private var written: [String] = []

    init() throws {
        var template = Array("/tmp/vitrine-test-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path = try #require(made.map { String(cString: $0) })
    }

    deinit {
        for name in written { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        defer { fclose(file) }
        written.append(name)
        #expect(fputs(text, file) >= 0)
        return "\(path)/\(name)"
    }
}

extension InferenceService {
    func floats(_ shape: [Int], _ values: [Float], budget: MemoryBudget? = nil) throws(RPCStatus) -> HostTensor {
        let tensor = try tensor(.f32, shape, budget: budget)
        values.withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
        return tensor
    }

    /// Runs one job on a loop of its own.
    func run(
        _ model: CompiledModel, _ inputs: [(name: String, tensor: HostTensor)], _ outputs: [String], deadlineUs: UInt64 = 0,
        budget: MemoryBudget? = nil
    ) async throws -> Result<[HostTensor], RPCStatus> {
        let names = inputs.map(\.name)
        let tensors = inputs.map(\.tensor)
        return try await withLoop { loop, done in
            let job = InferenceJob(
                model: model, inputs: zip(names, tensors).map { (name: $0, tensor: $1) }, outputs: outputs, deadlineUs: deadlineUs, budget: budget)
            do throws(RPCStatus) {
                _ = try self.submit(job, on: loop) { done($0) }
            } catch {
                done(.failure(error))
            }
        }
    }
}
