public import ArgumentParser
import Evaluation
import Foundation
import Fusion
import LinearAlgebra
public import Training

extension ComposedFusion: ExpressibleByArgument {}

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

    @Option(
        help: """
            How words and picture of a query are put together: \(ComposedFusion.allCases.map(\.rawValue).joined(separator: ", ")). Several are \
            compared with the first.
            """)
    var fusion: [ComposedFusion] = [.gated]

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
        // Models of layers and models of the server's encoder are not compared in one run.
        let spaces = Set(try model.map { try AlignmentModel.read($0).model.pictureSpace })
        guard spaces.count == 1, let pictureSpace = spaces.first else {
            throw TrainingError("the models look at pictures in different ways (--inputs layers, --inputs plugins): measure them one by one")
        }
        func seen(_ names: [String], beside file: String) throws -> [[Float]?] {
            if pictureSpace.isEmpty { return try features.pictures(names, beside: file) }
            let (space, rows) = try features.pluginPictures(names, beside: file)
            guard space == pictureSpace || names.isEmpty else {
                throw TrainingError("\(model[0]) was trained in the picture space \(pictureSpace); the vision encoder gives \(space)")
            }
            return rows
        }
        let encoded = try seen(pictured.compactMap(\.image), beside: file)
        let found = pictured.indices.filter { encoded[$0] != nil }.map { pictured[$0] }
        guard !found.isEmpty else { throw EvaluationError("\(file): none of the products has a picture that can be used") }
        let pictures = Matrix(encoded.compactMap { $0 })
        let worded = rows.indices.filter { rows[$0].text?.isEmpty == false }
        let shown = rows.indices.filter { rows[$0].image?.isEmpty == false }
        let asked = try seen(shown.compactMap { rows[$0].image }, beside: queries)
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
            let width = alignment.dimensions
            let words = Self.spread(
                worded.isEmpty ? Matrix(0, width) : alignment.titles(worded.compactMap { rows[$0].text }, sentences), worded, rows.count)
            let pictured = Matrix<Float>(asked.compactMap { $0 })
            let shownVectors = Self.spread(shown.isEmpty ? Matrix(0, width) : alignment.pictures(pictured), shown, rows.count)
            var strangeness = [Float](repeating: 0, count: rows.count)
            if !shown.isEmpty { for (place, value) in zip(shown, alignment.strangeness(pictured)) { strangeness[place] = value } }
            let catalogue = alignment.searched(pictures)
            func add(_ name: String, _ scores: @escaping (Range<Int>) -> Matrix<Float>) {
                lists.append(.init(model: name, lists: PictureSearch(products: found, queries: rows, scores: scores).lists()))
            }
            if !worded.isEmpty, !shown.isEmpty {
                let search = ComposedSearch(model: alignment, pictures: catalogue, textWeight: textWeight)
                for way in fusion {
                    add("\(folder) (\(way.rawValue))") { batch in
                        search.scores(
                            words: words.rows(batch), shown: shownVectors.rows(batch), texts: batch.map { rows[$0].text ?? "" },
                            strangeness: batch.map { strangeness[$0] }, fusion: way)
                    }
                }
                add("\(folder) by words alone") { alignment.scores(titles: words.rows($0), pictures: catalogue) }
                add("\(folder) by picture alone") { Matrix.product(shownVectors.rows($0), catalogue.vectors, transposeB: true) }
            } else if !worded.isEmpty {
                add(folder) { alignment.scores(titles: words.rows($0), pictures: catalogue) }
            } else {
                add(folder) { Matrix.product(shownVectors.rows($0), catalogue.vectors, transposeB: true) }
            }
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
