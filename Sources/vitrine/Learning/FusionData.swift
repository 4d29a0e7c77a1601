import Evaluation
import Foundation
import Fusion
import LinearAlgebra
import Training

/// Examples for fusion: products with what their pictures and titles say, and the attribute that is to be told.
struct FusionData {
    var batch: FusionModel.Batch
    var labels: [String]
    /// Products without the attribute, the picture or the title are left out of these.
    var ids: [String]

    static let tokens = [
        LearntToken(name: "last", modality: "image", width: PictureLayout.mean.count),
        LearntToken(name: "middle", modality: "image", width: PictureLayout.middle.reduce(0) { $0 + $1.count }),
        LearntToken(name: "colours", modality: "image", width: PictureLayout.colours.count),
        LearntToken(name: "sentence", modality: "text", width: 512),
    ]

    /// - Parameter rareMax: classes with at most this many examples are left out, since they cannot be learnt; 0 keeps all.
    init(_ file: String, label: String, rareMax: Int, features: FeatureOptions) throws {
        var products = try ProductRow.read(file).filter { $0.image != nil && $0.attributes[label] != nil }
        guard !products.isEmpty else { throw EvaluationError("\(file): no product has an 'image' and '\(label)'") }
        let counts = Dictionary(grouping: products) { $0.attributes[label] ?? "" }.mapValues(\.count)
        products = products.filter { (counts[$0.attributes[label] ?? ""] ?? 0) > rareMax }
        let rows = try features.pictures(products.compactMap(\.image), beside: file)
        let usable = products.indices.filter { rows[$0] != nil }
        let sentences = try features.sentences(usable.map { products[$0].title }).vectors
        // Each block at length 1, as the alignment takes them: tokens of one scale.
        func token(_ ranges: [Range<Int>]) -> Matrix<Float> {
            Matrix.joined(
                ranges.map { range in
                    var block = Matrix<Float>(usable.map { Array((rows[$0] ?? [])[range]) })
                    block.normaliseRows()
                    return block
                })
        }
        batch = FusionModel.Batch(
            inputs: [token([PictureLayout.mean]), token(PictureLayout.middle), token([PictureLayout.colours]), sentences],
            present: Matrix(usable.count, 2, [Float](repeating: 1, count: usable.count * 2)))
        labels = usable.map { products[$0].attributes[label] ?? "" }
        ids = usable.map { products[$0].id }
    }
}
