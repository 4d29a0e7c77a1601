public import EventLoop
import Fusion
import Locks
public import Logging
import Inference
import PluginHost
import PluginWorkers
import Previews
import Recording
public import Router
import Sessions
public import Telemetry
public import Wire

#if canImport(Glibc)
    import Glibc
#endif

/// Models and plugins of a process: the inference service, the compute pool, the host, and the plugins that were loaded.
public final class PluginRuntime: @unchecked Sendable {
    // Invariant: everything is set in `init`; afterwards only read, but for the live generations behind their mutex. Instances are made on, and
    // confined to, the loop they are asked for.
    /// Only where there are plugins: it brings the inference library with it.
    private let host: PluginHost?
    private let compute: ComputePool
    private let builds: Lock<[any PluginBuild]>
    let metrics: PluginMetrics
    /// What plugins say, for whoever watches.
    let logHub: PluginLogHub

    /// Loads the configured plugins and compiles their models. Blocks.
    public init(_ configuration: ServerConfiguration, registry: MetricsRegistry = MetricsRegistry(), log: Logger? = nil) throws(ServerError) {
        let log = log ?? configuration.logger("plugins")
        compute = ComputePool(
            threads: configuration.computeThreads, queueItemsMax: configuration.isVirtual ? .max : PluginRuntime.computeItemsMax, name: "compute")
        metrics = PluginMetrics(registry: registry)
        let logHub = PluginLogHub()
        self.logHub = logHub
        do throws(RPCStatus) {
            guard !configuration.plugins.isEmpty else {
                host = nil
                builds = Lock([])
                return
            }
            let host = try PluginRuntime.host(configuration, compute, metrics, log, logHub, runFolder: runFolder)
            self.host = host
            var loaded: [any PluginBuild] = []
            for plugin in configuration.plugins {
                let build: any PluginBuild =
                    plugin.run == .worker
                    ? try PluginRuntime.worker(plugin, host, runner: configuration.runner)
                    : try host.load(plugin.file.isEmpty ? plugin.name : plugin.file)
                log.info(
                    "plugin loaded",
                    metadata: [
                        "plugin": "\(build.name)", "version": "\(build.manifest.version)", "run": "\(PluginPlace(of: build).rawValue)",
                        "sha256": "\(build.sha256.prefix(12))", "models": "\(build.manifest.models.count)",
                    ])
                loaded.append(build)
            }
            builds = Lock(loaded)
        } catch {
            throw ServerError(error.message)
        }
        for build in live { watch(build.name) }
    }

    /// A plugin in a process of its own: a shared object behind the runner, or any program.
    private static func worker(_ plugin: PluginChoice, _ host: PluginHost, runner: String) throws(RPCStatus) -> WorkerPlugin {
        let worker: WorkerPlugin
        if let program = plugin.command.first {
            worker = try WorkerPlugin.load(ChildProcess.Command(program, Array(plugin.command.dropFirst())), host: host, limits: plugin.limits)
        } else {
            let file = plugin.file.isEmpty ? try host.file(of: plugin.name) : plugin.file
            worker =
                WorkerRunner.serves(file)
                ? try WorkerPlugin.load(try host.candidate(file), host: host, limits: plugin.limits, runner: runner)
                : try WorkerPlugin.load(WorkerRunner.command(for: file), host: host, limits: plugin.limits)
        }
        guard worker.name == plugin.name || plugin.name.contains("/") else {
            throw RPCStatus(.failedPrecondition, "\(worker.origin): the plugin there is named \(worker.name), not \(plugin.name)")
        }
        return worker
    }

    /// Why plugins are not ready, by name; [] when all are.
    var notReady: [String] { live.compactMap { ($0 as? WorkerPlugin)?.status.notReady } }

    /// Draws previews on the same threads.
    func painter(overlays folder: String) -> PreviewPainter { PreviewPainter(folder: folder, compute: compute) }

