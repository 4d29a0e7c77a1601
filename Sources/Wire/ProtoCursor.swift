/// protobuf's wire types. Groups (3 and 4) do not exist in proto3 and are errors.
enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case length = 2
    case fixed32 = 5
}

/// What can be wrong with the wire format itself.
enum WireFault: UInt8, Error {
    case truncatedVarint, longVarint, truncatedValue, length, key, wireType, group, mismatch, utf8, nul, depth, fields

    var text: String {
        switch self {
        case .truncatedVarint: "a varint is cut off"
        case .longVarint: "a varint is longer than 64 bits"
        case .truncatedValue: "the value is cut off"
        case .length: "the length goes beyond the end"
        case .key: "a field number is not in 1…536870911"
        case .wireType: "wire types 6 and 7 do not exist"
        case .group: "groups (wire types 3 and 4) are not supported"
        case .mismatch: "the wire type is not the field's"
        case .utf8: "the string is not valid UTF-8"
        case .nul: "the string contains NUL"
        case .depth: "messages are nested too deeply"
        case .fields: "the message has too many fields"
        }
    }

    /// `path` as "ClientMessage.text.language".
    func status(at path: String) -> RPCStatus { RPCStatus(.invalidArgument, "\(path): \(text)") }
}

/// Reads protobuf's wire format from borrowed bytes.
///
/// Invariant of every read: `0 <= position <= end`, and no byte at or beyond `end` is touched. The bytes must outlive
/// the cursor; nobody keeps a cursor beyond the call that made it.
struct ProtoCursor {
    struct Key {
        var field: UInt32
        var wire: WireType
    }

    private let base: UnsafeRawPointer
    private(set) var position: Int
    let end: Int

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, 0..<bytes.count) }

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a cursor stays within its bytes")
        // Never read through when the range is empty.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16)!
        position = range.lowerBound
        end = range.upperBound
    }

    @inline(__always)
    var atEnd: Bool { position == end }

    @inline(__always)
    private func byte(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

    @inline(__always)
    mutating func varint() throws(WireFault) -> UInt64 {
        guard position < end else { throw .truncatedVarint }
        let first = byte(position)
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(WireFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var index = position
        while index < end {
            let next = byte(index)
            index += 1
            if shift == 63, next > 1 { throw .longVarint }
            value |= UInt64(next & 0x7f) &<< shift
            if next < 0x80 {
                position = index
                return value
            }
            shift += 7
        }
        throw .truncatedVarint
    }

    /// The next field's key, checked.
    @inline(__always)
    mutating func key() throws(WireFault) -> Key {
        let start = position
        let value = try varint()
        guard value >= 8, value <= UInt64(UInt32.max), position - start <= 5 else { throw .key }
        guard let wire = WireType(rawValue: UInt8(truncatingIfNeeded: value & 7)) else {
            throw value & 7 < 5 ? .group : .wireType
        }
        return Key(field: UInt32(truncatingIfNeeded: value >> 3), wire: wire)
    }

    /// The contents of a length-delimited field, as offsets into the bytes.
    @inline(__always)
    mutating func contents() throws(WireFault) -> Range<Int> {
        let start = position
        let length = try varint()
        guard length <= UInt64(end - position), position - start <= 5 else { throw .length }
        let from = position
        position += Int(length)
        return from..<position
    }

    @inline(__always)
    mutating func fixed(_ size: Int) throws(WireFault) {
        guard end - position >= size else { throw .truncatedValue }
        position += size
    }

    @inline(__always)
    mutating func skip(_ wire: WireType) throws(WireFault) {
        switch wire {
        case .varint: _ = try varint()
        case .fixed64: try fixed(8)
        case .length: _ = try contents()
        case .fixed32: try fixed(4)
        }
    }

    /// The value of a varint field.
    @inline(__always)
    mutating func varint(_ key: Key) throws(WireFault) -> UInt64 {
        guard key.wire == .varint else { throw .mismatch }
        return try varint()
    }

    /// The contents of a string, bytes or message field.
    @inline(__always)
    mutating func contents(_ key: Key) throws(WireFault) -> Range<Int> {
        guard key.wire == .length else { throw .mismatch }
        return try contents()
    }
}
