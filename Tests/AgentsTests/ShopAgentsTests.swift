import Catalog
import Fusion
import Sessions
import Testing
import Wire

@testable import Agents

private let rings = [
    Product(
        id: "GOLD", category: "ring", title: ["en": "Gold ring", "zh": "金戒指"], attributes: ["material": .text("gold")],
        price: Price(amountMinor: 40_000, currency: "USD"), stock: 3,
        overlay: ProductOverlay(image: "gold.png", anchorKind: "ring_finger", anchorX: 10, anchorY: 20, widthMm: 20, widthPx: 100)),
    Product(
        id: "SILVER", category: "ring", title: ["en": "Silver ring"], attributes: ["material": .text("silver")],
        price: Price(amountMinor: 9_000, currency: "USD"), stock: 2),
    Product(
        id: "DEAR", category: "ring", title: ["en": "Dear ring"], attributes: ["material": .text("gold")],
        price: Price(amountMinor: 900_000, currency: "USD"),
        stock: 1),
]

private func snapshot() throws -> CatalogSnapshot {
    try CatalogSnapshot(
        products: rings,
        features: [
            "GOLD": [between(0, 1, 0.1), axis(3, Modality.image)], "SILVER": [between(0, 1, 0.4), axis(4, Modality.image)],
            "DEAR": [between(0, 1, 0.2), between(3, 4, 0.5, Modality.image)],
        ])
}

private let photo = ClientMessage.Kind.image(ImagePart(purpose: .query, imageID: 1, last: true, data: [1]))
private let selfie = ClientMessage.Kind.image(ImagePart(purpose: .selfie, imageID: 2, last: true, data: [1]))
private func text(_ text: String) -> ClientMessage.Kind { .text(TextInput(text: text)) }

@Suite("Recommendations")
struct RecommendationAgentTests {
    private func run(_ turn: [ClientMessage.Kind], texts: [String: Feature] = [:], image: Feature? = nil, itemsMax: Int = 5) throws -> [ServerMessage]
    {
        let agent = RecommendationAgent(snapshot: try snapshot(), parser: FilterParser(), itemsMax: itemsMax)
        return try AgentHarness(agent, texts: texts, image: image).run([turn])[0]
    }

    @Test("Words find what is nearest, with the filters understood, prices, stock and reasons that add up to 1")
    func words() throws {
        let said = "gold rings under 500 dollars"
        let messages = try run([text(said)], texts: [said: axis(0)])
        let found = try #require(messages.recommendations.first)
        #expect(found.items.map(\.productID) == ["GOLD"])
        #expect(found.items[0].title == "Gold ring")
        #expect(found.items[0].price == Money(amountMinor: 40_000, currency: "USD"))
        #expect(found.items[0].inStock)
        #expect(found.items[0].reasons.map(\.modality) == [Modality.text])
        #expect(found.items[0].reasons.map(\.share) == [1])
        #expect(found.filters.contains { $0.field == "material" && $0.operator == "=" && $0.value == "gold" })
        let reply = try #require(messages.replies.first)
        #expect(reply.replyKind == .answer)
        #expect(reply.agent == "recommendation")
    }

    @Test("A photo and words share the reasons as their parts in the score")
    func photoAndWords() throws {
        let messages = try run([photo, text("like this")], texts: ["like this": axis(0)], image: axis(4, Modality.image))
        let found = try #require(messages.recommendations.first)
        #expect(found.items.first?.productID == "SILVER")
        for item in found.items {
            #expect(item.reasons.map(\.modality).sorted() == [Modality.image, Modality.text])
            #expect(abs(item.reasons.reduce(0) { $0 + $1.share } - 1) < 1e-5)
        }
        // SILVER: text cos √0.6, photo cos 1, equal weights.
        let share = try #require(found.items.first?.reasons.first { $0.modality == Modality.image }).share
        #expect(abs(share - 1 / (1 + Float(0.6).squareRoot())) < 1e-4)
    }

    @Test("A photo alone is enough; no more come than the shop shows")
    func photoAlone() throws {
        let messages = try run([photo], image: axis(3, Modality.image), itemsMax: 2)
        #expect(messages.recommendations.first?.items.map(\.productID) == ["GOLD", "DEAR"])
    }

    @Test("When the price rules everything out, the nearest are shown and called so")
    func priceStretched() throws {
        let said = "silver rings under 50 dollars"
        let messages = try run([text(said)], texts: [said: axis(0)])
        #expect(messages.recommendations.first?.items.map(\.productID) == ["SILVER"])
        #expect(messages.replies.first?.replyKind == .noAnswer)
        #expect(messages.replies.first?.text.contains("come nearest") == true)
    }

