import EventLoop
import Foundation
import Inference
import PluginTesting
import Wire

/// Answers a checked plugin's inferences with its real models. The same question (model and shapes) gets the first answer again: a check is about
/// what the plugin does with answers, a thousand times over.
final class CheckInference {
    private let service: InferenceService
    private let loop: EventLoop
    private let models: [String: CompiledModel]
    private var answers: [String: [HarnessTensor]] = [:]

    /// nil when the manifest names no models, or they are not there.
    init?(_ manifest: PluginManifest, options: [String: String], modelsFolder: String, runtimeFolder: String) throws {
        let needed = manifest.models(with: options)
        let paths = needed.map { "\(modelsFolder)/\($0.path)" }
        guard !paths.isEmpty, paths.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) else { return nil }
        service = try InferenceService(configuration: InferenceConfiguration(libraryFolder: runtimeFolder))
        var compiled: [String: CompiledModel] = [:]
        for (model, path) in zip(needed, paths) {
            let options = ModelOptions(precision: InferencePrecision(rawValue: model.precision) ?? .f32, requests: Int(model.requests))
            compiled[model.name] = try service.loadModel(path, name: model.name, options: options)
        }
        models = compiled
        loop = try EventLoop(name: "check")
        loop.start()
    }

    /// Ends the threads of the inferences and of the loop: nothing may run while the process takes down what it has loaded.
    func close() {
        service.shutDown()
        loop.stop()
        loop.join()
    }

    func answer(_ request: HarnessInference) throws(RPCStatus) -> [HarnessTensor] {
        let shapes = request.inputs.map { "\($0.name) \($0.tensor.dtype) \($0.tensor.shape)" }
        let question = "\(request.model) \(shapes) \(request.outputs)"
        if let known = answers[question] { return known }
        guard let model = models[request.model] else { throw RPCStatus(.invalidArgument, "no model \(request.model)") }
        var inputs: [(name: String, tensor: HostTensor)] = []
        for input in request.inputs {
            guard let type = TensorType(rawValue: input.tensor.dtype) else { throw RPCStatus(.invalidArgument, "no type \(input.tensor.dtype)") }
            let tensor = try service.tensor(type, input.tensor.shape)
            tensor.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(input.tensor.bytes)[..<tensor.bytes.count]))
            inputs.append((input.name, tensor))
        }
        let outputs = try run(InferenceJob(model: model, inputs: inputs, outputs: request.outputs))
        let answer = outputs.compactMap { HarnessTensor(dtype: $0.type.rawValue, shape: $0.shape, bytes: UnsafeRawBufferPointer($0.bytes)) }
        answers[question] = answer
        return answer
    }

    /// Submits on the loop and waits here.
    private func run(_ job: InferenceJob) throws(RPCStatus) -> [HostTensor] {
        let box = Box(job)
        loop.submit { [service, loop] in
            do throws(RPCStatus) {
                _ = try service.submit(box.job, on: loop) { box.end($0) }
            } catch {
                box.end(.failure(error))
            }
        }
        return try box.wait().get()
    }

    private final class Box: @unchecked Sendable {
        // Invariant: `result` is written on the loop before the lock's condition is set, and read after it.
        let job: InferenceJob
        private var result: Result<[HostTensor], RPCStatus>?
        private let condition = NSCondition()

        init(_ job: InferenceJob) { self.job = job }

        func end(_ result: Result<[HostTensor], RPCStatus>) {
            condition.lock()
            self.result = result
            condition.signal()
            condition.unlock()
        }

        func wait() -> Result<[HostTensor], RPCStatus> {
            condition.lock()
            defer { condition.unlock() }
            while true {
                if let result { return result }
                condition.wait()
            }
        }
    }
}
