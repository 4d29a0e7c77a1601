public import Inference
import Synchronization
public import Wire

/// One build of a plugin with what it runs on: what new streams go to until a newer one takes its place.
public final class PluginGeneration: Sendable {
    public let library: PluginLibrary
    /// 1, 2, 3 … for each plugin name.
    public let number: UInt32
    /// In the order of the manifest.
    public let models: [any InferenceModel]
    /// The manifest's options with what the configuration says.
    public let options: [String: String]
    private let phase = Atomic<Int>(0)
    private let streams = Atomic<Int>(0)

    init(library: PluginLibrary, number: UInt32, models: [any InferenceModel], options: [String: String]) {
        self.library = library
        self.number = number
        self.models = models
        self.options = options
    }

    public var manifest: PluginManifest { library.manifest }

    /// A newer generation has taken its place on every loop, or the plugin was unloaded.
    public var isDraining: Bool { phase.load(ordering: .acquiring) > 0 }

    /// Its time to drain is over and it is still held: by streams that are being ended, or by work that does not end.
    public var isOverdue: Bool { phase.load(ordering: .acquiring) > 1 }

    /// Open streams of its instances on all loops.
    public var openStreams: Int { streams.load(ordering: .relaxed) }

    public func drain() { _ = phase.max(1, ordering: .acquiringAndReleasing) }

    func overdue() { phase.store(2, ordering: .releasing) }

    func counted(streams change: Int) { streams.add(change, ordering: .relaxed) }
}
