public import Evaluation
public import Fusion

/// Histories and what came after them.
public struct NextItemData: Sendable {
    public let behaviour: Behaviour
    /// By user of the targets: history (as in `behaviour`) and the items that came next.
    public let questions: [(history: [String], targets: [String])]

    /// Without `targets` the last item of each sequence of two items or more is taken off and asked for.
    /// - Throws: for a target's user who has no sequence.
    public init(sequences: String, targets: String?) throws(EvaluationError) {
        let rows = try SequenceRow.read(sequences)
        guard let targets else {
            let split = rows.filter { $0.items.count > 1 }
            guard !split.isEmpty else { throw EvaluationError("\(sequences): no sequence has two items") }
            behaviour = Behaviour(rows.map { SequenceRow(user: $0.user, items: $0.items.count > 1 ? Array($0.items.dropLast()) : $0.items) })
            questions = split.map { (Array($0.items.dropLast()), [$0.items[$0.items.count - 1]]) }
            return
        }
        behaviour = Behaviour(rows)
        let histories = Dictionary(uniqueKeysWithValues: rows.map { ($0.user, $0.items) })
        var questions: [(history: [String], targets: [String])] = []
        for row in try SequenceRow.read(targets) {
            guard let history = histories[row.user] else { throw EvaluationError("\(targets): the user '\(row.user)' has no sequence") }
            questions.append((history, row.items))
        }
        self.questions = questions
    }
}

/// Every user counts the same.
public struct Popularity: NextItemModel {
    public let items: [String]
    private let counts: [Float]

    public init(_ behaviour: Behaviour) {
        items = behaviour.items
        var counts = [Float](repeating: 0, count: behaviour.items.count)
        for history in behaviour.histories { for item in history { counts[item] += 1 } }
        self.counts = counts
    }

    public func scores(after history: [Int]) -> [Float] { counts }
}

/// Measures next-item models on the same questions.
public struct NextItemEvaluation: Sendable {
    public let data: NextItemData
    public let attributes: ItemAttributes?
    public let seed: UInt64

    public init(data: NextItemData, attributes: ItemAttributes? = nil, seed: UInt64 = 1) {
        self.data = data
        self.attributes = attributes
        self.seed = seed
    }

    /// An item that the model does not know, or that nothing speaks for, counts as not found.
    /// - Throws: when the model knows none of the histories' items: it was trained on another shop.
    public func measure(_ model: any NextItemModel, name: String, progress: ProgressReport) throws(TrainingError) -> RankingEvaluation.Lists {
        let index = Dictionary(model.items.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var lists: [RankedList] = []
        var tops: [[Int]] = []
        var areas: [Double] = []
        var known = 0
        for (number, question) in data.questions.enumerated() {
            if number % 256 == 0 { progress(.init(stage: "measuring \(name)", done: number, total: data.questions.count)) }
            let history = question.history.compactMap { index[$0] }
            known += history.count
            let found = model.ranking(after: history, targets: question.targets.compactMap { index[$0] }, top: 10)
            lists.append(RankedList(places: found.places, relevantCount: question.targets.count))
            tops.append(found.top)
            // Of items that the model does not know it says nothing, which is as good as chance.
            areas.append(found.area ?? 0.5)
        }
        guard known > 0 else { throw TrainingError("\(name) knows none of the items: it was trained on other data") }
        var extra: [EvaluationReport.MeasureRow] = [
            .init(name: "AUC", value: areas.reduce(0, +) / Double(max(areas.count, 1)), Significance.bootstrap(areas, seed: seed)),
            .init(name: "coverage@10", value: CatalogueMeasures.coverage(tops, k: 10, itemCount: max(model.items.count, 1))),
        ]
        if let attributes {
            let values = tops.map { top in CatalogueMeasures.diversity(top) { attributes.similarity(model.items[$0], model.items[$1]) } }
            extra.append(
                .init(name: "diversity@10", value: values.reduce(0, +) / Double(max(values.count, 1)), Significance.bootstrap(values, seed: seed)))
        }
        return .init(model: name, lists: lists, extra: extra)
    }

    public func report(_ lists: [RankingEvaluation.Lists]) -> EvaluationReport {
        RankingEvaluation(seed: seed).report(
            task: "recommendation",
            data: [
                .init("users", "\(data.questions.count)"), .init("items", "\(data.behaviour.items.count)"),
                .init("ranked", "all items but the user's own"),
            ], lists)
    }
}
