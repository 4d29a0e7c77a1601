import Foundation
public import LinearAlgebra

/// A space that titles and pictures share, learnt from a catalogue: canonical correlation, and contrastive heads upon it.
///
/// A picture is [embedding ; a·colours ; b·logits ; c·tiny copy], a title [sentence vector ; word vector]; both are projected on the first k
/// canonical directions, each weighted by its correlation. The final vector is the concatenation of the unit vectors of the projection itself and of
/// each head, so that the inner product of two final vectors is the weighted mean of the members' cosines.
public struct AlignmentModel: Sendable {
    public var words: TitleWords
    public var correlation: CanonicalCorrelation
    public var heads: [ContrastiveHeads]
    /// Means of a picture's logits and tiny copy over the training pictures.
    public var logitsMean: [Float]
    public var tinyMean: [Float]
    public var weights: Weights
    public var textSpace: String

    /// How much the parts of a picture count against its embedding, and a title's words against its sentence vector.
    public struct Weights: Sendable, Equatable {
        public var colours: Float = 0.7
        public var logits: Float = 0.5
        public var tiny: Float = 0.5
        public var words: Float = 1
        /// Part of the canonical projection in the final similarity when there are heads; the heads share the rest.
        public var correlation: Float = 0.5
        public init() {}
    }

    /// Length of the final vectors.
    public var dimensions: Int { correlation.correlations.count * (1 + heads.count) }

    /// A row a picture from its features as `FeatureTable` keeps them: embedding, logits, histogram, tiny copy.
    static func pictureInput(_ features: Matrix<Float>, _ weights: Weights, logitsMean: [Float], tinyMean: [Float]) -> Matrix<Float> {
        precondition(features.columns == FeatureTable.pictureWidth, "a picture's features have the table's width")
        let (e, l, h, t) = (1_280, 1_000, PictureMeasures.histogramCount, PictureMeasures.thumbnailCount)
        var out = Matrix<Float>(features.rows, e + l + h + t)
        for r in 0..<features.rows {
            let from = r * features.columns
            let row = features.values[from..<from + features.columns]
            let logits = unit(zip(row[(from + e)..<(from + e + l)], logitsMean).map { $0 - $1 })
            let tiny = unit(zip(row[(from + e + l + h)...], tinyMean).map { $0 - $1 })
            var values = Array(row[from..<from + e])
            values += row[(from + e + l)..<(from + e + l + h)].map { $0 * weights.colours }
            values += logits.map { $0 * weights.logits }
            values += tiny.map { $0 * weights.tiny }
            out.setRow(r, values)
        }
        return out
    }

    static func titleInput(_ titles: [String], _ sentences: Matrix<Float>, _ words: TitleWords, _ weights: Weights) -> Matrix<Float> {
        precondition(titles.count == sentences.rows, "every title has a sentence vector")
        var out = Matrix<Float>(titles.count, sentences.columns + words.words.count)
        for (r, title) in titles.enumerated() {
            out.setRow(r, Array(sentences.row(r)) + words.vector(title).map { $0 * weights.words })
        }
        return out
    }

    private static func unit(_ values: [Float]) -> [Float] {
        let length = values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? values.map { $0 / length } : values
    }

    /// Projections on the canonical directions, weighted by their correlations, scaled so that rows have lengths about 1: the heads' inputs.
    static func project(_ x: Matrix<Float>, mean: [Float], directions: Matrix<Float>, correlations: [Float]) -> Matrix<Float> {
        var centred = x
        centred.addToRows(mean, scale: -1)
        var out = centred * directions
        let scale = 1 / max(correlations.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot(), 1e-6)
        for r in 0..<out.rows { for c in 0..<out.columns { out.values[r * out.columns + c] *= correlations[c] * scale } }
        return out
    }

    func projectPictures(_ features: Matrix<Float>) -> Matrix<Float> {
        Self.project(
            Self.pictureInput(features, weights, logitsMean: logitsMean, tinyMean: tinyMean), mean: correlation.meanX,
            directions: correlation.directionsX, correlations: correlation.correlations)
    }

    func projectTitles(_ titles: [String], _ sentences: Matrix<Float>) -> Matrix<Float> {
        Self.project(
            Self.titleInput(titles, sentences, words, weights), mean: correlation.meanY, directions: correlation.directionsY,
            correlations: correlation.correlations)
    }

    /// Final vectors of pictures, one a row, of length 1.
    public func pictures(_ features: Matrix<Float>) -> Matrix<Float> { final(projectPictures(features)) { $0.image.apply($1) } }

    /// Final vectors of titles or queries, one a row, of length 1. `sentences` are of `textSpace`.
    public func titles(_ titles: [String], _ sentences: Matrix<Float>) -> Matrix<Float> {
        final(projectTitles(titles, sentences)) { $0.text.apply($1) }
    }

    private func final(_ projected: Matrix<Float>, _ apply: (ContrastiveHeads, Matrix<Float>) -> Matrix<Float>) -> Matrix<Float> {
        var base = projected
        base.normaliseRows()
        guard !heads.isEmpty else { return base }
        let rest = (1 - weights.correlation) / Float(heads.count)
        return Matrix.joined(
            [base.scaled(by: weights.correlation.squareRoot())] + heads.map { apply($0, projected).scaled(by: rest.squareRoot()) })
    }
}
