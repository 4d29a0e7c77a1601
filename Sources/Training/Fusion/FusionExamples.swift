public import Fusion
import LinearAlgebra

/// Examples of several modalities, any of which may be missing: what is there is learnt from, what is not is stated.
public struct FusionExamples: Sendable {
    public let tokens: [LearntToken]
    public let batch: FusionModel.Batch
    /// The examples that have a modality at all, by their place among those given.
    public let kept: [Int]

    /// - Parameter parts: for each token a row an example; nil = its modality is missing, also where another token of it is there.
    /// - Throws: when no example has one of the modalities, naming it: there would be nothing to fuse.
    public init(_ parts: [(token: LearntToken, rows: [[Float]?])]) throws(TrainingError) {
        tokens = parts.map(\.token)
        let modalities = tokens.modalities
        let count = parts.first?.rows.count ?? 0
        precondition(parts.allSatisfy { $0.rows.count == count }, "every token has a row an example")
        func isThere(_ modality: String, _ r: Int) -> Bool { parts.allSatisfy { $0.token.modality != modality || $0.rows[r] != nil } }
        for modality in modalities where !(0..<count).contains(where: { isThere(modality, $0) }) {
            throw TrainingError("no example has the modality '\(modality)': there is nothing to fuse")
        }
        let there = (0..<count).map { r in modalities.map { isThere($0, r) } }
        let kept = (0..<count).filter { there[$0].contains(true) }
        self.kept = kept
        batch = FusionModel.Batch(
            inputs: parts.map { part in
                let zeros = [Float](repeating: 0, count: part.token.width)
                let modality = modalities.firstIndex(of: part.token.modality) ?? 0
                return Matrix(kept.map { there[$0][modality] ? part.rows[$0] ?? zeros : zeros })
            }, present: Matrix(kept.map { r in there[r].map { $0 ? Float(1) : 0 } }))
    }
}
