import EventLoop
import Glibc
import Inference
import Testing
import Wire

/// Where `make setup` puts models and the OpenVINO runtime.
enum Cache {
    static var folder: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return variable("VITRINE_CACHE") ?? variable("XDG_CACHE_HOME").map { "\($0)/vitrine" } ?? "\(variable("HOME") ?? "")/.cache/vitrine"
    }

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

/// `sum = a + b` over f32[?,3], small enough to be written by hand.
let additionIR = """
    <?xml version="1.0"?>
    <net name="addition" version="11">
      <layers>
        <layer id="0" name="a" type="Parameter" version="opset1"><data shape="?,3" element_type="f32"/>
          <output><port id="0" precision="FP32" names="a"><dim>-1</dim><dim>3</dim></port></output></layer>
        <layer id="1" name="b" type="Parameter" version="opset1"><data shape="?,3" element_type="f32"/>
          <output><port id="0" precision="FP32" names="b"><dim>-1</dim><dim>3</dim></port></output></layer>
        <layer id="2" name="sum" type="Add" version="opset1"><data auto_broadcast="numpy"/>
          <input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port><port id="1" precision="FP32"><dim>-1</dim><dim>3</dim></port></input>
          <output><port id="2" precision="FP32" names="sum"><dim>-1</dim><dim>3</dim></port></output></layer>
        <layer id="3" name="result" type="Result" version="opset1">
          <input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port></input></layer>
      </layers>
      <edges>
        <edge from-layer="0" from-port="0" to-layer="2" to-port="0"/><edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
        <edge from-layer="2" from-port="2" to-layer="3" to-port="0"/>
      </edges>
    </net>
    """

/// A loop on a thread of its own, for the length of a test.
func withLoop<R: Sendable>(
    _ clock: LoopClock.Mode = .real, _ body: @escaping @Sendable (EventLoop, @escaping @Sendable (R) -> Void) -> Void
) async throws -> R {
    let loop = try EventLoop(name: "test", clock: clock)
    loop.start()
    let result = await withCheckedContinuation { continuation in
        loop.submit { body(loop) { continuation.resume(returning: $0) } }
    }
    loop.stop()
    loop.join()
    return result
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
