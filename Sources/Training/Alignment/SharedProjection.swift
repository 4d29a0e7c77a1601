public import Fusion
import LinearAlgebra

/// An alignment model for one title or one picture at a time, by plain loops: no library and no threads, so that a loop may do it (words are few,
/// so a title costs about a million multiplications with one head, a third of a millisecond).
///
/// It says the same as `AlignmentModel.titles` and `pictures` do of many.
public struct SharedProjection: Sendable {
    private let model: AlignmentModel
    /// mean·directions of each side: taken off the product, so that the zeros of words that a title has not need not be looked at.
    private let titleOffset: [Float]
    private let pictureOffset: [Float]
    private let scale: Float

    public init(_ model: AlignmentModel) {
        self.model = model
        titleOffset = Self.product(model.correlation.meanY, model.correlation.directionsY)
        pictureOffset = Self.product(model.correlation.meanX, model.correlation.directionsX)
        scale = 1 / max(model.correlation.correlations.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot(), 1e-6)
    }

    public var textSpace: String { model.textSpace }
    public var pictureSpace: String { model.pictureSpace }
    /// Length of the vectors it gives.
    public var dimensions: Int { model.dimensions }

    /// Of a title, or of words that ask for a picture. Length 1.
    /// - Parameter sentence: the words' vector, of `textSpace`.
    /// - Throws: for a vector of another width, or that is not finite.
    public func title(_ words: String, sentence: [Float]) throws(TrainingError) -> [Float] {
        let known = model.parts.contains(.words) ? model.words.vector(words) : []
        let input = (model.parts.contains(.sentence) ? sentence : []) + known
        return final(try projected(input, model.correlation.directionsY, titleOffset, "sentence")) { $0.text }
    }

    /// Of a picture's vector, of `pictureSpace`. Length 1.
    /// - Throws: for a vector of another width, or that is not finite.
    public func picture(_ vector: [Float]) throws(TrainingError) -> [Float] {
        let unit = Feature(modality: Modality.image, spaceID: "", values: vector).normalised().values
        return final(try projected(unit, model.correlation.directionsX, pictureOffset, "picture")) { $0.image }
    }

    private func projected(
        _ input: [Float], _ directions: Matrix<Float>, _ offset: [Float], _ what: String
    ) throws(TrainingError) -> [Float] {
        guard input.count == directions.rows else {
            throw TrainingError("the \(what) has \(input.count) values with its words; the model was trained with \(directions.rows)")
        }
        guard input.allSatisfy(\.isFinite) else { throw TrainingError("the \(what)'s vector holds values that are not finite") }
        var out = Self.product(input, directions)
        for i in out.indices { out[i] = (out[i] - offset[i]) * model.correlation.correlations[i] * scale }
        return out
    }

    private func final(_ projected: [Float], _ head: (ContrastiveHeads) -> ContrastiveHeads.Head) -> [Float] {
        let base = Self.unit(projected)
        guard !model.heads.isEmpty else { return base }
        let rest = ((1 - model.correlationShare) / Float(model.heads.count)).squareRoot()
        let own = model.correlationShare.squareRoot()
        return model.heads.reduce(base.map { $0 * own }) { $0 + Self.unit(Self.forward(projected, head($1))).map { $0 * rest } }
    }

    /// x·W + relu(x·U + c)·V
    private static func forward(_ x: [Float], _ head: ContrastiveHeads.Head) -> [Float] {
        let hidden = zip(product(x, head.u), head.c).map { max(0, $0 + $1) }
        return zip(product(x, head.w), product(hidden, head.v)).map { $0 + $1 }
    }

    private static func unit(_ x: [Float]) -> [Float] { Feature(modality: "", spaceID: "", values: x).normalised().values }

    /// x·A; zeros of x cost nothing.
    private static func product(_ x: [Float], _ a: Matrix<Float>) -> [Float] {
        var out = [Float](repeating: 0, count: a.columns)
        let n = a.columns
        out.withUnsafeMutableBufferPointer { out in
            a.values.withUnsafeBufferPointer { values in
                for (row, factor) in x.enumerated() where factor != 0 {
                    for column in 0..<n { out[column] += factor * values[row * n + column] }
                }
            }
        }
        return out
    }
}
