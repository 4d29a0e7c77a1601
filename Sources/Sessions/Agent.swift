public import Catalog
import EventLoop
public import Fusion
public import Wire

/// Something that answers a turn: recommendation, customer service, try-on.
///
/// One value serves all sessions of a deployment. `answer` runs on the loop that owns the session; whatever takes long
/// (stores, models) is awaited. Cancellation of the surrounding task means that nobody waits for the answer any more.
public protocol Agent: Sendable {
    /// As graph files name it: "recommendation".
    var name: String { get }

    /// Answers through `reply`. Throwing turns into a Problem on the stream; the session goes on.
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus)
}

/// Everything an agent may know of a turn. A value: nothing in it changes while agents work.
public struct TurnQuery: Sendable {
    public var sessionID: String
    public var traceID: String
    public var principal: Principal
    public var turnID: UInt64
    public var revision: UInt32
    /// "en" or "zh": the language to answer in.
    public var language: String
    /// What was typed or said, "" when nothing was.
    public var words: String
    public var wasSpoken: Bool
    /// Features of the turn by modality, sorted by modality.
    public var features: [Feature]
    /// Modalities that were expected and are not there.
    public var missing: [String]
    /// The fused vector of the agent's query step.
    public var query: FusedVector?
    /// The decision that chose the agent.
    public var decision: Decision?
    /// What the vision encoder named in the photo.
    public var imageLabels: [Label]
    public var pose: Pose?
    /// The picture that `pose` was found in, where it is kept: a selfie of this turn, or the camera's newest.
    public var picture: TurnPicture?
    /// What the customer asked to try on.
    public var tryOn: TryOnRequest?
    public var context: DialogueContext
    /// Whether the customer agrees that what they do is learnt from (the consent `personalise`).
    public var mayBeLearntFrom = false
    /// When it was decided, on the loop's clock, microseconds.
    public var timeUs: UInt64
    /// What the customer's own clock showed then, if the client has said it.
    public var localTime: LocalTime?
    public var seed: UInt64
    /// The requests that `words` are made of, where they are several, or the one of the turn's that is this agent's; empty = `words` are one.
    public var parts: [TurnPart] = []
    /// The same request without what it names, with its vector, where it was restated.
    public var restated: TurnPart?

    public func feature(_ modality: String) -> Feature? { features.first { $0.modality == modality } }
}

/// A picture of the customer, as it was sent.
public struct TurnPicture: Sendable {
    /// A serialized ClientMessage of kind image or video.
    let payload: SharedBuffer

    public init(payload: SharedBuffer) { self.payload = payload }

    /// A copy of the file: JPEG, PNG, WebP or GIF.
    /// - Throws: INTERNAL when the message holds no picture.
    public func file() throws(RPCStatus) -> [UInt8] {
        let peek = try MessagePeek(clientMessage: payload.bytes)
        let contents = peek.contents(in: payload.bytes)
        switch peek.kind {
        case ClientMessageKind.image: return Array(try ImagePartView(contents).data)
        case ClientMessageKind.video: return Array(try VideoFrameView(contents).data)
        default: throw RPCStatus(.internalError, "the turn's picture is none")
        }
    }
}

/// Says what goes where on a camera's picture, without a turn: for clients that draw every picture themselves.
public protocol CameraFollower: Agent {
    /// - Throws: what is wrong with the product.
    func overlays(of productID: String, on pose: Pose) throws(RPCStatus) -> [Overlay]
}

/// What the conversation is about so far.
public struct DialogueContext: Sendable, Equatable {
    /// Products of the last recommendation that was sent, in order.
    public var shownProducts: [String] = []
    /// What "it" means.
    public var focusedProduct: String?
    /// Viewed, clicked, put into the cart …, oldest first.
    public var behaviour: [BehaviourEvent] = []
    public var lastAgent: String = ""
    public var turnsDone: Int = 0
    /// Where the dialogue with customer service stands.
    public var dialogue = Dialogue()

    public init() {}
}

/// The way back to the client for one turn and epoch.
///
/// What comes after the turn was interrupted or amended is dropped: `send` then returns false.
public struct ReplySink: Sendable {
    let session: LoopBound<Session>
    let turnID: UInt64
    let epoch: UInt32

    /// Call on the session's loop, where agents run. Returns false when nobody waits for the answer any more.
    @discardableResult
    public func send(_ kind: ServerMessage.Kind) -> Bool {
        session.value.emit(kind, turnID: turnID, epoch: epoch)
    }

    /// Keeps where the dialogue stands for the turns to come; dropped, like what was not sent, once the turn was interrupted.
    public func remember(_ dialogue: Dialogue) {
        session.value.remember(dialogue, turnID: turnID, epoch: epoch)
    }

    /// The same, kept where sessions outlive the process before it returns: for what may be done although the answer to it never comes.
    /// - Returns: whether the turn goes on; if not, nothing is to be begun for it any more.
    nonisolated(nonsending) public func rememberFirmly(_ dialogue: Dialogue) async -> Bool {
        guard session.value.remember(dialogue, turnID: turnID, epoch: epoch) else { return false }
        await session.value.keep()
        return session.value.isUnderWay(turnID: turnID, epoch: epoch)
    }

    /// Notes what the conversation is about.
    public func focus(onProduct id: String) {
        session.value.focus(onProduct: id, turnID: turnID, epoch: epoch)
    }
}
