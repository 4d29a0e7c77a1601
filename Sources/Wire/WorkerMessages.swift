/// What the host needs of a `RunReply`, read without decoding: about 20 ns.
public struct RunReplyPeek: Sendable, Equatable {
    /// Inputs up to and including this sequence are done with.
    public var acknowledged: UInt64 = 0
    /// Where the serialized PluginOutput is; nil when the reply is only an acknowledgement.
    public var output: Range<Int>?

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed RunReply.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: acknowledged = try cursor.varint(key)
                case 2: output = try cursor.contents(key)
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "RunReply, byte \(cursor.position)")
        }
    }
}

/// What a worker needs of a `RunRequest`, read without decoding the message inside.
public struct RunRequestPeek: Sendable, Equatable {
    public var sequence: UInt64 = 0
    public var turnID: UInt64 = 0
    public var revision: UInt32 = 0
    /// Microseconds on the session's time line.
    public var captureTimeUs: UInt64 = 0
    /// Time left, microseconds; 0 = no deadline.
    public var timeoutUs: UInt64 = 0
    /// Where the serialized ClientMessage is.
    public var message: Range<Int> = 0..<0

    /// - Throws: INVALID_ARGUMENT when the bytes are not a well-formed RunRequest.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        var cursor = ProtoCursor(bytes)
        do {
            while !cursor.atEnd {
                let key = try cursor.key()
                switch key.field {
                case 1: sequence = try cursor.varint(key)
                case 2: turnID = try cursor.varint(key)
                case 3: revision = UInt32(truncatingIfNeeded: try cursor.varint(key))
                case 4: captureTimeUs = try cursor.varint(key)
                case 5: timeoutUs = try cursor.varint(key)
                case 10: message = try cursor.contents(key)
                default: try cursor.skip(key.wire)
                }
            }
        } catch {
            throw error.status(at: "RunRequest, byte \(cursor.position)")
        }
    }
}

/// Appends the messages of a plugin's Run stream around contents that are serialized already.
public enum RunEncoder {
    /// A `RunRequest`.
    /// - Parameters:
    ///   - timeoutUs: time left to answer, microseconds; 0 = no deadline.
    ///   - message: a serialized `ClientMessage`.
    public static func input(
        sequence: UInt64, turnID: UInt64, revision: UInt32, captureTimeUs: UInt64, timeoutUs: UInt64, message: UnsafeRawBufferPointer,
        into output: inout [UInt8]
    ) {
        if sequence != 0 { ProtoWriter.varint(1, sequence, into: &output) }
        if turnID != 0 { ProtoWriter.varint(2, turnID, into: &output) }
        if revision != 0 { ProtoWriter.varint(3, UInt64(revision), into: &output) }
        if captureTimeUs != 0 { ProtoWriter.varint(4, captureTimeUs, into: &output) }
        if timeoutUs != 0 { ProtoWriter.varint(5, timeoutUs, into: &output) }
        ProtoWriter.bytes(10, message, into: &output)
    }

    /// A `RunReply`.
    /// - Parameter given: a serialized `PluginOutput`; nil = only the acknowledgement.
    public static func reply(acknowledged: UInt64, output given: UnsafeRawBufferPointer?, into output: inout [UInt8]) {
        if acknowledged != 0 { ProtoWriter.varint(1, acknowledged, into: &output) }
        if let given { ProtoWriter.bytes(2, given, into: &output) }
    }
}
