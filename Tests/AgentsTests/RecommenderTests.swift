import Catalog
import CheckedYAML
import Fusion
import Sessions
import Testing
import Wire

@testable import Agents

/// Twelve pieces: looks are axes, so that likeness is exactly known.
private func piece(_ number: Int, category: String = "ring", material: String = "gold", price: Int64 = 10_000, stock: Int = 5) -> Product {
    Product(
        id: "p\(number)", category: category, title: ["en": "Piece \(number)", "zh": "款式\(number)"],
        attributes: ["material": .text(material), "style": .text(number % 2 == 0 ? "plain" : "ornate")],
        price: Price(amountMinor: price, currency: "USD"), stock: stock)
}

private func shop(_ change: (inout [Product]) -> Void = { _ in }, features: [String: [Feature]]? = nil) throws -> CatalogSnapshot {
    var products = (1...6).map { piece($0) } + [piece(7, category: "earrings"), piece(8, category: "necklace", material: "silver")]
    change(&products)
    let vectors = features ?? Dictionary(uniqueKeysWithValues: (1...8).map { ("p\($0)", [between(0, $0, Float($0) * 0.1)]) })
    return try CatalogSnapshot(products: products, features: vectors)
}

private func query(_ feature: Feature = axis(0)) -> FusedQuery {
    FusedQuery(blocks: [.init(modality: feature.modality, spaceID: feature.spaceID, values: feature.values, weight: 1)])
}

private func request(_ change: (inout RecommendationRequest) -> Void = { _ in }) -> RecommendationRequest {
    var request = RecommendationRequest()
    request.query = query()
    change(&request)
    return request
}

private struct Fixed: NextProducts {
    let answer: [(productID: String, score: Float)]
    func next(after products: [String], k: Int) -> [(productID: String, score: Float)] { products.isEmpty ? [] : answer }
}

@Suite("The recommender")
struct RecommenderTests {
    private func ids(_ picks: [Pick]) -> [String] { picks.map(\.productID) }

    @Test("What something is to go with is newer than all that was looked at before")
    func newestLast() throws {
        /// Foresees one product after p2 and another after p1, by the last of the history as models do.
        struct ByLast: NextProducts {
            func next(after products: [String], k: Int) -> [(productID: String, score: Float)] { [(products.last == "p2" ? "p5" : "p4", 1)] }
        }
        var asked = request()
        asked.query = FusedQuery(blocks: [])
        asked.taste = Taste([("view", "p1")])
        asked.after = ["p2"]
        asked.weights.taste = 0
        #expect(try Recommender(snapshot: shop(), next: ByLast()).recommend(asked).first?.productID == "p5")
    }

    @Test("Without rules and signals it is the similarity search, nearest first")
    func similarity() throws {
        let picks = try Recommender(snapshot: shop()).recommend(request())
        #expect(ids(picks) == ["p1", "p2", "p3", "p4", "p5"])
        #expect(picks.allSatisfy { $0.parts.map(\.signal) == [Modality.text] && $0.score == $0.similarity })
    }

    @Test("Stock: required, preferred or ignored")
    func stock() throws {
        let snapshot = try shop { $0[0].stock = 0 }
        var rules = RecommendationRules()
        rules.stock = .ignore
        #expect(try ids(Recommender(snapshot: snapshot, rules: rules).recommend(request())).first == "p1")
        rules.stock = .prefer
        #expect(try ids(Recommender(snapshot: snapshot, rules: rules).recommend(request())).first == "p2")
        rules.stock = .require
        #expect(try !ids(Recommender(snapshot: snapshot, rules: rules).recommend(request { $0.itemsMax = 8 })).contains("p1"))
    }

