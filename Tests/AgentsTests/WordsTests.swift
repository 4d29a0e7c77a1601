import Catalog
import Fusion
import Testing
import Wire

@testable import Agents

@Suite("Order numbers in what people say")
struct OrderNumberTests {
    @Test(
        "are found however they are written",
        arguments: [
            "Where is my order VT-10001?", "where is vt-10001", "VT10001", "vt 10001 please", "order vt10001", "order number VT - 10001.", "VT–10001",
            "VT#10001",
            "it is V T 10001", "v-t-10001", "我的订单VT-10001到哪了？", "订单号是vt10001，谢谢", "订单 VT 10001 什么时候到", "查一下ＶＴ－１０００１", "VT-10001和VT-10002",
            "(VT-10001)", "my ring under 2000 dollars, order VT-10001",
        ])
    func found(words: String) {
        #expect(OrderNumber.find(in: words) == "VT-10001")
    }

    @Test(
        "are not made of other numbers",
        arguments: [
            "", "Where is my order 12345?", "a gold ring under 2000 dollars", "up to 5000", "in 2024", "since 2019", "free shipping over 1000?",
            "call 4155550123",
            "VT-123", "order no 12345", "我的订单到哪了", "两千块以下的戒指", "2000元以内", "tracking VTX1518991090", "10001", "ring size 6 1234", "it is 5000",
            "VT/10001",
            "the ring costs CNY 5000",
        ])
    func none(words: String) {
        #expect(OrderNumber.find(in: words) == nil)
    }

    @Test(
        "are sure when letters and digits are one word, or an order is spoken of; otherwise they may be a postcode",
        arguments: [
            ("VT-10001", true), ("where is vt10001", true), ("order VT 10001", true), ("my order number is vt 10001", true), ("订单号是 VT 10001", true),
            ("VT 10001这单", true), ("the VT 10001 order", true), ("where is vt 10001", false), ("Do you deliver to Austin TX 78701?", false),
            ("send my order to 350 5th Ave, New York, NY 10118", false), ("寄到纽约 NY 10118", false),
        ])
    func sure(words: String, isSure: Bool) {
        #expect(OrderNumber.all(in: words).map(\.isSure) == [isSure])
    }

    @Test("take no time on a run of digits without end")
    func endless() {
        #expect(OrderNumber.find(in: "VT " + String(repeating: "1", count: 1_000_000)) == nil)
        #expect(OrderNumber.bareDigits(String(repeating: "1", count: 1_000)) == nil)
    }
}

