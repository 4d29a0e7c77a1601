import Fusion
public import LinearAlgebra

/// Queries of words and a picture ("this, in blue"): how both are put together.
public enum ComposedFusion: String, Sendable, CaseIterable {
    /// Attribute by attribute, the words deciding what they name, the picture the rest; what says nothing is left out.
    case gated
    /// Attribute by attribute, both alike.
    case posteriors
    /// The scores of each over the catalogue, brought to mean 0 and variance 1 and added. (Jain, Nandakumar, Ross, "Score normalization in multimodal
    /// biometric systems", Pattern Recognition 38, 2005.)
    case scores
}

/// A batch of queries of words and a picture, and the pictures that are searched.
public struct ComposedSearch {
    let model: AlignmentModel
    let pictures: AlignmentModel.Searched
    /// How much the words count against the picture where scores are added, from 0 to 1.
    let textWeight: Float

    public init(model: AlignmentModel, pictures: AlignmentModel.Searched, textWeight: Float) {
        self.model = model
        self.pictures = pictures
        self.textWeight = textWeight
    }

    /// A word in this many of a query's words must be known for the words to count.
    static let knownShareMin = 0.5
    /// Gates above this name a value.
    static let namedFrom: Float = 0.5

    /// - Parameters:
    ///   - words, shown: final vectors, a row a query; zeros = it has none.
    ///   - texts: the words themselves.
    ///   - strangeness: of the queries' pictures.
    public func scores(
        words: Matrix<Float>, shown: Matrix<Float>, texts: [String], strangeness: [Float], fusion: ComposedFusion
    ) -> Matrix<Float> {
        var byWords = model.scores(titles: words, pictures: pictures)
        var byPicture = Matrix.product(shown, pictures.vectors, transposeB: true)
        let (wordsThere, pictureThere) = (Self.there(words), Self.there(shown))
        let attributes = model.attributes
        var fit: (scores: Matrix<Float>, named: [Float])?
        if let attributes, fusion != .scores {
            fit = attributes.fit(
                words: model.unit(words), picture: model.unit(shown), told: pictures.told,
                fusion: fusion == .gated ? .gated : .posteriors)
        }
        Self.standardise(&byWords)
        Self.standardise(&byPicture)
        var out = Matrix<Float>(words.rows, pictures.vectors.rows)
        for r in 0..<words.rows {
            var (said, seen) = (wordsThere[r], pictureThere[r])
            if fusion == .gated, said, seen {
                // What says nothing must not speak: words that no title has, a picture like none of the catalogue's.
                if let attributes, strangeness[r] > attributes.strangeFrom { seen = false }
                if model.words.knownShare(texts[r]) < Self.knownShareMin { said = false }
                if !said, !seen { (said, seen) = (wordsThere[r], pictureThere[r]) }
            }
            if said, seen, let fit, fusion == .posteriors || fit.named[r] > Self.namedFrom {
                out.setRow(r, fit.scores.row(r))
            } else {
                let (a, b): (Float, Float) = said && seen ? (textWeight, 1 - textWeight) : (said ? 1 : 0, seen ? 1 : 0)
                out.setRow(r, zip(byWords.row(r), byPicture.row(r)).map { a * $0 + b * $1 })
            }
        }
        return out
    }

    private static func there(_ vectors: Matrix<Float>) -> [Bool] { (0..<vectors.rows).map { vectors.row($0).contains { $0 != 0 } } }

    /// Each row to mean 0 and variance 1; a row without variance to zeros.
    private static func standardise(_ scores: inout Matrix<Float>) {
        let n = Float(max(scores.columns, 1))
        for r in 0..<scores.rows {
            let range = r * scores.columns..<(r + 1) * scores.columns
            let mean = scores.values[range].reduce(0, +) / n
            let variance = scores.values[range].reduce(Float(0)) { $0 + ($1 - mean) * ($1 - mean) } / n
            let factor = variance > 1e-12 ? 1 / variance.squareRoot() : 0
            for i in range { scores.values[i] = (scores.values[i] - mean) * factor }
        }
    }
}
