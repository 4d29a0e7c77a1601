// CheckedYAML: YAML files that people write, read with errors that people can use.
//
// Every reader error names the file, the line, what was found and what is allowed. Owns nothing but the parsed tree (Yams does the parsing);
// it knows no schema: modules describe theirs by the calls they make. A mapping that is read with `fields` refuses keys nobody asked for.

import Yams

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is wrong with a file, and where.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    /// From 1; 0 = the whole file.
    public var line: Int
    public var message: String

    public init(file: String, line: Int, message: String) {
        self.file = file
        self.line = line
        self.message = message
    }

    /// "shop.yaml:12: …"
    public var description: String { line == 0 ? "\(file): \(message)" : "\(file):\(line): \(message)" }
}

/// A place in a parsed file.
public struct YAMLValue {
    let node: Node?
    public let file: String
    /// Dotted path from the root, for messages: "nodes[2].plugin".
    public let path: String
    private let parentLine: Int

    /// Files larger than this are refused.
    public static let fileBytesMax = 8 << 20

    init(node: Node?, file: String, path: String, parentLine: Int) {
        self.node = node
        self.file = file
        self.path = path
        self.parentLine = parentLine
    }

    /// Reads a file; the document must be a mapping or a list.
    public static func load(_ path: String) throws(YAMLError) -> YAMLValue {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw YAMLError(file: path, line: 0, message: "no such file, or it cannot be read")
        }
        guard data.count <= fileBytesMax else {
            throw YAMLError(file: path, line: 0, message: "\(data.count) bytes; at most \(fileBytesMax) are allowed")
        }
        guard let text = String(data: data, encoding: .utf8) else { throw YAMLError(file: path, line: 0, message: "not valid UTF-8") }
        return try parse(text, file: path)
    }

    /// Reads text; `file` is only named in errors.
    public static func parse(_ text: String, file: String) throws(YAMLError) -> YAMLValue {
        do {
            guard let node = try Yams.compose(yaml: text) else { throw YAMLError(file: file, line: 0, message: "the file is empty") }
            return YAMLValue(node: node, file: file, path: "", parentLine: 1)
        } catch let error as YAMLError {
            throw error
        } catch let error as YamlError {
            throw YAMLError(file: file, line: error.line, message: error.reason)
        } catch {
            throw YAMLError(file: file, line: 0, message: "\(error)")
        }
    }

    public var line: Int { node?.mark?.line ?? parentLine }
    public var exists: Bool { node != nil && !isEmptyValue }
    /// The key is there and nothing stands behind it.
    public var isEmptyValue: Bool {
        // Of what may be a null Yams knows more; most values are none.
        guard let scalar = node?.scalar, scalar.string.isEmpty || scalar.string.first.map("~nN".contains) == true else { return false }
        return node?.null != nil
    }
    public var isMapping: Bool { node?.mapping != nil }
    public var isList: Bool { node?.sequence != nil }
    public var isScalar: Bool { node?.scalar != nil }

    public func error(_ message: String) -> YAMLError {
        YAMLError(file: file, line: line, message: path.isEmpty ? message : "\(path): \(message)")
    }

    // MARK: Mappings and lists

    /// A value of this mapping; ask `exists` whether it is there.
    public subscript(_ key: String) -> YAMLValue {
        // Yams' own look-up resolves the tags of both sides anew for every key it passes: most of the time that a long script takes.
        let found = node?.mapping?.first { $0.key.scalar?.string == key }
        return YAMLValue(node: found?.value, file: file, path: path.isEmpty ? key : "\(path).\(key)", parentLine: line)
    }

    /// Checks that this is a mapping with no other keys than these.
    public func fields(_ allowed: String...) throws(YAMLError) {
        guard let mapping = node?.mapping else { throw error("a mapping is needed here, with the keys \(allowed.joined(separator: ", "))") }
        for (key, _) in mapping {
            let name = key.string ?? "?"
            guard allowed.contains(name) else {
                throw YAMLError(
                    file: file, line: key.mark?.line ?? line,
                    message: "\(path.isEmpty ? "" : path + ": ")unknown key '\(name)'; allowed: \(allowed.joined(separator: ", "))")
            }
        }
    }

    /// Keys and values of a mapping in file order.
    public func entries() throws(YAMLError) -> [(key: String, value: YAMLValue)] {
        guard exists else { return [] }
        guard let mapping = node?.mapping else { throw error("a mapping is needed here") }
        return mapping.map { key, value in
            let name = key.string ?? "?"
            return (name, YAMLValue(node: value, file: file, path: path.isEmpty ? name : "\(path).\(name)", parentLine: line))
        }
    }

    /// Members of a list; none when it is absent.
    public func items() throws(YAMLError) -> [YAMLValue] {
        guard exists else { return [] }
        guard let list = node?.sequence else { throw error("a list is needed here") }
        return list.enumerated().map { index, value in YAMLValue(node: value, file: file, path: "\(path)[\(index)]", parentLine: line) }
    }

    // MARK: Scalars

    public func string() throws(YAMLError) -> String {
        guard let text = node?.scalar?.string, exists else { throw error("a text is needed here") }
        return text
    }

    public func string(or fallback: String) throws(YAMLError) -> String { exists ? try string() : fallback }

    public func optionalString() throws(YAMLError) -> String? { exists ? try string() : nil }

    public func strings() throws(YAMLError) -> [String] {
        if isScalar { return [try string()] }
        var all: [String] = []
        for item in try items() { all.append(try item.string()) }
        return all
    }

    public func int(in range: ClosedRange<Int>) throws(YAMLError) -> Int {
        guard let value = node?.int, range.contains(value) else {
            throw error("a whole number from \(range.lowerBound) to \(range.upperBound) is needed here\(found)")
        }
        return value
    }

    public func int(in range: ClosedRange<Int>, or fallback: Int) throws(YAMLError) -> Int { exists ? try int(in: range) : fallback }

    public func number(in range: ClosedRange<Double>) throws(YAMLError) -> Double {
        guard let value = node?.float, range.contains(value) else {
            throw error("a number from \(range.lowerBound) to \(range.upperBound) is needed here\(found)")
        }
        return value
    }

    public func number(in range: ClosedRange<Double>, or fallback: Double) throws(YAMLError) -> Double {
        exists ? try number(in: range) : fallback
    }

    public func bool(or fallback: Bool) throws(YAMLError) -> Bool {
        guard exists else { return fallback }
        guard let value = node?.bool else { throw error("true or false is needed here\(found)") }
        return value
    }

    /// One of a fixed set of words.
    public func choice<Value: RawRepresentable & CaseIterable>(_: Value.Type, or fallback: Value? = nil) throws(YAMLError) -> Value
    where Value.RawValue == String {
        if !exists, let fallback { return fallback }
        guard let text = node?.scalar?.string, let value = Value(rawValue: text) else {
            throw error("one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")) is needed here\(found)")
        }
        return value
    }

    private var found: String {
        guard let node, exists else { return "; nothing was found" }
        if let text = node.scalar?.string { return ", not '\(text)'" }
        return node.mapping == nil ? ", not a list" : ", not a mapping"
    }
}

extension YamlError {
    fileprivate var line: Int {
        switch self {
        case .reader(_, _, _, _): 0
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: 0
        }
    }

    fileprivate var reason: String {
        switch self {
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _), .composer(let context, let problem, _, _):
            (context.map { "\($0.text): " } ?? "") + problem
        case .reader(let problem, _, _, _): problem
        default: "\(self)"
        }
    }
}
