import Agents
import Catalog
import Evaluation
import Foundation
import Testing
import Training

@testable import Server

@Suite("A trained ranker in a shop")
struct LearntRankerTests {
    /// Everybody goes round the same circle of six, from different places.
    private static let circle = (0..<40).map { user in SequenceRow(user: "\(user)", items: (0..<4).map { "p\((user + $0) % 6)" }) }

    private func withRanker(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try RankerTraining().run(
            Behaviour(Self.circle), dataName: "rows", dataHash: "0123456789abcdef", date: "2026-01-01T00:00:00Z", folder: folder, progress: { _ in })
        try body(folder)
    }

    /// p3 is not sold any more.
    private func shop() throws -> CatalogSnapshot {
        try CatalogSnapshot(products: [0, 1, 2, 4, 5].map { Product(id: "p\($0)", category: "ring", stock: 1) })
    }

    @Test("says what comes next after what was looked at, of what the shop sells, and the reason is told")
    func next() throws {
        try withRanker { folder in
            let snapshot = try shop()
            let ranker = try LearntRanker(folder: folder, snapshot: snapshot)
            #expect(ranker.next(after: ["p1"], k: 3).first?.productID == "p2")
            #expect(ranker.next(after: ["nobody knows it"], k: 3).isEmpty && ranker.next(after: [], k: 3).isEmpty)
            let recommender = Recommender(snapshot: snapshot, next: ranker)
            var request = RecommendationRequest()
            request.taste = Taste([("view", "p1"), ("view", "p2")])
            let picks = try recommender.recommend(request)
            // p3 would be next, but is gone.
            #expect(picks.first?.productID == "p4" && !picks.contains { $0.productID == "p3" })
            let reasons = Reasons(language: "en", parsed: ParsedFilter(), words: "", like: nil, recommender: recommender).of(picks[0])
            #expect(reasons.map(\.signal) == ["behaviour"] && reasons[0].text.hasPrefix("others went on to this"))
        }
    }

    @Test("names as many as were asked for, though most of what it knows is not sold, and only what is sold")
    func sold() throws {
        try withRanker { folder in
            // p2 comes before it, but is not sold.
            let ranker = try LearntRanker(folder: folder, snapshot: CatalogSnapshot(products: [Product(id: "p3", category: "ring", stock: 1)]))
            for k in [1, 80] { #expect(ranker.next(after: ["p1"], k: k).map(\.productID) == ["p3"]) }
            let none = try LearntRanker(folder: folder, snapshot: CatalogSnapshot(products: []))
            #expect(none.next(after: ["p1"], k: 2).isEmpty)
            #expect(try Recommender(snapshot: CatalogSnapshot(products: []), next: none).recommend(RecommendationRequest()).isEmpty)
        }
    }

    @Test("is stale once one of the files that it was made from holds somebody's behaviour who was erased")
    func stale() throws {
        try withRanker { folder in
            func isStale(_ hash: String) throws -> Bool {
                try LearntRanker(folder: folder, snapshot: try shop(), staleFiles: [hash]).isStale
            }
            let (own, other) = (try isStale("0123456789abcdef"), try isStale("fedcba"))
            #expect(own && !other)
        }
    }

    @Test("is refused with a reason when it is none, damaged, or of another shop")
    func refused() throws {
        let snapshot = try shop()
        let none = #expect(throws: ServerError.self) { try LearntRanker(folder: "/nowhere", snapshot: snapshot) }
        #expect(none?.message.hasPrefix("'catalog: ranker:' ") == true)
        try withRanker { folder in
            let other = try CatalogSnapshot(products: [Product(id: "mug", category: "mug")])
            let foreign = #expect(throws: ServerError.self) { try LearntRanker(folder: folder, snapshot: other) }
            #expect(foreign?.message.contains("knows none of the shop's 1 products") == true)
            try "p0\n".write(toFile: "\(folder)/items.txt", atomically: true, encoding: .utf8)
            let damaged = #expect(throws: ServerError.self) { try LearntRanker(folder: folder, snapshot: snapshot) }
            #expect(damaged?.message.contains("1 items, but weights for 6") == true)
        }
    }
}
