import CProtobufC
import CVitrineProto

/// A value that protobuf-c's struct `Unpacked` turns into. Conformances are generated.
protocol UnpackedMessage: WireMessage {
    associatedtype CStruct
    init(unpacked: UnsafePointer<CStruct>)
}

/// The memory that protobuf-c may use for one message: a bump allocator with a cap, gone when decoding returns.
///
/// Invariants: an allocation is 16-byte aligned and lies wholly within one chunk; the sum of all allocations never
/// exceeds `limit`; the pointer given to protobuf-c as `allocator_data` is valid for exactly one `withUnpacked` call.
/// Small messages live in a stack chunk and allocate nothing. protobuf-c copes with a refused allocation by
/// returning NULL.
public enum DecodingArena {
    /// What any message may use.
    public static let baseBytes = 64 * 1024
    /// For each byte of input: a packed array of one-byte varints in 64 bits grows eightfold, nothing grows more.
    public static let bytesPerInputByte = 8
    /// For each field that the validator counted: bookkeeping while scanning (64), a pointer and a struct.
    public static let bytesPerField = 256

    /// The cap in bytes for an input of `inputBytes` with `fields` fields (at most `WireValidator.Limits.fieldsMax`).
    public static func limit(inputBytes: Int, fields: Int) -> Int {
        baseBytes + bytesPerInputByte * inputBytes + bytesPerField * fields
    }

    // More than 1 KiB would be taken from the heap.
    private static let stackBytes = 1024

    private struct State {
        var next: UnsafeMutableRawPointer
        var room: Int
        var used = 0
        var chunkBytes = 8 * 1024
        let limit: Int
        var chunks: [UnsafeMutableRawPointer] = []

        mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
            guard size <= limit - used else { return nil }
            let rounded = (max(size, 1) + 15) & ~15
            guard rounded <= limit - used else { return nil }
            if rounded > room {
                let bytes = max(rounded, chunkBytes)
                chunkBytes *= 2
                next = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
                chunks.append(next)
                room = bytes
            }
            let result = next
            next += rounded
            room -= rounded
            used += rounded
            return result
        }
    }

    static func decode<M: UnpackedMessage>(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> M {
        try withUnpacked(bytes, as: M.messageType) { M(unpacked: UnsafeRawPointer($0).assumingMemoryBound(to: M.CStruct.self)) }
    }

    /// Validates `bytes`, unpacks them and lends the C struct to `body`.
    ///
    /// - Parameter limit: the cap in bytes; nil for `limit(inputBytes:fields:)`.
    static func withUnpacked<R>(
        _ bytes: UnsafeRawBufferPointer, as type: MessageType, limit: Int? = nil,
        _ body: (UnsafeMutablePointer<ProtobufCMessage>) -> R
    ) throws(RPCStatus) -> R {
        let fields = try WireValidator.countFields(bytes, as: type)
        let cap = limit ?? Self.limit(inputBytes: bytes.count, fields: fields)
        let result: R? = withUnsafeTemporaryAllocation(byteCount: stackBytes, alignment: 16) { stack in
            guard let start = stack.baseAddress else { return nil }
            var state = State(next: start, room: stack.count, limit: cap)
            defer { for chunk in state.chunks { chunk.deallocate() } }
            return withUnsafeMutablePointer(to: &state) { state in
                var allocator = ProtobufCAllocator(
                    alloc: { state, size in state?.assumingMemoryBound(to: State.self).pointee.allocate(size) },
                    free: { _, _ in }, allocator_data: state)
                let input = bytes.assumingMemoryBound(to: UInt8.self)
                guard let message = protobuf_c_message_unpack(type.descriptor, &allocator, input.count, input.baseAddress) else {
                    return nil
                }
                return body(message)
            }
        }
        guard let result else {
            throw RPCStatus(.resourceExhausted, "\(type.name): decoding \(bytes.count) bytes needs more than \(cap) bytes of memory")
        }
        return result
    }
}

extension MessageType {
    /// protobuf-c's description of the message. Constant data of the generated C.
    var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {
        guard let descriptor = vitrine_v1_descriptor(rawValue) else {
            preconditionFailure("the table of descriptors has one for each MessageType")
        }
        return descriptor
    }
}

/// From protobuf-c's fields to Swift. The bytes were validated: strings are UTF-8 and contain no NUL.
enum Unpacked {
    static func string(_ value: UnsafeMutablePointer<CChar>?) -> String {
        guard let value else { return "" }
        return String(cString: value)
    }

    static func bytes(_ value: ProtobufCBinaryData) -> [UInt8] {
        [UInt8](UnsafeBufferPointer(start: value.data, count: value.data == nil ? 0 : value.len))
    }

    static func array<C, T>(_ values: UnsafeMutablePointer<C>?, _ count: Int, _ convert: (C) -> T) -> [T] {
        UnsafeBufferPointer(start: values, count: values == nil ? 0 : count).map(convert)
    }

    static func messages<M: UnpackedMessage>(
        _ values: UnsafeMutablePointer<UnsafeMutablePointer<M.CStruct>?>?, _ count: Int
    ) -> [M] {
        UnsafeBufferPointer(start: values, count: values == nil ? 0 : count).compactMap { $0.map { M(unpacked: $0) } }
    }
}