    /// Jobs that may wait for the compute pool.
    public static let computeItemsMax = 4_096
    /// Inferences that may wait. Under a virtual clock neither queue is ever full, since how full it is depends on real time; there the streams'
    /// own limits bound it.
    public static let inferenceItemsMax = 1_024

    private static func host(
        _ configuration: ServerConfiguration, _ compute: ComputePool, _ metrics: PluginMetrics, _ log: Logger, _ logHub: PluginLogHub,
        runFolder: String
    ) throws(RPCStatus) -> PluginHost {
        let inference = try InferenceService(
            configuration: InferenceConfiguration(
                libraryFolder: configuration.runtimeFolder, threads: configuration.inferenceThreads,
                queueItemsMax: configuration.isVirtual ? .max : PluginRuntime.inferenceItemsMax,
                compilesAtFirstJob: configuration.isVirtual, observer: { metrics.ran($0) }))
        return PluginHost(
            configuration: PluginHostConfiguration(
                pluginFolder: configuration.pluginFolder, modelsFolder: configuration.modelsFolder, runFolder: runFolder,
                options: configuration.pluginOptions, modelledComputeUs: ModelledCosts.computeUs, modelledInferenceUs: ModelledCosts.inferenceUs),
            inference: inference, compute: compute,
            observer: PluginHostObserver(
                log: { plugin, level, message in
                    log.log(level: level.forLogger, "\(message)", metadata: ["plugin": "\(plugin)"])
                    logHub.said(plugin, level, message)
                },
                count: { plugin, name, amount in metrics.count(plugin, name, amount) }))
    }

    /// Copies of loaded libraries: a folder of this process's own.
    private let runFolder = RunFolder.make()

    /// The live builds, sorted by name.
    var live: [any PluginBuild] { builds.withLock { $0 }.sorted { $0.name < $1.name } }

    /// Loads further builds; nil where there are no plugins.
    var pluginHost: PluginHost? { host }

    /// What is live changes: `old` goes, `new` comes.
    func replace(_ old: (any PluginBuild)?, with new: (any PluginBuild)?) {
        builds.withLock { all in
            all.removeAll { $0 === old }
            if let new { all.append(new) }
        }
        if let new { watch(new.name) }
    }

    private func watch(_ plugin: String) {
        metrics.watch(plugin) { [weak self] in self?.live.first { $0.name == plugin } }
    }

    /// Manifest ports by plugin name, for checking graphs.
    func ports(_ plugin: String) -> PluginPorts? {
        live.first { $0.name == plugin }.map { PluginPorts($0.manifest, options: $0.options) }
    }

    private var manifests: [PluginManifest] { live.map(\.manifest) }

    var names: [String] { manifests.map(\.name).sorted() }

    var generationNames: [Deployment.PluginGenerationName] {
        live.map { Deployment.PluginGenerationName(plugin: $0.name, generation: $0.number, sha256: $0.sha256) }
    }

    /// What a deployment consists of, for recordings.
    func recordedVersions(_ deployment: Deployment, _ configuration: ServerConfiguration) -> RecordedVersions {
        let live = deployment.generations.compactMap { named in
            self.live.first { $0.name == named.plugin && $0.number == named.generation }
        }
        var models: [RecordedFile] = []
        for model in live.flatMap(PluginRuntime.models) where !models.contains(where: { $0.path == model.path }) {
            models.append(RecordedFile(name: model.name, path: model.path))
        }
        let precisions = Set(live.flatMap(\.manifest.models).map { $0.precision.isEmpty ? "f32" : $0.precision }).sorted()
        return RecordedVersions(
            serverVersion: ServerVersion.text, openvinoVersion: host?.openVINOVersion ?? "", instructionSet: Recordings.instructionSet,
            precision: precisions.joined(separator: ","), models: models.sorted { ($0.name, $0.path) < ($1.name, $1.path) },
            plugins: deployment.generations.map { NamedHash(name: $0.plugin, sha256: $0.sha256) },
            graph: RecordedFile(name: deployment.plan.name, path: configuration.graphFile),
            configuration: configuration.file.isEmpty ? nil : RecordedFile(name: "configuration", path: configuration.file),
            catalogue: deployment.catalogueHash.isEmpty ? nil : NamedHash(name: configuration.shop, sha256: deployment.catalogueHash))
    }

