/// The lexical part of JSON: strings, numbers, base64.
enum JSONText {
    @inline(__always)
    static func append(_ text: String, to out: inout [UInt8]) { out.append(contentsOf: text.utf8) }

    static func append(_ value: JSONScalar, to out: inout [UInt8]) {
        switch value {
        case .string(let text): appendQuoted(text.utf8, to: &out)
        case .integer(let number): append("\(number)", to: &out)
        case .number(let number): appendNumber(number, number.description, to: &out)
        case .bool(let truth): append(truth ? "true" : "false", to: &out)
        }
    }

    /// `description` is the shortest text that reads back as `number`.
    static func appendNumber(_ number: some BinaryFloatingPoint, _ description: String, to out: inout [UInt8]) {
        if number.isNaN {
            append("\"NaN\"", to: &out)
        } else if number.isInfinite {
            append(number < 0 ? "\"-Infinity\"" : "\"Infinity\"", to: &out)
        } else {
            append(description, to: &out)
        }
    }

    /// UTF-8 as a JSON string; only what JSON requires is escaped.
    static func appendQuoted(_ utf8: some Sequence<UInt8>, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"", to: &out)
            case UInt8(ascii: "\\"): append("\\\\", to: &out)
            case UInt8(ascii: "\n"): append("\\n", to: &out)
            case UInt8(ascii: "\r"): append("\\r", to: &out)
            case UInt8(ascii: "\t"): append("\\t", to: &out)
            case 0x08: append("\\b", to: &out)
            case 0x0c: append("\\f", to: &out)
            case 0..<0x20:
                append("\\u00", to: &out)
                for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? digit + UInt8(ascii: "0") : digit + UInt8(ascii: "a") - 10) }
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    /// Standard base64 with padding, in quotes.
    static func appendBase64(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        func digit(_ value: UInt32) -> UInt8 { alphabet.utf8Start[Int(value & 63)] }
        out.append(UInt8(ascii: "\""))
        out.reserveCapacity(out.count + (bytes.count + 2) / 3 * 4 + 1)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let second = left > 1 ? UInt32(bytes[index + 1]) : 0
            let third = left > 2 ? UInt32(bytes[index + 2]) : 0
            let group = UInt32(bytes[index]) << 16 | second << 8 | third
            out.append(digit(group >> 18))
            out.append(digit(group >> 12))
            out.append(left > 1 ? digit(group >> 6) : UInt8(ascii: "="))
            out.append(left > 2 ? digit(group) : UInt8(ascii: "="))
            index += 3
        }
        out.append(UInt8(ascii: "\""))
    }
}
