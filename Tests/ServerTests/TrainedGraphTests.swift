import Agents
import Catalog
import EventLoop
import Foundation
import Fusion
import LinearAlgebra
import Testing
import Training

@testable import Server

/// From `vitrine train` to an answer: a graph fuses with trained weights, products are in the same space, and queries find what they mean.
@Suite("Graphs that fuse with trained weights, in a shop")
struct TrainedGraphTests {
    private static let kinds = ["gold ring", "silver spoon", "blue mug"]

    private static func row(_ r: Int, _ width: Int) -> [Float] {
        (0..<width).map { $0 % 3 == r % 3 ? 1 : Float((r * 7 + $0 * 13) % 10) * 0.02 }
    }
    private static func sentence(_ r: Int) -> Feature { Feature(modality: Modality.text, spaceID: "sentences", values: row(r, 6)) }
    private static func picture(_ r: Int) -> Feature { Feature(modality: Modality.image, spaceID: "pictures", values: row(r, 9)) }

    private func withGraph(_ node: String, train: (String) throws -> Void, _ body: (ServerConfiguration, GraphPlan) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try train("\(folder)/model")
        let text = """
            graph: 1
            name: shop
            nodes:
              - {id: read, type: plugin, plugin: text-encoder, in: [client.text]}
              - {id: see, type: plugin, plugin: vision-encoder, in: [client.image]}
              - {id: turn, type: align, in: {text: read.embedding, image: see.embedding}}
              - {id: query, type: fuse, model: model, in: [turn.text, turn.image], \(node)}
              - {id: recommend, type: agent, agent: recommendation, query: query}
            """
        try text.write(toFile: "\(folder)/graph.yaml", atomically: true, encoding: .utf8)
        var configuration = ServerConfiguration()
        configuration.graphFile = "\(folder)/graph.yaml"
        try body(configuration, try GraphPlan.load(configuration.graphFile))
    }

    /// Products 0 to 29 as an import makes them, the first without a picture, the second without a title.
    private func shop(_ spaces: ProductSpaces) throws -> CatalogSnapshot {
        var features: [String: [Feature]] = [:]
        for r in 0..<30 {
            let titles = r == 1 ? [] : [(text: "\(Self.kinds[r % 3]) \(r)", sentence: Self.sentence(r))]
            features["p\(r)"] = try spaces.features(titles: titles, image: r == 0 ? nil : Self.picture(r)) + [Self.sentence(r).normalised()]
        }
        return try CatalogSnapshot(products: (0..<30).map { Product(id: "p\($0)", category: "kind\($0 % 3)", stock: 1) }, features: features)
    }

    private func finds(_ plan: GraphPlan, _ snapshot: CatalogSnapshot, _ spaces: ProductSpaces) throws {
        try spaces.check(snapshot)
        let recommender = Recommender(snapshot: snapshot)
        for r in 40..<43 {
            for features in [[Self.sentence(r)], [Self.picture(r)], [Self.sentence(r), Self.picture(r)]] {
                let outcome = try plan.fuse(features, present: features.map(\.modality), words: Self.kinds[r % 3], classifier: nil)
                let fused = try #require(outcome.vector("query"))
                #expect(Set(fused.contributions.map(\.name)) == Set(features.map(\.modality)))
                #expect(abs(fused.contributions.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
                var request = RecommendationRequest()
                request.query = FusedQuery(blocks: fused.asked)
                let picks = try recommender.recommend(request)
                #expect(picks.count == 5 && picks.allSatisfy { (Int($0.productID.dropFirst()) ?? 0) % 3 == r % 3 }, "\(r): \(picks.map(\.productID))")
            }
        }
        let bare = try CatalogSnapshot(products: [Product(id: "a", category: "ring")])
        let missing = #expect(throws: ServerError.self) { try spaces.check(bare) }
        #expect(missing?.message.contains("import the catalogue again") == true)
    }

    @Test(
        "aligned by canonical correlation and by learnt heads: words find pictures, photos find titles",
        arguments: [AlignmentTraining.Method.cca, .contrastive])
    func aligned(method: AlignmentTraining.Method) throws {
        try withGraph(
            "operator: aligned",
            train: { folder in
                var training = AlignmentTraining()
                (training.method, training.dimensions, training.parts, training.pictureSpace) = (method, 2, AlignmentPart.ofPlugins, "pictures")
                (training.heads, training.options.epochs, training.options.hidden) = (1, 2, 4)
                let pairs = AlignmentTraining.Pairs(
                    pictures: Matrix((0..<60).map { Self.row($0, 9) }), titles: (0..<60).map { "\(Self.kinds[$0 % 3]) \($0 / 10)" },
                    sentences: Matrix((0..<60).map { Self.row($0, 6) }))
                let model = try training.run(pairs, textSpace: "sentences", progress: { _ in }).0
                try model.write(to: folder, card: ModelCard(kind: "alignment", method: "\(method)", date: "", seed: 1, data: [:]))
            }
        ) { configuration, plan in
            let spaces = try ProductSpaces(configuration)
            #expect(spaces.shared?.spaceID == plan.alignedSpaces.first?.space.spaceID && spaces.learnt == nil)
            try finds(plan, try shop(spaces), spaces)
        }
    }

    @Test("learnt: one vector of words and picture, for turns and products alike")
    func learnt() throws {
        try withGraph(
            "operator: learnt",
            train: { folder in
                let tokens = [
                    LearntToken(name: "text", modality: Modality.text, width: 6, spaceID: "sentences"),
                    LearntToken(name: "image", modality: Modality.image, width: 9, spaceID: "pictures"),
                ]
                let batch = FusionModel.Batch(
                    inputs: [
                        Matrix((0..<60).map { Self.sentence($0).normalised().values }), Matrix((0..<60).map { Self.picture($0).normalised().values }),
                    ], present: Matrix(60, 2, [Float](repeating: 1, count: 120)))
                var training = FusionTraining()
                (training.width, training.batch, training.rate, training.epochs) = (6, 20, 0.02, 15)
                let found = try training.run(.weightedSum, tokens: tokens, batch: batch, labels: (0..<60).map { Self.kinds[$0 % 3] }) { _ in }
                try found.model.write(to: folder, card: ModelCard(kind: "fusion", method: "weighted-sum", date: "", seed: 1, data: [:]))
            }
        ) { configuration, plan in
            let spaces = try ProductSpaces(configuration)
            #expect(spaces.shared == nil && spaces.id == plan.learntVectors.first?.model.spaceID && spaces.id.hasPrefix("fused-"))
            try finds(plan, try shop(spaces), spaces)
        }
    }
}
