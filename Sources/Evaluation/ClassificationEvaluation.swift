/// Measures predictions and puts them into a report.
public struct ClassificationEvaluation: Sendable {
    public var seed: UInt64
    public init(seed: UInt64 = 1) { self.seed = seed }

    /// Every model after the first is compared with the first, on the same examples in the same order.
    /// - Throws: when the models' examples differ.
    public func report(_ models: [(name: String, rows: [PredictionRow])]) throws(EvaluationError) -> EvaluationReport {
        guard let first = models.first else { throw EvaluationError("there is nothing to measure") }
        for other in models.dropFirst() where other.rows.map(\.id) != first.rows.map(\.id) {
            throw EvaluationError("\(other.name) and \(first.name) are not about the same examples in the same order")
        }
        var named: Set<String> = []
        for model in models { for row in model.rows { named.formUnion([row.label] + row.probabilities.keys) } }
        let classes = named.sorted()
        var report = EvaluationReport(
            task: "classification", data: [.init("examples", "\(first.rows.count)"), .init("classes", "\(classes.count)")])
        var right: [[Double]] = []
        for model in models {
            let examples = Self.examples(model.rows, classes)
            let hits = examples.map { $0.isRight ? 1.0 : 0 }
            right.append(hits)
            report.models.append(Self.result(model.name, examples, classes, Significance.bootstrap(hits, seed: seed)))
        }
        for (other, hits) in zip(models, right).dropFirst() {
            report.comparisons.append(
                .init(first: first.name, second: other.name, measure: "accuracy", Significance.compare(right[0], hits, seed: seed)))
        }
        return report
    }

    static func result(
        _ name: String, _ examples: [ClassificationMeasures.Example], _ classes: [String], _ interval: Significance.Interval
    ) -> EvaluationReport.ModelResult {
        let found = ClassificationMeasures(examples, classes: classes)
        var rows: [EvaluationReport.MeasureRow] = [
            .init(name: "accuracy", value: found.accuracy, low: interval.low, high: interval.high), .init(name: "macro F1", value: found.macroF1),
        ]
        if let auc = found.auc { rows.append(.init(name: "AUC", value: auc)) }
        if let loss = found.logLoss { rows.append(.init(name: "log loss", value: loss)) }
        if let error = found.calibrationError { rows.append(.init(name: "calibration error", value: error)) }
        if classes.count <= 30 { for row in found.classes { rows.append(.init(name: "F1 of \(row.name)", value: row.f1)) } }
        return .init(name: name, measures: rows)
    }

    private static func examples(_ rows: [PredictionRow], _ classes: [String]) -> [ClassificationMeasures.Example] {
        let place = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        return rows.map { row in
            .init(truth: place[row.label] ?? 0, probabilities: classes.map { row.probabilities[$0] ?? 0 })
        }
    }
}
