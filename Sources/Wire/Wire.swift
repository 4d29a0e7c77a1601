// Wire: bytes in, values out.
//
// For: framing, routing peeks, decoding, encoding, validation and JSON of the messages in proto/.
// Owns: nothing beyond a call, except the partial frame in a FrameDecoder.
// Must never: do I/O, keep process-wide state, know a loop or a plugin, or trust a byte it was given. It is linked into
// plugins as well as into the server, which may therefore hold several copies of it at once.
//
// Where unsafe pointers live: ProtoCursor (reads), DecodingArena and Unpacked (protobuf-c), ProtoJSON (descriptors).
// Everything under Generated/ is written by tools/proto/generate.

/// A message of the schema as a Swift value.
public protocol WireMessage: Sendable, Equatable {
    /// Which message of the schema it is.
    static var messageType: MessageType { get }

    /// Decodes one serialized message. The bytes are validated first (`WireValidator`), and the memory that decoding may
    /// use is capped (`DecodingArena`). An enum value this build does not know becomes `.unspecified`.
    ///
    /// - Throws: INVALID_ARGUMENT naming the field, or RESOURCE_EXHAUSTED when the cap is reached.
    init(decoding bytes: UnsafeRawBufferPointer) throws(RPCStatus)

    /// Appends the serialized message: byte for byte what protobuf-c packs.
    func encode(into output: inout [UInt8])
}

extension WireMessage {
    /// Decodes from an array; see `init(decoding:)`.
    public init(decoding bytes: [UInt8]) throws(RPCStatus) {
        let result = bytes.withUnsafeBytes { buffer in Result { () throws(RPCStatus) in try Self(decoding: buffer) } }
        self = try result.get()
    }

    /// The serialized message.
    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        encode(into: &output)
        return output
    }

    /// Canonical proto3 JSON; see `ProtoJSON`.
    public func json(prefixFields: [(String, JSONScalar)] = []) throws(RPCStatus) -> String {
        try ProtoJSON.encode(encoded(), as: Self.messageType, prefixFields: prefixFields)
    }
}

/// Canonical proto3 JSON of a serialized message; see `ProtoJSON`.
///
/// - Throws: INVALID_ARGUMENT or RESOURCE_EXHAUSTED as `WireMessage.init(decoding:)`.
public func json(ofMessage bytes: UnsafeRawBufferPointer, as type: MessageType) throws(RPCStatus) -> String {
    try ProtoJSON.encode(bytes, as: type)
}

/// A method of a service, named as in gRPC.
public struct MethodDescriptor: Sendable, Equatable {
    /// "/vitrine.v1.Sessions/Converse"
    public let path: String
    public let request: MessageType
    public let response: MessageType
    public let requestStreaming: Bool
    public let responseStreaming: Bool

    /// The method with this path; nil when the schema has none.
    public static func named(_ path: String) -> MethodDescriptor? { all.first { $0.path == path } }
}

extension Frame {
    /// The schema calls the oneof `body`.
    public typealias Body = Kind

    /// The same as `kind`, by the schema's name.
    public var body: Body? {
        get { kind }
        set { kind = newValue }
    }
}

extension Status {
    /// As a message that ends a stream.
    public init(_ status: RPCStatus) { self.init(code: status.code.rawValue, message: status.message) }
}

extension RPCStatus {
    /// What a peer's Status says; a code that gRPC does not have reads as UNKNOWN.
    public init(_ status: Status) { self.init(StatusCode(rawValue: status.code) ?? .unknown, status.message) }
}