@Suite("Addresses in what people say")
struct AddressTests {
    @Test(
        "may end with a state and a postcode",
        arguments: [
            ("350 5th Ave, New York, NY 10118", "350 5th Ave, New York, NY 10118"),
            ("12 Garden Street, Boston 02110", "12 Garden Street, Boston 02110"),
            ("Please send it to 1 Main Street, Austin TX 78701.", "1 Main Street, Austin TX 78701"), ("杭市文三路99号", "杭市文三路99号"),
            ("15 Sunset Boulevard, Los Angeles, CA 90028", "15 Sunset Boulevard, Los Angeles, CA 90028"),
            ("Lindenstraße 5, 10969 Berlin", "Lindenstraße 5, 10969 Berlin"), ("no, 14 Baker Street", "14 Baker Street"),
            ("sorry, it's 7 Elm Court", "7 Elm Court"), ("12 King Street, Toronto 40213", "12 King Street, Toronto 40213"),
            ("不，上海市南京东路88号", "上海市南京东路88号"),
        ])
    func found(words: String, address: String) { #expect(SlotReader.address(words) == address) }

    @Test(
        "stand behind the order whose address changes, or in front of it",
        arguments: [
            ("change the address of vt 10028 to 12 Garden Street", "12 Garden Street"), ("VT-10028 to 12 Garden Street", "12 Garden Street"),
            ("send order VT-10028 to 15 Sunset Boulevard, Los Angeles, CA 90028", "15 Sunset Boulevard, Los Angeles, CA 90028"),
            ("please ship it to 3 Hill Road, Leeds for order VT-10028", "3 Hill Road, Leeds"),
            ("把VT-10028的地址改成杭州市文三路99号", "杭州市文三路99号"), ("VT-10028改寄到北京市朝阳区光华路5号", "北京市朝阳区光华路5号"),
        ])
    func besideOrder(words: String, address: String) { #expect(SlotReader.address(words) == address) }

    @Test(
        "need no word for a street where one was asked for, but several parts or a postcode",
        arguments: [("Am Markt 5, 10969 Berlin", true), ("221 Elmhurst, Boston", true), ("北京望京2号楼", true), ("Am Markt 5", false), ("5", false)])
    func asked(words: String, isOne: Bool) {
        #expect(SlotReader.address(words, isAsked: true) == (isOne ? words : nil))
        #expect(SlotReader.address(words) == nil)
    }

    @Test(
        "are not what names an order beside a street",
        arguments: ["change the address of vt 10028", "VT-10028的收货地址想改一下", "to Austin TX 78701", "我5月3号下的单要改地址", "改到14号"])
    func none(words: String) { #expect(SlotReader.address(words) == nil) }
}

@Suite("Ring sizes in what people say")
struct SizeTests {
    @Test(
        "are those of the United States, in digits or in words; Chinese ones are half of what they count",
        arguments: [
            ("US 7", "US 7"), ("size 7.5 please", "US 7.5"), ("size seven", "US 7"), ("make it a size seven and a half", "US 7.5"), ("8号", "US 8"),
            ("改到七号", "US 7"), ("美码14号", "US 14"), ("改到14号", "US 7（港码14号）"), ("港码12号", "US 6（港码12号）"), ("七号半", "US 7.5"),
            ("size 6 1/2", "US 6.5"), ("十六号", "US 8（港码16号）"),
        ])
    func found(words: String, size: String) { #expect(SlotReader.size(words) == size) }

    @Test(
        "need no unit where one was asked for",
        arguments: [("a 7 please", "US 7"), ("seven", "US 7"), ("7", "US 7"), ("six and a half", "US 6.5"), ("七", "US 7")])
    func asked(words: String, size: String) {
        #expect(SlotReader.size(words, isAsked: true) == size)
        #expect(SlotReader.size(words) == nil)
    }

    @Test(
        "are no dates, houses, places in a list or quantities",
        arguments: [
            "我5月3号收到的", "文三路14号", "第7号", "I bought 2 rings 3 weeks ago", "it came 3 days ago", "3号收到的", "the second one", "show me 7 rings",
            "order 12",
        ])
    func none(words: String) { #expect(SlotReader.size(words) == nil) }

    @Test("nor where one was asked for", arguments: ["我5月3号收到的", "it came 3 days ago", "第2个", "show me 7 rings", "7 or 8", "how about 7?"])
    func noneAsked(words: String) { #expect(SlotReader.size(words, isAsked: true) == nil) }
}

@Suite("How many pieces people ask for")
struct QuantityTests {
    @Test(
        "is read in digits and words; what cannot be counted is asked for",
        arguments: [
            ("add two Pearl Studs", SlotReader.Quantity.said(2)), ("put four of these in my cart", .said(4)),
            ("put 2 of RING-1 into my cart", .said(2)),
            ("I'd like three pairs", .said(3)), ("twelve pieces please", .said(12)), ("a couple of them", .said(2)), ("来两对放购物车", .said(2)),
            ("第三个要两件", .said(2)), ("加购十二件", .said(12)), ("3个", .said(3)), ("把第三个加入购物车", .none), ("把第2个加入购物车", .none),
            ("put the second one into my cart", .none), ("put RING-1 into my cart", .none), ("the gold one", .none),
            ("add the ring in size 7", .none),
            ("add my first ring", .none), ("加一下购物车", .none), ("前两个都要", .none), ("add a few of them", .unclear), ("来几个", .unclear),
            ("add 500 of them", .unclear), ("add 0 of them", .unclear),
        ])
    func said(words: String, quantity: SlotReader.Quantity) { #expect(SlotReader.quantity(words) == quantity) }

    @Test(
        "of an answer the number alone",
        arguments: [("two", 2), ("one", 1), ("3", 3), ("三件", 3), ("just one please", 1), ("两", 2), ("make it two", 2)])
    func asked(words: String, quantity: Int) { #expect(SlotReader.quantity(words, isAsked: true) == .said(quantity)) }
}

@Suite("Questions about one product")
struct ProductQuestionTests {
    private let ring = Product(
        id: "RING-1", category: "ring", title: ["en": "Gold ring", "zh": "金戒指"],
        attributes: [
            "nickel_free": .flag(true), "weight_g": .number(3.2), "gem": .text("none"), "material": .text("rose_gold"), "diameter_mm": .number(17),
            "length_mm": .number(400), "clasp": .text("lobster_claw"),
        ], price: Price(amountMinor: 45_005, currency: "USD"), stock: 4)

    @Test(
        "are answered from its attributes, with the product as the source",
        arguments: [
            ("is it nickel free?", "Gold ring: nickel free."), ("I am allergic to nickel, can I wear it?", "Gold ring: nickel free."),
            ("How much does it weigh?", "Gold ring: it weighs 3.2 g."), ("how heavy is it", "Gold ring: it weighs 3.2 g."),
            ("Is it in stock?", "Gold ring: 4 in stock."), ("What does it cost?", "Gold ring: it costs USD 450.05."),
            ("does it have a diamond", "Gold ring: it has no gem."), ("what is it made of", "Gold ring: it is made of rose gold."),
            ("How long is it?", "Gold ring: it is 400 mm long."), ("What is its diameter?", "Gold ring: 17 mm across."),
            ("what kind of clasp is it", "Gold ring: its clasp is a lobster claw."),
            ("how does it close?", "Gold ring: its clasp is a lobster claw."),
            ("Which metals is this made of?", "Gold ring: it is made of rose gold."), ("how wide is this", "Gold ring: 17 mm across."),
            ("does it have any stones?", "Gold ring: it has no gem."), ("what length does it have", "Gold ring: it is 400 mm long."),
            ("is this one available", "Gold ring: 4 in stock."), ("How much is this?", "Gold ring: it costs USD 450.05."),
        ])
    func english(words: String, answer: String) throws {
        let found = try #require(ProductQuestion.answer(words, products: [ring], language: "en", Phrases("en")))
        #expect(found.text == answer)
        #expect(found.kind == .answer)
        #expect(found.sources == [Source(kind: "product", id: "RING-1", title: "Gold ring", quote: String(answer.dropFirst("Gold ring: ".count)))])
        #expect(found.product == "RING-1")
    }

    @Test(
        "and in Chinese",
        arguments: [
            ("会过敏吗", "金戒指：不含镍。"), ("多重？", "金戒指：重 3.2 克。"), ("有现货吗", "金戒指：有现货，库存 4 件。"), ("多少钱", "金戒指：售价 USD 450.05。"),
            ("镶的什么石头", "金戒指：没有镶嵌宝石。"), ("什么材质的", "金戒指：材质：玫瑰金。"), ("链子多长", "金戒指：长 400 毫米。"), ("这个扣是什么样的", "金戒指：搭扣：lobster_claw。"),
            ("这款多少钱？", "金戒指：售价 USD 450.05。"), ("直径多少", "金戒指：宽 17 毫米。"),
        ])
    func chinese(words: String, answer: String) throws {
        #expect(try #require(ProductQuestion.answer(words, products: [ring], language: "zh", Phrases("zh"))).text == answer)
    }

    @Test(
        "are not what asks about delivery, returns, discounts or time",
        arguments: [
            "How long will it take to arrive?", "How much does it cost to ship it?", "Do you ship this worldwide?",
            "how long can I keep it before returning it",
            "How long do I have to send it back?", "how long does it last", "is there a discount on it", "what does delivery of this cost",
            "how much is the resizing of it",
            "do I belong here", "the goldsmith who made it", "what is your opinion of it", "这款运费多少钱", "这个多长时间能到", "这款有折扣吗", "这个多久发货",
            "它退货的期限有多长", "这款刻字要多少钱",
        ])
    func others(words: String) {
        let answer = ProductQuestion.answer(words, products: [ring], language: "en", Phrases("en"))
        #expect(answer == nil, "\(answer?.text ?? "")")
        #expect(!ProductQuestion.asks(words.lowercased()))
    }

    private let sized = Product(
        id: "RING-2", category: "ring", title: ["en": "Signet ring", "zh": "印章戒指"],
        attributes: [
            "size_range": .text("US 4-9"), "style": .text("classic"), "occasion": .list(["everyday", "mothers_day"]), "recipient": .text("unisex"),
            "length_mm": .number(29), "weight_g": .number(4), "material": .text("gold"), "fineness": .text("750"),
        ], price: Price(amountMinor: 10_000, currency: "USD"), stock: 2)

    @Test(
        "Sizes, style, occasions and for whom it is are answered, and several questions in one sentence each",
        arguments: [
            ("does it come in size 7?", "yes, US 7: it comes in sizes US 4-9."),
            ("do you have it in size 11", "not in US 11: it comes in sizes US 4-9."),
            ("what style is it?", "its style is classic."), ("what occasions does it suit?", "it suits: everyday, Mother's Day."),
            ("who is it for?", "it is made for everybody."), ("how long is it and is it in stock?", "2 in stock; it is 29 mm long."),
            ("How long is the last one?", "it is 29 mm long."), ("how much is it and what does it weigh", "it weighs 4 g; it costs USD 100.00."),
            ("how much does the second one weigh", "it weighs 4 g."), ("is it solid gold?", "solid gold, fineness 750."),
            ("有7号吗", "有 US 7：尺码 US 4-9。"), ("是什么风格的", "风格：经典。"), ("适合谁戴", "适合：男女皆宜。"), ("有货吗，多重", "重 4 克；有现货，库存 2 件。"),
        ])
    func whole(words: String, answer: String) throws {
        let language = words.contains("？") || !words.allSatisfy(\.isASCII) ? "zh" : "en"
        let found = try #require(ProductQuestion.answer(words, products: [sized], language: language, Phrases(language)))
        #expect(found.text == (language == "zh" ? "印章戒指：" : "Signet ring: ") + answer)
    }

    @Test("Two products that are asked about side by side are both answered for")
    func beside() throws {
        let words = "Is the Gold ring heavier than the Signet ring?"
        let found = try #require(ProductQuestion.answer(words, products: [ring, sized], language: "en", Phrases("en")))
        #expect(found.text == "Gold ring: it weighs 3.2 g. Signet ring: it weighs 4 g.")
        #expect(found.sources.map(\.id) == ["RING-1", "RING-2"])
    }

    @Test("need a product; what the product does not say is not made up; other questions are not theirs")
    func limits() throws {
        let asked = try #require(ProductQuestion.answer("how heavy is it", products: [], language: "en", Phrases("en")))
        #expect(asked.kind == .clarify)
        #expect(asked.text == "Which piece do you mean?")
        let bare = Product(id: "P", category: "ring")
        #expect(ProductQuestion.answer("how heavy is it", products: [bare], language: "en", Phrases("en")) == nil)
        #expect(ProductQuestion.answer("is it nickel free", products: [bare], language: "en", Phrases("en")) == nil)
        #expect(ProductQuestion.answer("may I send it back", products: [ring], language: "en", Phrases("en")) == nil)
        #expect(ProductQuestion.answer("available?", products: [bare], language: "en", Phrases("en"))?.text == "P: sold out at the moment.")
    }
}

@Suite("Why a product is shown")
struct ReasonsTests {
    private func lines(
        _ parts: [(signal: String, part: Float, amount: Float)], phrases: [String] = [], words: String = "", like: Product? = nil, _ language: String
    ) throws -> [Reasons.Line] {
        let pick = Pick(productID: "P", score: 0, similarity: 0, parts: parts.map { Pick.Part(signal: $0.signal, part: $0.part, amount: $0.amount) })
        return Reasons(
            say: Phrases(language), language: language, phrases: phrases, words: words, like: like, rules: RecommendationRules(),
            snapshot: try CatalogSnapshot(products: [])
        ).of(pick)
    }

    @Test(
        "Shares are each modality's part of the score and add up to 1, the greatest first",
        arguments: [
            ([Float(0.3), 0.1], [Float(0.75), 0.25]), ([0.2], [1]), ([-0.1, 0.2], [1, 0]), ([0, 0], [0.5, 0.5]), ([-0.1, -0.3], [0.5, 0.5]),
        ])
    func shares(parts: [Float], expected: [Float]) throws {
        let reasons = try lines(parts.enumerated().map { ("m\($0)", $1, $1) }, "en")
        #expect(reasons.map(\.share).elementsEqual(expected) { abs($0 - $1) < 1e-6 })
        #expect(abs(reasons.reduce(0) { $0 + $1.share } - 1) < 1e-6)
    }

    @Test("Texts name the signal, how much of it there was, and the words that were understood")
    func texts() throws {
        let found: [(String, Float, Float)] = [(Modality.text, 0.2, 0.416), (Modality.image, 0.4, 0.8)]
        #expect(
            try lines(found, phrases: ["gold", "under 500"], "en").map(\.text) == [
                "looks like your photo (80 % alike)", "fits your words (42 % alike): gold, under 500",
            ])
        #expect(try lines(found, phrases: ["金"], "zh").map(\.text) == ["与您的照片相似（80%）", "符合您的描述（42%）：金"])
        let product = Product(id: "R", category: "ring", title: ["en": "Moon Ring", "zh": "月亮戒指"])
        #expect(try lines([found[1]], like: product, "en").map(\.text) == ["looks like Moon Ring (80 % alike)"])
        let own: [(String, Float, Float)] = [("words", 0.3, 1), ("behaviour", 0.2, 0.5), ("taste", 0.1, 0.07), ("taste", -0.1, -0.2)]
        #expect(
            try lines(own, words: "moon", "en").map(\.text) == [
                "has your words “moon” (100 % of the best match)", "others went on to this after what you looked at (50 % of the strongest link)",
                "like what you turned to here (7 % more than the others)",
            ])
        #expect(try lines(own, words: "月亮", "zh").map(\.signal) == ["words", "behaviour", "taste"])
    }
}
