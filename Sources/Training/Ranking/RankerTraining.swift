import Foundation
public import Fusion

/// Trains a ranker, from behaviour to files. What was tried is kept in the folder until the model is whole, so that a stopped run goes on.
public struct RankerTraining: Sendable {
    public var edgesMax: Int
    public var seed: UInt64
    public var search: TransitionSearch

    public init(edgesMax: Int = 1_000, seed: UInt64 = 1) {
        self.edgesMax = edgesMax
        self.seed = seed
        search = TransitionSearch(seed: seed)
    }

    private struct TrialRow: Codable {
        var backward: Double
        var gapDecay: Double
        var window: Int
        var shrink: Double
        var targetExponent: Double
        var historyDecay: Double
        var historyMax: Int
        var content: Double
        var ndcg10: Double
    }

    public func run(
        _ behaviour: Behaviour, attributes: ItemAttributes? = nil, dataName: String, dataHash: String, date: String, folder: String,
        progress: ProgressReport
    ) throws(TrainingError) -> RankerFile {
        let journal = "\(folder)/trials-\(dataHash.prefix(12))\(attributes == nil ? "" : "-content").jsonl"
        try ModelFolder.make(folder)
        var lines = (try? String(contentsOfFile: journal, encoding: .utf8)) ?? ""
        let known = lines.split(separator: "\n").compactMap { line in
            (try? JSONDecoder().decode(TrialRow.self, from: Data(line.utf8))).map(Self.trial)
        }
        let content = attributes.map { ItemContent(items: behaviour.items, attributes: $0) }
        let best = try search.run(items: behaviour.items, histories: behaviour.histories, content: content, known: known, progress: progress) {
            trial in
            guard let row = try? JSONEncoder().encode(Self.row(trial)) else { return }
            lines += String(decoding: row, as: UTF8.self) + "\n"
            // A journal that cannot be written costs a later run its head start, nothing else.
            try? lines.write(toFile: journal, atomically: true, encoding: .utf8)
        }
        progress(.init(stage: "counting over everything", done: 1, total: 1))
        let whole = TransitionModel(items: behaviour.items, histories: behaviour.histories, parameters: best.parameters)
        let model = TransitionModel(
            items: whole.items, parameters: whole.parameters, graph: whole.graph.pruned(edgesMax), content: content)
        let p = best.parameters
        let card = ModelCard(
            kind: RankerFile.kind, method: RankerFile.method, date: date, seed: seed, data: [dataName: dataHash],
            parameters: [
                "backward": p.backward, "gap_decay": p.gapDecay, "window": Double(p.window), "shrink": p.shrink,
                "target_exponent": p.targetExponent, "history_decay": p.historyDecay, "history_max": Double(p.historyMax),
                "content": content == nil ? 0 : p.content,
                "edges_max": Double(edgesMax),
            ],
            metrics: [
                "validation NDCG@10": best.ndcg10, "users": Double(behaviour.histories.count), "items": Double(behaviour.items.count),
                "edges": Double(model.graph.targets.count),
            ])
        let file = RankerFile(model: model, card: card)
        try file.write(to: folder)
        try? FileManager.default.removeItem(atPath: journal)
        return file
    }

    private static func row(_ trial: TransitionSearch.Trial) -> TrialRow {
        let p = trial.parameters
        return TrialRow(
            backward: p.backward, gapDecay: p.gapDecay, window: p.window, shrink: p.shrink, targetExponent: p.targetExponent,
            historyDecay: p.historyDecay, historyMax: p.historyMax, content: p.content, ndcg10: trial.ndcg10)
    }

    private static func trial(_ row: TrialRow) -> TransitionSearch.Trial {
        .init(
            parameters: .init(
                backward: row.backward, gapDecay: row.gapDecay, window: row.window, shrink: row.shrink, targetExponent: row.targetExponent,
                historyDecay: row.historyDecay, historyMax: row.historyMax, content: row.content), ndcg10: row.ndcg10)
    }
}
