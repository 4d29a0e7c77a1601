// Inference: OpenVINO as a host service. One core, every model, one queue for all sessions.
//
// Owns: the OpenVINO library and core, the compiled models, the inference requests, the thread that starts and ends jobs, and the
// tensors' memory. A job goes  loop ──submit──▶ dispatcher's thread ──start──▶ OpenVINO's threads ──done──▶ dispatcher ──▶ loop.
// Must never: block a loop (`loadModel` is for loader threads and start-up), call back anywhere else than on the submitting loop, queue without a
// bound, or know what a model is for.

public import EventLoop
import Glibc
import Locks
public import Wire

public struct InferenceConfiguration: Sendable {
    /// Folder with `libopenvino_c.so.*`.
    public var libraryFolder: String
    /// Where compiled models are kept between starts; nil = nowhere.
    public var cacheFolder: String?
    /// Threads of OpenVINO; the number of cores.
    public var threads: Int
    /// Jobs that wait, over all sessions, at most.
    public var queueItemsMax: Int
    /// Jobs inside OpenVINO at most; one more than threads keeps them fed.
    public var runningItemsMax: Int
    /// Added to the nice value of inference threads, so that loops get the processor first.
    public var niceIncrement: Int32
    /// A model that a plugin names is compiled when its first job comes, on the loop that submits it: for virtual clocks alone, where a loop
    /// that waits delays nobody and most conversations need few of the models.
    public var compilesAtFirstJob: Bool
    /// Told of each job that ends, on the dispatcher's thread; must return soon.
    public var observer: (@Sendable (InferenceMeasurement) -> Void)?

    public init(
        libraryFolder: String, cacheFolder: String? = nil, threads: Int = 2, queueItemsMax: Int = 1024, runningItemsMax: Int? = nil,
        niceIncrement: Int32 = 5, compilesAtFirstJob: Bool = false, observer: (@Sendable (InferenceMeasurement) -> Void)? = nil
    ) {
        self.libraryFolder = libraryFolder
        self.cacheFolder = cacheFolder
        self.threads = max(threads, 1)
        self.queueItemsMax = max(queueItemsMax, 1)
        self.runningItemsMax = max(runningItemsMax ?? threads + 1, 1)
        self.niceIncrement = niceIncrement
        self.compilesAtFirstJob = compilesAtFirstJob
        self.observer = observer
    }
}

/// Where one job's time went.
public struct InferenceMeasurement: Sendable, Equatable {
    public var model: String
    public var status: StatusCode
    /// Microseconds from submission to start (or to the end of a job that did not start).
    public var queuedUs: UInt64
    /// Microseconds inside OpenVINO; 0 = did not start.
    public var ranUs: UInt64
}

public struct ModelOptions: Sendable, Equatable {
    public var precision: InferencePrecision
    /// Jobs of this model that can run at the same time. 1 uses all threads for one job (least latency); more give each job its share of them
    /// (most throughput).
    public var requests: Int
    /// What a job takes on a virtual clock, in microseconds.
    public var modelledCostUs: UInt64

    public init(precision: InferencePrecision = .f32, requests: Int = 1, modelledCostUs: UInt64 = 5_000) {
        self.precision = precision
        self.requests = max(requests, 1)
        self.modelledCostUs = modelledCostUs
    }
}

/// What is asked of a model.
public struct InferenceJob {
    public var model: any InferenceModel
    /// By input name; a model with one input takes it under any name.
    public var inputs: [(name: String, tensor: HostTensor)]
    /// Names of the outputs wanted, in the order in which they shall come.
    public var outputs: [String]
    public var priority: InferencePriority
    /// The session: among equals, sessions take turns.
    public var fairnessKey: UInt64
    /// On the submitting loop's clock, microseconds; 0 = none. A job that has not started by then ends with DEADLINE_EXCEEDED.
    public var deadlineUs: UInt64
    /// What the outputs are charged to.
    public var budget: MemoryBudget?
    /// The submitter's own number for whom it is; 0 = nobody in particular.
    public var stream: UInt64

    public init(
        model: any InferenceModel, inputs: [(name: String, tensor: HostTensor)], outputs: [String], priority: InferencePriority = .interactive,
        fairnessKey: UInt64 = 0, deadlineUs: UInt64 = 0, budget: MemoryBudget? = nil, stream: UInt64 = 0
    ) {
        self.model = model
        self.inputs = inputs
        self.outputs = outputs
        self.priority = priority
        self.fairnessKey = fairnessKey
        self.deadlineUs = deadlineUs
        self.budget = budget
        self.stream = stream
    }
}

/// Names a job that was submitted.
public struct InferenceTicket: Sendable, Hashable {
    /// The provider's own number for the job.
    public let id: UInt64

    public init(id: UInt64) { self.id = id }
}

/// OpenVINO in this process. Any thread may call it.
public final class InferenceService: Sendable {
    public let configuration: InferenceConfiguration
    private let library: OpenVINOLibrary
    private let loading: LoadingThread
    private let dispatcher: Dispatcher
    private let models = Lock(Models())

    private struct Key: Hashable {
        let file: ModelFile
        let precision: InferencePrecision
        let requests: Int
    }

    private struct Models {
        var loaded: [Key: CompiledModel] = [:]
        var next = 0
    }