    private static func models(_ build: any PluginBuild) -> [any InferenceModel] {
        ((build as? PluginGeneration)?.models ?? (build as? WorkerPlugin)?.models ?? []).filter { !($0 is UnneededModel) }
    }

    /// One build as an operator sees it.
    func describe(_ build: any PluginBuild) -> LoadedPlugin {
        let worker = build as? WorkerPlugin
        let isDown = worker.map { $0.status.notReady != nil } ?? false
        return LoadedPlugin(
            manifest: build.manifest, generation: build.number, file: build.origin, sha256: build.sha256,
            streams: UInt32(clamping: build.openStreams),
            state: build.phase.isOverdue ? "stuck" : build.phase.isDraining ? "draining" : isDown ? "down" : "live",
            pureC: (build as? PluginGeneration)?.library.isPureC ?? worker?.image?.isPureC ?? false, run: PluginPlace(of: build).rawValue)
    }

    /// Makes an instance of every plugin for a loop. Call on that loop.
    func nodes(on loop: EventLoop) throws(ServerError) -> [any Node] {
        guard let host else { return [] }
        var nodes: [any Node] = []
        for build in live {
            if let worker = build as? WorkerPlugin { nodes.append(WorkerNode(worker, loop: loop)) }
            guard let generation = build as? PluginGeneration else { continue }
            do throws(RPCStatus) { nodes.append(try host.instance(of: generation, on: loop)) } catch { throw ServerError(error.message) }
        }
        return nodes
    }

    /// Lets instances go: what is open on them is ended. Call on their loop, before the runtime is shut down.
    public func retire(_ nodes: [any Node]) {
        for node in nodes {
            (node as? PluginInstance)?.shutDown()
            (node as? WorkerNode)?.shutDown()
        }
    }

    /// The one plugin of a runtime that was made for one. Call on the loop.
    public func onlyNode(on loop: EventLoop) throws(ServerError) -> (node: any Node, manifest: PluginManifest) {
        guard let node = try nodes(on: loop).first, let manifest = manifests.first else { throw ServerError("no plugin was loaded") }
        return (node, manifest)
    }

    /// Features made by the plugins of this runtime, on a loop that was started.
    public func features(on loop: EventLoop) throws(ServerError) -> PluginFeatureSource { try features(on: loop, spaces: nil) }

    /// With `spaces`, products also get vectors of them.
    func features(on loop: EventLoop, spaces: ProductSpaces?) throws(ServerError) -> PluginFeatureSource {
        try Blocking.run(on: loop) { [self] () async throws(ServerError) in
            var nodes: [String: any Node] = [:]
            for node in try self.nodes(on: loop) { nodes[node.name] = node }
            return PluginFeatureSource(loop: loop, nodes: nodes, spaces: spaces)
        }
    }

    /// Ends the threads of the pool and of inference, and removes the copies of libraries. Not on a loop.
    ///
    /// Models are let go of on inference's thread: a process that ended meanwhile would take OpenVINO away beneath it.
    public func shutdown() {
        (host?.inference as? InferenceService)?.shutDown()
        compute.shutdown()
        RunFolder.remove(runFolder)
    }
}

extension PluginPorts {
    /// Under these options, or where they are silent under the manifest's defaults.
    init(_ manifest: PluginManifest, options: [String: String] = [:]) {
        self.init(
            consumes: manifest.consumes,
            produces: manifest.produces(with: options).map {
                Port(kind: $0.kind, dtype: $0.dtype, shape: $0.shape.map(Int.init), spaceID: $0.spaceID)
            })
    }
}

extension PluginLogLevel {
    fileprivate var forLogger: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
