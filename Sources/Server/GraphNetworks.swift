import EventLoop
import Fusion
import Inference
import Sessions
import Wire

/// The networks of a graph's decide nodes, run by the inference service as plugins' models are: by priority and fairness, off the loop.
final class GraphNetworks: DecisionNetworks {
    private let inference: any InferenceProvider
    private let models: [String: any InferenceModel]

    /// Compiles the plan's networks; blocks.
    /// - Throws: FAILED_PRECONDITION when there is no inference service (there are no plugins) or a network cannot be compiled.
    init(_ plan: GraphPlan, inference: (any InferenceProvider)?) throws(RPCStatus) {
        guard let inference else { throw RPCStatus(.failedPrecondition, "a network decides from what plugins say: name plugins") }
        self.inference = inference
        var models: [String: any InferenceModel] = [:]
        for network in plan.networks where models[network.path] == nil {
            let options = ModelOptions(modelledCostUs: ModelledCosts.networkUs)
            models[network.path] = try inference.model(network.path, name: network.path, options: options)
        }
        self.models = models
    }

    func ask(
        _ run: NetworkRun, session: UInt64, deadlineUs: UInt64, on loop: EventLoop, done: @escaping (Result<[Float], RPCStatus>) -> Void
    ) throws(RPCStatus) -> UInt64 {
        guard let model = models[run.network.path] else { throw RPCStatus(.failedPrecondition, "\(run.network.path) was not compiled") }
        var inputs: [(name: String, tensor: HostTensor)] = []
        for input in run.inputs {
            let tensor = try inference.tensor(.f32, [run.rows, input.columns], budget: nil)
            input.values.withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
            inputs.append((input.name, tensor))
        }
        let job = InferenceJob(
            model: model, inputs: inputs, outputs: [run.network.output], priority: .interactive, fairnessKey: session, deadlineUs: deadlineUs)
        return try inference.submit(job, on: loop) { result in done(result.map { $0.first?.floats() ?? [] }) }.id
    }

    func cancel(_ question: UInt64) { inference.cancel(InferenceTicket(id: question)) }
}
