import Foundation

/// Reads files of lines with bounds; every error names file and line.
public enum LineReader {
    /// UTF-8 bytes of one line.
    public static let lineBytesMax = 1 << 20
    /// Bytes of one file.
    public static let fileBytesMax = 2 << 30

    /// Lines without their ends; empty ones are left out but counted.
    public static func lines(_ path: String) throws(EvaluationError) -> [(number: Int, text: Substring)] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw EvaluationError("\(path): no such file, or it cannot be read")
        }
        guard data.count <= fileBytesMax else { throw EvaluationError("\(path): \(data.count) bytes; at most \(fileBytesMax) are read") }
        guard let text = String(data: data, encoding: .utf8) else { throw EvaluationError("\(path): the file is not UTF-8") }
        var lines: [(Int, Substring)] = []
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let trimmed = line.hasSuffix("\r") ? line.dropLast() : line
            guard trimmed.utf8.count <= lineBytesMax else {
                throw EvaluationError(file: path, line: number, "the line has \(trimmed.utf8.count) bytes; at most \(lineBytesMax) are allowed")
            }
            if !trimmed.isEmpty { lines.append((number, trimmed)) }
        }
        return lines
    }

    /// One JSON object a line.
    public static func objects(_ path: String) throws(EvaluationError) -> [JSONRow] {
        var rows: [JSONRow] = []
        for (number, text) in try lines(path) {
            guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)), let fields = value as? [String: Any] else {
                throw EvaluationError(file: path, line: number, "not a JSON object")
            }
            rows.append(JSONRow(file: path, line: number, fields: fields))
        }
        return rows
    }
}

/// The object of one line, with checked access.
public struct JSONRow {
    public var file: String
    public var line: Int
    public var fields: [String: Any]

    public func fail(_ message: String) -> EvaluationError { EvaluationError(file: file, line: line, message) }

    /// - Throws: when the field is missing, empty or no text (numbers become texts: ids are often numbers).
    public func string(_ name: String) throws(EvaluationError) -> String {
        guard let text = text(name), !text.isEmpty else { throw fail("'\(name)' is missing, empty or not a text") }
        return text
    }

    /// nil when the field is missing or null.
    public func optionalString(_ name: String) throws(EvaluationError) -> String? {
        guard let value = fields[name], !(value is NSNull) else { return nil }
        guard let text = text(name) else { throw fail("'\(name)' is not a text") }
        return text
    }

    public func strings(_ name: String) throws(EvaluationError) -> [String] {
        guard let list = fields[name] as? [Any] else { throw fail("'\(name)' is missing or not a list of texts") }
        var texts: [String] = []
        for value in list {
            guard let text = Self.text(value) else { throw fail("'\(name)' holds something that is neither text nor number") }
            texts.append(text)
        }
        return texts
    }

    public func numbers(_ name: String) throws(EvaluationError) -> [String: Double] {
        guard let map = fields[name] as? [String: Any] else { throw fail("'\(name)' is missing or not an object of numbers") }
        var out: [String: Double] = [:]
        for (key, value) in map {
            guard let number = value as? NSNumber, number.doubleValue.isFinite else { throw fail("'\(name)': '\(key)' is not a finite number") }
            out[key] = number.doubleValue
        }
        return out
    }

    private func text(_ name: String) -> String? { fields[name].flatMap(Self.text) }

    /// Text of a text or a number.
    public static func text(_ value: Any) -> String? {
        if let text = value as? String { return text }
        if let number = value as? NSNumber { return number.stringValue }
        return nil
    }
}
