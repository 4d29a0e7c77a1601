public import Inference
import Synchronization
public import Wire

/// One build of a plugin with what it runs on: what new streams go to until a newer one takes its place.
public final class PluginGeneration: Sendable {
    public let library: PluginLibrary
    /// 1, 2, 3 … for each plugin name.
    public let number: UInt32
    /// In the order of the manifest.
    public let models: [CompiledModel]
    /// The manifest's options with what the configuration says.
    public let options: [String: String]
    private let draining = Atomic<Bool>(false)

    init(library: PluginLibrary, number: UInt32, models: [CompiledModel], options: [String: String]) {
        self.library = library
        self.number = number
        self.models = models
        self.options = options
    }

    public var manifest: PluginManifest { library.manifest }

    /// A newer generation has taken its place: instances take no new streams.
    public var isDraining: Bool { draining.load(ordering: .acquiring) }

    func drain() { draining.store(true, ordering: .releasing) }
}