    @Test("When nothing fits, nothing is shown")
    func nothing() throws {
        let said = "platinum rings"
        let messages = try run([text(said)], texts: [said: axis(0)])
        #expect(messages.recommendations.isEmpty)
        #expect(messages.replies.first?.text.hasPrefix("Nothing in the shop fits") == true)
    }

    @Test("Without a feature the agent asks instead of guessing")
    func clarify() throws {
        let messages = try run([text("hmm")])
        #expect(messages.recommendations.isEmpty)
        #expect(messages.replies.first?.replyKind == .clarify)
    }

    @Test("A query of another space than the catalogue's is a Problem that names both")
    func otherSpace() throws {
        let messages = try run([text("rings")], texts: ["rings": Feature(modality: Modality.text, spaceID: "other", values: [1])])
        #expect(messages.problems.map(\.code) == [StatusCode.failedPrecondition.rawValue])
        #expect(messages.problems.first?.message.contains("\"other\"") == true)
        #expect(messages.problems.first?.message.contains("\"made\"") == true)
    }
}

@Suite("Trying on")
struct TryOnAgentTests {
    private let hand = Pose(
        imageWidth: 640, imageHeight: 480, anchors: [Anchor(name: "left_ring_finger", x: 100, y: 200, confidence: 0.9, pixelsPerMm: 3, rotation: 0.5)]
    )

    private func run(_ turns: [[ClientMessage.Kind]], pose: Pose?) throws -> [[ServerMessage]] {
        try AgentHarness(TryOnAgent(snapshot: try snapshot()), texts: ["on GOLD please": axis(0), "hm": axis(0)], pose: pose).run(turns)
    }

    private func request(_ product: String) -> ClientMessage.Kind { .control(Control(kind: .tryOn(TryOnRequest(productID: product)))) }

    @Test("A selfie and a product are an overlay on the anchor, with the picture's size and the product as the source")
    func placed() throws {
        let messages = try run([[selfie, request("GOLD")]], pose: hand)[0]
        let tryOn = try #require(messages.tryOns.first)
        #expect(tryOn.productID == "GOLD")
        #expect(tryOn.imageWidth == 640 && tryOn.imageHeight == 480)
        #expect(tryOn.anchors == hand.anchors)
        #expect(
            tryOn.overlays == [
                Overlay(
                    anchor: "left_ring_finger", x: 100, y: 200, scale: 0.6, rotation: 0.5, image: "gold.png", imageAnchorX: 10, imageAnchorY: 20,
                    stretch: 1)
            ])
        #expect(messages.replies.map(\.text) == ["This is how Gold ring looks on you."])
        #expect(messages.replies.first?.sources.map(\.id) == ["GOLD"])
    }

    @Test("A hand that shows its palm is asked to turn: the stone is on the other side")
    func palm() throws {
        let palm = Pose(
            imageWidth: 640, imageHeight: 480,
            anchors: [Anchor(name: "left_ring_finger", x: 100, y: 200, confidence: 0, pixelsPerMm: 3, yaw: 3, hidden: 1)])
        let messages = try run([[selfie, request("GOLD")]], pose: palm)[0]
        #expect(messages.tryOns.first?.overlays.isEmpty == true)
        #expect(messages.replies.map(\.text) == ["I see the palm of your hand; please turn its back to the camera."])
        #expect(messages.replies.first?.replyKind == .clarify)
    }

    @Test("The product may stand in the words")
    func mentioned() throws {
        #expect(try run([[selfie, text("on GOLD please")]], pose: hand)[0].tryOns.map(\.productID) == ["GOLD"])
    }

    @Test("What is missing is asked for: the picture, the product, or the hand on the picture")
    func missing() throws {
        #expect(
            try run([[text("hm"), request("GOLD")]], pose: nil)[0].replies.map(\.text).first?.hasPrefix("Please show me a picture of yourself")
                == true)
        #expect(try run([[selfie, text("hm")]], pose: hand)[0].replies.map(\.text) == ["Which piece would you like to try on?"])
        let messages = try run([[selfie, request("GOLD")]], pose: Pose(imageWidth: 10, imageHeight: 10))[0]
        #expect(messages.replies.map(\.replyKind) == [.clarify])
        #expect(messages.replies.first?.text.hasPrefix("I cannot see your hand") == true)
        #expect(messages.tryOns.first?.overlays.isEmpty == true)
    }

    @Test("A product without an overlay cannot be tried on; one that does not exist is NOT_FOUND")
    func impossible() throws {
        #expect(try run([[selfie, request("SILVER")]], pose: hand)[0].replies.map(\.text) == ["There is no try-on picture of Silver ring yet."])
        let messages = try run([[selfie, request("NONE")]], pose: hand)[0]
        #expect(messages.problems.map(\.code) == [StatusCode.notFound.rawValue])
        #expect(messages.problems.map(\.message) == ["there is no product 'NONE' in this shop"])
    }
}
