import Foundation

/// Why one row cannot be imported.
struct RowError: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A JSON value, for rows whose form is not trusted.
enum JSONValue: Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSONValue].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    var kind: String {
        switch self {
        case .null: "null"
        case .flag: "true or false"
        case .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .object: "an object"
        }
    }
}

/// The fields of one row (or of an object within it), with errors that name the path and what was expected.
struct RowFields {
    /// Bytes of one text field.
    static let textBytesMax = 64 * 1024

    let object: [String: JSONValue]
    private let path: String

    init(line: [UInt8]) throws(RowError) {
        guard String(validating: line, as: UTF8.self) != nil else { throw RowError("not UTF-8") }
        let value: JSONValue
        do {
            value = try JSONDecoder().decode(JSONValue.self, from: Data(line))
        } catch {
            throw RowError("not a JSON object: \(Self.explain(error))")
        }
        guard case .object(let object) = value else { throw RowError("expected a JSON object, found \(value.kind)") }
        self.object = object
        path = ""
    }

    private init(_ object: [String: JSONValue], _ path: String) {
        self.object = object
        self.path = path
    }

    private static func explain(_ error: any Error) -> String {
        guard case DecodingError.dataCorrupted(let context) = error else { return "unreadable" }
        guard let cause = context.underlyingError as NSError? else { return context.debugDescription }
        return (cause.userInfo[NSDebugDescriptionErrorKey] as? String) ?? context.debugDescription
    }

    /// A field that must be there.
    func text(_ name: String) throws(RowError) -> String {
        guard let found = try optionalText(name), !found.isEmpty else { throw RowError("\(path)\(name): expected a text, found nothing") }
        return found
    }

    /// nil when absent or null.
    func optionalText(_ name: String) throws(RowError) -> String? {
        switch object[name] ?? .null {
        case .null: return nil
        case .text(let text):
            if text.utf8.count > Self.textBytesMax { throw RowError("\(path)\(name): longer than \(Self.textBytesMax) bytes") }
            if text.utf8.contains(0) { throw RowError("\(path)\(name): holds a NUL character") }
            return text
        case let other: throw RowError("\(path)\(name): expected a text, found \(other.kind)")
        }
    }

    func integer(_ name: String, _ range: ClosedRange<Int64>) throws(RowError) -> Int64 {
        guard let value = object[name], value != .null else { throw RowError("\(path)\(name): expected a whole number, found nothing") }
        guard case .number(let number) = value, number == number.rounded(), abs(number) < 9e15 else {
            throw RowError("\(path)\(name): expected a whole number, found \(value.kind)")
        }
        guard range.contains(Int64(number)) else {
            throw RowError("\(path)\(name): \(Int64(number)) is not from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int64(number)
    }

    func optionalInteger(_ name: String, _ range: ClosedRange<Int64>) throws(RowError) -> Int64? {
        object[name] ?? .null == .null ? nil : try integer(name, range)
    }

    func number(_ name: String) throws(RowError) -> Double {
        guard case .number(let number)? = object[name], number.isFinite else { throw RowError("\(path)\(name): expected a number") }
        return number
    }

    func fields(_ name: String) throws(RowError) -> RowFields? {
        switch object[name] ?? .null {
        case .null: return nil
        case .object(let object): return RowFields(object, "\(path)\(name).")
        case let other: throw RowError("\(path)\(name): expected an object, found \(other.kind)")
        }
    }

    func list(_ name: String) throws(RowError) -> [RowFields] {
        guard let value = object[name], value != .null else { return [] }
        guard case .list(let items) = value else { throw RowError("\(path)\(name): expected a list, found \(value.kind)") }
        var result: [RowFields] = []
        for (index, item) in items.enumerated() {
            guard case .object(let object) = item else { throw RowError("\(path)\(name)[\(index)]: expected an object, found \(item.kind)") }
            result.append(RowFields(object, "\(path)\(name)[\(index)]."))
        }
        return result
    }

    func texts(_ name: String) throws(RowError) -> [String] {
        guard let value = object[name], value != .null else { return [] }
        guard case .list(let items) = value else { throw RowError("\(path)\(name): expected a list, found \(value.kind)") }
        var result: [String] = []
        for item in items {
            guard case .text(let text) = item else { throw RowError("\(path)\(name): expected texts, found \(item.kind)") }
            result.append(text)
        }
        return result
    }
}