    /// Opens OpenVINO; blocks (about 100 ms).
    /// - Throws: NOT_FOUND when the library is not in its folder, FAILED_PRECONDITION when it is of another version than the pinned one.
    public init(configuration: InferenceConfiguration) throws(RPCStatus) {
        self.configuration = configuration
        loading = LoadingThread(nice: configuration.niceIncrement)
        library = try loading.run { () throws(RPCStatus) in
            try OpenVINOLibrary(folder: configuration.libraryFolder)
        }
        dispatcher = Dispatcher(configuration)
    }

    /// OpenVINO's version, for recordings: "2026.4.1-22982-…".
    public var openVINOVersion: String { library.version }

    /// Reads and compiles a model (ONNX, TFLite or IR); gives the same model again for the same path, precision and number of requests, as long as
    /// the file and its weights are the same. Blocks for
    /// up to a second or more: for loader threads and start-up only.
    /// - Throws: NOT_FOUND when there is no such file, FAILED_PRECONDITION with OpenVINO's message when it cannot be used.
    public func loadModel(_ path: String, name: String, options: ModelOptions = ModelOptions()) throws(RPCStatus) -> CompiledModel {
        precondition(EventLoop.current == nil, "models are loaded on a loader thread, not on a loop")
        return try compiled(path, name: name, options: options)
    }

    /// As `loadModel`, on any thread.
    func compiled(_ path: String, name: String, options: ModelOptions) throws(RPCStatus) -> CompiledModel {
        try Self.checkReadable(path, name)
        let key = Key(file: try ModelFile(path), precision: options.precision, requests: options.requests)
        let (known, index) = models.withLock { models -> (CompiledModel?, Int) in
            if let known = models.loaded[key] { return (known, 0) }
            models.next += 1
            return (nil, models.next - 1)
        }
        if let known { return known }
        let (model, requests) = try loading.run { [self] () throws(RPCStatus) in
            let model = try CompiledModel(library: library, index: index, name: name, path: path, options: options, properties: properties(options))
            return (model, try model.makeRequests(done: dispatcher.finished))
        }
        dispatcher.add(model, requests)
        if index == 0 { LeftThreads.joinAtExit() }
        return models.withLock { models in
            // Two loader threads may have compiled the same; both work, one is kept.
            if let known = models.loaded[key] { return known }
            models.loaded[key] = model
            return model
        }
    }

    static func checkReadable(_ path: String, _ name: String) throws(RPCStatus) {
        guard access(path, R_OK) == 0 else {
            throw RPCStatus(.notFound, "model \(name): \(path) cannot be read (\(String(cString: strerror(errno)))): run `make setup`")
        }
    }

    /// A tensor of zeros, charged to `budget`. Any thread.
    /// - Throws: INVALID_ARGUMENT for an impossible shape, RESOURCE_EXHAUSTED when the budget is used up.
    public func tensor(_ type: TensorType, _ shape: [Int], budget: MemoryBudget? = nil) throws(RPCStatus) -> HostTensor {
        try HostTensor.make(library, type: type, shape: shape, budget: budget)
    }

    /// Queues a job. `done` is called once on `loop`, never before this returns: with the outputs, or with INVALID_ARGUMENT (an input does not
    /// fit), RESOURCE_EXHAUSTED (the queue is full of what is as urgent), DEADLINE_EXCEEDED, CANCELLED or OpenVINO's failure as INTERNAL.
    ///
    /// On the loop only. Holds the loop's virtual clock until `done` is on its way.
    /// - Throws: INVALID_ARGUMENT at once for names that the model does not have; for a model that waited for its first job what `loadModel` throws.
    public func submit(
        _ job: InferenceJob, on loop: EventLoop, done: @escaping (Result<[HostTensor], RPCStatus>) -> Void
    ) throws(RPCStatus) -> InferenceTicket {
        loop.preconditionCurrent()
        var job = job
        if let waiting = job.model as? DeferredModel {
            precondition(loop.mode == .virtual, "only a loop on a virtual clock may wait for a compilation")
            job.model = try waiting.compiled(by: self)
        }
        return InferenceTicket(id: try dispatcher.submit(job, on: loop, done))
    }

    /// Drops the job if it waits; it then ends with CANCELLED. One that runs ends as it would have.
    public func cancel(_ ticket: InferenceTicket) {
        dispatcher.cancel(ticket.id)
    }

    /// Ends with CANCELLED what waits, waits for what runs, and stops. To be called before the process ends, and not on a loop; afterwards
    /// `submit` throws UNAVAILABLE.
    public func shutDown() {
        precondition(EventLoop.current == nil, "the inference service is shut down by a thread that may wait")
        dispatcher.shutDown()
    }

    private func properties(_ options: ModelOptions) -> [(String, String)] {
        var properties = [("INFERENCE_NUM_THREADS", "\(configuration.threads)")]
        if options.requests > 1 {
            properties.append(("NUM_STREAMS", "\(min(options.requests, configuration.threads))"))
        } else {
            properties.append(("PERFORMANCE_HINT", "LATENCY"))
        }
        if options.precision != .unspecified {
            properties.append(("INFERENCE_PRECISION_HINT", "f32"))
            properties.append(("DYNAMIC_QUANTIZATION_GROUP_SIZE", options.precision == .f32WithInt8 ? "32" : "0"))
        }
        if let cache = configuration.cacheFolder { properties.append(("CACHE_DIR", cache)) }
        return properties
    }
}
