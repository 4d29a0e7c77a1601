import Wire

// libFuzzer target: anything that a connection could receive. The first byte says how the rest is cut into reads; any
// cutting must give what one read gives.

/// What came of feeding `bytes` in reads of `step` bytes.
func outcome(_ bytes: UnsafeRawBufferPointer, step: Int) -> (frames: [[UInt8]], failure: RPCStatus?, idle: Bool) {
    var decoder = FrameDecoder(frameBytesMax: 1 << 16)
    var frames: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
        let next = min(at + step, bytes.count)
        do {
            try decoder.feed(UnsafeRawBufferPointer(rebasing: bytes[at..<next])) { frame throws(RPCStatus) in
                frames.append([UInt8](frame))
                peek(frame)
            }
        } catch {
            return (frames, error, decoder.isIdle)
        }
        precondition(decoder.keptBytes <= next, "a decoder keeps no more than what arrived")
        at = next
    }
    return (frames, nil, decoder.isIdle)
}

/// Whatever is peeked lies within the frame, and a frame that validates is peeked.
func peek(_ frame: UnsafeRawBufferPointer) {
    do {
        let peek = try FramePeek(frame)
        precondition(peek.bodyRange.upperBound <= frame.count, "the body lies in the frame")
        guard peek.body == FrameBody.data else { return }
        let payload = UnsafeRawBufferPointer(rebasing: frame[peek.bodyRange])
        let message = try MessagePeek(clientMessage: payload)
        precondition(message.kindRange.upperBound <= payload.count, "the kind lies in the payload")
        let contents = UnsafeRawBufferPointer(rebasing: payload[message.kindRange])
        switch message.kind {
        case ClientMessageKind.audio: _ = try AudioChunkView(contents)
        case ClientMessageKind.image: _ = try ImagePartView(contents)
        case ClientMessageKind.video: _ = try VideoFrameView(contents)
        case ClientMessageKind.text: _ = try TextInputView(contents)
        default: break
        }
    } catch {
        precondition(error.code == .invalidArgument, "broken bytes are an invalid argument")
    }
}

/// Called by libFuzzer's own main.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    guard let data, size > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
    let whole = outcome(bytes, step: bytes.count)
    let cut = outcome(bytes, step: 1 + Int(data[0]))
    precondition(whole.frames == cut.frames && whole.failure == cut.failure && whole.idle == cut.idle, "cutting changes nothing")
    return 0
}
