import Foundation

/// What an evaluation found, in a form for machines (JSON), for people (HTML) and for terminals.
public struct EvaluationReport: Sendable, Equatable, Codable {
    /// "retrieval", "recommendation", "classification", "fusion".
    public var task: String
    /// What was measured on: names and counts, in a fixed order.
    public var data: [Fact]
    public var models: [ModelResult]
    /// Two models on the same examples; the second minus the first.
    public var comparisons: [ComparisonRow]
    /// Lines for plots: over k, or what was said against what was so.
    public var curves: [Curve]
    /// Values beside each other, for plots.
    public var bars: [Bars]

    public struct Fact: Sendable, Equatable, Codable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public struct ModelResult: Sendable, Equatable, Codable {
        public var name: String
        public var measures: [MeasureRow]
        public init(name: String, measures: [MeasureRow]) {
            self.name = name
            self.measures = measures
        }

        public func value(_ measure: String) -> Double? { measures.first { $0.name == measure }?.value }
    }

    public struct MeasureRow: Sendable, Equatable, Codable {
        public var name: String
        public var value: Double
        /// 95 % bootstrap interval; nil where drawing examples again would not show how sure the measure is (coverage).
        public var low: Double?
        public var high: Double?
        /// Losses and errors.
        public var lowerIsBetter: Bool
        public init(name: String, value: Double, _ interval: Significance.Interval? = nil, lowerIsBetter: Bool = false) {
            self.name = name
            self.value = value
            low = interval?.low
            high = interval?.high
            self.lowerIsBetter = lowerIsBetter
        }
    }

    public struct ComparisonRow: Sendable, Equatable, Codable {
        public var first: String
        public var second: String
        public var measure: String
        public var difference: Double
        public var low: Double
        public var high: Double
        public var pValue: Double
        /// Losses and errors.
        public var lowerIsBetter: Bool
        public init(first: String, second: String, measure: String, lowerIsBetter: Bool = false, _ found: Significance.Comparison) {
            (self.first, self.second, self.measure, self.lowerIsBetter) = (first, second, measure, lowerIsBetter)
            (difference, low, high, pValue) = (found.difference, found.interval.low, found.interval.high, found.pValue)
        }
    }

    public struct Curve: Sendable, Equatable, Codable {
        public var name: String
        public var model: String
        public var x: [Double]
        public var y: [Double]
        public var axis: Axis

        public enum Axis: String, Sendable, Codable {
            /// The values of x stand equally far apart.
            case places
            /// Both axes go from 0 to 1.
            case unit
        }

        public init(name: String, model: String, x: [Double], y: [Double], axis: Axis = .places) {
            self.name = name
            self.model = model
            self.x = x
            self.y = y
            self.axis = axis
        }
    }

    /// Values from 0 to 1, a group of models for each label.
    public struct Bars: Sendable, Equatable, Codable {
        public var name: String
        public var bars: [Bar]

        public struct Bar: Sendable, Equatable, Codable {
            public var label: String
            public var model: String
            public var value: Double
            public var low: Double?
            public var high: Double?
        }

        /// - Parameter measures: of the models, and what stands beside their bars.
        init(name: String, _ models: [ModelResult], measures: [(name: String, label: String)]) {
            self.name = name
            bars = measures.flatMap { measure in
                models.compactMap { model in
                    model.measures.first { $0.name == measure.name }.map {
                        Bar(label: measure.label, model: model.name, value: $0.value, low: $0.low, high: $0.high)
                    }
                }
            }
        }
    }

    public init(task: String, data: [Fact], models: [ModelResult] = [], comparisons: [ComparisonRow] = [], curves: [Curve] = [], bars: [Bars] = []) {
        self.task = task
        self.data = data
        self.models = models
        self.comparisons = comparisons
        self.curves = curves
        self.bars = bars
    }

    /// Stable: keys sorted.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    public var names: [String] {
        var names: [String] = []
        for model in models { for row in model.measures where !names.contains(row.name) { names.append(row.name) } }
        return names
    }

    func isLowerBetter(_ measure: String) -> Bool { models.contains { $0.measures.contains { $0.name == measure && $0.lowerIsBetter } } }

    /// A table for terminals: a line a measure, a column a model.
    public func text() -> String {
        var lines = data.map { "\($0.name): \($0.value)" }
        let width = max(12, (names.map(\.count).max() ?? 0) + 2)
        lines.append("")
        lines.append("".padded(width) + models.map { $0.name.padded(max(26, $0.name.count + 2)) }.joined())
        for name in names {
            let cells = models.map { model -> String in
                let column = max(26, model.name.count + 2)
                guard let row = model.measures.first(where: { $0.name == name }) else { return "-".padded(column) }
                var cell = Self.number(row.value)
                if let low = row.low, let high = row.high { cell += " [\(Self.number(low)), \(Self.number(high))]" }
                return cell.padded(column)
            }
            lines.append(name.padded(width) + cells.joined())
        }
        for row in comparisons {
            let sign = row.difference >= 0 ? "+" : ""
            lines.append(
                "\(row.measure): \(row.second) − \(row.first) = \(sign)\(Self.number(row.difference)) "
                    + "[\(Self.number(row.low)), \(Self.number(row.high))], p = \(Self.number(row.pValue))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public static func number(_ value: Double) -> String {
        abs(value) >= 1_000 ? String(format: "%.0f", value) : String(format: "%.4f", value)
    }
}

extension String {
    func padded(_ width: Int) -> String { count >= width ? self + " " : self + String(repeating: " ", count: width - count) }
}