    @Test("Exclusions, prices and boosts of the shop hold beside the customer's filter")
    func rules() throws {
        var rules = RecommendationRules()
        let plain = ["style": ProductFilter.Choice(anyOf: ["plain"])]
        rules.excluded = [
            ProductFilter(category: .init(anyOf: ["earrings"])), ProductFilter(material: .init(anyOf: ["silver"]), attributes: plain),
        ]
        rules.required.priceMaxMinor = 20_000
        rules.boosts = [.init(name: ["en": "our pick", "zh": "本店之选"], filter: ProductFilter(attributes: plain), by: 0.2)]
        let snapshot = try shop { $0[0].price.amountMinor = 30_000 }
        let recommender = Recommender(snapshot: snapshot, rules: rules)
        let picks = try recommender.recommend(request { $0.itemsMax = 8 })
        // p1 is too dear, p7 of an excluded kind, p8 both silver and plain; plain ones come sooner.
        #expect(Set(ids(picks)) == ["p2", "p3", "p4", "p5", "p6"])
        #expect(ids(picks).first == "p2" && ids(picks).firstIndex(of: "p4")! < ids(picks).firstIndex(of: "p3")!)
        let reasons = Reasons(language: "zh", parsed: ParsedFilter(), words: "", like: nil, recommender: recommender).of(picks[0])
        #expect(reasons.contains { $0.signal == "rule" && $0.text == "本店之选" })
        #expect(abs(reasons.reduce(0) { $0 + $1.share } - 1) < 1e-5)
        let narrow = try recommender.recommend(request { $0.filter.priceMaxMinor = 9_000 })
        #expect(narrow.isEmpty)
    }

    @Test("Learnt weights take the place of those set by hand, but not of what an arm or a rule says; what is popular or near in price counts")
    func learntWeights() throws {
        var rules = RecommendationRules()
        rules.weights.across = 0.25
        var own = RecommendationRules.Weights()
        own.words = 1
        rules.experiment = .init(
            name: "e",
            arms: [
                .init(name: "a", share: 1, diversity: 0, weights: own, hasOwnWeights: true), .init(name: "b", share: 1, diversity: 0, weights: own),
            ])
        let learnt = rules.learnt([.similarity: 0.5, .popularity: 1, .price: 0.25])
        #expect(learnt.weights.similarity == 0.5 && learnt.weights.taste == 0 && learnt.weights.across == 0.25)
        #expect(learnt.experiment?.arms.map(\.weights.words) == [1, 0])
        let snapshot = try shop { $0[4].price.amountMinor = 40_000 }
        let recommender = Recommender(snapshot: snapshot, rules: learnt, popularity: ["p6": 0.9])
        let picks = try recommender.recommend(
            request {
                $0.weights = learnt.weights
                $0.taste = Taste([("view", "p1")])
                $0.itemsMax = 8
            })
        #expect(ids(picks).first == "p6")
        let six = try #require(picks.first)
        #expect(abs(six.score - (0.5 * six.similarity + 0.9 + 0.25)) < 1e-5, "\(six)")
        let dear = try #require(picks.first { $0.productID == "p5" }?.amounts[.price])
        #expect(abs(dear) < 1e-6, "four times the price of what was looked at")
        let reasons = Reasons(language: "en", parsed: ParsedFilter(), words: "", like: nil, recommender: recommender).of(six)
        #expect(reasons.map(\.signal) == ["popularity", "text", "price"] || reasons.map(\.signal) == ["popularity", "price", "text"])
        #expect(reasons.contains { $0.text.hasPrefix("costs about what you turned to") } && reasons[0].text.hasPrefix("many turn to it (90 %"))
        #expect(abs(reasons.reduce(0) { $0 + $1.share } - 1) < 1e-5)
    }

    @Test("Words that only BM25 knows bring a candidate in and count with their weight")
    func words() throws {
        let recommender = Recommender(snapshot: try shop())
        let hit = [WordHit(id: "p6", score: 7.5), WordHit(id: "unknown", score: 9)]
        let picks = try recommender.recommend(
            request {
                $0.words = hit
                $0.weights.words = 0.9
                $0.itemsMax = 8
            })
        let six = try #require(picks.first { $0.productID == "p6" })
        #expect(six.parts.first { $0.signal == "words" }.map { abs($0.part - 0.9 * 7.5 / 9) < 1e-5 } == true)
        #expect(ids(picks).first == "p6")
    }

