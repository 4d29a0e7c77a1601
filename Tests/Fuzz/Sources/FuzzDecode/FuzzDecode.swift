import Wire

// libFuzzer target: the first byte picks the message's type, the rest is the message. What the validator passes must
// decode, print as JSON, peek and survive encoding; what it refuses must be refused by decoding as well.

func check<M: WireMessage>(_ type: M.Type, _ bytes: UnsafeRawBufferPointer, valid: Bool) {
    guard let value = try? M(decoding: bytes) else { return precondition(!valid, "what validates is decoded") }
    precondition(valid, "what does not validate is not decoded")
    let encoded = value.encoded()
    guard let again = try? M(decoding: encoded) else { preconditionFailure("what was encoded is decoded") }
    // Bytes, since NaN is not equal to itself.
    precondition(again.encoded() == encoded, "encoding is stable")
}

func peek(_ type: MessageType, _ bytes: UnsafeRawBufferPointer, valid: Bool) {
    do {
        switch type {
        case .frame: _ = try FramePeek(bytes)
        case .clientMessage: _ = try MessagePeek(clientMessage: bytes)
        case .serverMessage: _ = try MessagePeek(serverMessage: bytes)
        case .pluginOutput: _ = try MessagePeek(pluginOutput: bytes)
        case .audioChunk: _ = try AudioChunkView(bytes)
        case .imagePart: _ = try ImagePartView(bytes)
        case .videoFrame: _ = try VideoFrameView(bytes)
        case .textInput: _ = try TextInputView(bytes)
        default: break
        }
    } catch {
        precondition(!valid, "what validates is peeked")
    }
}

func run(_ type: MessageType, _ bytes: UnsafeRawBufferPointer) {
    var valid = true
    do { try WireValidator.validate(bytes, as: type) } catch { valid = false }
    let json = try? ProtoJSON.encode(bytes, as: type, emitDefaults: true)
    precondition((json != nil) == valid, "what validates is printed")
    peek(type, bytes, valid: valid)
    switch type {
    case .frame: check(Frame.self, bytes, valid: valid)
    case .clientMessage: check(ClientMessage.self, bytes, valid: valid)
    case .serverMessage: check(ServerMessage.self, bytes, valid: valid)
    case .pluginOutput: check(PluginOutput.self, bytes, valid: valid)
    case .audioChunk: check(AudioChunk.self, bytes, valid: valid)
    case .sessionState: check(SessionState.self, bytes, valid: valid)
    case .recordingHeader: check(RecordingHeader.self, bytes, valid: valid)
    case .recordedFrame: check(RecordedFrame.self, bytes, valid: valid)
    case .recordingRecord: check(RecordingRecord.self, bytes, valid: valid)
    case .inferRequest: check(InferRequest.self, bytes, valid: valid)
    case .listPluginsReply: check(ListPluginsReply.self, bytes, valid: valid)
    default: break
    }
}

/// Called by libFuzzer's own main.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    guard let data, size > 0 else { return 0 }
    let types = MessageType.allCases
    run(types[Int(data[0]) % types.count], UnsafeRawBufferPointer(start: data + 1, count: size - 1))
    return 0
}
