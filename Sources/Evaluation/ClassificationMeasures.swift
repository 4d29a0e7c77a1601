import Foundation

/// Measures of predicted classes and probabilities over a set of examples.
public struct ClassificationMeasures: Sendable, Equatable {
    public var accuracy: Double
    /// Unweighted mean of the classes' F1, over classes that occur as truth or prediction.
    public var macroF1: Double
    /// Mean over classes of the one-against-rest area under the ROC curve, over classes with both kinds of examples; nil without probabilities.
    public var auc: Double?
    /// −mean log p(truth), natural logarithm; nil without probabilities.
    public var logLoss: Double?
    /// Expected calibration error: Σ_b (n_b/n)·|accuracy_b − confidence_b| over ten equal bins of the winner's probability (Guo et al., ICML 2017).
    public var calibrationError: Double?
    public var classes: [ClassRow]

    public struct ClassRow: Sendable, Equatable {
        public var name: String
        public var precision: Double
        public var recall: Double
        public var f1: Double
        /// Examples that are of this class.
        public var support: Int
    }

    /// One example: the truth and p(c|x) in the order of `classes`, adding up to 1.
    public struct Example: Sendable, Equatable {
        public var truth: Int
        public var probabilities: [Double]
        public init(truth: Int, probabilities: [Double]) {
            self.truth = truth
            self.probabilities = probabilities
        }
        public var predicted: Int { probabilities.indices.max { (probabilities[$0], $1) < (probabilities[$1], $0) } ?? 0 }
        public var isRight: Bool { predicted == truth }
        /// −log p(truth)
        var loss: Double { -log(max(probabilities[truth], 1e-15)) }
    }

    public init(_ examples: [Example], classes names: [String]) { self.init(WeighedExamples(examples, classes: names.count), classes: names) }

    init(_ examples: WeighedExamples, classes names: [String]) {
        let once = [Double](repeating: 1, count: examples.count)
        let n = Double(max(examples.count, 1))
        accuracy = Double(examples.isRight.count { $0 }) / n
        let found = examples.f1(once)
        macroF1 = found.macro
        auc = examples.auc(once)
        logLoss = examples.count == 0 ? nil : examples.losses.reduce(0, +) / n
        calibrationError = examples.count == 0 ? nil : examples.calibrationError(once)
        classes = names.indices.map { c in
            let row = found.classes[c]
            return ClassRow(name: names[c], precision: row.precision, recall: row.recall, f1: row.f1, support: examples.truth.count { $0 == c })
        }
    }

    /// Area under the ROC curve by ranks: P(score of a positive > score of a negative) + ½·P(equal) (Hanley and McNeil, Radiology 143, 1982).
    /// nil without both kinds.
    public static func auc(_ scored: [(score: Double, positive: Bool)]) -> Double? {
        WeighedExamples.Order(scored).auc([Double](repeating: 1, count: scored.count))
    }
}

/// Examples each of which may count any number of times: what resampling needs, with everything that does not change worked out once.
struct WeighedExamples {
    let truth: [Int]
    let predicted: [Int]
    let confidence: [Double]
    let isRight: [Bool]
    let losses: [Double]
    /// By class: the examples in the order of its probability.
    private let orders: [Order]
    private let classCount: Int

    var count: Int { truth.count }

    init(_ examples: [ClassificationMeasures.Example], classes: Int) {
        truth = examples.map(\.truth)
        predicted = examples.map(\.predicted)
        confidence = zip(examples, predicted).map { $0.probabilities[$1] }
        isRight = zip(truth, predicted).map { $0 == $1 }
        losses = examples.map(\.loss)
        orders = (0..<classes).map { c in Order(examples.map { ($0.probabilities[c], $0.truth == c) }) }
        classCount = classes
    }

    /// Precision, recall and F1 of each class; the mean F1 is over classes that occur as truth or prediction.
    func f1(_ weights: [Double]) -> (macro: Double, classes: [(precision: Double, recall: Double, f1: Double)]) {
        var (are, said, both) = (
            [Double](repeating: 0, count: classCount), [Double](repeating: 0, count: classCount), [Double](repeating: 0, count: classCount)
        )
        for r in weights.indices {
            are[truth[r]] += weights[r]
            said[predicted[r]] += weights[r]
            if isRight[r] { both[truth[r]] += weights[r] }
        }
        let rows = (0..<classCount).map { c in
            let precision = said[c] == 0 ? 0 : both[c] / said[c]
            let recall = are[c] == 0 ? 0 : both[c] / are[c]
            return (precision: precision, recall: recall, f1: precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall))
        }
        let occur = (0..<classCount).filter { are[$0] + said[$0] > 0 }
        return (occur.isEmpty ? 0 : occur.reduce(0) { $0 + rows[$1].f1 } / Double(occur.count), rows)
    }

    /// Mean over the classes that have both kinds of examples; nil when none has.
    func auc(_ weights: [Double]) -> Double? {
        let areas = orders.compactMap { $0.auc(weights) }
        return areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
    }

    func calibrationError(_ weights: [Double]) -> Double {
        bins(weights).reduce(0) { $0 + abs($1.right - $1.confidence) } / max(weights.reduce(0, +), 1)
    }

    /// Ten equal ranges of the winner's probability: how many examples, how many right, the sum of what was said.
    func bins(_ weights: [Double]) -> [(count: Double, right: Double, confidence: Double)] {
        var bins = [(count: Double, right: Double, confidence: Double)](repeating: (0, 0, 0), count: 10)
        for r in weights.indices {
            let bin = min(9, max(0, Int(confidence[r] * 10)))
            bins[bin].count += weights[r]
            bins[bin].right += isRight[r] ? weights[r] : 0
            bins[bin].confidence += weights[r] * confidence[r]
        }
        return bins
    }

    /// Examples in the order of a score.
    struct Order {
        /// Equal scores stand in one group, groups by rising score.
        private let groups: [[(example: Int, positive: Bool)]]

        init(_ scored: [(score: Double, positive: Bool)]) {
            var groups: [[(example: Int, positive: Bool)]] = []
            var last: Double?
            for r in scored.indices.sorted(by: { (scored[$0].score, $0) < (scored[$1].score, $1) }) {
                if scored[r].score != last { groups.append([]) }
                last = scored[r].score
                groups[groups.count - 1].append((r, scored[r].positive))
            }
            self.groups = groups
        }

        func auc(_ weights: [Double]) -> Double? {
            var (positives, negatives, wins) = (0.0, 0.0, 0.0)
            for group in groups {
                var (up, down) = (0.0, 0.0)
                for entry in group { if entry.positive { up += weights[entry.example] } else { down += weights[entry.example] } }
                wins += up * (negatives + down / 2)
                positives += up
                negatives += down
            }
            return positives > 0 && negatives > 0 ? wins / (positives * negatives) : nil
        }
    }
}
