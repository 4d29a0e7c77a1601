public import Evaluation
import Foundation
public import Fusion

/// Learns how much each signal of a product counts in its rank, from what customers were shown and what they chose.
///
/// The weights set by hand are what is believed before anything was seen: few lists move them little, and a signal that no list had keeps its share.
/// How firmly they are believed is chosen on a fifth of the customers, held out; where learnt weights tell these customers' choices no better than
/// those set by hand, the latter stay. A weight is never below 0: a signal that speaks against what is chosen does not count.
public struct RankingTraining: Sendable {
    /// Lists of which something was chosen.
    public static let listsMin = 50
    static let strengths = [1.0, 10, 100]
    private static let popularity = "popularity"

    public var seed: UInt64

    public init(seed: UInt64 = 1) { self.seed = seed }

    /// - Parameter byHand: the signals to weigh, with the weights of before. Others in the rows (such as the shop's rules) are allowed for, so that
    ///   what they did is not taken for another signal's work, and get no weight.
    /// - Throws: for too few lists, and for rows that have none of the signals.
    public func run(
        _ rows: [ExposureRow], byHand: [(name: String, weight: Double)], dataName: String, dataHash: String, date: String, progress: ProgressReport
    ) throws(TrainingError) -> RankingFile {
        let known = byHand.map(\.name)
        let all = Set(rows.lazy.flatMap(\.shown).flatMap(\.signals.keys))
        guard known.contains(where: all.contains) else {
            throw TrainingError("nothing shown has one of the signals \(known.joined(separator: ", "))")
        }
        let names = known + all.subtracting(known).sorted()
        let chosen = rows.filter { row in row.shown.contains { $0.gain > 0 } }
        guard chosen.count >= Self.listsMin else {
            throw TrainingError(
                "something was chosen of \(chosen.count) lists; at least \(Self.listsMin) are needed. Until then the weights set by hand serve")
        }
        let (learning, judging) = split(chosen)
        let units = scales(chosen, names)
        let steps = Self.strengths.count + 2
        progress(.init(stage: "the weights set by hand", done: 0, total: steps))
        let judge = ListwiseChoice(lists: lists(judging, names, units), width: names.count)
        let hand = try handFit(learning, byHand)
        let handJudge = ListwiseChoice(lists: scored(judging, byHand), width: 1)
        let handLoss = handJudge.logLoss(hand)
        var best: (strength: Double, fit: ListwiseChoice.Fit, loss: Double)?
        for (step, strength) in Self.strengths.enumerated() {
            let fit = try fit(learning, names, units, byHand, scale: max(0, hand.weights[0]), strength)
            let loss = judge.logLoss(fit)
            progress(.init(stage: "learning", done: step + 1, total: steps, note: "held-out log loss \(EvaluationNumber.text(loss))"))
            if loss < best?.loss ?? .infinity { best = (strength, fit, loss) }
        }
        guard let best else { throw TrainingError("the lists' signals are too large to be learnt from") }
        let whole = try fit(chosen, names, units, byHand, scale: max(0, try handFit(chosen, byHand).weights[0]), best.strength)
        let handWeights = byHand.map(\.weight)
        let raw = known.indices.map { whole.weights[$0] / units[$0] }
        let sum = raw.reduce(0, +)
        let isBetter = best.loss < handLoss && sum > 0
        // Together they count as much as those set by hand: the shop's boosts and the diversity are in that measure.
        let measure = handWeights.reduce(0, +) / max(sum, 1e-12)
        let weights = isBetter ? raw.map { $0 * measure } : handWeights
        progress(.init(stage: "done", done: steps, total: steps))
        let learnt = judge.ndcg(places: best.fit.places) { list, i in
            known.indices.reduce(0.0) { $0 + best.fit.weights[$1] * list.signals[i][$1] }
        }
        let before = handJudge.ndcg(places: best.fit.places) { list, i in list.signals[i][0] }
        var parameters = ["prior_strength": best.strength]
        var metrics = [
            "lists": Double(rows.count), "lists with a choice": Double(chosen.count), "customers": Double(Set(rows.map(\.customer)).count),
            "validation log loss, learnt": best.loss, "validation log loss, by hand": handLoss, "validation NDCG, learnt": learnt,
            "validation NDCG, by hand": before,
        ]
        for (place, name) in known.enumerated() {
            parameters["weight of \(name)"] = weights[place]
            parameters["weight of \(name) by hand"] = handWeights[place]
            if isBetter { metrics["standard error of \(name)"] = whole.errors[place] / units[place] * measure }
        }
        return RankingFile(
            signals: known, weights: weights.map { Float($0) }, places: whole.places.map { Float($0) }, popularity: popularity(rows),
            card: ModelCard(
                kind: RankingFile.kind, method: RankingFile.method, date: date, seed: seed, data: [dataName: dataHash], parameters: parameters,
                metrics: metrics, settings: ["weights": isBetter ? "learnt" : "by hand"]))
    }

