import Catalog
import Foundation
import Fusion
import Sessions
import Testing
import Wire

@testable import Agents

/// What customer service says of products: as a whole, side by side, and of the one in a photo.
@Suite("Talking about products")
struct ProductTalkTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let intents = ["product_question", "add_to_cart", "compare", "reviews", "out_of_scope"]

    private let products = [
        Product(
            id: "RING-GOLD", category: "ring", title: ["en": "Gold ring", "zh": "金戒指"], details: ["en": "A round band.", "zh": "圆润的戒圈。"],
            attributes: ["weight_g": .number(3), "material": .text("gold"), "gem": .text("none")], price: Price(amountMinor: 40_000, currency: "USD"),
            stock: 1),
        Product(
            id: "RING-SILVER", category: "ring", title: ["en": "Silver ring", "zh": "银戒指"],
            attributes: ["weight_g": .number(2), "material": .text("silver")],
            price: Price(amountMinor: 9_000, currency: "USD"), stock: 5),
        Product(
            id: "STUDS", category: "earrings", title: ["en": "Pearl studs"], attributes: ["weight_g": .number(1), "gem": .text("pearl")],
            price: Price(amountMinor: 5_000, currency: "USD"), stock: 2),
    ]

    private func talk(
        _ turns: [(words: String, intent: String)], photo: Feature? = nil, viewed: String = "RING-GOLD", stores: FakeStores = FakeStores()
    ) throws -> [ReplyDelta] {
        let examples = Self.intents.enumerated().flatMap { topic, intent in
            (0..<3).map {
                IntentExample(intent: intent, agent: "customer_service", language: "en", text: "\(intent) sentence \($0)", feature: axis(topic))
            }
        }
        let agent = ServiceAgent(
            snapshot: try CatalogSnapshot(
                products: products,
                features: [
                    "RING-GOLD": [axis(1, Modality.image)], "RING-SILVER": [axis(2, Modality.image)], "STUDS": [between(2, 3, 0.5, Modality.image)],
                ], intents: examples),
            stores: ServiceStores(orders: stores, catalog: stores, handoffs: stores, desk: stores),
            intents: IntentClassifier(model: try IntentClassifier.train(examples)),
            policy: try DialoguePolicy.load(Self.root + "/examples/jewelry/dialogue.yaml"))
        let texts = Dictionary(turns.map { ($0.words, axis(Self.intents.firstIndex(of: $0.intent) ?? 10)) }, uniquingKeysWith: { first, _ in first })
        let looked = ClientMessage.Kind.behaviour(BehaviourEvent(behaviour: .view, productID: viewed))
        let picture = ClientMessage.Kind.image(ImagePart(purpose: .query, imageID: 1, last: true, data: [1]))
        return try AgentHarness(agent, texts: texts, image: photo).run(
            turns.enumerated().map { ($0 == 0 ? [looked] : []) + (photo == nil ? [] : [picture]) + [.text(TextInput(text: $1.words))] }
        ).map { $0.replies.first ?? ReplyDelta() }
    }

    @Test("A photo beside the words is what they point at; one that might be several is asked about", arguments: ["how much is this one?", "这个多少钱"])
    func photo(words: String) throws {
        let seen = try talk([(words, "product_question")], photo: between(2, 5, 0.1, Modality.image))[0]
        #expect(seen.sources.map(\.id) == ["RING-SILVER"])
        #expect(seen.text.contains("USD 90.00"))
        let unsure = try talk([(words, "product_question")], photo: between(2, 3, 0.15, Modality.image))[0]
        #expect(unsure.replyKind == .clarify && unsure.sources.isEmpty)
        let strange = try talk([(words, "product_question")], photo: axis(7, Modality.image))[0]
        #expect(strange.replyKind == .clarify && strange.sources.isEmpty)
    }

    @Test("What is put into the cart with a photo is what the photo shows, not what was looked at before")
    func cart() throws {
        let stores = FakeStores()
        _ = try talk([("add this to my cart", "add_to_cart")], photo: axis(2, Modality.image), stores: stores)
        #expect(stores.requests.map(\.request.productID) == ["RING-SILVER"])
        let none = FakeStores()
        let asked = try talk([("add this to my cart", "add_to_cart")], photo: axis(7, Modality.image), stores: none)[0]
        #expect(none.requests.isEmpty && asked.text == "Which piece would you like?")
    }

    @Test("Who wants to know more of a piece gets the shop's own text with its source")
    func description() throws {
        let said = try talk([("tell me more about it", "out_of_scope"), ("详细介绍一下金戒指", "compare")])
        #expect(said[0].text == "Gold ring: A round band. It costs USD 400.00; 1 in stock; it is made of gold; it has no gem; it weighs 3 g.")
        #expect(said[0].sources.map(\.id) == ["RING-GOLD"] && said[0].sources[0].quote.hasPrefix("A round band."))
        #expect(said[1].text.hasPrefix("金戒指：圆润的戒圈。售价 USD 400.00；"))
    }

    @Test("Compared is what was spoken of last with what the words name, whatever was shown first")
    func compared() throws {
        let said = try talk([("how heavy are the Pearl studs?", "product_question"), ("compare it with RING-SILVER", "compare")])
        #expect(said[1].sources.map(\.id) == ["STUDS", "RING-SILVER"])
        let beside = try talk([("is the Gold ring heavier than the Silver ring?", "product_question")])[0]
        #expect(beside.text == "Gold ring: it weighs 3 g. Silver ring: it weighs 2 g.")
        let pointed = try talk([("is it heavier than RING-SILVER?", "product_question")])[0]
        #expect(pointed.sources.map(\.id) == ["RING-GOLD", "RING-SILVER"])
    }

    @Test("Who asks whether buyers say one thing is told what they say of it, with the review; of what none speaks of the summary stands")
    func askedOfReviews() throws {
        let opinions = [
            Opinion(reviewID: "R1", productID: "STUDS", rating: 5, language: "en", sentence: "Lovely pearls", aspect: "stone", praise: 1),
            Opinion(reviewID: "R2", productID: "STUDS", rating: 2, language: "en", sentence: "They snag on sweaters", aspect: "comfort", praise: 0),
            Opinion(reviewID: "R3", productID: "STUDS", rating: 1, language: "en", sentence: "Came late", aspect: "delivery", praise: 0),
        ]
        let said = try talk(
            [
                ("do buyers of the Pearl studs say that they snag on sweaters?", "reviews"),
                ("do buyers of the Pearl studs mention a green ear?", "reviews"),
            ], viewed: "STUDS", stores: FakeStores(opinions: opinions))
        #expect(said[0].text.hasSuffix("“They snag on sweaters” (2)"))
        #expect(said[0].sources.map(\.id) == ["R2"])
        #expect(said[1].sources.map(\.id) == ["R1", "R3", "R2"])
    }

    private func hits(_ sentences: [(text: String, language: String, cosine: Double)]) -> SentenceHits<DescriptionSentence> {
        let all = sentences.map { SentenceHits.Hit(DescriptionSentence(language: $0.language, sentence: $0.text), score: $0.cosine) }
        return SentenceHits(byWords: [], byMeaning: all.sorted { $0.score > $1.score })
    }

    @Test("What no attribute answers is answered by what the shop says of the piece, with it as the source; what that does not support is not")
    func described() throws {
        let stores = FakeStores(described: [
            "STUDS": hits([
                ("Nothing catches on gloves", "en", 0.35), ("不勾手套", "zh", 0.9), ("Held by two claws", "en", 0.34), ("colour: cream", "", 0.1),
            ])
        ])
        func asked(_ words: String) throws -> ReplyDelta { try talk([(words, "product_question")], viewed: "STUDS", stores: stores)[0] }
        let gloves = try asked("will they catch on my gloves?")
        #expect(gloves.text == "Pearl studs: Nothing catches on gloves.")
        #expect(gloves.sources.map(\.id) == ["STUDS"] && gloves.sources[0].quote == "Nothing catches on gloves.")
        #expect(try asked("how many claws have they?").text == "Pearl studs: Held by two claws.")
        #expect(try asked("how many gloves have they?").replyKind == .noAnswer, "a number is asked for, and none is said")
        #expect(try asked("were they blessed by a monk?").sources.isEmpty)
        #expect(try asked("is the pearl of these studs bred in a lagoon?").sources.isEmpty, "that its gem is pearl answers something else")
        #expect(try asked("which gem is it?").text == "Pearl studs: its gem is pearl.")
    }

    @Test("What buyers say of a piece is told as a whole, although its name is of pearls, and of a side that a word names")
    func reviews() throws {
        let stores = FakeStores(opinions: [
            Opinion(reviewID: "R1", productID: "STUDS", rating: 5, language: "en", sentence: "Lovely pearls.", aspect: "stone", praise: 1),
            Opinion(reviewID: "R2", productID: "STUDS", rating: 1, language: "en", sentence: "Came late.", aspect: "delivery", praise: 0),
        ])
        let said = try talk(
            [("what do people say about the Pearl studs?", "reviews"), ("and what do they say about delivery?", "reviews")], viewed: "STUDS",
            stores: stores)
        #expect(said[0].text.hasPrefix("2 reviews of Pearl studs: 3.0 of 5 stars."))
        #expect(said[1].text.hasPrefix("1 review of Pearl studs on delivery:"))
    }
}
