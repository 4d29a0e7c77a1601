import Foundation

/// As much of JSON Schema (draft 2020-12) as the shipped schema uses. A keyword that is not known here is an error, so that the schema cannot say
/// something nobody checks.
struct SchemaValidator {
    let root: [String: Any]

    private static let annotations: Set<String> = ["$schema", "$defs", "title", "description"]

    /// Why the value is not valid, or nil.
    func failure(_ value: Any) throws -> String? { try failure(value, root, "") }

    private func failure(_ value: Any, _ schema: [String: Any], _ path: String) throws -> String? {
        for (keyword, rule) in schema.sorted(by: { $0.key < $1.key }) where !Self.annotations.contains(keyword) {
            if let failure = try failure(value, keyword, rule, schema, path) { return failure }
        }
        return nil
    }

    private func failure(_ value: Any, _ keyword: String, _ rule: Any, _ schema: [String: Any], _ path: String) throws -> String? {
        let object = value as? [String: Any]
        let list = value as? [Any]
        switch keyword {
        case "$ref": return try failure(value, try definition(rule), path)
        case "type": return (rule as? [String] ?? [rule as? String ?? ""]).contains { Self.isOf($0, value) } ? nil : "\(path): not a \(rule)"
        case "enum":
            return (rule as? [Any] ?? []).contains { "\($0)" == "\(value)" && Self.isOf("string", value) } ? nil : "\(path): not one of \(rule)"
        case "const": return Self.isOf("string", value) && "\(rule)" == "\(value)" ? nil : "\(path): not \(rule)"
        case "minimum": return Self.number(value).map { $0 >= Self.number(rule) ?? .nan } ?? true ? nil : "\(path): below \(rule)"
        case "maximum": return Self.number(value).map { $0 <= Self.number(rule) ?? .nan } ?? true ? nil : "\(path): above \(rule)"
        case "pattern": return try (value as? String).map { try Self.matches($0, rule) } ?? true ? nil : "\(path): does not match \(rule)"
        case "minItems": return list.map { $0.count >= rule as? Int ?? .max } ?? true ? nil : "\(path): too few"
        case "maxItems": return list.map { $0.count <= rule as? Int ?? 0 } ?? true ? nil : "\(path): too many"
        case "minProperties": return object.map { $0.count >= rule as? Int ?? .max } ?? true ? nil : "\(path): too few members"
        case "maxProperties": return object.map { $0.count <= rule as? Int ?? 0 } ?? true ? nil : "\(path): too many members"
        case "required":
            guard let object else { return nil }
            return (rule as? [String] ?? []).first { object[$0] == nil }.map { "\(path): lacks \($0)" }
        case "dependentRequired":
            guard let object, let rules = rule as? [String: [String]] else { return nil }
            return rules.first { object[$0.key] != nil && !$0.value.allSatisfy { object[$0] != nil } }.map { "\(path): \($0.key) needs \($0.value)" }
        case "properties":
            for (name, inner) in (rule as? [String: [String: Any]] ?? [:]).sorted(by: { $0.key < $1.key }) {
                if let member = object?[name], let failure = try failure(member, inner, "\(path).\(name)") { return failure }
            }
            return nil
        case "additionalProperties":
            let known = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
            for (name, member) in (object ?? [:]).sorted(by: { $0.key < $1.key }) where !known.contains(name) {
                guard let inner = rule as? [String: Any] else { return "\(path): unknown member \(name)" }
                if let failure = try failure(member, inner, "\(path).\(name)") { return failure }
            }
            return nil
        case "propertyNames":
            for name in (object ?? [:]).keys.sorted() {
                if let failure = try failure(name, rule as? [String: Any] ?? [:], "\(path).\(name)") { return failure }
            }
            return nil
        case "items":
            for (index, member) in (list ?? []).enumerated() {
                if let failure = try failure(member, rule as? [String: Any] ?? [:], "\(path)[\(index)]") { return failure }
            }
            return nil
        case "anyOf":
            return try failures(value, rule, path).contains { $0 == nil } ? nil : "\(path): none of the forms: \(try failures(value, rule, path))"
        case "oneOf": return try failures(value, rule, path).count { $0 == nil } == 1 ? nil : "\(path): not exactly one of the forms"
        case "not": return try failure(value, rule as? [String: Any] ?? [:], path) == nil ? "\(path): must not be so" : nil
        default: throw UnknownKeyword(name: keyword)
        }
    }

    struct UnknownKeyword: Error { var name: String }

    private func failures(_ value: Any, _ rule: Any, _ path: String) throws -> [String?] {
        try (rule as? [[String: Any]] ?? []).map { try failure(value, $0, path) }
    }

    private func definition(_ reference: Any) throws -> [String: Any] {
        let name = "\(reference)".replacingOccurrences(of: "#/$defs/", with: "")
        guard let found = (root["$defs"] as? [String: Any])?[name] as? [String: Any] else { throw UnknownKeyword(name: "$ref \(reference)") }
        return found
    }

    private static func isBool(_ value: Any) -> Bool { value is Bool && type(of: value) == Bool.self }

    private static func number(_ value: Any) -> Double? {
        if isBool(value) { return nil }
        if let whole = value as? Int { return Double(whole) }
        return value as? Double
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": isBool(value)
        case "null": value is NSNull
        case "number": number(value) != nil
        case "integer": number(value).map { $0 == $0.rounded() } ?? false
        default: false
        }
    }

    private static func matches(_ text: String, _ pattern: Any) throws -> Bool { try Regex("\(pattern)").firstMatch(in: text) != nil }
}
