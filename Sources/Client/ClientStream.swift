public import Wire

/// One open stream. What has no credit waits here, in order within its lane.
public final class ClientStream {
    public let id: UInt64
    private weak var connection: ClientConnection?
    let onData: (UnsafeRawBufferPointer) -> Void
    private let onEnd: (RPCStatus) -> Void
    private var audio: LaneQueue
    private var media: LaneQueue
    private var video: LaneQueue
    private var halfCloseWaits = false
    private var isEnded = false

    /// Completes a message right before it is written: numbers must follow the order of sending, not of asking.
    var stamp: ((inout [UInt8]) -> Void)?

    /// Bytes that `stamp` may add.
    static let stampBytesMax = 16
    /// Bytes that may wait for credit on one lane.
    public static let waitingBytesMax = 64 << 20

    private struct LaneQueue {
        /// Half the lane's window: credit comes back in halves, so a larger message might wait for ever.
        let messageBytesMax: UInt64
        var credit: UInt64
        var waiting: [[UInt8]] = []
        var waitingBytes = 0
    }

    init(
        id: UInt64, connection: ClientConnection, windows: ClientWindows, onData: @escaping (UnsafeRawBufferPointer) -> Void,
        onEnd: @escaping (RPCStatus) -> Void
    ) {
        self.id = id
        self.connection = connection
        self.onData = onData
        self.onEnd = onEnd
        audio = LaneQueue(messageBytesMax: windows.audioBytes / 2, credit: windows.audioBytes)
        media = LaneQueue(messageBytesMax: windows.mediaBytes / 2, credit: windows.mediaBytes)
        video = LaneQueue(messageBytesMax: windows.videoBytes / 2, credit: windows.videoBytes)
    }

    /// Sends one serialized request. Throws RESOURCE_EXHAUSTED when too much waits for credit already.
    public func send(_ payload: [UInt8], lane: Lane = .control) throws(RPCStatus) {
        guard !isEnded else { return }
        guard lane != .control, lane != .unspecified else {
            write(payload)
            return
        }
        var queue = self[lane]
        guard UInt64(payload.count + ClientStream.stampBytesMax) <= queue.messageBytesMax else {
            throw RPCStatus(.invalidArgument, "\(payload.count) bytes in one message; the \(lane) lane takes at most \(queue.messageBytesMax)")
        }
        guard queue.waitingBytes + payload.count <= ClientStream.waitingBytesMax else {
            throw RPCStatus(
                .resourceExhausted, "\(queue.waitingBytes) bytes wait for credit on the \(lane) lane; at most \(ClientStream.waitingBytesMax) may")
        }
        queue.waiting.append(payload)
        queue.waitingBytes += payload.count
        self[lane] = queue
        drain(lane)
    }

    /// Nothing more will be sent, once what waits for credit has gone.
    public func halfClose() {
        halfCloseWaits = true
        finishIfDrained()
    }

    public func cancel(_ reason: String = "") {
        guard !isEnded else { return }
        connection?.write { FrameEncoder.cancel(streamID: id, reason: reason, into: &$0) }
    }

    /// Bytes that wait for credit.
    public var waitingBytes: Int { audio.waitingBytes + media.waitingBytes + video.waitingBytes }

    func granted(_ bytes: UInt64, on lane: Lane) {
        let (sum, overflow) = self[lane].credit.addingReportingOverflow(bytes)
        self[lane].credit = overflow ? .max : sum
        drain(lane)
    }

    func ended(_ status: RPCStatus) {
        guard !isEnded else { return }
        isEnded = true
        onEnd(status)
    }

    private func drain(_ lane: Lane) {
        var queue = self[lane]
        var sent = 0
        while sent < queue.waiting.count, UInt64(queue.waiting[sent].count + ClientStream.stampBytesMax) <= queue.credit {
            queue.waitingBytes -= queue.waiting[sent].count
            queue.credit -= UInt64(write(queue.waiting[sent]))
            sent += 1
        }
        queue.waiting.removeFirst(sent)
        self[lane] = queue
        finishIfDrained()
    }

    private func finishIfDrained() {
        guard halfCloseWaits, waitingBytes == 0, !isEnded else { return }
        halfCloseWaits = false
        connection?.write { FrameEncoder.halfClose(streamID: id, into: &$0) }
    }

    @discardableResult
    private func write(_ unstamped: [UInt8]) -> Int {
        var payload = unstamped
        stamp?(&payload)
        connection?.write { output in payload.withUnsafeBytes { FrameEncoder.data(streamID: id, payload: $0, into: &output) } }
        return payload.count
    }

    private subscript(_ lane: Lane) -> LaneQueue {
        get {
            switch lane {
            case .audio: audio
            case .video: video
            case .media, .control, .unspecified: media
            }
        }
        set {
            switch lane {
            case .audio: audio = newValue
            case .video: video = newValue
            case .media: media = newValue
            case .control, .unspecified: break
            }
        }
    }
}
