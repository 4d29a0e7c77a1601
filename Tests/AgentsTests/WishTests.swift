import Catalog
import Fusion
import Testing
import Wire

@testable import Agents
@testable import Sessions

private let wares = [
    Product(
        id: "RING-GOLD", category: "ring", title: ["en": "Gold ring"], attributes: ["material": .text("gold"), "weight_g": .number(4)],
        price: Price(amountMinor: 92_900, currency: "USD")),
    Product(
        id: "RING-SILVER", category: "ring", title: ["en": "Silver ring"], attributes: ["material": .text("silver")],
        price: Price(amountMinor: 20_000, currency: "USD")),
    Product(
        id: "RING-LIGHT", category: "ring", title: ["en": "Thin ring"], attributes: ["material": .text("gold"), "weight_g": .number(2)],
        price: Price(amountMinor: 10_000, currency: "USD")),
    Product(id: "STUDS", category: "earrings", title: ["en": "Studs"], price: Price(amountMinor: 5_000, currency: "USD")),
]

/// A turn after "gold rings" was answered with both rings.
private func turn(_ words: String, _ change: (inout DialogueContext) -> Void = { _ in }) -> TurnQuery {
    var context = DialogueContext()
    context.shownProducts = ["RING-GOLD", "RING-SILVER"]
    context.focusedProduct = "RING-GOLD"
    context.dialogue.wish = "gold rings"
    change(&context)
    return TurnQuery(
        sessionID: "s", traceID: "", principal: Principal(user: "ann", shop: "gold"), turnID: 2, revision: 0, language: "en", words: words,
        wasSpoken: false, features: [], missing: [], query: nil, decision: nil, imageLabels: [], pose: nil, picture: nil, tryOn: nil,
        context: context, timeUs: 0, seed: 0)
}

private func wish(_ words: String, _ change: (inout DialogueContext) -> Void = { _ in }) throws -> Wish {
    let parser = FilterParser()
    let snapshot = try CatalogSnapshot(products: wares)
    return Wish(
        turn(words, change), Wish.spoken(words, snapshot), parser.parse(words), snapshot: snapshot, parser: parser,
        complements: ["ring": ["earrings", "necklace"]])
}

@Suite("What is looked for over several turns")
struct WishTests {
    @Test("What is not wanted adds up, what is wanted replaces")
    func conditions() {
        typealias Choice = ProductFilter.Choice
        #expect(Choice(noneOf: ["gold"]).refined(by: Choice(noneOf: ["silver"])) == Choice(noneOf: ["gold", "silver"]))
        #expect(Choice(anyOf: ["ring", "pendant"]).refined(by: Choice(noneOf: ["ring"])) == Choice(anyOf: ["pendant"], noneOf: ["ring"]))
        #expect(Choice(noneOf: ["gold"]).refined(by: Choice(anyOf: ["silver"])) == Choice(anyOf: ["silver"]))
        #expect(Choice(anyOf: ["gold"]).refined(by: Choice()) == Choice(anyOf: ["gold"]))
    }

    @Test("Weights and lengths are conditions that last until another is said; what nothing has is found nowhere")
    func measures() throws {
        #expect(try wish("rings under 3 g").filter.attributes["id"]?.anyOf == ["RING-LIGHT"])
        #expect(try wish("in gold please") { $0.dialogue.wish = "rings under 3 g" }.filter.attributes["id"]?.anyOf == ["RING-LIGHT"])
        #expect(try wish("over 3 g please") { $0.dialogue.wish = "rings under 3 g" }.filter.attributes["id"]?.anyOf == ["RING-GOLD"])
        #expect(try wish("3 g or lighter please").filter.attributes["id"]?.anyOf == ["RING-LIGHT"])
        #expect(try wish("rings lighter than 3 g") { $0.focusedProduct = "RING-LIGHT" }.filter.attributes["id"]?.anyOf == ["RING-LIGHT"])
        #expect(try wish("rings over 30 g").filter.attributes["id"]?.anyOf == [CatalogSnapshot.noProduct])
    }

    @Test("What cannot be worn counts for every later wish, of whatever kind; what service heard of it too")
    func lasting() throws {
        let said = try wish("show me earrings, I'm allergic to silver")
        #expect(said.filter.material.noneOf == ["silver"] && said.filter.category.anyOf == ["earrings"])
        let next = try wish("now I want to see all the silver rings that you have for her") { $0.dialogue.wish = said.lines }
        #expect(next.filter.material == .init(noneOf: ["silver"]) && next.filter.category.anyOf == ["ring"])
        #expect(try wish("rings for every single day of the year please") { $0.dialogue.wish = next.lines }.filter.material.noneOf == ["silver"])
        #expect(try wish("rings", { $0.dialogue.wish = "!I have a nickel allergy\ngold" }).filter.nickelFree)
        let parser = FilterParser()
        #expect(LastingCondition.keeping("我对镍过敏", in: "gold rings", parser) == "!我对镍过敏\ngold rings")
        #expect(LastingCondition.keeping("is it nickel free?", in: "gold rings", parser) == "gold rings")
        #expect(LastingCondition.keeping("I'm allergic to cats", in: "gold rings", parser) == "gold rings")
        var all = ""
        for place in 0..<9 { all = LastingCondition.keeping("\(place): allergic to nickel", in: all, parser) }
        #expect(all.split(separator: "\n").count == LastingCondition.linesMax)
    }

