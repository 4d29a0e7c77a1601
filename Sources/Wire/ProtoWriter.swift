/// Appends protobuf's wire format to an array.
///
/// Nested messages are written in place behind one byte for their length, and moved up when the length needs more: no
/// second pass over the value and no intermediate buffer.
enum ProtoWriter {
    @inline(__always)
    static func zigZag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }

    @inline(__always)
    static func rawVarint(_ value: UInt64, into output: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }

    static func raw32(_ value: UInt32, into output: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }

    static func raw64(_ value: UInt64, into output: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }

    @inline(__always)
    static func key(_ field: UInt32, _ wire: WireType, into output: inout [UInt8]) {
        rawVarint(UInt64(field) << 3 | UInt64(wire.rawValue), into: &output)
    }

    @inline(__always)
    static func varint(_ field: UInt32, _ value: UInt64, into output: inout [UInt8]) {
        key(field, .varint, into: &output)
        rawVarint(value, into: &output)
    }

    static func fixed32(_ field: UInt32, _ value: UInt32, into output: inout [UInt8]) {
        key(field, .fixed32, into: &output)
        raw32(value, into: &output)
    }

    static func fixed64(_ field: UInt32, _ value: UInt64, into output: inout [UInt8]) {
        key(field, .fixed64, into: &output)
        raw64(value, into: &output)
    }

    static func bytes(_ field: UInt32, _ value: [UInt8], into output: inout [UInt8]) {
        key(field, .length, into: &output)
        rawVarint(UInt64(value.count), into: &output)
        output.append(contentsOf: value)
    }

    static func bytes(_ field: UInt32, _ value: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        key(field, .length, into: &output)
        rawVarint(UInt64(value.count), into: &output)
        output.append(contentsOf: value)
    }

    static func string(_ field: UInt32, _ value: String, into output: inout [UInt8]) {
        key(field, .length, into: &output)
        rawVarint(UInt64(value.utf8.count), into: &output)
        output.append(contentsOf: value.utf8)
    }

    static func message(_ field: UInt32, _ value: some WireMessage, into output: inout [UInt8]) {
        nested(field, into: &output) { value.encode(into: &$0) }
    }

    static func packed<T>(_ field: UInt32, _ values: [T], into output: inout [UInt8], _ write: (T, inout [UInt8]) -> Void) {
        if values.isEmpty { return }
        nested(field, into: &output) { output in for value in values { write(value, &output) } }
    }

    static func packedFloats(_ field: UInt32, _ values: [Float], into output: inout [UInt8]) {
        if values.isEmpty { return }
        key(field, .length, into: &output)
        rawVarint(UInt64(values.count * 4), into: &output)
        #if _endian(little)
            values.withUnsafeBytes { output.append(contentsOf: $0) }
        #else
            for value in values { raw32(value.bitPattern, into: &output) }
        #endif
    }

    /// A length-delimited field whose length is known only after `write`.
    @inline(__always)
    static func nested(_ field: UInt32, into output: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        key(field, .length, into: &output)
        let mark = output.count
        output.append(0)
        write(&output)
        let length = output.count - mark - 1
        precondition(length >= 0, "a writer only appends")
        if length < 0x80 {
            output[mark] = UInt8(length)
        } else {
            widen(at: mark, length: length, in: &output)
        }
    }

    /// Puts the varint `length` at `mark`, where one byte was kept for it.
    private static func widen(at mark: Int, length: Int, in output: inout [UInt8]) {
        let size = varintSize(UInt64(length))
        for _ in 1..<size { output.append(0) }
        output.withUnsafeMutableBytes { buffer in
            // Overlapping on purpose: copyMemory is memmove.
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[(mark + size)...])
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[(mark + 1)..<(mark + 1 + length)]))
        }
        var rest = UInt64(length)
        for index in 0..<size {
            output[mark + index] = UInt8(truncatingIfNeeded: rest & 0x7f) | (index < size - 1 ? 0x80 : 0)
            rest >>= 7
        }
    }

    /// Bytes that `value` takes as a varint, 1 to 10.
    @inline(__always)
    static func varintSize(_ value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }
}
