import Foundation
import LinearAlgebra

extension AlignmentModel {
    public static let kind = "alignment"

    private static let wordsName = "words.txt"

    /// Weights first, the card last: a folder with a card is whole.
    public func write(to folder: String, card: ModelCard) throws(TrainingError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try (words.words.joined(separator: "\n") + "\n").write(toFile: "\(folder)/\(Self.wordsName)", atomically: true, encoding: .utf8)
        } catch {
            throw TrainingError("\(folder) cannot be written")
        }
        var file = TensorFile()
        file.set("words.weights", words.weights)
        file.set("picture.mean", correlation.meanX)
        file.set("title.mean", correlation.meanY)
        file.set("picture.directions", correlation.directionsX)
        file.set("title.directions", correlation.directionsY)
        file.set("correlations", correlation.correlations)
        file.set("logits.mean", logitsMean)
        file.set("tiny.mean", tinyMean)
        file.set("weights", [weights.colours, weights.logits, weights.tiny, weights.words, weights.correlation])
        for (index, head) in heads.enumerated() {
            for (name, matrix) in zip(Self.headNames, head.parameters) { file.set("head\(index).\(name)", matrix) }
        }
        file.metadata = ["text_space": textSpace, "heads": "\(heads.count)"]
        try file.write("\(folder)/\(ModelCard.weightsName)")
        try card.write(to: folder)
    }

    private static let headNames = ["text.w", "text.u", "text.c", "text.v", "image.w", "image.u", "image.c", "image.v"]
    static let headsMax = 64

    /// - Throws: for files that are missing, damaged or do not fit each other.
    public static func read(_ folder: String) throws(TrainingError) -> (model: AlignmentModel, card: ModelCard) {
        let card = try ModelCard.read(folder, kind: kind)
        guard let text = try? String(contentsOfFile: "\(folder)/\(wordsName)", encoding: .utf8) else {
            throw TrainingError("\(folder)/\(wordsName): no such file, or it is not UTF-8")
        }
        let list = text.split(separator: "\n").map(String.init)
        let file = try TensorFile.read("\(folder)/\(ModelCard.weightsName)")
        let wordWeights = try file.vector("words.weights")
        let correlation = try CanonicalCorrelation(
            meanX: file.vector("picture.mean"), meanY: file.vector("title.mean"), directionsX: file.matrix("picture.directions"),
            directionsY: file.matrix("title.directions"), correlations: file.vector("correlations"))
        let numbers = try file.vector("weights")
        let count = Int(file.metadata["heads"] ?? "0") ?? -1
        let k = correlation.correlations.count
        guard list.count == wordWeights.count, numbers.count == 5, (0...headsMax).contains(count), correlation.directionsX.columns == k,
            correlation.directionsY.columns == k, correlation.directionsX.rows == correlation.meanX.count,
            correlation.directionsY.rows == correlation.meanY.count, correlation.meanX.count == FeatureTable.pictureWidth,
            correlation.meanY.count > list.count
        else { throw TrainingError("\(folder): the weights do not fit together") }
        var heads: [ContrastiveHeads] = []
        for index in 0..<count {
            var matrices: [Matrix<Float>] = []
            for name in headNames { matrices.append(try file.matrix("head\(index).\(name)")) }
            let hidden = matrices[1].columns
            for side in [0, 4] {
                guard matrices[side].rows == k, matrices[side].columns == k, matrices[side + 1].rows == k, matrices[side + 1].columns == hidden,
                    matrices[side + 2].values.count == hidden, matrices[side + 3].rows == hidden, matrices[side + 3].columns == k
                else { throw TrainingError("\(folder): head \(index) does not fit the space of \(k) dimensions") }
            }
            var head = ContrastiveHeads(dimensions: k, hidden: hidden, seed: 0)
            head.parameters = matrices
            heads.append(head)
        }
        var weights = Weights()
        (weights.colours, weights.logits, weights.tiny, weights.words, weights.correlation) = (
            numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
        )
        let model = AlignmentModel(
            words: TitleWords(words: list, weights: wordWeights), correlation: correlation, heads: heads, logitsMean: try file.vector("logits.mean"),
            tinyMean: try file.vector("tiny.mean"), weights: weights, textSpace: file.metadata["text_space"] ?? "")
        guard model.logitsMean.count == 1_000, model.tinyMean.count == PictureMeasures.thumbnailCount else {
            throw TrainingError("\(folder): the weights do not fit together")
        }
        return (model, card)
    }
}

extension CanonicalCorrelation {
    init(meanX: [Float], meanY: [Float], directionsX: Matrix<Float>, directionsY: Matrix<Float>, correlations: [Float]) {
        self.meanX = meanX
        self.meanY = meanY
        self.directionsX = directionsX
        self.directionsY = directionsY
        self.correlations = correlations
    }
}
