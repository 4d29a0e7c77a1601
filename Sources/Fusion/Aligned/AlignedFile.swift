import Foundation

/// The files of an alignment model, read but not yet checked against each other.
struct AlignedFile {
    let tensors: TensorFile
    /// SHA-256 of the weights, hex.
    let hash: String
    private let folder: String

    init(_ folder: String) throws(ModelError) {
        self.folder = folder
        let path = "\(folder)/\(LearntModel.weightsName)"
        tensors = try TensorFile.read(path)
        hash = try FileHash.sha256(path)
    }

    func words() throws(ModelError) -> TitleWords {
        guard let text = try? String(contentsOfFile: "\(folder)/\(AlignedSpace.wordsName)", encoding: .utf8) else {
            throw ModelError("\(folder)/\(AlignedSpace.wordsName): no such file, or it is not UTF-8")
        }
        let words = text.split(separator: "\n").map(String.init)
        let weights = try tensors.vector("words.weights")
        guard words.count == weights.count else { throw ModelError("\(folder): \(words.count) words, but weights for \(weights.count)") }
        return TitleWords(words: words, weights: weights)
    }
}

extension TensorFile {
    /// - Throws: when there is no such matrix, or it holds values that are not finite.
    func learntMatrix(_ name: String) throws(ModelError) -> LearntMatrix {
        let found = try rows(name)
        guard found.values.allSatisfy(\.isFinite) else { throw ModelError("'\(name)' holds values that are not finite") }
        return LearntMatrix(found.rows, found.columns, found.values)
    }
}
