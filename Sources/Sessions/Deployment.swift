public import Fusion

/// What is live: plugin generations, graph, agents and the index they search, as one immutable value.
///
/// Published atomically to every loop; each turn pins the one it began with.
public final class Deployment: Sendable {
    /// Counts up with every publication.
    public let number: UInt64
    public let plan: GraphPlan
    /// Live generation of each plugin, sorted by name.
    public let generations: [PluginGenerationName]
    public let agents: [any Agent]
    public let classifier: (any ModalityClassifier)?
    // Found out once: a cast to a protocol searches the conformances of every image again after each plugin that was loaded.
    /// The classifier, if it judges a turn's words too.
    let turnClassifier: (any TurnClassifier)?
    /// The first agent that answers a camera's pictures.
    let cameraFollower: (any CameraFollower)?
    /// Hash of the catalogue snapshot that the agents search.
    public let catalogueHash: String
    /// The plugin that speaks replies; nil = they are text.
    public let voice: String?
    /// Runs the networks of the plan's decide nodes; nil = it has none.
    public let networks: (any DecisionNetworks)?

    public struct PluginGenerationName: Sendable, Equatable {
        public var plugin: String
        public var generation: UInt32
        public var sha256: String

        public init(plugin: String, generation: UInt32, sha256: String) {
            self.plugin = plugin
            self.generation = generation
            self.sha256 = sha256
        }
    }

    public init(
        number: UInt64, plan: GraphPlan, generations: [PluginGenerationName], agents: [any Agent],
        classifier: (any ModalityClassifier)?, catalogueHash: String, voice: String? = nil, networks: (any DecisionNetworks)? = nil
    ) {
        self.number = number
        self.plan = plan
        self.generations = generations
        self.agents = agents
        self.classifier = classifier
        turnClassifier = classifier as? any TurnClassifier
        cameraFollower = agents.lazy.compactMap { $0 as? any CameraFollower }.first
        self.catalogueHash = catalogueHash
        self.voice = voice
        self.networks = networks
    }

    /// The next deployment, which differs by its plugins alone.
    public func with(generations: [PluginGenerationName]) -> Deployment {
        Deployment(
            number: number + 1, plan: plan, generations: generations, agents: agents, classifier: classifier, catalogueHash: catalogueHash,
            voice: voice, networks: networks)
    }

    /// The next deployment, which differs by what its agents know.
    public func with(agents: [any Agent], classifier: (any ModalityClassifier)?, catalogueHash: String) -> Deployment {
        Deployment(
            number: number + 1, plan: plan, generations: generations, agents: agents, classifier: classifier, catalogueHash: catalogueHash,
            voice: voice, networks: networks)
    }

    func agent(named name: String) -> (any Agent)? { agents.first { $0.name == name } }
}
