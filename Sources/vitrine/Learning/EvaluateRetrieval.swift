import ArgumentParser
import Evaluation
import Foundation

struct EvaluateRetrieval: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieval",
        abstract: "Recall, hit rate, NDCG, MRR and MAP of a search, over queries whose right answers are known.",
        discussion: """
            Queries are JSON objects, one a line: {"text" and/or "image", "relevant": [ids], optional "filter": {attribute: value}, optional "id"}. \
            A run is what some search found: {"query": id, "ranking": [ids, best first]}; a query without an "id" is named by its line.
            """)

    @Option(help: ArgumentHelp("Queries, JSONL.", valueName: "file"))
    var queries: String

    @Option(name: .customLong("run"), help: ArgumentHelp("Rankings to measure, JSONL.", valueName: "file"))
    var runFile: String?

    @Option(name: .customLong("compare-run"), help: ArgumentHelp("Other rankings of the same queries, to compare with.", valueName: "file"))
    var compareRun: String?

    @OptionGroup var output: ReportOptions

    func run() throws {
        try reportingDataErrors {
            let rows = try QueryRow.read(queries)
            var models: [RankingEvaluation.Lists] = []
            for file in [runFile, compareRun].compactMap({ $0 }) { models.append(try Self.lists(file, rows)) }
            guard !models.isEmpty else { throw Environment.fail("give --run", code: 64) }
            let data = [EvaluationReport.Fact("queries", "\(rows.count)")]
            try output.show(RankingEvaluation(seed: output.seed).report(task: "retrieval", data: data, models))
        }
    }

    private static func lists(_ file: String, _ rows: [QueryRow]) throws -> RankingEvaluation.Lists {
        var rankings: [String: [String]] = [:]
        for row in try RunRow.read(file) {
            guard rankings.updateValue(row.ranking, forKey: row.query) == nil else {
                throw EvaluationError("\(file): the query '\(row.query)' is ranked twice")
            }
        }
        let known = Set(rows.map(\.id))
        if let unknown = rankings.keys.filter({ !known.contains($0) }).sorted().first {
            throw EvaluationError("\(file): there is no query '\(unknown)'")
        }
        // A query that the run leaves out found nothing.
        return .init(model: file, lists: rows.map { RankedList(ranking: rankings[$0.id] ?? [], relevant: Set($0.relevant)) })
    }
}
