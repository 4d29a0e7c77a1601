// PluginHost: loads plugins from shared objects and runs their instances.
//
// Owns: the mapped libraries, the generations, and for each (generation, loop) one instance with its streams, operations, buffers and timers.
// A message goes  Router ──NodeStream.data──▶ PluginInstance ──C ABI──▶ plugin ──emit──▶ PluginInstance ──next tick──▶ NodeEvents.
// Must never: let a plugin's misuse of a token do more than return a status, call a plugin off its loop or from within its own call, unload a library
// that carries Swift, or block a loop (loading happens on a thread of its own).

public import EventLoop
import Glibc
public import Inference
public import Wire

public enum PluginLogLevel: Int32, Sendable {
    case debug = 0
    case info = 1
    case warning = 2
    case error = 3
}

/// Where plugins' words and counts go. Any thread calls them; they return soon.
public struct PluginHostObserver: Sendable {
    public var log: @Sendable (_ plugin: String, _ level: PluginLogLevel, _ message: String) -> Void
    /// Adds to a counter of the plugin.
    public var count: @Sendable (_ plugin: String, _ metric: String, _ amount: Double) -> Void

    public init(
        log: @escaping @Sendable (String, PluginLogLevel, String) -> Void = { _, _, _ in },
        count: @escaping @Sendable (String, String, Double) -> Void = { _, _, _ in }
    ) {
        self.log = log
        self.count = count
    }
}

public struct PluginHostConfiguration: Sendable {
    /// Where plugins are looked for by name.
    public var pluginFolder: String
    /// What the manifests' model paths are below.
    public var modelsFolder: String
    /// Where copies of loaded libraries go; made if it is missing.
    public var runFolder: String
    /// Options by plugin name and key.
    public var options: [String: [String: String]]
    public var limits: PluginLimits
    /// What a compute job takes on a virtual clock, in microseconds.
    public var modelledComputeUs: UInt64
    /// What a job of a model takes on a virtual clock, by the model's path in the manifest, in microseconds; 5,000 for others.
    public var modelledInferenceUs: [String: UInt64]

    public init(
        pluginFolder: String, modelsFolder: String, runFolder: String, options: [String: [String: String]] = [:],
        limits: PluginLimits = PluginLimits(),
        modelledComputeUs: UInt64 = 1_000, modelledInferenceUs: [String: UInt64] = [:]
    ) {
        self.pluginFolder = pluginFolder
        self.modelsFolder = modelsFolder
        self.runFolder = runFolder
        self.options = options
        self.limits = limits
        self.modelledComputeUs = modelledComputeUs
        self.modelledInferenceUs = modelledInferenceUs
    }
}

/// What one instance of a plugin may take.
public struct PluginLimits: Sendable, Equatable {
    /// Streams open on one instance, at most; the manifest may say less.
    public var instanceStreamsMax: Int
    /// Operations under way on one stream, at most.
    public var streamOperationsMax: Int
    /// Outputs emitted but not delivered on one stream, at most.
    public var streamOutputItemsMax: Int
    /// Tensors of one stream, at most.
    public var streamTensorBytesMax: Int

    public init(
        instanceStreamsMax: Int = 65_536, streamOperationsMax: Int = 256, streamOutputItemsMax: Int = 1_024,
        streamTensorBytesMax: Int = MemoryBudget.streamTensorBytesMax
    ) {
        self.instanceStreamsMax = instanceStreamsMax
        self.streamOperationsMax = streamOperationsMax
        self.streamOutputItemsMax = streamOutputItemsMax
        self.streamTensorBytesMax = streamTensorBytesMax
    }
}

/// Loads plugins and makes their instances. One per process; any thread.
public final class PluginHost: Sendable {
    public let configuration: PluginHostConfiguration
    public let inference: any InferenceProvider
    /// Of the runtime that models run on; "" where that is another process.
    public var openVINOVersion: String { (inference as? InferenceService)?.openVINOVersion ?? "" }
    let compute: ComputePool
    public let observer: PluginHostObserver
    private let live = Live()

    public init(
        configuration: PluginHostConfiguration, inference: any InferenceProvider, compute: ComputePool,
        observer: PluginHostObserver = PluginHostObserver()
    ) {
        self.configuration = configuration
        self.inference = inference
        self.compute = compute
        self.observer = observer
    }

