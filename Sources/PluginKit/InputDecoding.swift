import Wire

/// Decodes a `ClientMessage` so that the large fields (samples, pictures) stay where they are.
enum InputDecoding {
    static func content(of payload: BufferReference) throws(PluginError) -> InputContent {
        do {
            return try decode(payload)
        } catch {
            throw PluginError(error)
        }
    }

    private static func decode(_ payload: BufferReference) throws(RPCStatus) -> InputContent {
        let peek = try MessagePeek(clientMessage: payload.bytes)
        let body = UnsafeRawBufferPointer(rebasing: payload.bytes[peek.kindRange])
        switch peek.kind {
        case ClientMessageKind.text: return .text(try TextInput(decoding: body))
        case ClientMessageKind.behaviour: return .behaviour(try BehaviourEvent(decoding: body))
        case ClientMessageKind.control: return .control(try Control(decoding: body))
        case ClientMessageKind.audio:
            let view = try AudioChunkView(body)
            return .audio(
                AudioInput(
                    encoding: view.encoding, sampleRateHz: Int(view.sampleRateHz), channels: Int(view.channels), last: view.last,
                    samples: SharedBytes(owner: payload, view: view.samples)))
        case ClientMessageKind.image:
            let view = try ImagePartView(body)
            return .image(
                ImageInput(
                    purpose: view.purpose, imageID: view.imageID, part: Int(view.part), last: view.last,
                    data: SharedBytes(owner: payload, view: view.data)))
        case ClientMessageKind.video:
            let view = try VideoFrameView(body)
            return .video(
                ImageInput(purpose: view.purpose, imageID: 0, part: 0, last: true, data: SharedBytes(owner: payload, view: view.data)))
        default: throw RPCStatus(.invalidArgument, "the message has no content that this version knows")
        }
    }
}
