public import Wire

/// One conversation: what a customer says and shows, and what comes back. Confined to its connection's loop.
public final class Conversation {
    private var stream: ClientStream?
    private var sequence: UInt64 = 0
    private var nextImageID: UInt64 = 1
    private var unacknowledged = 0
    /// Nothing may be sent any more, acknowledgements neither.
    private var isFinished = false
    /// Id of the session, once the server has said it.
    public private(set) var sessionID = ""
    /// Sequence of the last message received: what to resume after.
    public private(set) var lastReceived: UInt64 = 0
    public private(set) var limits = Limits()
    public var onMessage: ((ServerMessage) -> Void)?
    public var onEnd: ((RPCStatus) -> Void)?

    /// Photos go in parts of so many bytes.
    public static let imagePartBytes = 1 << 20
    /// Received messages are acknowledged in batches of so many.
    public static let acknowledgeEvery = 16

    /// Opens a conversation. With `wantsSpeech` replies are spoken too. `localTime` is the customer's, like "2026-09-21T14:05:00+02:00": what
    /// "yesterday" counts from; "" = it is not said. `resuming` is the session to go on with and the last message received of it.
    public init(
        on connection: ClientConnection, token: String = "", resuming: (sessionID: String, after: UInt64)? = nil, wantsTrace: Bool = false,
        wantsSpeech: Bool = false, localTime: String = "",
        onMessage: @escaping (ServerMessage) -> Void, onEnd: @escaping (RPCStatus) -> Void
    ) {
        self.onMessage = onMessage
        self.onEnd = onEnd
        var metadata: [MetadataEntry] = []
        func add(_ key: String, _ value: String) { metadata.append(MetadataEntry(key: key, value: Array(value.utf8))) }
        if !token.isEmpty { add("authorization", "Bearer \(token)") }
        if wantsTrace { add("vitrine-trace", "on") }
        if wantsSpeech { add("vitrine-speak", "on") }
        if !localTime.isEmpty { add("vitrine-time", localTime) }
        if let resuming {
            add("vitrine-session-id", resuming.sessionID)
            add("vitrine-resume-after", "\(resuming.after)")
            sessionID = resuming.sessionID
            lastReceived = resuming.after
        }
        stream = connection.open(
            .sessionsConverse, metadata: metadata, onData: { [weak self] in self?.received($0) },
            onEnd: { [weak self] status in
                self?.stream = nil
                self?.onEnd?(status)
            })
        stream?.stamp = { [weak self] payload in
            guard let self else { return }
            sequence += 1
            // Field 1 of ClientMessage; the order of fields does not matter.
            payload.append(0x08)
            var rest = sequence
            while rest > 0x7f {
                payload.append(UInt8(rest & 0x7f) | 0x80)
                rest >>= 7
            }
            payload.append(UInt8(rest))
        }
    }

    // MARK: What the customer does

    public func say(_ text: String, language: String = "", endOfTurn: Bool = true) throws(RPCStatus) {
        try send(.text(TextInput(text: text, language: language)), endOfTurn: endOfTurn)
    }

    /// Shows a photo file's bytes, in parts if it is large.
    public func show(_ image: [UInt8], purpose: ImagePurpose, endOfTurn: Bool = false) throws(RPCStatus) {
        let id = nextImageID
        nextImageID += 1
        var part: UInt32 = 0
        var from = 0
        repeat {
            let to = min(from + Conversation.imagePartBytes, image.count)
            let last = to == image.count
            try send(
                .image(ImagePart(purpose: purpose, imageID: id, part: part, last: last, data: Array(image[from..<to]))), lane: .media,
                endOfTurn: endOfTurn && last)
            part += 1
            from = to
        } while from < image.count
    }

    /// A piece of the microphone's signal.
    public func speak(_ chunk: AudioChunk) throws(RPCStatus) { try send(.audio(chunk), lane: .audio) }

    public func frame(_ image: [UInt8], purpose: ImagePurpose) throws(RPCStatus) {
        try send(.video(VideoFrame(purpose: purpose, data: image)), lane: .video)
    }

    public func did(_ behaviour: Behaviour, product: String, quantity: UInt32 = 0) throws(RPCStatus) {
        try send(.behaviour(BehaviourEvent(behaviour: behaviour, productID: product, quantity: quantity)))
    }

    public func control(_ control: Control.Kind, endOfTurn: Bool = false) throws(RPCStatus) {
        try send(.control(Control(kind: control)), endOfTurn: endOfTurn)
    }

    /// Nothing more will be said; answers still come, then `onEnd`.
    public func finish() {
        isFinished = true
        stream?.halfClose()
    }

    public func cancel() { stream?.cancel() }

    /// Sends any message, numbered. `turnID` 0 leaves the turn to the server.
    public func send(
        _ kind: ClientMessage.Kind, lane: Lane = .control, endOfTurn: Bool = false, captureTimeUs: UInt64 = 0, turnID: UInt64 = 0
    ) throws(RPCStatus) {
        let message = ClientMessage(turnID: turnID, captureTimeUs: captureTimeUs, endOfTurn: endOfTurn, kind: kind)
        try stream?.send(message.encoded(), lane: lane)
    }

    // MARK: What comes back

    private func received(_ bytes: UnsafeRawBufferPointer) {
        do throws(RPCStatus) {
            let message = try ServerMessage(decoding: bytes)
            if case .session(let started) = message.kind {
                sessionID = started.sessionID
                limits = started.limits ?? Limits()
            }
            // A resumed stream says first that it was resumed, then repeats what was missed: the newest number counts.
            lastReceived = max(lastReceived, message.sequence)
            unacknowledged += 1
            if unacknowledged >= Conversation.acknowledgeEvery, !isFinished {
                unacknowledged = 0
                try control(.acknowledge(Acknowledge(sequence: lastReceived)))
            }
            onMessage?(message)
        } catch {
            stream?.cancel("a message could not be read: \(error.message)")
        }
    }
}
