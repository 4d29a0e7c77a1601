import ArgumentParser
import Evaluation
import Foundation
import LinearAlgebra
import Training

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

    @Option(help: ArgumentHelp("A model that 'vitrine train alignment' made: ranks pictures for texts; more are compared.", valueName: "folder"))
    var model: [String] = []

    @Option(help: ArgumentHelp("The products that are searched by --model, JSONL; only their pictures are looked at.", valueName: "file"))
    var products: String?

    @Option(name: .customLong("text-weight"), help: "How much the words of a query count against its picture, from 0 to 1.")
    var textWeight: Float = 0.5

    @OptionGroup var features: FeatureOptions
    @OptionGroup var output: ReportOptions

    func run() throws {
        try reportingTrainingErrors {
            guard (0...1).contains(textWeight) else { throw Environment.fail("--text-weight takes a number from 0 to 1", code: 64) }
            if model.isEmpty != (products == nil) { throw Environment.fail("--model and --products go together", code: 64) }
            let catalogue = try products.map { try ProductRow.read($0) } ?? []
            let rows = try QueryRow.read(queries, products: catalogue.isEmpty ? nil : Set(catalogue.map(\.id)))
            var models: [RankingEvaluation.Lists] = []
            for file in [runFile, compareRun].compactMap({ $0 }) { models.append(try Self.lists(file, rows)) }
            if let products { models += try searches(rows, catalogue, products) }
            guard !models.isEmpty else { throw Environment.fail("give --run or --model", code: 64) }
            var data = [EvaluationReport.Fact("queries", "\(rows.count)")]
            if !catalogue.isEmpty { data.append(.init("products", "\(catalogue.count)")) }
            try output.show(RankingEvaluation(seed: output.seed).report(task: "retrieval", data: data, models))
        }
    }

    /// Ranks the products' pictures for each query, by every model; queries of words and a picture also by each of them alone.
    private func searches(_ rows: [QueryRow], _ catalogue: [ProductRow], _ file: String) throws -> [RankingEvaluation.Lists] {
        let pictured = catalogue.filter { $0.image != nil }
        let found = try features.pictures(pictured.compactMap(\.image), beside: file)
        let usable = pictured.indices.filter { found[$0] != nil }
        let pictures = Matrix(usable.compactMap { found[$0] })
        let worded = rows.indices.filter { rows[$0].text?.isEmpty == false }
        let shown = rows.indices.filter { rows[$0].image?.isEmpty == false }
        let asked = try features.pictures(shown.compactMap { rows[$0].image }, beside: queries)
        if let bad = zip(shown, asked).first(where: { $0.1 == nil }) {
            throw EvaluationError("\(queries): the picture of the query '\(rows[bad.0].id)' cannot be used")
        }
        let (space, sentences) = worded.isEmpty ? ("", Matrix<Float>(0, 0)) : try features.sentences(worded.compactMap { rows[$0].text })
        var lists: [RankingEvaluation.Lists] = []
        for folder in model {
            let (alignment, _) = try AlignmentModel.read(folder)
            guard worded.isEmpty || alignment.textSpace == space else {
                throw TrainingError("\(folder) was trained in the text space \(alignment.textSpace); the text encoder gives \(space)")
            }
            var parts: [(name: String, vectors: Matrix<Float>, weight: Float)] = []
            if !worded.isEmpty {
                let vectors = alignment.titles(worded.compactMap { rows[$0].text }, sentences)
                parts.append(("words", Self.spread(vectors, worded, rows.count), textWeight))
            }
            if !shown.isEmpty {
                parts.append(("picture", Self.spread(alignment.pictures(Matrix(asked.compactMap { $0 })), shown, rows.count), 1 - textWeight))
            }
            let all = parts
            func add(_ name: String, _ parts: [(name: String, vectors: Matrix<Float>, weight: Float)]) {
                let search = PictureSearch(
                    products: usable.map { pictured[$0] }, pictures: alignment.pictures(pictures), queries: rows,
                    modalities: parts.map { ($0.vectors, parts.count > 1 ? $0.weight : 1) })
                lists.append(.init(model: name, lists: search.lists()))
            }
            add(folder, all)
            if all.count > 1 { for part in all { add("\(folder) by \(part.name) alone", [part]) } }
        }
        return lists
    }

    /// Rows at their queries; zeros for the queries without any.
    private static func spread(_ vectors: Matrix<Float>, _ places: [Int], _ count: Int) -> Matrix<Float> {
        var out = Matrix<Float>(count, vectors.columns)
        for (row, place) in places.enumerated() { out.setRow(place, vectors.row(row)) }
        return out
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
