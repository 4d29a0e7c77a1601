import EventLoop
import Foundation
import Testing

@testable import Evaluation

@Suite("Reports of classes")
struct ClassificationReportTests {
    /// Two classes; the first model is right of 80 % and sure, the second of 60 % and unsure.
    private static func rows(right: Int, p: Double) -> [PredictionRow] {
        (0..<100).map { r in
            let label = r % 2 == 0 ? "ring" : "mug"
            let said = r < right ? label : label == "ring" ? "mug" : "ring"
            return PredictionRow(id: "\(r)", label: label, probabilities: [said: p, said == "ring" ? "mug" : "ring": 1 - p])
        }
    }

    private static func report() throws -> EvaluationReport {
        try ClassificationEvaluation().report([("sure <b>", rows(right: 80, p: 0.9)), ("unsure", rows(right: 60, p: 0.65))])
    }

    @Test("every measure has an interval around it, the same with the same seed")
    func intervals() throws {
        let report = try Self.report()
        #expect(report.models[0].measures.map(\.name) == ["accuracy", "macro F1", "AUC", "log loss", "calibration error", "F1 of mug", "F1 of ring"])
        for row in report.models.flatMap(\.measures) {
            let (low, high) = (try #require(row.low), try #require(row.high))
            #expect(low < high, "\(row)")
            if row.name != "calibration error" { #expect(low <= row.value && row.value <= high, "\(row)") }
        }
        // 80 of 100: ±1.96·√(.8·.2/100) = ±.078.
        let accuracy = report.models[0].measures[0]
        #expect(abs((accuracy.low ?? 0) - 0.722) < 0.02 && abs((accuracy.high ?? 0) - 0.878) < 0.02)
        #expect(try Self.report() == report)
    }

    @Test("drawn weights count as repeated examples do")
    func weights() {
        var random = SeededRandom(seed: 3)
        let examples = (0..<40).map { _ -> ClassificationMeasures.Example in
            let p = Double(random.next() % 100) / 100
            return .init(truth: Int(random.next() % 2), probabilities: [p, 1 - p])
        }
        let weights = examples.map { _ in Double(random.next() % 4) }
        let repeated = zip(examples, weights).flatMap { Array(repeating: $0, count: Int($1)) }
        let wanted = ClassificationMeasures(repeated, classes: ["a", "b"])
        let found = WeighedExamples(examples, classes: 2)
        #expect(abs(found.f1(weights).macro - wanted.macroF1) < 1e-12)
        #expect(abs((found.auc(weights) ?? 0) - (wanted.auc ?? 1)) < 1e-12)
        #expect(abs(found.calibrationError(weights) - (wanted.calibrationError ?? 1)) < 1e-12)
    }

    @Test("the page has a reliability diagram, bars of the classes' F1 and of what each model reaches")
    func plots() throws {
        let report = try Self.report()
        // One bin each: .9 said, .8 so; .65 said, .6 so.
        #expect(report.curves.map(\.x) == [[0.9], [0.65]] || zip(report.curves.flatMap(\.x), [0.9, 0.65]).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(report.curves.map(\.y) == [[0.8], [0.6]])
        #expect(report.bars.map(\.name) == ["F1 by class", "accuracy and macro F1"])
        #expect(report.bars[0].bars.map(\.label) == ["mug", "mug", "ring", "ring"])
        #expect(report.bars[1].bars.map(\.value).prefix(2) == [0.8, 0.6])
        let page = report.html()
        #expect(page.components(separatedBy: "<svg").count == 4)
        #expect(page.contains("stroke-dasharray") && page.contains("sure &lt;b&gt;") && !page.contains("sure <b>"))
        #expect(page.components(separatedBy: "<rect").count == 9)
    }

    @Test("the best is the least of losses and errors, and the greatest of everything else")
    func best() throws {
        // The sure model is right more often; of 80 % right at .9 and 60 % at .65, the second has the smaller calibration error.
        let report = try Self.report()
        let page = report.html()
        func bold(_ measure: String) throws -> [Bool] {
            let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("<tr><td>\(measure)</td>") })
            return line.components(separatedBy: "<td>").dropFirst(2).map { $0.hasPrefix("<b>") }
        }
        #expect(try bold("accuracy") == [true, false])
        #expect(report.models[0].value("calibration error") ?? 0 > report.models[1].value("calibration error") ?? 1)
        #expect(try bold("calibration error") == [false, true])
        #expect(report.models[0].value("log loss") ?? 1 < report.models[1].value("log loss") ?? 0)
        #expect(try bold("log loss") == [true, false])
        // The second model's loss is greater: worse, though the difference is above 0.
        let loss = try #require(page.split(separator: "\n").first { $0.hasPrefix("<tr><td>log loss</td><td>unsure") })
        #expect(!loss.contains("better"))
        #expect(report.comparisons.map(\.measure) == ["accuracy", "log loss"])
    }
}
