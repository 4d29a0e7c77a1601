/// A serialized message of protocol buffers, read and written field by field: what an ONNX file is made of. (Encoding: the protocol buffers
/// documentation, "Encoding".)
struct ProtoMessage {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// Four or eight bytes: of no use here.
        case fixed
    }

    var bytes: [UInt8] = []

    // MARK: Reading

    /// The fields in their order.
    /// - Throws: for a field that leaves the message or has a wire type that there is not.
    static func fields(_ bytes: ArraySlice<UInt8>) throws(ModelError) -> [(number: Int, value: Value)] {
        var fields: [(number: Int, value: Value)] = []
        var rest = bytes
        while !rest.isEmpty {
            let key = try number(&rest)
            let value: Value
            switch key & 7 {
            case 0: value = .number(try number(&rest))
            case 1: value = try skip(8, &rest)
            case 2:
                let count = try number(&rest)
                guard count <= UInt64(rest.count) else { throw cutOff }
                value = .bytes(rest.prefix(Int(count)))
                rest = rest.dropFirst(Int(count))
            case 5: value = try skip(4, &rest)
            default: throw ModelError("a field of the unknown wire type \(key & 7)")
            }
            fields.append((Int(truncatingIfNeeded: key >> 3), value))
        }
        return fields
    }

    private static let cutOff = ModelError("a field leaves its message")

    private static func skip(_ count: Int, _ rest: inout ArraySlice<UInt8>) throws(ModelError) -> Value {
        guard rest.count >= count else { throw cutOff }
        rest = rest.dropFirst(count)
        return .fixed
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws(ModelError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw cutOff }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw ModelError("a number of more than ten bytes")
    }

    // MARK: Writing

    mutating func add(_ field: Int, _ number: Int) {
        append(UInt64(field) << 3)
        append(UInt64(bitPattern: Int64(number)))
    }

    mutating func add(_ field: Int, _ content: some Collection<UInt8>) {
        append(UInt64(field) << 3 | 2)
        append(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    mutating func add(_ field: Int, _ text: String) { add(field, text.utf8) }
    mutating func add(_ field: Int, _ message: ProtoMessage) { add(field, message.bytes) }

    private mutating func append(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
