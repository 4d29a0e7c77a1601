/// Appends whole frames, prefix included, to a connection's pending output. Nothing is allocated besides what the
/// output itself grows by, except for the short text of a status.
public enum FrameEncoder {
    /// One serialized message of the stream's method.
    public static func data(streamID: UInt64, payload: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        let contents = ProtoWriter.varintSize(UInt64(payload.count)) + payload.count
        let id = streamID == 0 ? 0 : 1 + ProtoWriter.varintSize(streamID)
        // The key of `data` takes one byte.
        prefix(0, length: id + 1 + contents, into: &output)
        if streamID != 0 { ProtoWriter.varint(1, streamID, into: &output) }
        ProtoWriter.bytes(FrameBody.data, payload, into: &output)
    }

    /// One serialized message of the stream's method.
    public static func data(streamID: UInt64, payload: [UInt8], into output: inout [UInt8]) {
        payload.withUnsafeBytes { data(streamID: streamID, payload: $0, into: &output) }
    }

    /// One message of the stream's method, serialized in place by `writing`, which may only append.
    @inline(__always)
    public static func data(streamID: UInt64, into output: inout [UInt8], writing: (inout [UInt8]) -> Void) {
        frame(streamID, into: &output) { ProtoWriter.nested(FrameBody.data, into: &$0, writing) }
    }

    /// One message of the stream's method.
    public static func data(streamID: UInt64, message: some WireMessage, into output: inout [UInt8]) {
        data(streamID: streamID, into: &output) { message.encode(into: &$0) }
    }

    public static func open(streamID: UInt64, _ open: Open, into output: inout [UInt8]) {
        frame(streamID, into: &output) { ProtoWriter.message(FrameBody.open, open, into: &$0) }
    }

    /// - Parameters:
    ///   - method: a gRPC path, `MethodDescriptor.path`.
    ///   - timeoutUs: time left for the whole stream, microseconds; 0 = none.
    public static func open(
        streamID: UInt64, method: String, metadata: [MetadataEntry] = [], timeoutUs: UInt64 = 0, into output: inout [UInt8]
    ) {
        open(streamID: streamID, Open(method: method, metadata: metadata, timeoutUs: timeoutUs), into: &output)
    }

    public static func halfClose(streamID: UInt64, into output: inout [UInt8]) {
        frame(streamID, into: &output) { ProtoWriter.message(FrameBody.halfClose, HalfClose(), into: &$0) }
    }

    public static func cancel(streamID: UInt64, reason: String = "", into output: inout [UInt8]) {
        frame(streamID, into: &output) { ProtoWriter.message(FrameBody.cancel, Cancel(reason: reason), into: &$0) }
    }

    /// The last frame of a stream.
    public static func status(streamID: UInt64, _ status: RPCStatus, into output: inout [UInt8]) {
        frame(streamID, into: &output) { ProtoWriter.message(FrameBody.status, Status(status), into: &$0) }
    }

    public static func credit(streamID: UInt64, lane: Lane, bytes: UInt64, into output: inout [UInt8]) {
        frame(streamID, into: &output) { ProtoWriter.message(FrameBody.credit, Credit(lane: lane, bytes: bytes), into: &$0) }
    }

    public static func ping(token: UInt64, into output: inout [UInt8]) {
        frame(0, into: &output) { ProtoWriter.message(FrameBody.ping, Ping(token: token), into: &$0) }
    }

    public static func pong(token: UInt64, into output: inout [UInt8]) {
        frame(0, into: &output) { ProtoWriter.message(FrameBody.pong, Pong(token: token), into: &$0) }
    }

    public static func goAway(lastStreamID: UInt64, _ status: RPCStatus = .ok, into output: inout [UInt8]) {
        let message = GoAway(lastStreamID: lastStreamID, code: status.code.rawValue, message: status.message)
        frame(0, into: &output) { ProtoWriter.message(FrameBody.goAway, message, into: &$0) }
    }

    /// Any frame.
    public static func frame(_ frame: Frame, into output: inout [UInt8]) {
        prefixed(into: &output) { frame.encode(into: &$0) }
    }

    /// Any message behind a length prefix, for example of a recording.
    public static func prefixed(into output: inout [UInt8], _ writing: (inout [UInt8]) -> Void) {
        let mark = output.count
        prefix(0, length: 0, into: &output)
        writing(&output)
        let length = output.count - mark - FrameDecoder.prefixBytes
        precondition(length >= 0 && length <= Int(UInt32.max), "a writer only appends, and at most 4 GiB")
        for index in 0..<4 { output[mark + 1 + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }

    @inline(__always)
    private static func frame(_ streamID: UInt64, into output: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
        prefixed(into: &output) { output in
            if streamID != 0 { ProtoWriter.varint(1, streamID, into: &output) }
            body(&output)
        }
    }

    private static func prefix(_ flags: UInt8, length: Int, into output: inout [UInt8]) {
        precondition(length <= Int(UInt32.max), "a frame's length has 32 bits")
        output.append(flags)
        ProtoWriter.raw32(UInt32(length).byteSwapped, into: &output)
    }
}

/// Appends a `ServerMessage` around contents that are serialized already, so that they are not decoded to be passed on.
public enum ServerMessageEncoder {
    /// - Parameters:
    ///   - kind: a tag of `ServerMessageKind`.
    ///   - contents: the serialized message of that kind.
    ///   - timeUs: when it was made, microseconds on the session's time line.
    public static func message(
        sequence: UInt64, turnID: UInt64, revision: UInt32, timeUs: UInt64, kind: UInt32, contents: UnsafeRawBufferPointer,
        into output: inout [UInt8]
    ) {
        precondition(ServerMessageKind.contains(kind), "a server message has a kind of its oneof")
        if sequence != 0 { ProtoWriter.varint(1, sequence, into: &output) }
        if turnID != 0 { ProtoWriter.varint(2, turnID, into: &output) }
        if revision != 0 { ProtoWriter.varint(3, UInt64(revision), into: &output) }
        if timeUs != 0 { ProtoWriter.varint(4, timeUs, into: &output) }
        ProtoWriter.bytes(kind, contents, into: &output)
    }

    /// - Parameter chunk: a serialized `AudioChunk`.
    public static func audio(
        sequence: UInt64, turnID: UInt64, revision: UInt32, timeUs: UInt64, chunk: UnsafeRawBufferPointer,
        into output: inout [UInt8]
    ) {
        message(
            sequence: sequence, turnID: turnID, revision: revision, timeUs: timeUs, kind: ServerMessageKind.audio,
            contents: chunk, into: &output)
    }
}
