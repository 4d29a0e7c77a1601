import EventLoop
import Fusion
import Wire

/// One turn of a conversation with what was collected for it. The life cycle is TurnMachine's; this holds the contents.
final class Turn {
    let id: UInt64
    let deployment: Deployment
    let traceID: String
    let startedUs: UInt64
    var machine: TurnMachine
    /// The client ends it (TurnStart was sent): silence does not.
    var manual = false
    var words = ""
    var wasSpoken = false
    /// Speech has begun and its transcript has not come.
    var speechOpen = false
    /// When what was spoken was said, on the session's time line.
    var said: [(fromUs: UInt64, toUs: UInt64, text: String)] = []
    var language = ""
    /// Why the answer is in another language than the question, in that of the question; "" = it is not.
    var notice = ""
    var features: [Feature] = []
    /// The requests that its words may hold; empty = they are one.
    var parts: [TurnPart] = []
    var imageLabels: [Label] = []
    var pose: Pose?
    /// The newest picture of the customer that came for the turn, or the camera's.
    var picture: TurnPicture?
    var tryOn: TryOnRequest?
    var tryOnProduct: String? { tryOn?.productID }
    /// The node whose next answer to the camera the turn waits for, and what that gives.
    var camera: (node: Int, modality: String)?
    /// Features that nodes still owe: how many, by node.
    var owed: [Owed] = []
    var deadlineUs: UInt64 = 0
    var deadlineTimer: LoopTimer?
    var quietTimer: LoopTimer?
    var collectTimer: LoopTimer?
    /// What is decided once the networks have answered.
    var judging: Judging?
    /// Counts the rounds of questions to networks: an answer of an earlier one is not looked at.
    var round = 0
    /// A decision that waits for the turn before this one.
    var held: Held?
    var tasks: [Task<Void, Never>] = []
    var spans: [Span] = []
    var delivered = ""
    /// The revision in which an agent has ended its reply: what another says begins a new line.
    var closedRevision: UInt32?
    /// What of it was heard, when it was spoken and cut off.
    var heard: String?
    var agents: [String] = []
    /// Those agents, with the probability that the decision gave each; 1 where there was none to make.
    var decision: [Label] = []
    /// Of the session's `hands`, when its agents began.
    var handsSeen = 0
    var sealedUs: UInt64 = 0
    var inputs = 0

    static let spansMax = 64

    struct Owed {
        var node: Int
        var modality: String
        var count: Int
        var sinceUs: UInt64
    }

    struct Judging {
        var outcome: FusionOutcome
        /// Who answers which parts; empty = the turn is answered as a whole.
        var steps: [Session.AnswerStep] = []
        var missing: [String]
        var waiting: [Question] = []

        struct Question {
            var step: String
            var sinceUs: UInt64
            /// For cancelling it.
            var number: UInt64?
            var isAnswered = false
        }
    }

    struct Held {
        var missing: [String]
        var revision: UInt32
    }

    init(id: UInt64, deployment: Deployment, traceID: String, nowUs: UInt64) {
        self.id = id
        self.deployment = deployment
        self.traceID = traceID
        startedUs = nowUs
        machine = TurnMachine(policy: deployment.plan.align)
    }

    func owe(node: Int, modality: String, nowUs: UInt64) {
        if let index = owed.firstIndex(where: { $0.node == node && $0.modality == modality }) {
            owed[index].count += 1
        } else {
            owed.append(Owed(node: node, modality: modality, count: 1, sinceUs: nowUs))
        }
    }

    /// A node has given (or refused) what it owed. False when it owed nothing.
    func settle(node: Int, modality: String, nowUs: UInt64) -> Bool {
        guard let index = owed.firstIndex(where: { $0.node == node && $0.modality == modality }) else { return false }
        note(node: deployment.plan.streams[node].id, sinceUs: owed[index].sinceUs, nowUs: nowUs)
        owed[index].count -= 1
        if owed[index].count == 0 { owed.remove(at: index) }
        return true
    }

    func note(node: String, sinceUs: UInt64, nowUs: UInt64) {
        guard spans.count < Turn.spansMax else { return }
        spans.append(Span(node: node, startUs: sinceUs - min(sinceUs, startedUs), durationUs: nowUs - min(nowUs, sinceUs)))
    }

    /// It was decided without this modality, which comes now. What was interrupted is worth nothing any more.
    func isLate(_ modality: String) -> Bool { machine.missing.contains(modality) && machine.state != .interrupted }

    /// Several features of one modality count as their mean, at unit length.
    func add(_ feature: Feature) {
        let unit = feature.normalised()
        if let index = features.firstIndex(where: {
            $0.modality == unit.modality && $0.spaceID == unit.spaceID && $0.values.count == unit.values.count
        }) {
            for i in unit.values.indices { features[index].values[i] += unit.values[i] }
        } else {
            features.append(unit)
            features.sort { $0.modality < $1.modality }
        }
    }

    func cancelTimers() {
        deadlineTimer?.cancel()
        quietTimer?.cancel()
        collectTimer?.cancel()
        (deadlineTimer, quietTimer, collectTimer) = (nil, nil, nil)
    }
}
