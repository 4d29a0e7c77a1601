import CVitrinePlugin
public import Wire

/// One stream of the plugin under test.
public final class HarnessStream {
    let token: UInt64
    let sessionKey: UInt64
    private unowned let harness: PluginHarness
    /// What the plugin emitted, in order.
    public internal(set) var outputs: [PluginOutput] = []
    /// How the plugin ended the stream; nil while it is open or when it was cancelled.
    public private(set) var status: RPCStatus?
    private(set) var isOpen = true
    private(set) var isHalfClosed = false
    /// Emitted and not taken.
    var queued = 0
    var random: UInt64

    init(token: UInt64, sessionKey: UInt64, harness: PluginHarness) {
        self.token = token
        self.sessionKey = sessionKey
        self.harness = harness
        random = sessionKey
    }

    /// Gives the plugin a message. Nothing happens when the stream is over or half-closed, as with the host.
    public func send(_ message: ClientMessage) {
        guard let kind = message.kind else { return }
        send(payload: message.encoded(), kind: kind.tag, turnID: message.turnID, captureTimeUs: message.captureTimeUs)
    }

    public func send(text: String, language: String = "") {
        send(ClientMessage(turnID: 1, kind: .text(TextInput(text: text, language: language))))
    }

    /// PCM of 16 bits, one channel.
    public func send(samples: [Int16], sampleRateHz: Int = 16_000, last: Bool = false) {
        let bytes = samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        send(
            ClientMessage(
                turnID: 1,
                kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: UInt32(clamping: sampleRateHz), channels: 1, samples: bytes, last: last))))
    }

    /// A JPEG, PNG or WebP file's bytes.
    public func send(picture: [UInt8], purpose: ImagePurpose = .query) {
        send(ClientMessage(turnID: 1, kind: .image(ImagePart(purpose: purpose, imageID: 1, last: true, data: picture))))
    }

    /// Any bytes under any kind, as a careless or hostile client may send them.
    public func send(payload: [UInt8], kind: UInt32, turnID: UInt64 = 1, captureTimeUs: UInt64 = 0) {
        guard isOpen, !isHalfClosed else { return }
        let buffer = payload.withUnsafeBytes { HarnessBuffer.make($0, harness.alive) }
        defer { buffer.pointee.release(buffer) }
        var message = vt_message()
        message.struct_size = UInt32(MemoryLayout<vt_message>.size)
        message.kind = kind
        message.turn_id = turnID
        message.capture_time_us = captureTimeUs
        message.payload = buffer
        let code = harness.call("data") { harness.plugin.pointee.data(harness.state, token, &message) }
        guard code != VT_OK else { return }
        guard isOpen else {
            return harness.violate("data returned \(StatusCode(abi: code).name) after the plugin had closed the stream: two statuses for one stream")
        }
        end(RPCStatus(StatusCode(abi: code), "the plugin refused a message"))
        harness.forgetIfDone(token)
    }

    /// Nothing more comes.
    public func halfClose() {
        guard isOpen, !isHalfClosed else { return }
        isHalfClosed = true
        harness.call("half_close") { harness.plugin.pointee.half_close(harness.state, token) }
        harness.forgetIfDone(token)
    }

    /// Nothing more is wanted.
    public func cancel() {
        guard isOpen else { return }
        isOpen = false
        harness.call("cancel") { harness.plugin.pointee.cancel(harness.state, token) }
        harness.forgetIfDone(token)
    }

    /// Hands the stream over to another generation's instance, as a swap does.
    /// - Returns: the stream there; nil when the plugin cannot hand it over now or at all, and then it goes on here.
    public func handOver(to other: PluginHarness) throws(RPCStatus) -> HarnessStream? {
        guard isOpen, !isHalfClosed, !harness.waiting.contains(where: { $0.stream == token }) else { return nil }
        var bytes: UnsafeMutablePointer<vt_buffer>?
        if let export = harness.plugin.pointee.export_state {
            let code = harness.call("export_state") { export(harness.state, token, &bytes) }
            if code == VT_UNIMPLEMENTED, !harness.manifest.stateful { bytes = nil } else if code != VT_OK { return nil }
        } else if harness.manifest.stateful {
            return nil
        }
        defer { bytes.map { $0.pointee.release($0) } }
        let next = try other.open(sessionKey: sessionKey)
        if let bytes {
            guard let take = other.plugin.pointee.import_state,
                other.call("import_state", { take(other.state, next.token, bytes) }) == VT_OK
            else {
                next.cancel()
                return nil
            }
        }
        cancel()
        return next
    }

    func end(_ status: RPCStatus) {
        isOpen = false
        self.status = status
    }
}

extension ClientMessage.Kind {
    /// Tag of ClientMessage's oneof.
    var tag: UInt32 {
        switch self {
        case .text: ClientMessageKind.text
        case .audio: ClientMessageKind.audio
        case .image: ClientMessageKind.image
        case .video: ClientMessageKind.video
        case .behaviour: ClientMessageKind.behaviour
        case .control: ClientMessageKind.control
        }
    }
}
