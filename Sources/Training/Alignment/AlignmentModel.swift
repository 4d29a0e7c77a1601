import Foundation
public import Fusion
public import LinearAlgebra

/// A space that titles and pictures share, learnt from a catalogue: canonical correlation, and contrastive heads upon it.
///
/// A picture is several parts of its features side by side, each of length 1 times its weight (`AlignmentPart`), a title its sentence vector and the
/// vector of its words; both are projected on the first k canonical directions, each weighted by its correlation. The final vector is the
/// concatenation of the unit vectors of the projection itself and of each head, so that the inner product of two final vectors is the weighted mean
/// of the members' cosines.
public struct AlignmentModel: Sendable {
    public var words: TitleWords
    public var correlation: CanonicalCorrelation
    public var heads: [ContrastiveHeads]
    /// What it looks at, in the order of `AlignmentPart.allCases`.
    public var parts: [AlignmentPart]
    /// Means over the training pictures of what is centred, logits first.
    var centres: [AlignmentPart: [Float]]
    /// Part of the canonical projection in the final similarity when there are heads; the heads share the rest.
    public var correlationShare: Float = 0.5
    public var textSpace: String
    /// Of the vision encoder's vectors that are its pictures; "" = they are rows of layers (`PictureLayout`).
    public var pictureSpace = ""
    /// What pictures and titles say of products' attributes; nil when the products had none.
    public var attributes: AttributeHeads?
    /// λ: how much agreement on attributes counts beside the cosine.
    public var attributeShare: Float = 0

    /// Length of the final vectors.
    public var dimensions: Int { correlation.correlations.count * (1 + heads.count) }

    /// A row a picture, from features as `PictureLayout` has them, or from the vision encoder's vectors.
    static func pictureInput(_ features: Matrix<Float>, _ parts: [AlignmentPart], centres: [AlignmentPart: [Float]]) -> Matrix<Float> {
        if parts.contains(.embedding) {
            var out = features
            out.normaliseRows()
            return out
        }
        precondition(features.columns == PictureLayout.width, "a picture's features have the layout's width")
        let used = parts.filter { AlignmentPart.ofPictures.contains($0) }
        let blocks = used.flatMap { part in part.blocks.map { (range: $0, part: part) } }
        var out = Matrix<Float>(features.rows, blocks.reduce(0) { $0 + $1.range.count })
        for r in 0..<features.rows {
            var values: [Float] = []
            values.reserveCapacity(out.columns)
            for block in blocks {
                var piece = Array(features.values[(r * features.columns + block.range.lowerBound)..<(r * features.columns + block.range.upperBound)])
                if let centre = centres[block.part] { for i in piece.indices { piece[i] -= centre[i] } }
                let factor = block.part.weight * inverseLength(piece)
                values.append(contentsOf: piece.map { $0 * factor })
            }
            out.setRow(r, values)
        }
        return out
    }

    static func titleInput(_ titles: [String], _ sentences: Matrix<Float>, _ words: TitleWords, _ parts: [AlignmentPart]) -> Matrix<Float> {
        precondition(titles.count == sentences.rows, "every title has a sentence vector")
        let (said, worded) = (parts.contains(.sentence), parts.contains(.words))
        var out = Matrix<Float>(titles.count, (said ? sentences.columns : 0) + (worded ? words.words.count : 0))
        for (r, title) in titles.enumerated() { out.setRow(r, (said ? Array(sentences.row(r)) : []) + (worded ? words.vector(title) : [])) }
        return out
    }

    /// 1/|x|, or 1 for zeros.
    private static func inverseLength(_ values: [Float]) -> Float {
        let square = values.reduce(Float(0)) { $0 + $1 * $1 }
        return square > 0 ? 1 / square.squareRoot() : 1
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
            Self.pictureInput(features, parts, centres: centres), mean: correlation.meanX, directions: correlation.directionsX,
            correlations: correlation.correlations)
    }

    func projectTitles(_ titles: [String], _ sentences: Matrix<Float>) -> Matrix<Float> {
        Self.project(
            Self.titleInput(titles, sentences, words, parts), mean: correlation.meanY, directions: correlation.directionsY,
            correlations: correlation.correlations)
    }

    /// Final vectors of pictures, one a row, of length 1.
    public func pictures(_ features: Matrix<Float>) -> Matrix<Float> { final(projectPictures(features)) { $0.image.apply($1) } }

    /// Final vectors of titles or queries, one a row, of length 1. `sentences` are of `textSpace`.
    public func titles(_ titles: [String], _ sentences: Matrix<Float>) -> Matrix<Float> {
        final(projectTitles(titles, sentences)) { $0.text.apply($1) }
    }

    /// Pictures that are searched: their final vectors, and what they tell of each attribute.
    public struct Searched: Sendable {
        public let vectors: Matrix<Float>
        let told: [Matrix<Float>]
    }

    /// Pictures to be searched, from their features.
    public func searched(_ features: Matrix<Float>) -> Searched {
        let vectors = pictures(features)
        return Searched(vectors: vectors, told: attributes?.told(unit(vectors)) ?? [])
    }

    /// How well each picture fits each title: cosine + λ·Σ over attributes of ln Σ_c p(c|title)·p(c|picture). Titles×pictures.
    public func scores(titles: Matrix<Float>, pictures: Searched) -> Matrix<Float> {
        var scores = Matrix.product(titles, pictures.vectors, transposeB: true)
        guard let attributes, attributeShare > 0 else { return scores }
        scores.add(attributes.agreement(titles: unit(titles), told: pictures.told), scale: attributeShare)
        return scores
    }

    /// The unit canonical projections that final vectors begin with.
    public func unit(_ final: Matrix<Float>) -> Matrix<Float> {
        var out = final.firstColumns(correlation.correlations.count)
        out.normaliseRows()
        return out
    }

    /// Lengths of pictures' whitened projections: far above the usual for what looks like nothing in the catalogue.
    public func strangeness(_ features: Matrix<Float>) -> [Float] {
        let projected = projectPictures(features)
        let total = max(correlation.correlations.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot(), 1e-6)
        return (0..<projected.rows).map { r in
            zip(projected.row(r), correlation.correlations).reduce(Float(0)) { sum, pair in
                let z = pair.0 * total / max(pair.1, 1e-6)
                return sum + z * z
            }.squareRoot()
        }
    }

    private func final(_ projected: Matrix<Float>, _ apply: (ContrastiveHeads, Matrix<Float>) -> Matrix<Float>) -> Matrix<Float> {
        var base = projected
        base.normaliseRows()
        guard !heads.isEmpty else { return base }
        let rest = (1 - correlationShare) / Float(heads.count)
        return Matrix.joined(
            [base.scaled(by: correlationShare.squareRoot())] + heads.map { apply($0, projected).scaled(by: rest.squareRoot()) })
    }
}
