import EventLoop
import Foundation
public import Inference
import Locks
import Wire

/// One model on the real inference service, run to completion on the calling thread. Tests that need a model fail without it, naming `make setup`.
public final class ModelRunner: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public var description: String

        public init(description: String) { self.description = description }
    }

    private static let service = Result { () throws(RPCStatus) in
        try InferenceService(configuration: InferenceConfiguration(libraryFolder: cache + "/openvino/libs"))
    }
    private let model: CompiledModel
    private let loop: EventLoop

    /// - Parameter path: below the models folder.
    public init(_ path: String) throws {
        do {
            model = try ModelRunner.service.get().loadModel(ModelRunner.cache + "/models/" + path, name: path)
        } catch {
            throw Failure(description: "\(error); `make setup` installs OpenVINO and the models in \(ModelRunner.cache)")
        }
        loop = try EventLoop(name: "model-runner")
        loop.start()
    }

    deinit {
        loop.stop()
        loop.join()
    }

    /// - Parameters:
    ///   - input: row-major elements of the one input.
    ///   - names: the outputs that are wanted, all f32.
    public func run<Element: BitwiseCopyable>(_ input: [Element], type: TensorType, shape: [Int64], outputs names: [String]) throws -> [[Float]] {
        let service = try ModelRunner.service.get()
        let tensor = try service.tensor(type, shape.map(Int.init))
        input.withUnsafeBytes { bytes in
            precondition(bytes.count == tensor.bytes.count, "the input fits the shape")
            tensor.bytes.copyMemory(from: bytes)
        }
        let outcome = Lock<Result<[[Float]], RPCStatus>?>(nil)
        loop.submit { [model, loop] in
            func end(_ result: Result<[[Float]], RPCStatus>) {
                outcome.withLock { $0 = result }
                outcome.signal()
            }
            do throws(RPCStatus) {
                let job = InferenceJob(model: model, inputs: [(model.inputs[0].name, tensor)], outputs: names, priority: .interactive, fairnessKey: 0)
                _ = try service.submit(job, on: loop) { result in end(result.map { $0.map { $0.floats() } }) }
            } catch {
                end(.failure(error))
            }
        }
        return try outcome.wait { $0 }.get()
    }

    /// Where `make setup` keeps models.
    public static var cache: String { Cache.folder }
}

/// A whole file.
public func contents(of path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw ModelRunner.Failure(description: "\(path) is missing: run `make setup`")
    }
    return Array(data)
}
