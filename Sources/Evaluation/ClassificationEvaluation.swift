/// Measures predictions and puts them into a report.
public struct ClassificationEvaluation: Sendable {
    public var seed: UInt64
    public init(seed: UInt64 = 1) { self.seed = seed }

    /// Classes up to this many have a row and a bar each.
    public static let classesShownMax = 30
    /// What resampling the areas under curves may cost: examples × classes × samples. Beyond it fewer samples are drawn, 100 at least.
    private static let areaStepsMax = 200_000_000

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
        var report = EvaluationReport(task: "classification", data: [.init("examples", "\(first.rows.count)"), .init("classes", "\(classes.count)")])
        var hits: [[Double]] = []
        var losses: [[Double]] = []
        for model in models {
            let examples = WeighedExamples(Self.examples(model.rows, classes), classes: classes.count)
            hits.append(examples.isRight.map { $0 ? 1 : 0 })
            losses.append(examples.losses)
            report.models.append(result(model.name, examples, classes))
            report.curves.append(Self.reliability(model.name, examples))
        }
        for (place, other) in models.enumerated().dropFirst() {
            report.comparisons.append(
                .init(first: first.name, second: other.name, measure: "accuracy", Significance.compare(hits[0], hits[place], seed: seed)))
            report.comparisons.append(
                .init(
                    first: first.name, second: other.name, measure: "log loss", lowerIsBetter: true,
                    Significance.compare(losses[0], losses[place], seed: seed)))
        }
        addBars(to: &report, classes)
        return report
    }

    private func result(_ name: String, _ examples: WeighedExamples, _ classes: [String]) -> EvaluationReport.ModelResult {
        let found = ClassificationMeasures(examples, classes: classes)
        let shown = classes.count <= Self.classesShownMax ? found.classes : []
        let mean = Significance.bootstrap(examples.isRight.map { $0 ? 1 : 0 }, seed: seed)
        let drawn = Significance.bootstrap(count: examples.count, seed: seed) { weights in
            let f1 = examples.f1(weights)
            return [f1.macro, examples.calibrationError(weights)] + shown.indices.map { f1.classes[$0].f1 }
        }
        let samples = min(1_000, max(100, Self.areaStepsMax / max(1, examples.count * classes.count)))
        let area = Significance.bootstrap(count: examples.count, samples: samples, seed: seed) { [examples.auc($0)] }
        var rows: [EvaluationReport.MeasureRow] = [
            .init(name: "accuracy", value: found.accuracy, mean), .init(name: "macro F1", value: found.macroF1, drawn.first ?? nil),
        ]
        if let auc = found.auc { rows.append(.init(name: "AUC", value: auc, area.first ?? nil)) }
        if let loss = found.logLoss {
            rows.append(.init(name: "log loss", value: loss, Significance.bootstrap(examples.losses, seed: seed), lowerIsBetter: true))
        }
        if let error = found.calibrationError {
            rows.append(.init(name: "calibration error", value: error, drawn.count > 1 ? drawn[1] : nil, lowerIsBetter: true))
        }
        for (place, row) in shown.enumerated() {
            rows.append(.init(name: Self.f1Name(row.name), value: row.f1, drawn.count > place + 2 ? drawn[place + 2] : nil))
        }
        return .init(name: name, measures: rows)
    }

    private static func f1Name(_ name: String) -> String { "F1 of \(name)" }

    /// A reliability diagram: in each of ten ranges of what the model said of its choice, how often it was right (Guo et al., ICML 2017, figure 1).
    private static func reliability(_ model: String, _ examples: WeighedExamples) -> EvaluationReport.Curve {
        let bins = examples.bins([Double](repeating: 1, count: examples.count)).filter { $0.count > 0 }
        return .init(
            name: "reliability: how often right, by how sure", model: model, x: bins.map { $0.confidence / $0.count },
            y: bins.map { $0.right / $0.count }, axis: .unit)
    }

    /// Each class's F1, and what each model reaches: of one model with and without its modalities, that is what each modality is worth.
    private func addBars(to report: inout EvaluationReport, _ classes: [String]) {
        if classes.count <= Self.classesShownMax {
            report.bars.append(.init(name: "F1 by class", report.models, measures: classes.map { (Self.f1Name($0), $0) }))
        }
        guard report.models.count > 1 else { return }
        report.bars.append(.init(name: "accuracy and macro F1", report.models, measures: ["accuracy", "macro F1"].map { ($0, $0) }))
    }

    private static func examples(_ rows: [PredictionRow], _ classes: [String]) -> [ClassificationMeasures.Example] {
        let place = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        return rows.map { row in
            .init(truth: place[row.label] ?? 0, probabilities: classes.map { row.probabilities[$0] ?? 0 })
        }
    }
}
