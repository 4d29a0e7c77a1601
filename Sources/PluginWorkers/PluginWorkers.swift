// PluginWorkers: plugins in processes of their own, in any language. Both ends of the socket between the server and such a process.
//
// Host/ spawns the program, asks it what it is, gives it streams, credit and deadlines, serves it what a shared object gets through the C table,
// and restarts it when it dies. Runner/ is the other end for plugins that are shared objects: it loads one and speaks the socket for it.
//
// Owns: the processes, their sockets, the memory files in flight. A message goes
//     Router ──NodeStream.data──▶ WorkerStream ──frame──▶ program ──frame──▶ WorkerNode ──▶ NodeEvents.
// Must never: trust a byte that a worker says, let one worker's end be felt outside its streams, queue without a bound, or block a loop.

import CVitrinePlugin
public import EventLoop
import Glibc
public import Inference
public import PluginHost
public import Wire

/// What a worker may take. Every limit is per process unless it says otherwise.
public struct WorkerLimits: Sendable, Equatable {
    /// Starting, restarting, draining.
    public var life: WorkerMachine.Limits
    /// Private writable memory (RLIMIT_DATA).
    public var memoryBytesMax: Int
    /// Open files (RLIMIT_NOFILE).
    public var descriptorsMax: Int
    /// Without a frame from the worker, although it was asked for one.
    public var silenceMsMax: Int
    /// Streams open at the same time; the manifest may say less.
    public var streamsMax: Int
    /// Inputs of one stream that wait for credit or for the worker.
    public var streamInputBytesMax: Int
    /// What one stream may give before some of it has been passed on.
    public var streamOutputBytesMax: Int
    /// What one stream may give in the long run.
    public var streamOutputBytesPerSecondMax: Int
    /// Tensors of one stream.
    public var streamTensorBytesMax: Int
    /// Jobs of one stream that wait or run.
    public var streamJobsMax: Int
    /// Frames other than what Run streams give, such as log lines and requests.
    public var serviceFramesPerSecondMax: Int
    /// Lines that a worker may log, or write to its output; more are counted, not kept.
    public var logLinesPerSecondMax: Int
    /// One frame of the worker's.
    public var frameBytesMax: Int
    /// Larger tensors travel as memory files.
    public var inlineTensorBytesMax: Int
    /// How long a stream of an idempotent plugin waits for the next process after its own has died; 0 = it ends at once.
    public var retryMsMax: Int

    public init(
        life: WorkerMachine.Limits = WorkerMachine.Limits(), memoryBytesMax: Int = 2 << 30, descriptorsMax: Int = 1_024, silenceMsMax: Int = 10_000,
        streamsMax: Int = 4_096, streamInputBytesMax: Int = 16 << 20, streamOutputBytesMax: Int = 1 << 20,
        streamOutputBytesPerSecondMax: Int = 64 << 20, streamTensorBytesMax: Int = MemoryBudget.streamTensorBytesMax, streamJobsMax: Int = 256,
        serviceFramesPerSecondMax: Int = 50_000, logLinesPerSecondMax: Int = 100, frameBytesMax: Int = 64 << 20,
        inlineTensorBytesMax: Int = 64 << 10, retryMsMax: Int = 2_000
    ) {
        self.life = life
        self.memoryBytesMax = memoryBytesMax
        self.descriptorsMax = descriptorsMax
        self.silenceMsMax = silenceMsMax
        self.streamsMax = streamsMax
        self.streamInputBytesMax = streamInputBytesMax
        self.streamOutputBytesMax = streamOutputBytesMax
        self.streamOutputBytesPerSecondMax = streamOutputBytesPerSecondMax
        self.streamTensorBytesMax = streamTensorBytesMax
        self.streamJobsMax = streamJobsMax
        self.serviceFramesPerSecondMax = serviceFramesPerSecondMax
        self.logLinesPerSecondMax = logLinesPerSecondMax
        self.frameBytesMax = frameBytesMax
        self.inlineTensorBytesMax = inlineTensorBytesMax
        self.retryMsMax = retryMsMax
    }
}

/// One build of a plugin that runs in processes of its own: what every loop's node of it shares. Immutable but for its status; any thread.
public final class WorkerPlugin: PluginBuild {
    public let command: ChildProcess.Command
    public let manifest: PluginManifest
    public let number: UInt32
    public let sha256: String
    /// The copy that the runner loads, which must stay as long as processes are started; nil for a program, which runs where it is.
    public let image: PluginCandidate?
    public let phase = BuildPhase()
    /// The manifest's options with what the configuration says.
    public let options: [String: String]
    /// In the order of the manifest.
    public let models: [any InferenceModel]
    public let limits: WorkerLimits
    public let inference: any InferenceProvider
    public let observer: PluginHostObserver
    public let status: WorkerStatus

