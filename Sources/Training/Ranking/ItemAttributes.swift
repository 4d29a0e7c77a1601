public import Evaluation
import Foundation

/// What items are: sets of values, such as category and brand, from a JSON object {"item": [values]}.
public struct ItemAttributes: Sendable, Equatable {
    public let values: [String: Set<String>]

    public init(_ values: [String: Set<String>]) { self.values = values }

    public static func read(_ path: String) throws(EvaluationError) -> ItemAttributes {
        guard let data = FileManager.default.contents(atPath: path) else { throw EvaluationError("\(path): no such file, or it cannot be read") }
        guard let object = try? JSONSerialization.jsonObject(with: data), let map = object as? [String: [Any]] else {
            throw EvaluationError("\(path): attributes are one JSON object {\"item\": [values]}")
        }
        var values: [String: Set<String>] = [:]
        for (item, list) in map {
            var set: Set<String> = []
            for value in list {
                guard let text = JSONRow.text(value) else { throw EvaluationError("\(path): '\(item)' has a value that is neither text nor number") }
                set.insert(text)
            }
            values[item] = set
        }
        return ItemAttributes(values)
    }

    /// Jaccard's |A ∩ B| / |A ∪ B|; 0 without values.
    public func similarity(_ first: String, _ second: String) -> Double {
        let (a, b) = (values[first] ?? [], values[second] ?? [])
        let union = a.union(b).count
        return union == 0 ? 0 : Double(a.intersection(b).count) / Double(union)
    }
}