    /// Loads a plugin and compiles its models; blocks, for start-up and loader threads. The same file again (by hash) gives the generation that is
    /// live.
    ///
    /// The generation that was live before takes no new streams from then on.
    /// - Parameter plugin: a name ("speech-recognizer", looked for in the plugin folder as `libSpeechRecognizer.so` and `speech-recognizer.so`) or
    /// a path with a "/".
    /// - Throws: NOT_FOUND, FAILED_PRECONDITION or INVALID_ARGUMENT, naming the file.
    public func load(_ plugin: String) throws(RPCStatus) -> PluginGeneration {
        let candidate = try candidate(try file(of: plugin))
        let generation = try generation(of: candidate)
        let name = generation.manifest.name
        if !plugin.contains("/"), name != plugin {
            throw RPCStatus(.failedPrecondition, "\(candidate.path): the plugin there is named \(name), not \(plugin)")
        }
        let before = live.generation(name)
        if before !== generation {
            publish(generation)
            before?.phase.drain()
        }
        return generation
    }

    /// Copies and hashes a file; nothing of it is mapped yet. Blocks.
    /// - Parameter settledMs: see `PluginCandidate`.
    public func candidate(_ path: String, settledMs: Int = 0) throws(RPCStatus) -> PluginCandidate {
        precondition(EventLoop.current == nil, "plugins are loaded on a loader thread, not on a loop")
        try makeRunFolder()
        return try PluginCandidate(path, runFolder: configuration.runFolder, number: live.nextNumber(), settledMs: settledMs)
    }

    /// Maps a candidate and compiles its models; nothing goes to it before `publish`. Blocks. Gives the live generation when that is the same file.
    public func generation(of candidate: PluginCandidate) throws(RPCStatus) -> PluginGeneration {
        precondition(EventLoop.current == nil, "plugins are loaded on a loader thread, not on a loop")
        if let same = live.generation(sha256: candidate.sha256) { return same }
        if !candidate.isPureC { live.mappedSwift() }
        let library = try PluginLibrary(candidate)
        let manifest = library.manifest
        return PluginGeneration(
            library: library, number: live.nextGeneration(manifest.name), models: try models(of: manifest), options: try options(of: manifest))
    }

    /// Makes a library that was loaded already the live generation, with options and models that were settled elsewhere.
    /// - Parameter models: in the order of the manifest.
    public func adopt(_ library: PluginLibrary, options: [String: String], models: [any InferenceModel]) -> PluginGeneration {
        precondition(models.count == library.manifest.models.count, "each model that the manifest names is there")
        let generation = PluginGeneration(
            library: library, number: live.nextGeneration(library.manifest.name), models: models, options: options)
        publish(generation)
        return generation
    }

    /// Makes the models that a manifest names ready, in its order; blocks. In the place of one that the options have no need for stands its name.
    /// - Throws: NOT_FOUND or FAILED_PRECONDITION, naming the model.
    public func models(of manifest: PluginManifest) throws(RPCStatus) -> [any InferenceModel] {
        var models: [any InferenceModel] = []
        let options = try options(of: manifest)
        for model in manifest.models {
            guard manifest.holds(model.when, with: options) else {
                models.append(UnneededModel(name: model.name, path: "\(configuration.modelsFolder)/\(model.path)"))
                continue
            }
            let chosen = ModelOptions(
                precision: InferencePrecision(rawValue: model.precision) ?? .f32, requests: Int(model.requests),
                modelledCostUs: configuration.modelledInferenceUs[model.path] ?? ModelOptions().modelledCostUs)
            models.append(
                try inference.model("\(configuration.modelsFolder)/\(model.path)", name: "\(manifest.name)/\(model.name)", options: chosen))
        }
        return models
    }

    /// The generation is the one that `generation(_:)` names from now on.
    public func publish(_ generation: PluginGeneration) { live.install(generation) }

    /// The plugin has no live generation any more.
    public func withdraw(_ name: String) { live.remove(name) }

    /// The number of a plugin's next build, for one that runs elsewhere.
    public func nextNumber(of name: String) -> UInt32 { live.nextGeneration(name) }

