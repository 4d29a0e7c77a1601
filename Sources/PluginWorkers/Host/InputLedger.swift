import Router
import Wire

/// The inputs of one stream: what waits for credit, what was sent, and what the worker has done with. A value, no I/O.
///
/// Inputs go out in the order in which they came. A message goes as long as its lane has any credit, and may overdraw it, so that one that is larger
/// than a window still goes. A video frame that waits is replaced by the next one.
struct InputLedger {
    /// One input, as it came.
    struct Item {
        var sequence: UInt64
        var lane: Lane
        var message: RoutedMessage
        var bytes: Int { message.payload.count }
    }

    /// Initial windows of the protocol, bytes.
    static func window(_ lane: Lane) -> Int {
        switch lane {
        case .audio: 256 << 10
        case .media: 8 << 20
        case .video: 1 << 20
        case .control, .unspecified: 1 << 20
        }
    }

    static func lane(of kind: UInt32) -> Lane {
        switch kind {
        case ClientMessageKind.audio: .audio
        case ClientMessageKind.image: .media
        case ClientMessageKind.video: .video
        default: .control
        }
    }

    let bytesMax: Int
    /// Whether what was sent is kept until it is acknowledged, to be sent again.
    let keepsSent: Bool
    private(set) var acknowledged: UInt64 = 0
    private(set) var lastSent: UInt64 = 0
    private var lastAdded: UInt64 = 0
    private var credit: [Int]
    private var waiting: ArraySlice<Item> = []
    private var sent: ArraySlice<Item> = []
    private var heldBytes = 0

    init(bytesMax: Int, keepsSent: Bool) {
        self.bytesMax = bytesMax
        self.keepsSent = keepsSent
        credit = Self.lanes.map(Self.window)
    }

    /// Inputs that were sent and not acknowledged.
    var unacknowledged: UInt64 { lastSent - acknowledged }

    /// Whether everything that came has been sent.
    var isFlushed: Bool { waiting.isEmpty }

    /// Bytes that are kept here.
    var keptBytes: Int { heldBytes }

    /// - Throws: RESOURCE_EXHAUSTED when more than `bytesMax` would be kept.
    mutating func add(_ message: RoutedMessage) throws(RPCStatus) {
        let lane = Self.lane(of: message.kind)
        if lane == .video, let last = waiting.last, last.lane == .video {
            heldBytes += message.payload.count - last.bytes
            waiting[waiting.index(before: waiting.endIndex)].message = message
            return
        }
        guard heldBytes + message.payload.count <= bytesMax || heldBytes == 0 else {
            throw RPCStatus(.resourceExhausted, "\(heldBytes) bytes of input wait for the plugin's worker; at most \(bytesMax) may")
        }
        lastAdded += 1
        heldBytes += message.payload.count
        waiting.append(Item(sequence: lastAdded, lane: lane, message: message))
    }

    /// The next input that may go; it counts as sent.
    mutating func next() -> Item? {
        guard let first = waiting.first, credit[Self.index(first.lane)] > 0 else { return nil }
        waiting.removeFirst()
        credit[Self.index(first.lane)] -= first.bytes
        lastSent = first.sequence
        if keepsSent { sent.append(first) } else { heldBytes -= first.bytes }
        if waiting.isEmpty { waiting = [] }
        return first
    }

    /// The worker has room for more.
    mutating func grant(_ bytes: UInt64, on lane: Lane) {
        let index = Self.index(lane)
        // More than a window is never used: a worker that grants without measure gains nothing.
        credit[index] = min(credit[index] + Int(clamping: min(bytes, UInt64(Int32.max))), Self.window(lane))
    }

    /// The worker has done with inputs up to `sequence`.
    /// - Throws: INVALID_ARGUMENT for an input that it was not given.
    mutating func acknowledge(_ sequence: UInt64) throws(RPCStatus) {
        guard sequence <= lastSent else {
            throw RPCStatus(.invalidArgument, "it acknowledged input \(sequence) of a stream that was given \(lastSent)")
        }
        guard sequence > acknowledged else { return }
        acknowledged = sequence
        while let first = sent.first, first.sequence <= sequence {
            heldBytes -= first.bytes
            sent.removeFirst()
        }
        if sent.isEmpty { sent = [] }
    }

    /// Everything that came was sent, and the worker has done with it.
    var isAtRest: Bool { isFlushed && unacknowledged == 0 }

    /// Another build goes on; numbers go on too.
    mutating func moved() {
        precondition(unacknowledged == 0, "a stream that moves has nothing under way")
        credit = Self.lanes.map(Self.window)
    }

    /// Another process takes over: what was not acknowledged goes again, before what waits.
    mutating func rewind() {
        precondition(keepsSent, "only what was kept can be sent again")
        waiting = sent + waiting
        sent = []
        lastSent = acknowledged
        credit = Self.lanes.map(Self.window)
    }

    private static let lanes: [Lane] = [.control, .audio, .media, .video]

    private static func index(_ lane: Lane) -> Int {
        switch lane {
        case .control, .unspecified: 0
        case .audio: 1
        case .media: 2
        case .video: 3
        }
    }
}
