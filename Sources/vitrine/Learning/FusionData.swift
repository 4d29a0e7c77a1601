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

/// Examples for fusion: products with what their pictures and titles say, and the attribute that is to be told.
struct FusionData {
    var batch: FusionModel.Batch
    var labels: [String]
    /// Products without the attribute, the picture or the title are left out of these.
    var ids: [String]

    var tokens: [LearntToken]

    /// - Parameter rareMax: classes with at most this many examples are left out, since they cannot be learnt; 0 keeps all.
    init(_ file: String, label: String, rareMax: Int, inputs: FusionInputs, features: FeatureOptions) throws {
        var products = try ProductRow.read(file).filter { $0.image != nil && $0.attributes[label] != nil }
        guard !products.isEmpty else { throw EvaluationError("\(file): no product has an 'image' and '\(label)'") }
        let counts = Dictionary(grouping: products) { $0.attributes[label] ?? "" }.mapValues(\.count)
        products = products.filter { (counts[$0.attributes[label] ?? ""] ?? 0) > rareMax }
        let names = products.compactMap(\.image)
        let (pictureSpace, rows) =
            inputs == .plugins ? try features.pluginPictures(names, beside: file) : ("", try features.pictures(names, beside: file))
        let usable = products.indices.filter { rows[$0] != nil }
        let (textSpace, sentences) = try features.sentences(usable.map { products[$0].title })
        let pictures = Self.pictureTokens(inputs, space: pictureSpace, rows: usable.compactMap { rows[$0] })
        tokens = pictures.map(\.token) + [LearntToken(name: "sentence", modality: Modality.text, width: sentences.columns, spaceID: textSpace)]
        batch = FusionModel.Batch(
            inputs: pictures.map(\.values) + [sentences], present: Matrix(usable.count, 2, [Float](repeating: 1, count: usable.count * 2)))
        labels = usable.map { products[$0].attributes[label] ?? "" }
        ids = usable.map { products[$0].id }
    }

    private static func pictureTokens(
        _ inputs: FusionInputs, space: String, rows: [[Float]]
    ) -> [(token: LearntToken, values: Matrix<Float>)] {
        // Each block at length 1, as the alignment takes them: tokens of one scale.
        func token(_ name: String, _ ranges: [Range<Int>]) -> (token: LearntToken, values: Matrix<Float>) {
            let values = Matrix.joined(
                ranges.map { range in
                    var block = Matrix<Float>(rows.map { Array($0[range]) })
                    block.normaliseRows()
                    return block
                })
            return (LearntToken(name: name, modality: Modality.image, width: values.columns, spaceID: space), values)
        }
        switch inputs {
        case .plugins: return [token("embedding", [0..<(rows.first?.count ?? 0)])]
        case .layers: return [token("last", [PictureLayout.mean]), token("middle", PictureLayout.middle), token("colours", [PictureLayout.colours])]
        }
    }
}
