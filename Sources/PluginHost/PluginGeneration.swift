public import Inference
import Synchronization
public import Wire

/// One build of a plugin in this process, with what it runs on.
public final class PluginGeneration: PluginBuild {
    public let library: PluginLibrary
    public let number: UInt32
    /// In the order of the manifest.
    public let models: [any InferenceModel]
    /// The manifest's options with what the configuration says.
    public let options: [String: String]
    public let phase = BuildPhase()
    private let streams = Atomic<Int>(0)

    init(library: PluginLibrary, number: UInt32, models: [any InferenceModel], options: [String: String]) {
        self.library = library
        self.number = number
        self.models = models
        self.options = options
    }

    public var manifest: PluginManifest { library.manifest }
    public var origin: String { library.path }
    public var sha256: String { library.sha256 }
    public var openStreams: Int { streams.load(ordering: .relaxed) }

    func counted(streams change: Int) { streams.add(change, ordering: .relaxed) }
}