    /// - Parameters:
    ///   - manifest: what the program says of itself, see `WorkerProbe`; a process that says otherwise is refused.
    ///   - models: compiled, in the order of the manifest.
    public init(
        command: ChildProcess.Command, manifest: PluginManifest, options: [String: String], models: [any InferenceModel], limits: WorkerLimits,
        inference: any InferenceProvider, observer: PluginHostObserver, number: UInt32 = 1, image: PluginCandidate? = nil, sha256: String = ""
    ) {
        precondition(models.count == manifest.models.count, "each model that the manifest names is compiled")
        self.number = number
        self.image = image
        self.sha256 = sha256
        self.command = command
        self.manifest = manifest
        self.options = options
        self.models = models
        self.limits = limits
        self.inference = inference
        self.observer = observer
        status = WorkerStatus(manifest.name)
    }

    public var openStreams: Int { status.streams }
    public var origin: String { image?.path ?? ([command.program] + command.arguments).joined(separator: " ") }

    /// What the host speaks: the version of the plugin ABI, whose events the messages are.
    public static let abiVersion = UInt32(VT_ABI_VERSION)

    /// A shared object behind the runner. Blocks: for start-up and loader threads.
    /// - Parameters:
    ///   - manifest: what a probe has read of it; nil = the runner is asked.
    ///   - runner: the program that serves it.
    /// - Throws: as `WorkerProbe.manifest`; INVALID_ARGUMENT for an option that it does not have, NOT_FOUND for a model.
    public static func load(
        _ image: PluginCandidate, manifest: PluginManifest? = nil, host: PluginHost, limits: WorkerLimits, runner: String = WorkerRunner.beside
    ) throws(RPCStatus) -> WorkerPlugin {
        let command = WorkerRunner.command(for: image.copy, runner: runner)
        return try make(command, manifest, host, limits, image)
    }

    /// Any program. Blocks: for start-up and loader threads.
    /// - Parameter manifest: what it says of itself; nil = it is asked.
    /// - Throws: UNAVAILABLE with the program's last words when it does not answer, INVALID_ARGUMENT for a bad manifest or option, NOT_FOUND for a
    ///   model.
    public static func load(
        _ command: ChildProcess.Command, manifest: PluginManifest? = nil, host: PluginHost, limits: WorkerLimits
    ) throws(RPCStatus) -> WorkerPlugin {
        try make(command, manifest, host, limits, nil)
    }

    private static func make(
        _ command: ChildProcess.Command, _ known: PluginManifest?, _ host: PluginHost, _ limits: WorkerLimits, _ image: PluginCandidate?
    ) throws(RPCStatus) -> WorkerPlugin {
        let manifest: PluginManifest
        if let known { manifest = known } else { manifest = try WorkerProbe.manifest(of: command, limits: limits, observer: host.observer) }
        let sha256: String
        if let image { sha256 = image.sha256 } else { sha256 = try host.fingerprint(of: command.program, command.arguments) }
        return WorkerPlugin(
            command: command, manifest: manifest, options: try host.options(of: manifest), models: try host.models(of: manifest), limits: limits,
            inference: host.inference, observer: host.observer, number: host.nextNumber(of: manifest.name), image: image, sha256: sha256)
    }
}

/// Where the runner of shared objects is, and how it is called.
public enum WorkerRunner {
    /// The program that serves a shared object as a worker.
    public static let program = "vitrine-plugin-worker"

    /// How a file is run as a worker: a shared object by the runner, Python by the interpreter of the environment beside it (.venv) or the system's,
    /// any other file as the program that it is.
    public static func command(for file: String, runner: String = beside) -> ChildProcess.Command {
        if serves(file) { return ChildProcess.Command(runner, [file]) }
        guard file.hasSuffix(".py") else { return ChildProcess.Command(file) }
        let own = (file.lastIndex(of: "/").map { String(file[...$0]) } ?? "") + ".venv/bin/python3"
        return ChildProcess.Command(access(own, X_OK) == 0 ? own : "python3", [file])
    }

    /// Whether a file is a shared object by its name.
    public static func serves(_ file: String) -> Bool { file.hasSuffix(".so") }

    /// Whether the runner beside a program that is built with a sanitizer is run: it reserves terabytes of shadow memory, which a limit of memory
    /// would count.
    static func isSanitized(_ command: ChildProcess.Command) -> Bool {
        command.program.hasSuffix("/\(program)") && (dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil)
    }

    /// The runner beside the running program.
    public static var beside: String {
        let own = ownProgram
        return own[..<(own.lastIndex(of: "/").map { own.index(after: $0) } ?? own.startIndex)] + program
    }
}

/// The descriptors that a worker finds open: what stands in its environment, as decimal numbers.
public enum WorkerEnvironment {
    /// The socket that carries frames.
    public static let socket = "VITRINE_WORKER_SOCKET"
    /// The socket that carries memory files' descriptors.
    public static let descriptors = "VITRINE_WORKER_DESCRIPTORS"
}
