public import Fusion

/// Finds a transition model's parameters by coordinate descent on held-out items.
///
/// The last item of every history is held out; models are counted on the rest and judged by NDCG@10 of the held-out item among all items. Each round
/// tries the neighbours of one parameter after the other and keeps what is better; it ends when a round changes nothing (or at `roundsMax`).
public struct TransitionSearch: Sendable {
    public var roundsMax: Int
    /// Users that judge, at most; they are spread evenly.
    public var judgesMax: Int
    public var seed: UInt64

    public init(roundsMax: Int = 3, judgesMax: Int = 6_000, seed: UInt64 = 1) {
        self.roundsMax = roundsMax
        self.judgesMax = judgesMax
        self.seed = seed
    }

    public struct Trial: Sendable, Equatable {
        public var parameters: TransitionModel.Parameters
        public var ndcg10: Double
    }

    private static var grids: [(name: String, path: WritableKeyPath<TransitionModel.Parameters, Double>, values: [Double])] {
        [
            ("shrink", \.shrink, [1, 3, 6, 12, 25, 50, 100, 200]),
            ("target exponent", \.targetExponent, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
            ("backward", \.backward, [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.85, 1]),
            ("gap decay", \.gapDecay, [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1]),
            ("history decay", \.historyDecay, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]),
            ("content", \.content, [0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1]),
        ]
    }

    /// - Parameter known: trials of an earlier run over the same data, which are not repeated.
    /// - Throws: when too few histories have the three items that learning and judging need.
    public func run(
        items: [String], histories: [[Int]], content: ItemContent? = nil, known: [Trial] = [], progress: ProgressReport,
        record: (Trial) -> Void = { _ in }
    ) throws(TrainingError) -> Trial {
        let usable = histories.filter { $0.count > 2 }.count
        guard usable >= 10 else {
            throw TrainingError("\(usable) users have three items or more; at least 10 are needed to learn and judge what comes next")
        }
        let shortened = histories.map { Array($0.dropLast()) }
        let stride = max(1, histories.count / judgesMax)
        var trials = known
        let steps = Self.grids.count * roundsMax
        func judge(_ parameters: TransitionModel.Parameters) -> Double {
            if let trial = trials.first(where: { $0.parameters == parameters }) { return trial.ndcg10 }
            let model = TransitionModel(items: items, histories: shortened, parameters: parameters, content: content)
            let trial = Trial(parameters: parameters, ndcg10: NextItemMeasure.ndcg10(model, histories, stride: stride))
            trials.append(trial)
            record(trial)
            return trial.ndcg10
        }
        var best = TransitionModel.Parameters()
        var bestValue = judge(best)
        for round in 0..<roundsMax {
            var changed = false
            for (step, grid) in Self.grids.enumerated() where content != nil || grid.name != "content" {
                progress(.init(stage: "choosing \(grid.name)", done: round * Self.grids.count + step, total: steps, note: Self.note(bestValue)))
                // From the present value in both directions, as long as it gets better.
                for direction in [1, -1] {
                    var place = Self.nearest(grid.values, best[keyPath: grid.path]) + direction
                    while grid.values.indices.contains(place) {
                        var tried = best
                        tried[keyPath: grid.path] = grid.values[place]
                        let value = judge(tried)
                        guard value > bestValue else { break }
                        (best, bestValue, changed) = (tried, value, true)
                        place += direction
                    }
                }
            }
            if !changed { break }
        }
        progress(.init(stage: "parameters chosen", done: steps, total: steps, note: Self.note(bestValue)))
        return Trial(parameters: best, ndcg10: bestValue)
    }

    private static func nearest(_ values: [Double], _ value: Double) -> Int {
        values.indices.min { abs(values[$0] - value) < abs(values[$1] - value) } ?? 0
    }

    private static func note(_ value: Double) -> String { "validation NDCG@10 \(EvaluationNumber.text(value))" }
}
