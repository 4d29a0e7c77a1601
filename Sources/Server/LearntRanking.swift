import Agents
import Fusion
import Training

/// Learnt weights (`vitrine train ranker --exposures`) as the recommender takes them.
struct LearntRanking {
    let weights: [RankingSignal: Float]
    let popularity: [String: Float]
    /// Whether it was made from a file that holds the behaviour of somebody who was erased since: then it is not to be used.
    let isStale: Bool

    /// - Parameter staleFiles: SHA-256 of such files.
    /// - Throws: when the folder holds no such model.
    init(folder: String, staleFiles: Set<String> = []) throws(ServerError) {
        do throws(TrainingError) {
            let file = try RankingFile.read(folder)
            var weights: [RankingSignal: Float] = [:]
            for (name, weight) in zip(file.signals, file.weights) {
                guard let signal = RankingSignal(rawValue: name) else {
                    throw TrainingError(
                        "\(folder) weighs '\(name)'; the signals are \(RankingSignal.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                weights[signal] = weight
            }
            self.weights = weights
            isStale = !staleFiles.isDisjoint(with: file.card.data.values)
            popularity = Dictionary(file.popularity.map { ($0.id, $0.amount) }, uniquingKeysWith: { first, _ in first })
        } catch {
            throw ServerError("'catalog: ranking:' \(error.message)")
        }
    }
}
