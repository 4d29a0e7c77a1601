import Agents
import Catalog
import Evaluation
import Foundation
import Fusion
import Testing
import Training

@testable import Server

@Suite("Learnt weights in a shop")
struct LearntRankingTests {
    private func withFolder(_ signals: [String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shown = [("a", 1.0), ("b", 0.5)].enumerated().map { place, item in
            ExposureRow.Shown(id: item.0, place: place + 1, gain: place == 0 ? 1 : 0, signals: ["similarity": item.1])
        }
        var file = try RankingTraining().run(
            (0..<60).map { ExposureRow(customer: "\($0)", shown: shown) }, byHand: [("similarity", 1), ("popularity", 0)], dataName: "log",
            dataHash: "0", date: "", progress: { _ in })
        (file.signals, file.weights, file.popularity) = (signals, [0.5, 2], [("b", 1)])
        try file.write(to: folder)
        try body(folder)
    }

    @Test("the recommender uses them, with the popularity they were learnt with")
    func used() throws {
        try withFolder(["similarity", "popularity"]) { folder in
            var configuration = ServerConfiguration()
            let snapshot = try CatalogSnapshot(
                products: ["a", "b"].map { Product(id: $0, category: "ring", stock: 1) },
                features: [
                    "a": [Feature(modality: "text", spaceID: "t", values: [1, 0])], "b": [Feature(modality: "text", spaceID: "t", values: [0, 1])],
                ])
            func order(staleFiles: Set<String> = []) throws -> [String] {
                let recommender = try Shop.recommender(configuration, snapshot, staleFiles: staleFiles)
                var request = RecommendationRequest()
                request.weights = recommender.rules.weights
                request.query = FusedQuery(blocks: [.init(modality: "text", spaceID: "t", values: [1, 0], weight: 1)])
                return try recommender.recommend(request).map(\.productID)
            }
            #expect(try order() == ["a", "b"], "by hand")
            configuration.rankingFolder = folder
            #expect(try order() == ["b", "a"], "learnt")
            #expect(try order(staleFiles: ["0"]) == ["a", "b"], "learnt from somebody who was erased since")
        }
    }

    @Test("a folder without such a model, and a signal that there is not, stop the start with a reason")
    func refused() throws {
        let none = #expect(throws: ServerError.self) { try LearntRanking(folder: "/nowhere") }
        #expect(none?.message.hasPrefix("'catalog: ranking:' /nowhere holds no model") == true)
        try withFolder(["similarity", "luck"]) { folder in
            let strange = #expect(throws: ServerError.self) { try LearntRanking(folder: folder) }
            #expect(strange?.message.contains("weighs 'luck'; the signals are similarity, words") == true)
        }
    }
}
