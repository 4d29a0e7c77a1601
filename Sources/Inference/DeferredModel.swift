import Locks
import Wire

/// A model that is compiled when its first job comes. See `InferenceConfiguration.compilesAtFirstJob`.
final class DeferredModel: InferenceModel {
    let name: String
    let path: String
    private let options: ModelOptions
    private let model = Lock<CompiledModel?>(nil)

    init(path: String, name: String, options: ModelOptions) {
        self.name = name
        self.path = path
        self.options = options
    }

    /// The compiled model; the first call blocks, and so does who calls meanwhile. A failure is tried again by the next job.
    /// - Throws: what `InferenceService.loadModel` throws.
    func compiled(by service: InferenceService) throws(RPCStatus) -> CompiledModel {
        try model.withLock { model throws(RPCStatus) in
            if let model { return model }
            let made = try service.compiled(path, name: name, options: options)
            model = made
            return made
        }
    }
}
