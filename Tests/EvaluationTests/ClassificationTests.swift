import Evaluation
import Testing

@Suite("Measures of classes, against values computed by hand")
struct ClassificationTests {
    private let examples: [ClassificationMeasures.Example] = [
        .init(truth: 0, probabilities: [0.9, 0.1]), .init(truth: 0, probabilities: [0.4, 0.6]),
        .init(truth: 1, probabilities: [0.2, 0.8]), .init(truth: 1, probabilities: [0.4, 0.6]),
    ]

    @Test("accuracy, F1 and AUC")
    func accuracy() throws {
        let found = ClassificationMeasures(examples, classes: ["x", "y"])
        #expect(found.accuracy == 0.75)
        // x: precision 1, recall 1/2 → 2/3; y: precision 2/3, recall 1 → 4/5.
        #expect(abs(found.macroF1 - 0.733333) < 1e-6)
        #expect(found.classes[0].support == 2)
        // p(y): positives .8 .6, negatives .1 .6: wins 3 of 4 pairs, one of them shared half.
        #expect(found.auc == 0.875)
        // −(ln .9 + ln .4 + ln .8 + ln .6) / 4
        let loss = try #require(found.logLoss)
        #expect(abs(loss - 0.438905) < 1e-6)
    }

    @Test("the area under the curve of scores, with ties, and of one kind only")
    func auc() {
        #expect(ClassificationMeasures.auc([(0.1, false), (0.4, false), (0.35, true), (0.8, true)]) == 0.75)
        #expect(ClassificationMeasures.auc([(0.5, false), (0.5, true)]) == 0.5)
        #expect(ClassificationMeasures.auc([(0.5, true)]) == nil)
    }

    @Test("calibration: two bins, off by 0.2 and 0.3")
    func calibration() throws {
        let sure: [ClassificationMeasures.Example] = [
            .init(truth: 0, probabilities: [0.8, 0.2]), .init(truth: 0, probabilities: [0.8, 0.2]),
            .init(truth: 1, probabilities: [0.7, 0.3]), .init(truth: 0, probabilities: [0.5, 0.5]),
        ]
        // .8 twice right: |2 − 1.6|; .7 wrong: |0 − .7|; .5 right: |1 − .5|.
        let found = ClassificationMeasures(sure, classes: ["x", "y"])
        let error = try #require(found.calibrationError)
        #expect(abs(error - 0.4) < 1e-12, "(0.4 + 0.7 + 0.5) / 4")
    }
}
