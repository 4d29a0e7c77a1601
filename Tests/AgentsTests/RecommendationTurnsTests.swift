import Catalog
import ChineseScript
import Fusion
import Locks
import Sessions
import Testing
import Wire

@testable import Agents

private func piece(_ id: String, _ category: String, _ material: String, price: Int64) -> Product {
    Product(
        id: id, category: category, title: ["en": id, "zh": id], attributes: ["material": .text(material)],
        price: Price(amountMinor: price, currency: "USD"), stock: 3)
}

private func snapshot() throws -> CatalogSnapshot {
    try CatalogSnapshot(
        products: [
            piece("moon-ring-gold", "ring", "gold", price: 40_000), piece("moon-ring-silver", "ring", "silver", price: 9_000),
            piece("band-silver", "ring", "silver", price: 8_000), piece("moon-studs", "earrings", "gold", price: 12_000),
            piece("star-studs", "earrings", "silver", price: 11_000),
        ],
        features: [
            "moon-ring-gold": [between(1, 2, 0.1)], "moon-ring-silver": [between(1, 2, 0.2)], "band-silver": [between(3, 2, 0.2)],
            "moon-studs": [between(1, 4, 0.3)], "star-studs": [between(5, 4, 0.3)],
        ])
}

private func text(_ text: String) -> ClientMessage.Kind { .text(TextInput(text: text)) }
private func did(_ behaviour: Wire.Behaviour, _ product: String) -> ClientMessage.Kind {
    .behaviour(BehaviourEvent(behaviour: behaviour, productID: product))
}

/// Keeps what it is given.
private final class FakeLog: EventLog {
    private let kept = Lock<[(event: LoggedEvent, user: String)]>([])
    var all: [(event: LoggedEvent, user: String)] { kept.withLock { $0 } }

    nonisolated(nonsending) func append(_ events: [LoggedEvent], idempotencyKey: String, as principal: Principal) async throws(StoreError) {
        kept.withLock { kept in kept += events.map { ($0, principal.user) } }
    }
    nonisolated(nonsending) func recentEvents(of principal: Principal, limit: Int) async throws(StoreError) -> [LoggedEvent] { [] }
}

@Suite("Recommendations over several turns")
struct RecommendationTurnsTests {
    private let texts = [
        "gold rings": axis(1), "like the first one but in silver": axis(0), "rings": axis(0), "what goes with it?": axis(0),
        "show me earrings": axis(0), "戒指": axis(0), "有什么可以搭配第一个？": axis(0),
    ]

    private func agent(_ change: (inout RecommendationRules) -> Void = { _ in }, log: (any EventLog)? = nil) throws -> RecommendationAgent {
        var rules = RecommendationRules()
        rules.complements = ["ring": ["earrings"]]
        change(&rules)
        return RecommendationAgent(snapshot: try snapshot(), parser: FilterParser(), itemsMax: 5, rules: rules, exposures: log)
    }

    @Test("More like this but in silver: alike in shape, of the new material, and the reason names the product")
    func moreLikeThisBut() throws {
        let answers = try AgentHarness(agent(), texts: texts).run([[text("gold rings")], [text("like the first one but in silver")]])
        let found = try #require(answers[1].recommendations.first)
        #expect(found.items.map(\.productID) == ["moon-ring-silver", "band-silver"])
        #expect(found.items[0].reasons[0].text.contains("moon-ring-gold"))
        #expect(found.items.allSatisfy { abs($0.reasons.reduce(0) { $0 + $1.share } - 1) < 1e-5 })
    }

    @Test("What goes with it: of another kind, like it in style; in both languages")
    func goesWith() throws {
        let answers = try AgentHarness(agent(), texts: texts).run([[text("gold rings")], [text("what goes with it?")]])
        let items = try #require(answers[1].recommendations.first).items
        #expect(items.map(\.productID) == ["moon-studs", "star-studs"])
        #expect(answers[1].replies[0].text.contains("moon-ring-gold"))
        let chinese = try AgentHarness(agent(), texts: texts).run([[text("戒指")], [text("有什么可以搭配第一个？")]])
        #expect(chinese[1].recommendations.first?.items.allSatisfy { $0.productID.contains("studs") } == true)
        #expect(chinese[1].replies[0].language == "zh")
    }

