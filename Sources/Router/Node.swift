public import Wire

/// One message on its way to a node: the routing fields, peeked once, and the original bytes.
public struct RoutedMessage {
    /// Tag of the payload's oneof (`ClientMessage.kind`).
    public var kind: UInt32
    public var turnID: UInt64
    public var revision: UInt32
    /// Microseconds on the session's time line, clamped to arrival.
    public var captureTimeUs: UInt64
    /// On the loop's clock, microseconds; 0 = none.
    public var deadlineUs: UInt64
    /// A serialized `ClientMessage`.
    public var payload: SharedBuffer

    public init(
        kind: UInt32, turnID: UInt64, revision: UInt32, captureTimeUs: UInt64, deadlineUs: UInt64 = 0, payload: SharedBuffer
    ) {
        self.kind = kind
        self.turnID = turnID
        self.revision = revision
        self.captureTimeUs = captureTimeUs
        self.deadlineUs = deadlineUs
        self.payload = payload
    }
}

/// What a node is told when a stream begins.
public struct StreamOpen {
    /// Fairness key, and seed of whatever is random on the stream.
    public var sessionKey: UInt64
    public var turnID: UInt64
    /// Raised by cancellation; emissions of an older epoch are dropped.
    public var epoch: UInt32
    /// On the loop's clock, microseconds; 0 = none.
    public var deadlineUs: UInt64
    /// BCP 47, or "".
    public var language: String

    public init(sessionKey: UInt64, turnID: UInt64 = 0, epoch: UInt32 = 0, deadlineUs: UInt64 = 0, language: String = "") {
        self.sessionKey = sessionKey
        self.turnID = turnID
        self.epoch = epoch
        self.deadlineUs = deadlineUs
        self.language = language
    }
}

/// Something messages flow through: a plugin's instance on this loop, or a part of the router itself.
///
/// Confined to one loop. One node serves many streams.
public protocol Node: AnyObject {
    var name: String { get }

    /// Starts a stream. `events` is called on the same loop, never from within `open`, `data`, `halfClose` or `cancel`.
    func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream
}

/// The way in to one stream of a node.
public protocol NodeStream: AnyObject {
    func data(_ message: RoutedMessage)
    /// Nothing more will come; the node answers what it has and closes.
    func halfClose()
    /// Nothing more is wanted; no event follows.
    func cancel()
}

/// What comes back from one stream of a node.
public protocol NodeEvents: AnyObject {
    /// `payload` is a serialized `PluginOutput` whose oneof tag is `kind`.
    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer)
    /// The last event of the stream.
    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus)
}