    @Test("What others went on to counts, with and without a query, and never brings in what the filter forbids")
    func behaviour() throws {
        let next = Fixed(answer: [("p8", 4), ("p5", 2), ("gone", 1)])
        let recommender = Recommender(snapshot: try shop(), next: next)
        let viewed = Taste([("view", "p1")])
        let picks = try recommender.recommend(
            request {
                $0.taste = viewed
                $0.weights.taste = 0
                $0.weights.behaviour = 1
                $0.filter.category = .init(anyOf: ["ring"])
            })
        #expect(ids(picks).first == "p5" && !ids(picks).contains("p8"))
        let cold = try recommender.recommend(
            request {
                $0.query = FusedQuery(blocks: [])
                $0.taste = viewed
                $0.weights.taste = 0
                $0.itemsMax = 2
            })
        #expect(ids(cold) == ["p8", "p5"])
    }

    @Test("Nothing said and nothing known: a cross-section of what is in stock")
    func coldStart() throws {
        let snapshot = try shop { $0[0].stock = 0 }
        let picks = try Recommender(snapshot: snapshot).recommend(request { $0.query = FusedQuery(blocks: []) })
        #expect(picks.count == 5 && ids(picks).first == "p2")
        #expect(try Recommender(snapshot: CatalogSnapshot(products: [])).recommend(request()).isEmpty)
    }

    @Test("What was liked pulls its like up, what was disliked goes and pushes its like down")
    func taste() throws {
        let looks: [String: [Feature]] = [
            "p1": [between(0, 1, 0.30)], "p2": [between(0, 1, 0.34)], "p3": [between(0, 2, 0.32)], "p4": [between(0, 2, 0.36)],
        ]
        let recommender = Recommender(snapshot: try shop(features: looks))
        func first(_ events: [(String, String)]) throws -> [String] {
            try ids(recommender.recommend(request { $0.taste = Taste(events.map { (kind: $0.0, productID: $0.1) }) }))
        }
        #expect(try first([]).prefix(2) == ["p1", "p3"])
        // p4 itself was last of the four; p3 is nearly the same and nearer to the query.
        #expect(try first([("like", "p4")]).prefix(2) == ["p3", "p4"])
        let disliked = try first([("dislike", "p1")])
        #expect(!disliked.contains("p1") && disliked.first == "p3")
        // Liking it after all takes the dislike back.
        #expect(try first([("dislike", "p1"), ("like", "p1")]).first == "p1")
        #expect(Taste([("dislike", "p1")]).history.isEmpty)
    }

    @Test("Diversity keeps the best first and spreads the rest")
    func diversity() throws {
        let looks: [String: [Feature]] = [
            "p1": [between(0, 1, 0.20)], "p2": [between(0, 1, 0.21)], "p3": [between(0, 1, 0.22)], "p4": [between(0, 2, 0.40)],
            "p5": [between(0, 3, 0.45)],
        ]
        let recommender = Recommender(snapshot: try shop(features: looks))
        #expect(try ids(recommender.recommend(request { $0.itemsMax = 3 })) == ["p1", "p2", "p3"])
        let spread = try ids(
            recommender.recommend(
                request {
                    $0.itemsMax = 3
                    $0.diversity = 0.4
                }))
        #expect(spread == ["p1", "p4", "p5"])
    }

    /// Words ask for pictures along the axis that is theirs plus ten.
    private struct Across: AcrossModalities {
        func block(for part: FusedQuery.Block, words: String) throws(StoreError) -> FusedQuery.Block? {
            guard part.modality == Modality.text else { return nil }
            if words.isEmpty { throw StoreError(.failedPrecondition, "no words") }
            return .init(modality: Modality.pictureByWords, spaceID: "shared", values: [0, 1], weight: part.weight)
        }
    }