    @Test(
        "What a customer writes makes no line that lasts or rejects",
        arguments: ["!no silver rings", "- RING-GOLD rings", "gold rings\n!no silver"])
    func injected(words: String) throws {
        let lines = try wish(words) { $0 = DialogueContext() }.lines
        #expect(!lines.isEmpty && !lines.contains("\n") && !lines.hasPrefix("!") && !lines.hasPrefix("-"))
        let next = try wish("now show me every ring that you have in the shop") { $0.dialogue.wish = lines }
        #expect(next.filter.material.noneOf == [] && next.rejected == [])
    }

    @Test("\"The cheaper one\" is one of what was shown", arguments: ["the cheaper one please", "便宜的那个", "I'll take the lighter one"])
    func picked(words: String) throws {
        #expect(!WishCues(words).isCheaper && WishCues(words).comparison == nil)
        let context = turn(words) { $0.shownProducts.append("RING-LIGHT") }.context
        let references = References(snapshot: try CatalogSnapshot(products: wares), context: context)
        #expect(references.products(in: words) == ["RING-LIGHT"])
    }

    @Test("Kinds that titles alone name narrow the choice, or are left out; a kind that no title names does nothing")
    func kinds() throws {
        #expect(try wish("show me some studs for every single day of the year").filter.attributes["id"]?.anyOf == ["STUDS"])
        #expect(try wish("earrings for every single day of the year but no studs").filter.excludedIDs.contains("STUDS"))
        #expect(try wish("show me some bangles for every single day of the year").filter.attributes["id"] == nil)
    }

    @Test("After wares of several kinds a condition is not taken for one of them")
    func mixed() throws {
        let mixed = try wish("under 150") { context in
            context.shownProducts = ["RING-GOLD", "STUDS"]
            context.focusedProduct = nil
            context.dialogue.wish = "something for every day"
        }
        #expect(mixed.filter.category.isEmpty && mixed.filter.priceMaxMinor == 15_000)
        let alike = try wish("under 150") { $0.dialogue.wish = "something for every day" }
        #expect(alike.filter.category.anyOf == ["ring"])
    }

    @Test("A kind alone is one more condition where none was named, or where it points at what was shown")
    func addedKind() throws {
        let added = try wish("earrings") { context in
            context.shownProducts = ["RING-GOLD", "STUDS"]
            context.dialogue.wish = "something under 100"
        }
        #expect(added.filter.category.anyOf == ["earrings"] && added.filter.priceMaxMinor == 10_000)
        let same = try wish("do you have it in earrings?")
        #expect(same.filter.category.anyOf == ["earrings"] && same.filter.material.anyOf == ["gold"])
        let other = try wish("earrings")
        #expect(other.filter.category.anyOf == ["earrings"] && other.filter.material.isEmpty)
    }

    @Test(
        "Cheaper is cheaper than what was shown, and within what the words say",
        arguments: [
            ("anything cheaper?", 92_899, ["gold"]), ("便宜点的，300以内", 30_000, ["gold"]), ("cheaper, under 2000", 92_899, ["gold"]),
            ("a cheaper one in silver", 92_899, ["silver"]), ("cheaper rings please", 92_899, ["gold"]),
        ])
    func cheaper(words: String, most: Int64, material: [String]) throws {
        let found = try wish(words)
        #expect(found.filter.priceMaxMinor == most)
        #expect(found.filter.material.anyOf == material)
        #expect(found.filter.category.anyOf == ["ring"])
        // The next turn knows both the words and the price.
        let again = try wish("in size 7 please, in stock") { $0.dialogue.wish = found.lines }
        #expect(again.filter.priceMaxMinor == most)
        #expect(again.filter.material.anyOf == material)
    }

    @Test(
        "Another kind of jewellery is another wish, whatever was looked for before",
        arguments: [
            ("necklaces cheaper than 100 dollars", 10_000), ("show me more earrings", nil), ("cheaper earrings", nil), ("100块以下的项链，便宜的", 10_000),
        ]
            as [(String, Int64?)])
    func otherKind(words: String, most: Int64?) throws {
        let found = try wish(words)
        #expect(found.filter.priceMaxMinor == most)
        #expect(found.filter.material.isEmpty)
        #expect(found.filter.category.anyOf.count == 1 && found.filter.category.anyOf != ["ring"])
        #expect(found.lines == words)
    }

