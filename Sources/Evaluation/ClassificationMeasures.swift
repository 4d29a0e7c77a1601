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
    }

    public init(_ examples: [Example], classes names: [String]) {
        let n = Double(max(examples.count, 1))
        accuracy = Double(examples.filter(\.isRight).count) / n
        var rows: [ClassRow] = []
        var f1s: [Double] = []
        var aucs: [Double] = []
        for (index, name) in names.enumerated() {
            let truth = examples.filter { $0.truth == index }.count
            let predicted = examples.filter { $0.predicted == index }.count
            let both = examples.filter { $0.truth == index && $0.predicted == index }.count
            let precision = predicted == 0 ? 0 : Double(both) / Double(predicted)
            let recall = truth == 0 ? 0 : Double(both) / Double(truth)
            let f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
            rows.append(ClassRow(name: name, precision: precision, recall: recall, f1: f1, support: truth))
            if truth + predicted > 0 { f1s.append(f1) }
            if let area = Self.auc(examples.map { ($0.probabilities[index], $0.truth == index) }) { aucs.append(area) }
        }
        macroF1 = f1s.isEmpty ? 0 : f1s.reduce(0, +) / Double(f1s.count)
        auc = aucs.isEmpty ? nil : aucs.reduce(0, +) / Double(aucs.count)
        logLoss = examples.isEmpty ? nil : -examples.reduce(0) { $0 + log(max($1.probabilities[$1.truth], 1e-15)) } / n
        calibrationError = examples.isEmpty ? nil : Self.calibration(examples)
        self.classes = rows
    }

    /// Area under the ROC curve by ranks: P(score of a positive > score of a negative) + ½·P(equal) (Hanley and McNeil, Radiology 143, 1982).
    /// nil without both kinds.
    public static func auc(_ scored: [(score: Double, positive: Bool)]) -> Double? {
        let order = scored.sorted { $0.score < $1.score }
        let positives = order.filter(\.positive).count
        let negatives = order.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        var rankSum = 0.0
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, order[end].score == order[start].score { end += 1 }
            // Ties share the mean of their ranks.
            let rank = Double(start + 1 + end) / 2
            rankSum += rank * Double(order[start..<end].filter(\.positive).count)
            start = end
        }
        return (rankSum - Double(positives * (positives + 1)) / 2) / Double(positives * negatives)
    }

    private static func calibration(_ examples: [Example]) -> Double {
        var bins = [(count: Int, right: Int, confidence: Double)](repeating: (0, 0, 0), count: 10)
        for example in examples {
            let confidence = example.probabilities[example.predicted]
            let bin = min(9, max(0, Int(confidence * 10)))
            bins[bin].count += 1
            bins[bin].right += example.isRight ? 1 : 0
            bins[bin].confidence += confidence
        }
        return bins.reduce(0) { $0 + abs(Double($1.right) - $1.confidence) } / Double(examples.count)
    }
}
