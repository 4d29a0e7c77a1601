/// A space that words and pictures share (`vitrine train alignment --inputs plugins`), for one title or one picture at a time: plain loops, no
/// library and no threads, so that a loop may do it (words are few, so a title costs about a million multiplications with one head, a third of a
/// millisecond).
///
/// e(x) = [√s·u(x) ; √((1−s)/n)·h_1(u) ; …], each block of length 1 before its root: u the canonical projection of x weighted by the correlations,
/// h the n heads that were learnt upon it, s the projection's share. How the directions and heads were learnt (canonical correlation, deep CCA,
/// InfoNCE, autoencoder) makes no difference here; each has its formula in Training.
public struct AlignedSpace: Sendable, Equatable {
    /// Of what it gives: a hash of the weights.
    public let spaceID: String
    /// Of the sentence vectors and the picture vectors that it takes.
    public let textSpace: String
    public let pictureSpace: String
    /// Of these vectors; nil = titles were learnt from words alone.
    public let textWidth: Int?
    public let pictureWidth: Int
    /// Length of the vectors it gives.
    public let dimensions: Int

    /// nil = words were not learnt from.
    private let words: TitleWords?
    private let titleSide: Side
    private let pictureSide: Side
    private let correlations: [Float]
    private let scale: Float
    private let share: Float

    /// What is done to titles, or to pictures.
    private struct Side: Sendable, Equatable {
        let directions: LearntMatrix
        /// mean·directions: taken off the product, so that the zeros of words that a title has not need not be looked at.
        let offset: [Float]
        var heads: [Head]
    }

    /// x·W + relu(x·U + c)·V
    private struct Head: Sendable, Equatable {
        let w: LearntMatrix
        let u: LearntMatrix
        let c: LearntMatrix
        let v: LearntMatrix
    }

    static let wordsName = "words.txt"
    static let headsMax = 64

    /// - Parameter folder: what `vitrine train alignment` wrote.
    /// - Throws: for files that are missing, damaged or do not fit each other, and for a model that looks at what no plugin gives.
    public static func read(_ folder: String) throws(ModelError) -> AlignedSpace {
        try AlignedSpace(AlignedFile(folder), folder)
    }

    private init(_ file: AlignedFile, _ folder: String) throws(ModelError) {
        let tensors = file.tensors
        let metadata = tensors.metadata
        let parts = (metadata["parts"] ?? "").split(separator: " ").map(String.init)
        pictureSpace = metadata["picture_space"] ?? ""
        textSpace = metadata["text_space"] ?? ""
        guard parts.contains("embedding"), !pictureSpace.isEmpty else {
            throw ModelError("\(folder) looks at layers that no plugin gives: train it with --inputs plugins")
        }
        guard parts.contains("sentence") || parts.contains("words") else { throw ModelError("\(folder) looks at nothing of a title") }
        spaceID = "shared-\(file.hash.prefix(16))"
        correlations = try tensors.vector("correlations")
        let k = correlations.count
        share = try tensors.vector("share").first ?? -1
        words = parts.contains("words") ? try file.words() : nil
        scale = 1 / max(correlations.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot(), 1e-6)
        titleSide = try Self.side(tensors, "title", "text", k, folder)
        pictureSide = try Self.side(tensors, "picture", "image", k, folder)
        let own = titleSide.directions.rows - (words?.words.count ?? 0)
        guard k > 0, correlations.allSatisfy(\.isFinite), (0...1).contains(share), own >= 0, parts.contains("sentence") == (own > 0) else {
            throw ModelError("\(folder): the weights do not fit together")
        }
        textWidth = own > 0 ? own : nil
        pictureWidth = pictureSide.directions.rows
        dimensions = k * (1 + titleSide.heads.count)
    }

    private static func side(_ file: TensorFile, _ name: String, _ head: String, _ k: Int, _ folder: String) throws(ModelError) -> Side {
        let (mean, directions) = (try file.vector("\(name).mean"), try file.learntMatrix("\(name).directions"))
        let count = Int(file.metadata["heads"] ?? "0") ?? -1
        guard directions.columns == k, directions.rows == mean.count, mean.allSatisfy(\.isFinite), (0...headsMax).contains(count) else {
            throw ModelError("\(folder): the directions of '\(name)' do not fit the \(k) correlations")
        }
        var heads: [Head] = []
        for index in 0..<count {
            let found = Head(
                w: try file.learntMatrix("head\(index).\(head).w"), u: try file.learntMatrix("head\(index).\(head).u"),
                c: try file.learntMatrix("head\(index).\(head).c"), v: try file.learntMatrix("head\(index).\(head).v"))
            guard found.w.rows == k, found.w.columns == k, found.u.rows == k, found.c.rows == 1, found.c.columns == found.u.columns,
                found.v.rows == found.u.columns, found.v.columns == k
            else { throw ModelError("\(folder): head \(index) does not fit the space of \(k) dimensions") }
            heads.append(found)
        }
        let offset = PlainAlgebra().product(LearntMatrix(1, mean.count, mean), directions).values
        return Side(directions: directions, offset: offset, heads: heads)
    }

    /// Of a title, or of words that ask for a picture. Length 1.
    /// - Parameter sentence: the words' vector, of `textSpace`.
    /// - Throws: for a vector of another width, or that is not finite.
    public func title(_ text: String, sentence: [Float]) throws(ModelError) -> [Float] {
        try aligned((textWidth == nil ? [] : sentence) + (words?.vector(text) ?? []), titleSide, "sentence")
    }

    /// Of a picture's vector, of `pictureSpace`. Length 1.
    /// - Throws: for a vector of another width, or that is not finite.
    public func picture(_ vector: [Float]) throws(ModelError) -> [Float] {
        try aligned(Feature(modality: Modality.image, spaceID: "", values: vector).normalised().values, pictureSide, "picture")
    }

    private func aligned(_ input: [Float], _ side: Side, _ what: String) throws(ModelError) -> [Float] {
        guard input.count == side.directions.rows else {
            throw ModelError("the \(what) has \(input.count) values with its words; the model was trained with \(side.directions.rows)")
        }
        guard input.allSatisfy(\.isFinite) else { throw ModelError("the \(what)'s vector holds values that are not finite") }
        let algebra = PlainAlgebra()
        var projected = algebra.product(LearntMatrix(1, input.count, input), side.directions)
        for i in projected.values.indices { projected.values[i] = (projected.values[i] - side.offset[i]) * correlations[i] * scale }
        let base = Self.unit(projected.values)
        guard !side.heads.isEmpty else { return base }
        let rest = ((1 - share) / Float(side.heads.count)).squareRoot()
        return side.heads.reduce(base.map { $0 * share.squareRoot() }) { sofar, head in
            let hidden = algebra.relu(algebra.addRow(algebra.product(projected, head.u), head.c))
            let said = algebra.sum(algebra.product(projected, head.w), algebra.product(hidden, head.v))
            return sofar + Self.unit(said.values).map { $0 * rest }
        }
    }

    /// What it takes, as graphs are checked; a model of words alone has no text to take there.
    var tokens: [LearntToken] {
        let text = textWidth.map { LearntToken(name: Modality.text, modality: Modality.text, width: $0, spaceID: textSpace) }
        let picture = LearntToken(name: Modality.image, modality: Modality.image, width: pictureWidth, spaceID: pictureSpace)
        return [text, picture].compactMap { $0 }
    }

    private static func unit(_ x: [Float]) -> [Float] { Feature(modality: "", spaceID: "", values: x).normalised().values }
}
