/// What routing needs of a `Frame`, read without decoding: about 20 ns.
///
/// A repeated field counts once, with its last value, and of the oneof the last member counts, as protobuf has it.
/// The contents of the body are not looked into.
public struct FramePeek: Sendable, Equatable {
    public var streamID: UInt64 = 0
    /// A tag of `FrameBody`; 0 when the frame has no body this build knows.
    public var body: UInt32 = 0
    /// Where the body's contents are in the frame: for Data the payload, otherwise the serialized message.
    public var bodyRange: Range<Int> = 0..<0

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed frame.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1:
                    streamID = try cursor.varint(key)
                case let field where FrameBody.contains(field):
                    bodyRange = try cursor.contents(key)
                    body = field
                default:
                    try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "Frame, byte \(cursor.position)")
        }
    }
}

/// What routing needs of a message of a conversation, read without decoding: about 20 ns.
///
/// The rules are `FramePeek`'s. The contents of the kind are not looked into.
public struct MessagePeek: Sendable, Equatable {
    /// A tag of `ClientMessageKind`, `PluginOutputKind` or `ServerMessageKind`; 0 when this build knows no kind in it.
    public var kind: UInt32 = 0
    /// 0 in a PluginOutput, which has none.
    public var sequence: UInt64 = 0
    public var turnID: UInt64 = 0
    public var revision: UInt32 = 0
    /// Microseconds on the session's time line; of a ServerMessage, when it was made.
    public var captureTimeUs: UInt64 = 0
    /// False in all but a ClientMessage.
    public var endOfTurn = false
    /// Where the serialized message of the kind is.
    public var kindRange: Range<Int> = 0..<0

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed ClientMessage.
    public init(clientMessage bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: sequence = try cursor.varint(key)
                case 2: turnID = try cursor.varint(key)
                case 3: revision = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 4: captureTimeUs = try cursor.varint(key)
                case 5: endOfTurn = try cursor.varint(key) != 0
                case let field where ClientMessageKind.contains(field):
                    kindRange = try cursor.contents(key)
                    kind = field
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "ClientMessage, byte \(cursor.position)")
        }
    }

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed PluginOutput.
    public init(pluginOutput bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: turnID = try cursor.varint(key)
                case 2: revision = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 3: captureTimeUs = try cursor.varint(key)
                case 20: _ = try cursor.contents(key)
                case let field where PluginOutputKind.contains(field):
                    kindRange = try cursor.contents(key)
                    kind = field
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "PluginOutput, byte \(cursor.position)")
        }
    }

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed ServerMessage.
    public init(serverMessage bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: sequence = try cursor.varint(key)
                case 2: turnID = try cursor.varint(key)
                case 3: revision = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 4: captureTimeUs = try cursor.varint(key)
                case let field where ServerMessageKind.contains(field):
                    kindRange = try cursor.contents(key)
                    kind = field
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "ServerMessage, byte \(cursor.position)")
        }
    }
}
