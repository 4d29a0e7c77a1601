import Foundation
public import Fusion
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
        for part in AlignmentPart.allCases { if let centre = centres[part] { file.set("\(part.rawValue).centre", centre) } }
        file.set("share", [correlationShare])
        for (index, head) in heads.enumerated() {
            for (name, matrix) in zip(Self.headNames, head.parameters) { file.set("head\(index).\(name)", matrix) }
        }
        if let attributes {
            file.set("attributes.gate", attributes.gate + [attributes.strangeFrom, attributeShare])
            for (index, attribute) in attributes.attributes.enumerated() {
                file.set("attribute\(index).prior", attribute.prior)
                file.set("attribute\(index).picture", attribute.picture)
                file.set("attribute\(index).title", attribute.title)
            }
        }
        let named = (attributes?.attributes ?? []).map { [$0.name] + $0.classes }
        file.metadata = [
            "attributes": (try? JSONEncoder().encode(named)).map { String(decoding: $0, as: UTF8.self) } ?? "[]",
            "text_space": textSpace, "picture_space": pictureSpace, "heads": "\(heads.count)", "parts": parts.map(\.rawValue).joined(separator: " "),
        ]
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
        let share = try file.vector("share")
        let parts = (file.metadata["parts"] ?? "").split(separator: " ").compactMap { AlignmentPart(rawValue: String($0)) }
        let count = Int(file.metadata["heads"] ?? "0") ?? -1
        let k = correlation.correlations.count
        guard list.count == wordWeights.count, share.count == 1, (0...1).contains(share[0]), (0...headsMax).contains(count),
            correlation.directionsX.columns == k,
            correlation.directionsY.columns == k, correlation.directionsX.rows == correlation.meanX.count,
            correlation.directionsY.rows == correlation.meanY.count,
            correlation.meanX.count == parts.flatMap(\.blocks).reduce(0, { $0 + $1.count })
                || (parts.contains(.embedding) && !correlation.meanX.isEmpty),
            correlation.meanY.count >= (parts.contains(.words) ? list.count : 0), parts.contains(.sentence) || parts.contains(.words)
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
        var centres: [AlignmentPart: [Float]] = [:]
        for part in parts where part.isCentred {
            let centre = try file.vector("\(part.rawValue).centre")
            guard centre.count == part.blocks.reduce(0, { $0 + $1.count }) else {
                throw TrainingError("\(folder): the centre of '\(part.rawValue)' has \(centre.count) values")
            }
            centres[part] = centre
        }
        var model = AlignmentModel(
            words: TitleWords(words: list, weights: wordWeights), correlation: correlation, heads: heads, parts: parts, centres: centres,
            correlationShare: share[0], textSpace: file.metadata["text_space"] ?? "")
        model.pictureSpace = file.metadata["picture_space"] ?? ""
        model.attributes = try attributes(file, k, folder)
        if model.attributes != nil { model.attributeShare = try file.vector("attributes.gate")[4] }
        return (model, card)
    }

    private static func attributes(_ file: TensorFile, _ k: Int, _ folder: String) throws(TrainingError) -> AttributeHeads? {
        let named = (try? JSONDecoder().decode([[String]].self, from: Data((file.metadata["attributes"] ?? "[]").utf8))) ?? []
        guard !named.isEmpty else { return nil }
        let numbers = try file.vector("attributes.gate")
        guard numbers.count == 5, numbers.prefix(3).allSatisfy(\.isFinite), numbers[4].isFinite, numbers[4] >= 0 else {
            throw TrainingError("\(folder): the attributes' gate does not fit")
        }
        var heads = AttributeHeads(attributes: [], gate: Array(numbers.prefix(3)), strangeFrom: numbers[3])
        for (index, names) in named.enumerated() {
            let attribute = AttributeHeads.Attribute(
                name: names.first ?? "", classes: Array(names.dropFirst()), prior: try file.vector("attribute\(index).prior"),
                picture: try file.matrix("attribute\(index).picture"), title: try file.matrix("attribute\(index).title"))
            let count = attribute.classes.count
            guard count > 1, attribute.prior.count == count, attribute.picture.rows == k + 1, attribute.picture.columns == count,
                attribute.title.rows == k + 1, attribute.title.columns == count
            else { throw TrainingError("\(folder): the heads of the attribute '\(attribute.name)' do not fit") }
            heads.attributes.append(attribute)
        }
        return heads
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
