import Agents
import Catalog
import Foundation
import Fusion
import LinearAlgebra
import Testing
import Training

@testable import Server

@Suite("A space that words and pictures share, in a shop")
struct SharedSpaceTests {
    private static let kinds = ["gold ring", "silver spoon", "blue mug"]

    /// Titles of three kinds; sentences and pictures say the kind, with some of their own beside it.
    private static func pairs() -> AlignmentTraining.Pairs {
        func row(_ r: Int, _ width: Int) -> [Float] { (0..<width).map { $0 % 3 == r % 3 ? 1 : Float((r * 7 + $0 * 13) % 10) * 0.02 } }
        return .init(
            pictures: Matrix((0..<60).map { row($0, 9) }), titles: (0..<60).map { "\(kinds[$0 % 3]) \($0 / 10)" },
            sentences: Matrix((0..<60).map { row($0, 6) }))
    }

    private func withModel(plugins: Bool = true, _ body: (String, AlignmentTraining.Pairs) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var training = AlignmentTraining()
        (training.method, training.dimensions, training.parts, training.pictureSpace) = (.cca, 2, AlignmentPart.ofPlugins, plugins ? "pictures" : "")
        let pairs = Self.pairs()
        let model = try training.run(pairs, textSpace: "sentences", progress: { _ in }).0
        try model.write(to: folder, card: ModelCard(kind: "alignment", method: "cca", date: "", seed: 1, data: [:]))
        try body(folder, pairs)
    }

    @Test("words find the pictures of their kind, a photo the titles, over the index that is searched")
    func across() throws {
        try withModel { folder, pairs in
            let space = try SharedSpace(folder: folder)
            func sentence(_ r: Int) -> Feature { Feature(modality: Modality.text, spaceID: "sentences", values: Array(pairs.sentences.row(r))) }
            func picture(_ r: Int) -> Feature { Feature(modality: Modality.image, spaceID: "pictures", values: Array(pairs.pictures.row(r))) }
            var features: [String: [Feature]] = [:]
            for r in 0..<30 { features["p\(r)"] = try space.features(titles: [(pairs.titles[r], sentence(r))], image: picture(r)) }
            let products = (0..<30).map { Product(id: "p\($0)", category: "kind\($0 % 3)", stock: 1) }
            let recommender = Recommender(snapshot: try CatalogSnapshot(products: products, features: features), across: space)
            for r in 40..<43 {
                for part in [sentence(r), picture(r)] {
                    let block = FusedQuery.Block(modality: part.modality, spaceID: part.spaceID, values: part.values, weight: 1)
                    var request = RecommendationRequest()
                    request.query = try recommender.asked([block], words: part.modality == Modality.text ? Self.kinds[r % 3] : "", share: 1)
                    #expect(
                        request.query.blocks.map(\.modality) == [part.modality == Modality.text ? Modality.pictureByWords : Modality.titleByPicture])
                    let picks = try recommender.recommend(request)
                    #expect(
                        picks.count == 5 && picks.allSatisfy { (Int($0.productID.dropFirst()) ?? 0) % 3 == r % 3 }, "\(part.modality) \(r): \(picks)")
                }
            }
            #expect(try space.features(titles: [(pairs.titles[0], sentence(0))], image: nil).map(\.modality) == [Modality.titleByPicture])
        }
    }

    @Test("another encoder's vectors, a model of layers, and a catalogue without the space are refused with what to do")
    func refused() throws {
        try withModel { folder, pairs in
            let space = try SharedSpace(folder: folder)
            let foreign = Feature(modality: Modality.image, spaceID: "other", values: Array(pairs.pictures.row(0)))
            let error = #expect(throws: TrainingError.self) { try space.features(titles: [], image: foreign) }
            #expect(error?.message == "the space was trained with image vectors of pictures; the live encoder gives other")
            // A query of another space is left to those who compare spaces.
            #expect(try space.block(for: .init(modality: Modality.image, spaceID: "other", values: [1], weight: 1), words: "") == nil)
            var configuration = ServerConfiguration()
            configuration.spaceFolder = folder
            let bare = try CatalogSnapshot(products: [Product(id: "a", category: "ring")])
            let missing = #expect(throws: ServerError.self) { try Shop.recommender(configuration, bare, staleFiles: []) }
            #expect(missing?.message.contains("in which queries are made") == true && missing?.message.contains("import the catalogue again") == true)
        }
        try withModel(plugins: false) { folder, _ in
            let layers = #expect(throws: ServerError.self) { try SharedSpace(folder: folder) }
            #expect(layers?.message.contains("train it with --inputs plugins") == true)
        }
        let none = #expect(throws: ServerError.self) { try SharedSpace(folder: "/nowhere") }
        #expect(none?.message.hasPrefix("'catalog: space:' ") == true)
    }
}
