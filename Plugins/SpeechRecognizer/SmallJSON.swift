/// A text that is no JSON, from this byte on.
struct SmallJSONError: Error, Equatable {
    var offset: Int
}

/// A JSON value, as far as settings and vocabularies need one: numbers, strings, lists and objects.
///
/// RFC 8259; anything else in it is an error, and so is nesting deeper than `depthMax`.
indirect enum SmallJSON: Sendable {
    case number(Double)
    case string(String)
    case list([SmallJSON])
    case object([(key: String, value: SmallJSON)])

    static let depthMax = 8

    init(parsing text: [UInt8]) throws(SmallJSONError) {
        var reader = Reader(text: text)
        self = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == text.count else { throw SmallJSONError(offset: reader.offset) }
    }

    subscript(key: String) -> SmallJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var integer: Int? {
        guard case .number(let value) = self else { return nil }
        return Int(exactly: value)
    }

    var text: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// nil unless it is a list of integers.
    var integers: [Int]? {
        guard case .list(let items) = self else { return nil }
        let numbers = items.compactMap(\.integer)
        return numbers.count == items.count ? numbers : nil
    }

    private struct Reader {
        let text: [UInt8]
        var offset = 0

        var error: SmallJSONError { SmallJSONError(offset: offset) }

        mutating func skipSpace() {
            while offset < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[offset]) { offset += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard offset < text.count, text[offset] == UInt8(ascii: character) else { return false }
            offset += 1
            return true
        }

        mutating func value(depth: Int) throws(SmallJSONError) -> SmallJSON {
            guard depth < SmallJSON.depthMax else { throw error }
            skipSpace()
            if take("{") { return .object(try members(depth: depth)) }
            if take("[") { return .list(try items(depth: depth)) }
            if take("\"") { return .string(try rest()) }
            return .number(try number())
        }

        mutating func members(depth: Int) throws(SmallJSONError) -> [(key: String, value: SmallJSON)] {
            var result: [(key: String, value: SmallJSON)] = []
            if take("}") { return result }
            repeat {
                guard take("\"") else { throw error }
                let key = try rest()
                guard take(":") else { throw error }
                result.append((key, try value(depth: depth + 1)))
            } while take(",")
            guard take("}") else { throw error }
            return result
        }

        mutating func items(depth: Int) throws(SmallJSONError) -> [SmallJSON] {
            var result: [SmallJSON] = []
            if take("]") { return result }
            repeat { result.append(try value(depth: depth + 1)) } while take(",")
            guard take("]") else { throw error }
            return result
        }

        /// A string whose opening quote has been read.
        mutating func rest() throws(SmallJSONError) -> String {
            var result: [UInt8] = []
            while offset < text.count, text[offset] != UInt8(ascii: "\"") {
                guard text[offset] >= 0x20 else { throw error }
                if text[offset] == UInt8(ascii: "\\") {
                    offset += 1
                    result += try escaped()
                } else {
                    result.append(text[offset])
                    offset += 1
                }
            }
            guard offset < text.count else { throw error }
            offset += 1
            return String(decoding: result, as: UTF8.self)
        }

        /// The character after a backslash. Surrogate pairs are two escapes; half a pair is an error.
        mutating func escaped() throws(SmallJSONError) -> [UInt8] {
            guard offset < text.count else { throw error }
            defer { offset += 1 }
            switch Unicode.Scalar(text[offset]) {
            case "n": return [0x0a]
            case "t": return [0x09]
            case "r": return [0x0d]
            case "b": return [0x08]
            case "f": return [0x0c]
            case "\"", "\\", "/": return [text[offset]]
            case "u":
                var value = try unit()
                if (0xd800..<0xdc00).contains(value) {
                    guard offset + 2 < text.count, text[offset + 1] == UInt8(ascii: "\\"), text[offset + 2] == UInt8(ascii: "u") else { throw error }
                    offset += 2
                    let low = try unit()
                    guard (0xdc00..<0xe000).contains(low) else { throw error }
                    value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
                }
                guard let scalar = Unicode.Scalar(value) else { throw error }
                return Array(String(scalar).utf8)
            default: throw error
            }
        }

        /// Four hexadecimal digits after the "u" at `offset`, which then is at the last of them.
        mutating func unit() throws(SmallJSONError) -> UInt32 {
            guard offset + 4 < text.count, let value = UInt32(String(decoding: text[offset + 1...offset + 4], as: UTF8.self), radix: 16) else {
                throw error
            }
            offset += 4
            return value
        }

        mutating func number() throws(SmallJSONError) -> Double {
            let begin = offset
            while offset < text.count, "+-.0123456789eE".utf8.contains(text[offset]) { offset += 1 }
            guard let value = Double(String(decoding: text[begin..<offset], as: UTF8.self)) else { throw SmallJSONError(offset: begin) }
            return value
        }
    }
}

extension SmallJSON: Equatable {
    static func == (left: SmallJSON, right: SmallJSON) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }
}
