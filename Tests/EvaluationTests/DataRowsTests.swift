import Evaluation
import Foundation
import Testing

@Suite("Files of examples")
struct DataRowsTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString).jsonl").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func message<Value>(_ body: (String) throws -> Value, _ text: String) throws -> String {
        let path = try file(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: EvaluationError.self) { _ = try body(path) }
        return String((error?.message ?? "").dropFirst(path.count))
    }

    @Test("products keep what is not id, title and image as attributes")
    func products() throws {
        let path = try file(#"{"id": 7, "title": "Ring", "image": "7.jpg", "colour": "gold", "stock": 3}"# + "\n\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(
            try ProductRow.read(path) == [ProductRow(id: "7", title: "Ring", image: "7.jpg", attributes: ["colour": "gold", "stock": "3"])])
    }

    @Test("a title may be missing where the reader does without")
    func untitled() throws {
        let path = try file(#"{"id": 7, "image": "7.jpg"}"# + "\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try ProductRow.read(path, titled: false) == [ProductRow(id: "7", title: "", image: "7.jpg")])
    }

    @Test("what is wrong is named with its line")
    func errors() throws {
        #expect(try message({ try ProductRow.read($0) }, "{\"id\": \"1\", \"title\": \"a\"}\nnonsense\n") == ":2: not a JSON object")
        #expect(try message({ try ProductRow.read($0) }, "{\"id\": \"1\"}\n") == ":1: 'title' is missing, empty or not a text")
        let twice = "{\"id\": \"1\", \"title\": \"a\"}\n{\"id\": 1, \"title\": \"b\"}\n"
        #expect(try message({ try ProductRow.read($0) }, twice) == ":2: the id '1' stands on line 1 already")
        #expect(try message({ try ProductRow.read($0) }, "\n") == ": there are no products in it")
        #expect(try message({ try QueryRow.read($0) }, #"{"text": "a", "relevant": []}"#).contains("measures nothing"))
        #expect(try message({ try QueryRow.read($0, products: ["1"]) }, #"{"text": "a", "relevant": ["2"]}"#).contains("'2', which does not exist"))
        #expect(try message({ try QueryRow.read($0) }, #"{"relevant": ["2"]}"#) == ":1: a query needs 'text' or 'image'")
        #expect(try message(PredictionRow.read, #"{"label": "a", "probabilities": {"a": 0.5}}"#).contains("add up to 1"))
        #expect(try message(RunRow.read, #"{"query": "a", "ranking": ["1", "1"]}"#) == ":1: 'ranking' names a product twice")
        #expect(try message(SequenceRow.read, "1 2\n1 3\n") == ":2: the user '1' stands on line 1 already")
        #expect(try message(SequenceRow.read, "lonely\n") == ":1: a line is 'user item item …'")
    }

    @Test("a report says the same as a table, as JSON and as a page")
    func report() throws {
        let first = RankingEvaluation.Lists(
            model: "a<b", lists: [RankedList(places: [0], relevantCount: 1), RankedList(places: [], relevantCount: 1)])
        let second = RankingEvaluation.Lists(
            model: "new", lists: [RankedList(places: [0], relevantCount: 1), RankedList(places: [1], relevantCount: 1)])
        let report = RankingEvaluation().report(task: "retrieval", data: [.init("queries", "2")], [first, second])
        #expect(report.models[0].value("Recall@10") == 0.5)
        #expect(report.models[1].value("MRR") == 0.75)
        #expect(report.comparisons.contains { $0.measure == "Recall@10" && $0.difference == 0.5 })
        #expect(report.text().contains("Recall@10"))
        let html = report.html()
        #expect(html.contains("a&lt;b") && !html.contains("a<b") && html.contains("<polyline"))
        #expect(try JSONDecoder().decode(EvaluationReport.self, from: Data(report.json().utf8)) == report)
    }
}
