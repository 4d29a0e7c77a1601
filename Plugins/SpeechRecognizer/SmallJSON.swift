/// A JSON value, as far as a model's settings file needs one: integers, strings without escapes, lists and objects.
///
/// RFC 8259; anything else in it is an error, and so is nesting deeper than `depthMax`.
indirect enum SmallJSON: Equatable {
    case number(Double)
    case string(String)
    case list([SmallJSON])
    case object([(key: String, value: SmallJSON)])

    static let depthMax = 8

    struct SyntaxError: Error, Equatable {
        var offset: Int
    }

    static func == (left: SmallJSON, right: SmallJSON) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        case (.object(let a), .object(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }

    init(parsing text: [UInt8]) throws(SyntaxError) {
        var reader = Reader(text: text)
        self = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.offset == text.count else { throw SyntaxError(offset: reader.offset) }
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

        var error: SyntaxError { SyntaxError(offset: offset) }

        mutating func skipSpace() {
            while offset < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[offset]) { offset += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard offset < text.count, text[offset] == UInt8(ascii: character) else { return false }
            offset += 1
            return true
        }

        mutating func value(depth: Int) throws(SyntaxError) -> SmallJSON {
            guard depth < SmallJSON.depthMax else { throw error }
            skipSpace()
            if take("{") { return .object(try members(depth: depth)) }
            if take("[") { return .list(try items(depth: depth)) }
            if take("\"") { return .string(try rest()) }
            return .number(try number())
        }

        mutating func members(depth: Int) throws(SyntaxError) -> [(key: String, value: SmallJSON)] {
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

        mutating func items(depth: Int) throws(SyntaxError) -> [SmallJSON] {
            var result: [SmallJSON] = []
            if take("]") { return result }
            repeat { result.append(try value(depth: depth + 1)) } while take(",")
            guard take("]") else { throw error }
            return result
        }

        /// A string whose opening quote has been read.
        mutating func rest() throws(SyntaxError) -> String {
            let begin = offset
            while offset < text.count, text[offset] != UInt8(ascii: "\"") {
                guard text[offset] != UInt8(ascii: "\\"), text[offset] >= 0x20 else { throw error }
                offset += 1
            }
            guard offset < text.count else { throw error }
            defer { offset += 1 }
            return String(decoding: text[begin..<offset], as: UTF8.self)
        }

        mutating func number() throws(SyntaxError) -> Double {
            let begin = offset
            while offset < text.count, "+-.0123456789eE".utf8.contains(text[offset]) { offset += 1 }
            guard let value = Double(String(decoding: text[begin..<offset], as: UTF8.self)) else { throw SyntaxError(offset: begin) }
            return value
        }
    }
}
