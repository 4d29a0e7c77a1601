/// A checked fusion graph, ready to run: what goes where, with every name resolved.
///
/// Immutable and Sendable: a turn pins the plan it began with.
public struct GraphPlan: Sendable, Equatable {
    public var name: String
    /// SHA-256 of the file's bytes, hex, or "" when it was made in memory.
    public var hash: String
    public var streams: [StreamNode]
    /// For each kind of client input, the stream nodes that take it, in file order.
    public var ingress: [ClientInput: [Int]]
    public var align: AlignPolicy
    /// In an order in which every step's inputs come before it.
    public var steps: [FusionStep]
    public var agents: [AgentNode]

    public init(
        name: String, hash: String = "", streams: [StreamNode] = [], ingress: [ClientInput: [Int]] = [:], align: AlignPolicy = AlignPolicy(),
        steps: [FusionStep] = [], agents: [AgentNode] = []
    ) {
        self.name = name
        self.hash = hash
        self.streams = streams
        self.ingress = ingress
        self.align = align
        self.steps = steps
        self.agents = agents
    }
}

/// The kinds of input a client can send, as the graph names them ("client.audio").
public enum ClientInput: String, Sendable, CaseIterable, Hashable {
    case text, audio, image, selfie, video, behaviour
}

/// A node that messages flow through: a plugin, a pass-through, or the way back to the client.
public struct StreamNode: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// Name of the plugin.
        case plugin(String)
        /// Hands every message on unchanged.
        case pass
        /// Encodes what arrives as a server message: the graph's way back to the client.
        case reply
    }
    public var id: String
    public var kind: Kind
    /// Stream nodes that take what this one gives: (kind of output, index). Empty kind = everything.
    public var downstream: [Edge]
    /// Modality that its embedding or pose counts as in a turn: nil = it does not take part.
    public var modality: String?

    public struct Edge: Sendable, Equatable {
        public var output: String
        public var node: Int
        public init(output: String, node: Int) {
            self.output = output
            self.node = node
        }
    }

    public init(id: String, kind: Kind, downstream: [Edge] = [], modality: String? = nil) {
        self.id = id
        self.kind = kind
        self.downstream = downstream
        self.modality = modality
    }
}

/// How inputs become a turn.
public struct AlignPolicy: Sendable, Equatable {
    public enum Late: String, Sendable, CaseIterable {
        /// A feature that comes after the decision raises the turn's revision.
        case amend
        /// It is kept for the next turn.
        case next
        /// It is dropped.
        case drop
    }
    /// From seal to decision at most, milliseconds.
    public var deadlineMs: Int
    /// From fusing to the decision at most where networks are asked, milliseconds.
    public var decideMs: Int
    /// From first input to forced seal when nobody ends the turn, milliseconds.
    public var collectMsMax: Int
    public var late: Late
    public var revisionsMax: Int
    public var inputsMax: Int
    /// Which frames of a video count with a turn's words.
    public var frames: FrameTimeline.Policy

    public init(
        deadlineMs: Int = 3_000, decideMs: Int = 1_000, collectMsMax: Int = 60_000, late: Late = .amend, revisionsMax: Int = 3,
        inputsMax: Int = 16, frames: FrameTimeline.Policy = .init()
    ) {
        self.deadlineMs = deadlineMs
        self.decideMs = decideMs
        self.collectMsMax = collectMsMax
        self.late = late
        self.revisionsMax = revisionsMax
        self.inputsMax = inputsMax
        self.frames = frames
    }
}

/// One operator of the graph.
public struct FusionStep: Sendable, Equatable {
    public enum Operator: Sendable, Equatable {
        /// f(x) = [√w₁·x₁ ; √w₂·x₂ ; …]
        case concatenation
        /// f(x) = Σ wᵢxᵢ
        case weightedSum
        /// f(x) = [√w₁·e(x₁) ; √w₂·e(x₂)] in a space that words and pictures share.
        case aligned(AlignedSpace)
        /// f(x₁, x₂, …) of a trained operator, without its classes.
        case learntVector(LearntModel)
        /// y = argmax_c Σ wᵢ pᵢ(c|x)
        case decisionLevel
        /// y = argmax_c p(c|x₁, x₂, …) by a trained operator.
        case learnt(LearntModel)
        /// The same by a network that the inference service runs.
        case network(DecisionNetwork)
    }
    public var id: String
    public var operation: Operator
    /// Names of modalities of the turn, or ids of earlier steps.
    public var inputs: [String]
    /// By input; the same order.
    public var weights: [Float]

    public init(id: String, operation: Operator, inputs: [String], weights: [Float]) {
        self.id = id
        self.operation = operation
        self.inputs = inputs
        self.weights = weights
    }
}

/// An agent and when it answers.
public struct AgentNode: Sendable, Equatable {
    public var id: String
    /// "recommendation", "customer_service", "try_on".
    public var agent: String
    /// Step whose fused vector it gets; nil = none.
    public var query: String?
    /// Decision step that must choose it; nil = always.
    public var when: String?

    public init(id: String, agent: String, query: String? = nil, when: String? = nil) {
        self.id = id
        self.agent = agent
        self.query = query
        self.when = when
    }
}

extension GraphPlan {
    /// The trained operators whose vectors products have too, in the order of the steps.
    public var learntVectors: [(step: String, model: LearntModel)] {
        steps.compactMap { step in if case .learntVector(let model) = step.operation { (step.id, model) } else { nil } }
    }

    /// The spaces of words and pictures that steps fuse in, in the order of the steps.
    public var alignedSpaces: [(step: String, space: AlignedSpace)] {
        steps.compactMap { step in if case .aligned(let space) = step.operation { (step.id, space) } else { nil } }
    }
}
