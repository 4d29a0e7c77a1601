public import EventLoop
public import Wire

/// A model that jobs name.
public protocol InferenceModel: AnyObject, Sendable {
    var name: String { get }
    /// The file it was made of; what belongs to it lies beside it.
    var path: String { get }
}

extension CompiledModel: InferenceModel {}

/// Where plugins' inference goes: to the models of this process (`InferenceService`), or to those of a host process.
public protocol InferenceProvider: AnyObject, Sendable {
    /// Makes a model ready; blocks. See `InferenceService.loadModel`.
    func model(_ path: String, name: String, options: ModelOptions) throws(RPCStatus) -> any InferenceModel

    /// A tensor of zeros, charged to `budget`. Any thread.
    func tensor(_ type: TensorType, _ shape: [Int], budget: MemoryBudget?) throws(RPCStatus) -> HostTensor

    /// Queues a job; on the loop only. See `InferenceService.submit`.
    func submit(
        _ job: InferenceJob, on loop: EventLoop, done: @escaping (Result<[HostTensor], RPCStatus>) -> Void
    ) throws(RPCStatus) -> InferenceTicket

    /// Drops a job that has not started; its `done` is called all the same.
    func cancel(_ ticket: InferenceTicket)
}

extension InferenceService: InferenceProvider {
    public func model(_ path: String, name: String, options: ModelOptions) throws(RPCStatus) -> any InferenceModel {
        guard configuration.compilesAtFirstJob else { return try loadModel(path, name: name, options: options) }
        try Self.checkReadable(path, name)
        return DeferredModel(path: path, name: name, options: options)
    }
}