    @Test("A dislike takes a product out of what follows, and a like moves its like up")
    func likesAndDislikes() throws {
        let plain = try AgentHarness(agent(), texts: texts).run([[text("rings")]])
        #expect(plain[0].recommendations.first?.items.count == 3)
        let harness = try AgentHarness(agent(), texts: texts)
        let answers = try harness.run([[did(.dislike, "moon-ring-gold"), did(.like, "band-silver"), text("rings")]])
        let ids = try #require(answers[0].recommendations.first).items.map(\.productID)
        #expect(ids == ["band-silver", "moon-ring-silver"])
        #expect(answers[0].recommendations[0].items[0].reasons.contains { $0.modality == "taste" && $0.text.contains("turned to") })
    }

    @Test("An experiment notes who was shown what, in which arm and place")
    func exposures() throws {
        let log = FakeLog()
        let agent = try agent(
            { rules in
                rules.experiment = .init(
                    name: "mix",
                    arms: [
                        .init(name: "off", share: 0, diversity: 0, weights: .init()), .init(name: "on", share: 1, diversity: 0.5, weights: .init()),
                    ])
            }, log: log)
        let shown = try AgentHarness(agent, texts: texts).run([[text("show me earrings")]])[0].recommendations[0].items.map(\.productID)
        #expect(log.all.map(\.event.productID) == shown && !shown.isEmpty)
        #expect(log.all.map(\.event.quantity) == Array(1...shown.count))
        #expect(log.all.allSatisfy { $0.event.kind == "exposure:mix/on" && $0.user == "ann" && $0.event.sessionID == "s1" })
    }

    @Test("Who agrees to be learnt from: what was known of each product shown is noted with its place; of nobody else")
    func consent() throws {
        let log = FakeLog()
        let silent = try AgentHarness(agent(log: log), texts: texts)
        try silent.run([[text("rings")]])
        #expect(log.all.isEmpty)
        let harness = try AgentHarness(agent(log: log), texts: texts)
        harness.session.consent.personalise = true
        let shown = try harness.run([[did(.like, "band-silver"), text("rings")]])[0].recommendations[0].items
        #expect(log.all.map(\.event.productID) == shown.map(\.productID) && log.all.map(\.event.quantity) == [1, 2, 3])
        #expect(log.all.allSatisfy { $0.event.kind == "exposure" && $0.event.mayBeLearntFrom })
        let first = try #require(log.all.first { $0.event.productID == "moon-ring-silver" }?.event.signals)
        #expect(Set(first.keys) == ["similarity", "taste", "price"], "\(first)")
        // 90 beside 80 dollars, which were liked.
        #expect(abs(try #require(first["price"]) - (1 - Float(0.0849625))) < 1e-4)
        #expect(first["similarity"] == shown.first { $0.productID == "moon-ring-silver" }?.score)
    }

    @Test("A store that cannot be searched is told as a problem; the conversation goes on")
    func brokenStore() throws {
        let broken = FakeStores(failure: StoreError(.unavailable, "locked"))
        let agent = RecommendationAgent(snapshot: try snapshot(), parser: FilterParser(), itemsMax: 5, store: broken)
        let answers = try AgentHarness(agent, texts: ["moonlight": axis(1), "rings": axis(0)]).run([[text("moonlight")], [text("rings")]])
        #expect(answers[0].problems.first?.message.contains("locked") == true)
        #expect(answers[1].recommendations.first?.items.count == 3)
    }

    @Test("Guests are many: each of their sessions has an arm of its own")
    func guests() throws {
        let arms = (0..<4).map { RecommendationRules.Arm(name: "\($0)", share: 1, diversity: 0, weights: .init()) }
        let experiment = RecommendationRules.Experiment(name: "mix", arms: arms)
        let log = FakeLog()
        let agent = try agent({ $0.experiment = experiment }, log: log)
        _ = try AgentHarness(agent, texts: texts, user: Principal.guestUser).run([[text("show me earrings")]])
        #expect(experiment.arm(of: "s1")?.name != experiment.arm(of: Principal.guestUser)?.name, "the test tells them apart")
        #expect(log.all.allSatisfy { $0.event.kind == "exposure:mix/\(experiment.arm(of: "s1")?.name ?? "")" } && !log.all.isEmpty)
    }

    @Test("Asked for more again and again, the shop shows what is left, then says that there is no more")
    func more() throws {
        let agent = RecommendationAgent(snapshot: try snapshot(), parser: FilterParser(), itemsMax: 1)
        let harness = try AgentHarness(agent, texts: ["rings": axis(1), "show me more": axis(1), "any others?": axis(1)])
        let answers = try harness.run([[text("rings")], [text("show me more")], [text("any others?")], [text("show me more")]])
        let shown = answers.map { $0.recommendations.first?.items.map(\.productID) ?? [] }
        #expect(Set(shown.joined()).count == 3 && shown.map(\.count) == [1, 1, 1, 0], "\(shown)")
        #expect(answers[3].replies.map(\.text) == ["That is all there is of the kind."])
    }