    @Test("Words find pictures where a shared space is served: half of their weight asks for them, and the reason says so")
    func across() throws {
        let products = (1...3).map { piece($0) }
        func shared(_ x: Float, _ y: Float) -> Feature { Feature(modality: Modality.pictureByWords, spaceID: "shared", values: [x, y]) }
        let features = ["p1": [axis(0), shared(1, 0)], "p2": [axis(1), shared(0, 1)], "p3": [axis(1), shared(1, 0)]]
        let snapshot = try CatalogSnapshot(products: products, features: features)
        let recommender = Recommender(snapshot: snapshot, across: Across())
        let text = query().blocks
        let asked = try recommender.asked(text, words: "a leaf", share: 0.5)
        #expect(asked.blocks.map(\.modality) == [Modality.text, Modality.pictureByWords] && asked.blocks.map(\.weight) == [0.5, 0.5])
        #expect(try ids(recommender.recommend(request { $0.query = asked })).prefix(2) == ["p1", "p2"])
        let only = try recommender.asked(text, words: "a leaf", share: 1)
        #expect(only.blocks.map(\.modality) == [Modality.pictureByWords])
        let best = try #require(try recommender.recommend(request { $0.query = only }).first)
        #expect(best.productID == "p2")
        let reasons = Reasons(language: "en", parsed: ParsedFilter(), words: "a leaf", like: nil, recommender: recommender).of(best)
        #expect(reasons.first?.text == "its picture shows what you say (100 % alike)")
        // Nothing else changes: no share, no shared space, or products without vectors of it.
        #expect(try recommender.asked(text, words: "a leaf", share: 0).blocks == text)
        #expect(try Recommender(snapshot: snapshot).asked(text, words: "a leaf", share: 1).blocks == text)
        let bare = try CatalogSnapshot(products: products, features: ["p1": [axis(0)]])
        #expect(try Recommender(snapshot: bare, across: Across()).asked(text, words: "a leaf", share: 1).blocks == text)
        #expect(throws: StoreError.self) { try recommender.asked(text, words: "", share: 0.5) }
    }

    @Test("A query of another space, or with numbers that are none, is refused with a reason")
    func badQueries() throws {
        let recommender = Recommender(snapshot: try shop())
        let other = Feature(modality: Modality.text, spaceID: "other", values: axis(0).values)
        #expect(throws: StoreError.self) { try recommender.recommend(request { $0.query = query(other) }) }
        let short = Feature(modality: Modality.text, spaceID: "made", values: [1])
        #expect(throws: StoreError.self) { try recommender.recommend(request { $0.query = query(short) }) }
        let error = #expect(throws: StoreError.self) {
            try recommender.recommend(request { $0.query.blocks[0].values[2] = .nan })
        }
        #expect(error?.code == .invalidArgument)
    }
}

@Suite("The shop's rules about recommendations")
struct RecommendationRulesTests {
    private func read(_ text: String) throws -> RecommendationRules { try .read(YAMLValue.parse(text, file: "rules.yaml")) }

    @Test("A whole file")
    func whole() throws {
        let rules = try read(
            """
            rules: 1
            stock: require
            exclude: [{category: earrings}, {material: [gold, silver], style: plain}]
            price: {min: 10, max: 99.5}
            boosts: [{name: {en: New, zh: 新品}, when: {style: ornate}, by: 0.1}]
            diversity: 0.3
            weights: {taste: 0.5}
            complements: {ring: [earrings]}
            experiment: {name: mix, arms: [{name: plain}, {name: mixed, share: 3, diversity: 0.7, weights: {words: 0}}]}
            """)
        #expect(rules.stock == .require && rules.excluded.count == 2 && rules.diversity == 0.3)
        #expect(rules.required.priceMinMinor == 1_000 && rules.required.priceMaxMinor == 9_950)
        #expect(rules.boosts[0].by == 0.1 && rules.complements == ["ring": ["earrings"]])
        #expect(rules.weights.taste == 0.5 && rules.weights.words == 0.15)
        let arms = try #require(rules.experiment).arms
        #expect(arms.map(\.diversity) == [0.3, 0.7] && arms[1].weights.words == 0 && arms[1].weights.taste == 0.5)
    }