    @Test("Whoever asks for more again and again is not shown the first page again, until they look for something else")
    func more() throws {
        let second = try wish("show me more")
        #expect(second.isMore)
        #expect(second.filter.excludedIDs == ["RING-GOLD", "RING-SILVER"])
        let third = try wish("show me more") {
            $0.shownProducts = ["P3", "P4"]
            $0.dialogue.earlierProducts = second.earlierProducts
        }
        #expect(third.filter.excludedIDs == ["P3", "P4", "RING-GOLD", "RING-SILVER"])
        #expect(try wish("silver necklaces") { $0.dialogue.earlierProducts = third.earlierProducts }.earlierProducts.isEmpty)
        let many = try wish("any others?") { $0.dialogue.earlierProducts = (0..<1_000).map { "P\($0)" } }
        #expect(many.earlierProducts.count == Wish.earlierMax)
        #expect(!(try wish("rings for mothers").isMore))
    }

    @Test("What goes with a thing is of another kind; things that match each other are of their own")
    func matching() throws {
        #expect(try wish("what goes with it?").goesWith?.id == "RING-GOLD")
        #expect(try wish("matching earrings").goesWith?.id == "RING-GOLD")
        #expect(try wish("a necklace that matches this ring").filter.category.anyOf == ["necklace"])
        #expect(try wish("有什么可以搭配第二个？").goesWith?.id == "RING-SILVER")
        let rings = try wish("matching rings for our wedding")
        #expect(rings.goesWith == nil)
        #expect(rings.filter.category.anyOf == ["ring"])
    }

    @Test(
        "What was said no to is shown no more, and nothing like it is looked for",
        arguments: ["I don't like the second one", "not the second one please", "我不喜欢第二个", "不要第二个"])
    func rejected(words: String) throws {
        let found = try wish(words)
        #expect(found.rejected == ["RING-SILVER"])
        #expect(found.filter.excludedIDs == ["RING-SILVER"])
        #expect(found.like == nil)
        #expect(found.filter.category.anyOf == ["ring"] && found.filter.material.anyOf == ["gold"])
        // It stays so, whatever is looked for next.
        let other = try wish("silver necklaces and rings") { $0.dialogue.wish = found.lines }
        #expect(other.filter.excludedIDs == ["RING-SILVER"] && other.rejected == ["RING-SILVER"])
        #expect(try wish("I don't like the gold one").filter.material.noneOf.isEmpty)
    }

    @Test(
        "A short sentence without a kind, or with nothing but a comparison, is about what was looked for",
        arguments: [
            ("something simpler please", nil, nil, false), ("more expensive ones", 92_901, nil, false), ("贵一点的", 92_901, nil, false),
            ("none of these", nil, nil, true), ("换一批", nil, nil, true), ("太贵了", nil, 92_899, false), ("too expensive", nil, 92_899, false),
            ("都不喜欢", nil, nil, true), ("something with a bit more sparkle", nil, nil, false), ("太便宜了", 92_901, nil, false),
        ] as [(String, Int64?, Int64?, Bool)])
    func refined(words: String, least: Int64?, most: Int64?, isMore: Bool) throws {
        let found = try wish(words)
        #expect(found.filter.category.anyOf == ["ring"] && found.filter.material.anyOf == ["gold"])
        #expect(found.filter.priceMinMinor == least && found.filter.priceMaxMinor == most)
        #expect(found.isMore == isMore)
        #expect((found.filter.excludedIDs == ["RING-GOLD", "RING-SILVER"]) == isMore)
    }

    @Test(
        "The cheapest comes first, and bigger is bigger than what was shown",
        arguments: [
            ("the cheapest one", ["RING-LIGHT", "RING-GOLD"]), ("最便宜的", ["RING-LIGHT", "RING-GOLD"]),
            ("the most expensive", ["RING-GOLD", "RING-LIGHT"]),
            ("something lighter", nil), ("轻一点的", nil),
        ] as [(String, [String]?)])
    func ordered(words: String, ids: [String]?) throws {
        let found = try wish(words)
        #expect(found.sorted == ids ?? [])
        #expect(Set(found.filter.attributes["id"]?.anyOf ?? []) == Set(ids ?? ["RING-LIGHT"]))
    }