    @Test("A filter that was negated is said back as it was meant, as a condition and as a reason")
    func negated() throws {
        let agent = try agent()
        let answers = try AgentHarness(agent, texts: ["rings, no silver": axis(1), "戒指，不要银的": axis(1)]).run([[text("rings, no silver")]])
        #expect(answers[0].replies[0].text == "I found one for rings, no silver.")
        #expect(answers[0].recommendations[0].items[0].reasons[0].text.hasSuffix(": rings, no silver"))
        let chinese = try AgentHarness(agent, texts: ["戒指，不要银的": axis(1)]).run([[text("戒指，不要银的")]])
        #expect(chinese[0].replies[0].text == "为您找到 1 款符合“戒指、不要银”的。")
        #expect(FilterParser().parse("不要珍珠的耳环").rest(of: "不要珍珠的耳环").isEmpty)
    }

    @Test("More under a new condition that nothing meets is not all there is of the kind: the nearest are shown")
    func moreUnder() throws {
        let agent = RecommendationAgent(snapshot: try snapshot(), parser: FilterParser(), itemsMax: 1)
        let answers = try AgentHarness(agent, texts: ["rings": axis(1), "show me more under 50": axis(1)]).run([
            [text("rings")], [text("show me more under 50")],
        ])
        #expect(answers[1].replies.map(\.text) == ["Nothing fits under 50 together with what you said before; these come nearest."])
        #expect(answers[1].recommendations.first?.items.count == 1)
    }

    @Test("The cheapest of what was looked for comes first; what was rejected is not shown, nor anything like it preferred")
    func cheapest() throws {
        let texts = ["rings": axis(1), "the cheapest one": axis(0), "I don't like the first one": axis(0)]
        let answers = try AgentHarness(agent(), texts: texts).run([[text("rings")], [text("the cheapest one")], [text("I don't like the first one")]])
        #expect(answers[1].recommendations.first?.items.map(\.productID) == ["band-silver", "moon-ring-silver", "moon-ring-gold"])
        let left = try #require(answers[2].recommendations.first).items
        #expect(Set(left.map(\.productID)) == ["moon-ring-silver", "moon-ring-gold"])
    }

    @Test("A photo and \"this, but in silver\" keep the kind that the photo shows")
    func photoBut() throws {
        let products = try snapshot().products
        let catalogue = try CatalogSnapshot(
            products: products,
            features: [
                "moon-ring-gold": [axis(1), axis(1, Modality.image)], "moon-ring-silver": [axis(2), axis(2, Modality.image)],
                "band-silver": [axis(3), axis(3, Modality.image)], "moon-studs": [axis(4), axis(4, Modality.image)],
                "star-studs": [axis(5), between(1, 5, 0.6, Modality.image)],
            ])
        let agent = RecommendationAgent(snapshot: catalogue, parser: FilterParser(), itemsMax: 5)
        let photo = ClientMessage.Kind.image(ImagePart(purpose: .query, imageID: 1, last: true, data: [1]))
        let said = "this, but in silver"
        let answers = try AgentHarness(agent, texts: [said: axis(5)], image: axis(1, Modality.image)).run([[photo, text(said)]])
        #expect(Set(answers[0].recommendations[0].items.map(\.productID)) == ["moon-ring-silver", "band-silver"])
    }

    @Test("What is written in traditional characters is understood as in simplified ones")
    func traditional() throws {
        let said = "銀戒指"
        let plain = try AgentHarness(agent(), texts: [said: axis(1)]).run([[text(said)]])[0]
        #expect(plain.recommendations.first?.filters.contains { $0.value == "silver" } == false)
        let simple = SimplifiedTurns(try agent(), try Simplifier())
        let found = try #require(AgentHarness(simple, texts: [said: axis(1)]).run([[text(said)]])[0].recommendations.first)
        #expect(Set(found.items.map(\.productID)) == ["moon-ring-silver", "band-silver"])
    }

    @Test("Words alone count as much as words and a photo: the weights of what is there add up to 1")
    func weights() throws {
        let agent = try agent()
        let answer = try AgentHarness(agent, texts: ["rings": axis(1)], weights: [0.4, 0.6]).run([[text("rings")]])[0]
        // moon-ring-gold: √0.9 of the words' direction.
        let score = try #require(answer.recommendations.first?.items.first { $0.productID == "moon-ring-gold" }?.score)
        #expect(abs(score - Float(0.9).squareRoot()) < 1e-4)
    }
}