    @Test("Products are named by their ids everywhere, alone and beside other conditions")
    func ids() throws {
        let rules = try read(
            """
            rules: 1
            exclude: [{ids: [p1, p7], category: ring}, {ids: p2}]
            boosts: [{name: {en: Pick, zh: 精选}, when: {ids: [p5, p6]}, by: 1}]
            """)
        let found = try Recommender(snapshot: shop(), rules: rules).recommend(request { $0.itemsMax = 8 }).map(\.productID)
        #expect(Set(found.prefix(2)) == ["p5", "p6"])
        #expect(Set(found) == ["p3", "p4", "p5", "p6", "p7", "p8"], "p7 is no ring")
    }

    @Test(
        "A condition on what no product has is an error that names what there is",
        arguments: ["exclude: [{materials: gold}]", "boosts: [{name: {en: a, zh: b}, when: {styl: plain}, by: 1}]"])
    func unknownField(_ line: String) throws {
        let document = try YAMLValue.parse("rules: 1\n\(line)", file: "rules.yaml")
        let error = #expect(throws: YAMLError.self) { try RecommendationRules.read(document, attributes: ["material", "style"]) }
        #expect(error?.description.contains("there are ids, category, material, style") == true, "\(error?.description ?? "")")
        #expect(throws: Never.self) { try RecommendationRules.read(document) }
    }

    @Test(
        "What is wrong is named with its line",
        arguments: [
            ("rules: 2", "1"), ("rules: 1\nstock: maybe", "stock"), ("rules: 1\ndiversity: 2", "diversity"), ("rules: 1\nexclude: [{}]", "condition"),
            ("rules: 1\nboosts: [{name: {en: a}, when: {style: b}, by: 1}]", "zh"), ("rules: 1\nspeed: 3", "speed"),
            ("rules: 1\nexperiment: {name: x, arms: [{name: a}]}", "2 to 16"),
            ("rules: 1\nexperiment: {name: x, arms: [{name: a}, {name: a}]}", "two arms"),
        ])
    func wrong(_ text: String, _ named: String) {
        let error = #expect(throws: YAMLError.self) { try read(text) }
        #expect(error?.description.contains(named) == true && error?.description.contains("rules.yaml") == true, "\(error?.description ?? "")")
    }

    @Test("A customer stays in one arm, and arms get their shares")
    func arms() throws {
        let experiment = RecommendationRules.Experiment(
            name: "e",
            arms: [
                .init(name: "a", share: 1, diversity: 0, weights: .init()), .init(name: "b", share: 3, diversity: 0, weights: .init()),
                .init(name: "off", share: 0, diversity: 0, weights: .init()),
            ])
        var counts: [String: Int] = [:]
        for customer in 0..<4_000 {
            let arm = try #require(experiment.arm(of: "customer-\(customer)"))
            #expect(experiment.arm(of: "customer-\(customer)") == arm)
            counts[arm.name, default: 0] += 1
        }
        #expect(abs(counts["a", default: 0] - 1_000) < 120 && counts["off"] == nil)
    }
}

@Suite("Words beside filters")
struct TellingWordsTests {
    @Test(
        "What filters understood and what every request says is left out",
        arguments: [
            ("show me gold rings under 500 dollars", ""), ("a vintage moon ring in silver", "vintage moon"), ("我想要月亮的金戒指", "月亮"),
            ("like this but cheaper", ""),
        ])
    func rest(_ sentence: String, _ left: String) {
        #expect(FilterParser().parse(sentence).rest(of: sentence) == left)
    }
}
