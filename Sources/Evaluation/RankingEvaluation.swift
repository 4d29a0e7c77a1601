/// Measures many ranked lists and puts them into a report.
public struct RankingEvaluation: Sendable {
    public var cutoffs: [Int]
    public var seed: UInt64

    public init(cutoffs: [Int] = [1, 5, 10, 20], seed: UInt64 = 1) {
        self.cutoffs = cutoffs
        self.seed = seed
    }

    /// One model's lists, by query, in the same order for every model.
    public struct Lists: Sendable {
        public var model: String
        public var lists: [RankedList]
        /// Measures that are no means over queries (coverage, diversity).
        public var extra: [EvaluationReport.MeasureRow]

        public init(model: String, lists: [RankedList], extra: [EvaluationReport.MeasureRow] = []) {
            self.model = model
            self.lists = lists
            self.extra = extra
        }
    }

    /// Recall, hit rate and NDCG at each cutoff, MRR and MAP with 95 % intervals; every model after the first is compared with the first.
    public func report(task: String, data: [EvaluationReport.Fact], _ models: [Lists]) -> EvaluationReport {
        var report = EvaluationReport(task: task, data: data)
        for model in models {
            var rows = measures.map { name, measure -> EvaluationReport.MeasureRow in
                let values = model.lists.map(measure)
                return .init(name: name, value: mean(values), Significance.bootstrap(values, seed: seed))
            }
            rows += model.extra
            report.models.append(.init(name: model.model, measures: rows))
            for (name, measure) in curves {
                report.curves.append(
                    .init(
                        name: "\(name)@k", model: model.model, x: Self.ks.map(Double.init),
                        y: Self.ks.map { k in mean(model.lists.map { measure($0, k) }) }))
            }
        }
        guard let first = models.first else { return report }
        for other in models.dropFirst() {
            precondition(other.lists.count == first.lists.count, "models are compared on the same queries")
            for (name, measure) in measures where ["Recall@10", "NDCG@10", "MRR"].contains(name) || (!cutoffs.contains(10) && name.contains("@")) {
                report.comparisons.append(
                    .init(
                        first: first.model, second: other.model, measure: name,
                        Significance.compare(first.lists.map(measure), other.lists.map(measure), seed: seed)))
            }
        }
        return report
    }

    private static let ks = [1, 2, 5, 10, 20, 50, 100]

    private var curves: [(String, (RankedList, Int) -> Double)] {
        [("Recall", { $0.recall($1) }), ("NDCG", { $0.ndcg($1) })]
    }

    private var measures: [(String, (RankedList) -> Double)] {
        var out: [(String, (RankedList) -> Double)] = []
        for k in cutoffs { out.append(("Recall@\(k)", { $0.recall(k) })) }
        for k in cutoffs { out.append(("HR@\(k)", { $0.hitRate(k) })) }
        for k in cutoffs { out.append(("NDCG@\(k)", { $0.ndcg(k) })) }
        return out + [("MRR", { $0.reciprocalRank }), ("MAP", { $0.averagePrecision })]
    }

    private func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
}
