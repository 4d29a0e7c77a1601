import ArgumentParser
import Evaluation
import Foundation
import Fusion
import LinearAlgebra
import Training

/// Whose features a fusion model is trained with.
enum FusionInputs: String, CaseIterable, ExpressibleByArgument {
    /// Several layers of the picture's network, its colours, the title's sentence vector: the most that is known.
    case layers
    /// What the server's encoders give a conversation's turn, so that a graph can decide with the model.
    case plugins
}

/// Examples for fusion: products with what their pictures and titles say, and the attribute that is to be told. A product without a title, or
/// without a picture that can be used, takes part with the other.
struct FusionData {
    var batch: FusionModel.Batch
    var labels: [String]
    /// Products without the attribute, or with neither picture nor title, are left out of these.
    var ids: [String]

    var tokens: [LearntToken]

    /// - Parameter rareMax: classes with at most this many examples are left out, since they cannot be learnt; 0 keeps all.
    init(_ file: String, label: String, rareMax: Int, inputs: FusionInputs, features: FeatureOptions) throws {
        var products = try ProductRow.read(file, titled: false).filter { $0.attributes[label] != nil }
        guard !products.isEmpty else { throw EvaluationError("\(file): no product has '\(label)'") }
        let counts = Dictionary(grouping: products) { $0.attributes[label] ?? "" }.mapValues(\.count)
        products = products.filter { (counts[$0.attributes[label] ?? ""] ?? 0) > rareMax }
        let pictured = products.indices.filter { products[$0].image != nil }
        let names = pictured.compactMap { products[$0].image }
        let (pictureSpace, rows) =
            inputs == .plugins ? try features.pluginPictures(names, beside: file) : ("", try features.pictures(names, beside: file))
        var pictures = [[Float]?](repeating: nil, count: products.count)
        for (place, row) in zip(pictured, rows) { pictures[place] = row }
        let titled = products.indices.filter { !products[$0].title.isEmpty }
        let (textSpace, sentences) = try features.sentences(titled.map { products[$0].title })
        var titles = [[Float]?](repeating: nil, count: products.count)
        for (place, r) in titled.enumerated() { titles[r] = Array(sentences.row(place)) }
        let token = LearntToken(name: "sentence", modality: Modality.text, width: sentences.columns, spaceID: textSpace)
        let examples = try FusionExamples(Self.pictureTokens(inputs, space: pictureSpace, rows: pictures) + [(token, titles)])
        (tokens, batch) = (examples.tokens, examples.batch)
        labels = examples.kept.map { products[$0].attributes[label] ?? "" }
        ids = examples.kept.map { products[$0].id }
        let without = Self.missing(batch.present, tokens.modalities)
        if !without.isEmpty { printError("of \(ids.count) products: \(without)") }
        if examples.kept.count < products.count {
            printError("\(products.count - examples.kept.count) products have neither a title nor a picture that can be used: they are left out")
        }
    }

    /// How many of the examples lack which modality.
    private static func missing(_ present: Matrix<Float>, _ modalities: [String]) -> String {
        modalities.enumerated().compactMap { place, modality in
            let count = (0..<present.rows).count { present[$0, place] == 0 }
            return count == 0 ? nil : "\(count) without '\(modality)'"
        }.joined(separator: ", ")
    }

    private static func pictureTokens(_ inputs: FusionInputs, space: String, rows: [[Float]?]) -> [(token: LearntToken, rows: [[Float]?])] {
        // Each block at length 1, as the alignment takes them: tokens of one scale.
        func token(_ name: String, _ ranges: [Range<Int>]) -> (token: LearntToken, rows: [[Float]?]) {
            let values = rows.map { row in row.map { row in ranges.flatMap { Self.unit(row[$0]) } } }
            return (LearntToken(name: name, modality: Modality.image, width: ranges.reduce(0) { $0 + $1.count }, spaceID: space), values)
        }
        switch inputs {
        case .plugins: return [token("embedding", [0..<(rows.lazy.compactMap { $0?.count }.first ?? 0)])]
        case .layers: return [token("last", [PictureLayout.mean]), token("middle", PictureLayout.middle), token("colours", [PictureLayout.colours])]
        }
    }

    private static func unit(_ block: ArraySlice<Float>) -> [Float] {
        var matrix = Matrix<Float>([Array(block)])
        matrix.normaliseRows()
        return matrix.values
    }
}
