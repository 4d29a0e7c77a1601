public import EventLoop
import Fusion
public import Logging
import Inference
import PluginHost
public import Router
import Sessions
public import Telemetry
public import Wire

#if canImport(Glibc)
    import Glibc
#endif

/// Models and plugins of a process: the inference service, the compute pool, the host, and the plugins that were loaded.
public final class PluginRuntime: @unchecked Sendable {
    // Invariant: everything is set in `init`; afterwards only read. Instances are made on, and confined to, the loop they are asked for.
    /// Only where there are plugins: it brings the inference library with it.
    private let host: PluginHost?
    private let compute: ComputePool
    private let generations: [PluginGeneration]

    /// Loads the configured plugins and compiles their models. Blocks.
    public init(_ configuration: ServerConfiguration, registry: MetricsRegistry = MetricsRegistry(), log: Logger? = nil) throws(ServerError) {
        let log = log ?? configuration.logger("plugins")
        compute = ComputePool(
            threads: configuration.computeThreads, queueItemsMax: configuration.isVirtual ? .max : PluginRuntime.computeItemsMax, name: "compute")
        let metrics = PluginMetrics(registry: registry)
        do throws(RPCStatus) {
            guard !configuration.plugins.isEmpty else {
                (host, generations) = (nil, [])
                return
            }
            let host = try PluginRuntime.host(configuration, compute, metrics, log)
            self.host = host
            var loaded: [PluginGeneration] = []
            for plugin in configuration.plugins {
                let generation = try host.load(plugin.file.isEmpty ? plugin.name : plugin.file)
                log.info(
                    "plugin loaded",
                    metadata: [
                        "plugin": "\(generation.manifest.name)", "version": "\(generation.manifest.version)",
                        "sha256": "\(generation.library.sha256.prefix(12))", "models": "\(generation.models.count)",
                    ])
                loaded.append(generation)
            }
            generations = loaded
        } catch {
            throw ServerError(error.message)
        }
    }

    /// Jobs that may wait for the compute pool.
    public static let computeItemsMax = 4_096
    /// Inferences that may wait. Under a virtual clock neither queue is ever full, since how full it is depends on real time; there the streams'
    /// own limits bound it.
    public static let inferenceItemsMax = 1_024

    private static func host(
        _ configuration: ServerConfiguration, _ compute: ComputePool, _ metrics: PluginMetrics, _ log: Logger
    ) throws(RPCStatus) -> PluginHost {
        var options: [String: [String: String]] = [:]
        for plugin in configuration.plugins {
            for option in plugin.options { options[plugin.name, default: [:]][option.key] = option.value }
        }
        let inference = try InferenceService(
            configuration: InferenceConfiguration(
                libraryFolder: configuration.runtimeFolder, threads: configuration.inferenceThreads,
                queueItemsMax: configuration.isVirtual ? .max : PluginRuntime.inferenceItemsMax, observer: { metrics.ran($0) }))
        return PluginHost(
            configuration: PluginHostConfiguration(
                pluginFolder: configuration.pluginFolder, modelsFolder: configuration.modelsFolder, runFolder: runFolder, options: options,
                modelledComputeUs: ModelledCosts.computeUs, modelledInferenceUs: ModelledCosts.inferenceUs),
            inference: inference, compute: compute,
            observer: PluginHostObserver(
                log: { plugin, level, message in log.log(level: level.forLogger, "\(message)", metadata: ["plugin": "\(plugin)"]) },
                count: { plugin, name, amount in metrics.count(plugin, name, amount) }))
    }

    /// Copies of loaded libraries: a folder of this process's own.
    private static var runFolder: String { RunFolder.temporary }

    /// Manifest ports by plugin name, for checking graphs.
    func ports(_ plugin: String) -> PluginPorts? {
        generations.first { $0.manifest.name == plugin }.map { PluginPorts($0.manifest) }
    }

    var names: [String] { generations.map(\.manifest.name).sorted() }

    var generationNames: [Deployment.PluginGenerationName] {
        generations.map { Deployment.PluginGenerationName(plugin: $0.manifest.name, generation: $0.number, sha256: $0.library.sha256) }
            .sorted { $0.plugin < $1.plugin }
    }

    var loaded: [LoadedPlugin] {
        generations.map {
            LoadedPlugin(
                manifest: $0.manifest, generation: $0.number, file: $0.library.path, sha256: $0.library.sha256, streams: 0,
                state: $0.isDraining ? "draining" : "live")
        }.sorted { ($0.manifest?.name ?? "") < ($1.manifest?.name ?? "") }
    }

    /// Makes an instance of every plugin for a loop. Call on that loop.
    func nodes(on loop: EventLoop) throws(ServerError) -> [any Node] {
        guard let host else { return [] }
        var nodes: [any Node] = []
        for generation in generations {
            do throws(RPCStatus) { nodes.append(try host.instance(of: generation, on: loop)) } catch { throw ServerError(error.message) }
        }
        return nodes
    }

    /// Lets instances go: what is open on them is ended. Call on their loop, before the runtime is shut down.
    public func retire(_ nodes: [any Node]) {
        for case let instance as PluginInstance in nodes { instance.shutDown() }
    }

    /// The one plugin of a runtime that was made for one. Call on the loop.
    public func onlyNode(on loop: EventLoop) throws(ServerError) -> (node: any Node, manifest: PluginManifest) {
        guard let node = try nodes(on: loop).first, let generation = generations.first else { throw ServerError("no plugin was loaded") }
        return (node, generation.manifest)
    }

    /// Features made by the plugins of this runtime, on a loop that was started.
    public func features(on loop: EventLoop) throws(ServerError) -> PluginFeatureSource {
        try Blocking.run(on: loop) { [self] () async throws(ServerError) in
            var nodes: [String: any Node] = [:]
            for node in try self.nodes(on: loop) { nodes[node.name] = node }
            return PluginFeatureSource(loop: loop, nodes: nodes)
        }
    }

    /// Ends the pool's threads and removes the copies of libraries.
    public func shutdown() {
        compute.shutdown()
        RunFolder.remove(PluginRuntime.runFolder)
    }
}

extension PluginPorts {
    init(_ manifest: PluginManifest) {
        self.init(
            consumes: manifest.consumes,
            produces: manifest.produces.map { Port(kind: $0.kind, dtype: $0.dtype, shape: $0.shape.map(Int.init), spaceID: $0.spaceID) })
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