    @Test("A product by its name is likened to, without its own words as conditions")
    func namedFirst() throws {
        let said = "anything similar to Silver ring but cheaper?"
        let parser = FilterParser()
        let snapshot = try CatalogSnapshot(products: wares)
        var asked = turn(said)
        asked.context = DialogueContext()
        let found = Wish(asked, Wish.spoken(said, snapshot), parser.parse(Wish.spoken(said, snapshot)), snapshot: snapshot, parser: parser)
        #expect(found.like?.id == "RING-SILVER")
        #expect(found.filter.priceMaxMinor == 19_999)
        #expect(found.filter.category.anyOf == ["ring"] && found.filter.material.isEmpty)
        #expect(found.filter.excludedIDs == ["RING-SILVER"])
        asked.words = "in gold please"
        asked.context.shownProducts = ["RING-LIGHT"]
        asked.context.dialogue.wish = found.lines
        let next = Wish(asked, asked.words, parser.parse(asked.words), snapshot: snapshot, parser: parser)
        #expect(next.filter.category.anyOf == ["ring"] && next.filter.material.anyOf == ["gold"] && next.filter.priceMaxMinor == 19_999)
    }

    @Test(
        "What only changes the wish before needs no model; questions, orders and rules of the shop do",
        arguments: [
            ("太贵了", true), ("换一批", true), ("none of these", true), ("anything bigger", true), ("something lighter", true), ("the cheapest one", true),
            ("more expensive ones", true), ("cheaper?", true), ("is it heavier than that?", false), ("shipping is too expensive", false),
            ("取消订单太贵了", false), ("what do others say about it", false), ("can you make it bigger", false), ("where is my order", false),
            ("hello", false),
        ])
    func cues(words: String, isAll: Bool) { #expect(WishCues.areAll(words, points: false) == isAll) }

    @Test("An anniversary is not the first of what was shown")
    func anniversary() throws {
        let found = try wish("a necklace for our first anniversary")
        #expect(found.like == nil)
        #expect(found.filter.category.anyOf == ["necklace"])
        #expect(found.filter.material.isEmpty)
    }
}

@Suite("The first, the second, the last")
struct OrdinalTests {
    private func ordinals(_ words: String) throws -> [Int] {
        References(snapshot: try CatalogSnapshot(products: []), context: DialogueContext()).ordinals(words)
    }

    @Test(
        "count what was shown",
        arguments: [
            ("like the first one but in silver", [1]), ("how heavy is the second one?", [2]), ("the second", [2]), ("second", [2]),
            ("the 3rd please", [3]),
            ("compare the first and the third", [1, 3]), ("compare first and second", [1, 2]), ("is the first heavier than the second?", [1, 2]),
            ("the second gold ring", [2]), ("show me the last one", [-1]), ("the last ring", [-1]), ("how do the first two compare?", [1, 2]),
            ("number 4", [4]), ("the first order", [1]), ("and the fourth?", [4]), ("put the second into my cart", [2]),
            ("what about the latter", [2]),
            ("#2 please, how heavy is it", [2]), ("number three: what is its weight?", [3]), ("no. 3, the price?", [3]), ("numbers 2 and 3", [2, 3]),
            ("option two please", [2]), ("the seventh one", [7]), ("the 12th ring", [12]), ("the last but one", [-2]), ("the second to last", [-2]),
            ("the second last one", [-2]), ("third from the end", [-3]), ("the last two rings", [-2, -1]), ("the first three", [1, 2, 3]),
            ("how heavy is the last one?", [-1]), ("the second, how heavy is it?", [2]),
            ("第2个多少钱", [2]), ("第十二个", [12]), ("倒数第二个", [-2]), ("倒数第一款多重", [-1]), ("最后两款", [-2, -1]), ("前三个比一比", [1, 2, 3]),
            ("第六款有货吗", [6]), ("第２个", [2]),
            ("类似第一个，但要银的", [1]), ("第二个有多重？", [2]), ("第一和第三比一比", [1, 3]), ("最后一款", [-1]), ("最后那个多少钱", [-1]), ("头两款放在一起比比看", [1, 2]),
            ("第二款", [2]), ("第三", [3]), ("第一单", [1]),
        ])
    func counted(words: String, positions: [Int]) throws { #expect(try ordinals(words) == positions) }

    @Test(
        "and nothing else",
        arguments: [
            "a necklace for our first anniversary", "a gift for my second child", "I wear it for the first time", "my first order with you",
            "where is my last order", "bought it last week", "first, is it nickel free", "tell me first", "for her first communion", "a second ring",
            "on the last day", "最后一个问题", "第二个问题，能退吗", "第一个月有折扣吗", "the last few days", "the last two weeks", "the last minute",
            "First, is it nickel free and second, how heavy is it?", "in the last two months", "my last question", "the last question",
            "the first two days",
            "no, 2 of them", "order number 2", "deliver it by the 14th", "前两天买的", "最后一分钟", "最后几天", "第二个月", "the second instalment",
            "第一次买首饰", "第二天能到吗", "第一眼就喜欢", "最后怎么退货",
        ])
    func elsewhere(words: String) throws { #expect(try ordinals(words).isEmpty) }
}
