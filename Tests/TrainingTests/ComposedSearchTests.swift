import EventLoop
import Foundation
import Fusion
import LinearAlgebra
import Testing

@testable import Training

@Suite("Attributes and composed queries")
struct ComposedSearchTests {
    static let kinds = ["ring", "mug", "hat"]
    static let colours = ["red", "blue", "green"]

    struct Shop {
        var model: AlignmentModel
        var pictures: Matrix<Float>
        var names: [(kind: Int, colour: Int)]
    }

    /// Two features of a picture tell kind and colour, two of a sentence as well.
    private static func features(_ kind: Int, _ colour: Int, _ generator: inout SeededRandom) -> (picture: [Float], sentence: [Float]) {
        var picture = [Float](repeating: 0, count: PictureLayout.width)
        for i in 0..<10 { picture[PictureLayout.mean.lowerBound + kind * 10 + i] = 1 + 0.2 * gaussian(&generator) }
        picture[PictureLayout.colours.lowerBound + colour * 7] = 1
        var sentence = [Float](repeating: 0, count: 12)
        sentence[kind] = 1
        sentence[3 + colour] = 1
        return (picture, sentence.map { $0 + 0.1 * gaussian(&generator) })
    }

    static let shop: Result<Shop, any Error> = Result {
        var generator = SeededRandom(seed: 2)
        var (pictures, sentences): ([[Float]], [[Float]]) = ([], [])
        var (names, titles): ([(kind: Int, colour: Int)], [String]) = ([], [])
        for r in 0..<270 {
            let (kind, colour) = (r % 3, r / 3 % 3)
            let made = features(kind, colour, &generator)
            pictures.append(made.picture)
            sentences.append(made.sentence)
            names.append((kind, colour))
            titles.append("\(colours[colour]) \(kinds[kind])")
        }
        var training = AlignmentTraining()
        (training.method, training.parts, training.dimensions) = (.cca, [.mean, .colours, .sentence, .words], 8)
        var pairs = AlignmentTraining.Pairs(pictures: Matrix(pictures), titles: titles, sentences: Matrix(sentences))
        pairs.attributes = [("colour", names.map { colours[$0.colour] }), ("kind", names.map { kinds[$0.kind] })]
        var phrases: [[Float]] = []
        for colour in 0..<3 { phrases.append((0..<12).map { $0 == 3 + colour ? 1 : 0 }) }
        for kind in 0..<3 { phrases.append((0..<12).map { $0 == kind ? 1 : 0 }) }
        let (model, _) = try training.run(
            pairs,
            phrases: .init(
                attribute: ["colour", "colour", "colour", "kind", "kind", "kind"], texts: colours + kinds, sentences: Matrix(phrases)),
            textSpace: "s", progress: { _ in })
        return Shop(model: model, pictures: Matrix(pictures), names: names)
    }

    private static func words(_ colour: Int) -> [Float] { (0..<12).map { $0 == 3 + colour ? 1 : 0 } }

    /// The best picture for a photograph of product 0 (a red ring) and "blue".
    private static func best(
        _ shop: Shop, text: String = "blue", sentence: [Float] = words(1), picture: Matrix<Float>? = nil, fusion: ComposedFusion
    ) -> (kind: Int, colour: Int) {
        let shown = picture ?? shop.pictures.rows([0])
        let search = ComposedSearch(model: shop.model, pictures: shop.model.searched(shop.pictures), textWeight: 0.5)
        let scores = search.scores(
            words: shop.model.titles([text], Matrix([sentence])), shown: shop.model.pictures(shown), texts: [text],
            strangeness: shop.model.strangeness(shown), fusion: fusion)
        return shop.names[(0..<scores.columns).max { scores[0, $0] < scores[0, $1] } ?? 0]
    }

    @Test("words decide what they name, the picture the rest")
    func composed() throws {
        let shop = try Self.shop.get()
        #expect(try Self.best(Self.shop.get(), fusion: .gated) == (0, 1), "a blue ring")
        let agreed = try #require(shop.model.attributes)
        #expect(agreed.attributes.map(\.name) == ["colour", "kind"])
        let search = shop.model.titles(["green"], Matrix([Self.words(2)]))
        let (_, named) = agreed.fit(
            words: shop.model.unit(search), picture: shop.model.unit(shop.model.pictures(shop.pictures.rows([0]))),
            told: agreed.told(shop.model.unit(shop.model.pictures(shop.pictures.rows([0])))), fusion: .gated)
        #expect(named[0] > 0.5, "'green' names a colour")
    }

    @Test("noise in the place of one of them does not speak")
    func noise() throws {
        let shop = try Self.shop.get()
        var generator = SeededRandom(seed: 77)
        let noise = Matrix<Float>(1, PictureLayout.width, (0..<PictureLayout.width).map { _ in abs(gaussian(&generator)) })
        #expect(shop.model.strangeness(noise)[0] > shop.model.strangeness(shop.pictures.rows([0]))[0])
        #expect(Self.best(shop, text: "xq zzv", sentence: (0..<12).map { _ in gaussian(&generator) }, fusion: .gated) == (0, 0), "the picture alone")
        #expect(Self.best(shop, picture: noise, fusion: .gated).colour == 1, "the words")
    }

    @Test("attributes come back from disk as they were, and a file that does not fit is refused")
    func file() throws {
        let model = try Self.shop.get().model
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try model.write(to: folder, card: ModelCard(kind: "alignment", method: "cca", date: "", seed: 1, data: [:]))
        let read = try AlignmentModel.read(folder).model
        #expect(read.attributes == model.attributes && read.attributeShare == model.attributeShare && read.parts == model.parts)
        var file = try TensorFile.read("\(folder)/weights.safetensors")
        file.set("attribute0.prior", [1])
        try file.write("\(folder)/weights.safetensors")
        #expect(throws: TrainingError("\(folder): the heads of the attribute 'colour' do not fit")) { try AlignmentModel.read(folder) }
    }
}