    /// By customers, so that nobody judges what was learnt of them; by lists where there are few customers.
    private func split(_ rows: [ExposureRow]) -> (learning: [ExposureRow], judging: [ExposureRow]) {
        var customers: [String] = []
        var seen: Set<String> = []
        for row in rows where seen.insert(row.customer).inserted { customers.append(row.customer) }
        var shuffle = Shuffle(seed: seed)
        if customers.count >= 10 {
            let held = Set(shuffle.order(customers.count).prefix(customers.count / 5).map { customers[$0] })
            let judging = rows.filter { held.contains($0.customer) }
            if !judging.isEmpty, judging.count < rows.count { return (rows.filter { !held.contains($0.customer) }, judging) }
        }
        let held = Set(shuffle.order(rows.count).prefix(rows.count / 5))
        return (rows.indices.filter { !held.contains($0) }.map { rows[$0] }, rows.indices.filter(held.contains).map { rows[$0] })
    }

    /// How far each signal is spread within lists: in units of this, a prior is as firm for one as for another. 1 for one that never differs.
    private func scales(_ rows: [ExposureRow], _ names: [String]) -> [Double] {
        names.map { name in
            var (sum, count) = (0.0, 0)
            for row in rows {
                let values = row.shown.map { $0.signals[name] ?? 0 }
                let mean = values.reduce(0, +) / Double(values.count)
                sum += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                count += values.count
            }
            let spread = (sum / Double(max(count, 1))).squareRoot()
            return spread > 1e-9 && spread.isFinite ? spread : 1
        }
    }

    private func lists(_ rows: [ExposureRow], _ names: [String], _ units: [Double]) -> [ListwiseChoice.List] {
        rows.map { row in
            .init(
                signals: row.shown.map { shown in zip(names, units).map { (shown.signals[$0] ?? 0) / $1 } }, places: row.shown.map(\.place),
                gains: row.shown.map(\.gain))
        }
    }

    /// With the score by the weights set by hand as the only signal.
    private func scored(_ rows: [ExposureRow], _ byHand: [(name: String, weight: Double)]) -> [ListwiseChoice.List] {
        rows.map { row in
            .init(
                signals: row.shown.map { shown in [byHand.reduce(0) { $0 + $1.weight * (shown.signals[$1.name] ?? 0) }] },
                places: row.shown.map(\.place), gains: row.shown.map(\.gain))
        }
    }

    private func handFit(_ rows: [ExposureRow], _ byHand: [(name: String, weight: Double)]) throws(TrainingError) -> ListwiseChoice.Fit {
        try ListwiseChoice(lists: scored(rows, byHand), width: 1).fit(.init(mean: [0], strength: [0.01]))
    }

    private func fit(
        _ rows: [ExposureRow], _ names: [String], _ units: [Double], _ byHand: [(name: String, weight: Double)], scale: Double, _ strength: Double
    ) throws(TrainingError) -> ListwiseChoice.Fit {
        let others = names.count - byHand.count
        let prior = ListwiseChoice.Prior(
            mean: zip(byHand, units).map { scale * $0.weight * $1 } + [Double](repeating: 0, count: others),
            strength: [Double](repeating: strength, count: byHand.count) + [Double](repeating: 1, count: others))
        return try ListwiseChoice(lists: lists(rows, names, units), width: names.count).fit(prior, positive: Set(byHand.indices))
    }

    /// How much everybody turned to each product when it was shown last.
    private func popularity(_ rows: [ExposureRow]) -> [(id: String, amount: Float)] {
        var latest: [String: Float] = [:]
        for shown in rows.lazy.flatMap(\.shown) {
            if let amount = shown.signals[Self.popularity] { latest[shown.id] = Float(min(1, max(0, amount))) }
        }
        return latest.sorted { $0.key < $1.key }.map { (id: $0.key, amount: $0.value) }
    }
}