    /// What identifies a program that runs where it is: the SHA-256 of the files that its arguments name, or of itself when they name none. Blocks.
    /// - Parameter settledMs: as for a candidate; so long each of the files must not have changed.
    public func fingerprint(of program: String, _ arguments: [String], settledMs: Int = 0) throws(RPCStatus) -> String {
        try makeRunFolder()
        let named = arguments.filter(LibraryFile.isRegular)
        return try LibraryFile.fingerprint(
            named.isEmpty ? [program].filter(LibraryFile.isRegular) : named, settledMs: settledMs,
            scratch: "\(configuration.runFolder)/\(getpid())-\(live.nextNumber())-now")
    }

    /// Swift images that stay mapped although nothing live uses them.
    public var retiredSwiftImages: Int { live.retiredSwiftImages }

    /// As `load(_:)`, on a thread of its own; `done` is called on `loop`.
    public func load(_ plugin: String, on loop: EventLoop, done: @escaping @Sendable (Result<PluginGeneration, RPCStatus>) -> Void) {
        let delivery = loop.expectDelivery("plugin load")
        LoaderThread.run { [self] in
            let result = Result { () throws(RPCStatus) in try load(plugin) }
            delivery.deliver { done(result) }
        }
    }

    /// The generation that new streams go to.
    public func generation(_ name: String) -> PluginGeneration? { live.generation(name) }

    /// Makes the instance of a generation for a loop; on that loop. Let it go by `retire()`.
    /// - Throws: what the plugin says when it cannot start, with its name.
    public func instance(of generation: PluginGeneration, on loop: EventLoop) throws(RPCStatus) -> PluginInstance {
        loop.preconditionCurrent()
        let instance = PluginInstance(generation: generation, host: self, loop: loop)
        try instance.create()
        return instance
    }

    /// As `instance(of:on:)`, on a loader thread, so that a plugin that reads tables when it starts holds no loop up. The loop gets to see it
    /// afterwards; until then `discard` ends it.
    public func instanceToBe(of generation: PluginGeneration, for loop: EventLoop) throws(RPCStatus) -> LoopBound<PluginInstance> {
        precondition(EventLoop.current == nil, "an instance is made on a loader thread, or by instance(of:on:)")
        let instance = PluginInstance(generation: generation, host: self, loop: loop)
        try instance.create()
        return LoopBound(instance, loop: loop)
    }

    /// Where a plugin's library is; see `load`.
    public func file(of plugin: String) throws(RPCStatus) -> String {
        if plugin.contains("/") { return plugin }
        let camel = plugin.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        let candidates = ["lib\(camel).so", "\(plugin).so"].map { "\(configuration.pluginFolder)/\($0)" }
        for candidate in candidates where access(candidate, F_OK) == 0 { return candidate }
        throw RPCStatus(.notFound, "no plugin \(plugin): neither \(candidates.joined(separator: " nor ")) exists")
    }

    private func makeRunFolder() throws(RPCStatus) {
        let folder = configuration.runFolder
        if mkdir(folder, 0o700) != 0 && errno != EEXIST {
            throw RPCStatus(.failedPrecondition, "the run folder \(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        // Who else may write there could exchange a copy between its check and its load.
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(), status.st_mode & 0o022 == 0 else {
            throw RPCStatus(.failedPrecondition, "the run folder \(folder) is not a folder of this user's own that nobody else may write to")
        }
    }

    /// The options of a manifest with what the configuration says.
    /// - Throws: INVALID_ARGUMENT for an option in the configuration that the plugin does not have.
    public func options(of manifest: PluginManifest) throws(RPCStatus) -> [String: String] {
        var options: [String: String] = [:]
        for option in manifest.options { options[option.key] = option.defaultValue }
        let given = configuration.options[manifest.name] ?? [:]
        for key in given.keys.sorted() {
            guard options[key] != nil else {
                let known = manifest.options.map(\.key).sorted().joined(separator: ", ")
                throw RPCStatus(.invalidArgument, "plugin \(manifest.name) has no option \"\(key)\"; it has: \(known)")
            }
            options[key] = given[key]
        }
        return options
    }
}
