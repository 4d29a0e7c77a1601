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
        ])
    func english(words: String, answer: String) throws {
        let found = try #require(ProductQuestion.answer(words, product: ring, language: "en", Phrases("en")))
        #expect(found.text == answer)
        #expect(found.kind == .answer)
        #expect(found.sources == [Source(kind: "product", id: "RING-1", title: "Gold ring", quote: String(answer.dropFirst("Gold ring: ".count)))])
        #expect(found.product == "RING-1")
    }

    @Test(
        "and in Chinese",
        arguments: [
            ("会过敏吗", "金戒指：不含镍。"), ("多重？", "金戒指：重 3.2 克。"), ("有现货吗", "金戒指：有现货，库存 4 件。"), ("多少钱", "金戒指：售价 USD 450.05。"),
            ("镶的什么石头", "金戒指：没有镶嵌宝石。"), ("什么材质的", "金戒指：材质：玫瑰金。"), ("链子多长", "金戒指：长 400 毫米。"), ("直径多少", "金戒指：宽 17 毫米。"),
        ])
    func chinese(words: String, answer: String) throws {
        #expect(try #require(ProductQuestion.answer(words, product: ring, language: "zh", Phrases("zh"))).text == answer)
    }

    @Test("need a product; what the product does not say is not made up; other questions are not theirs")
    func limits() throws {
        let asked = try #require(ProductQuestion.answer("how heavy is it", product: nil, language: "en", Phrases("en")))
        #expect(asked.kind == .clarify)
        #expect(asked.text == "Which piece do you mean?")
        let bare = Product(id: "P", category: "ring")
        #expect(ProductQuestion.answer("how heavy is it", product: bare, language: "en", Phrases("en")) == nil)
        #expect(ProductQuestion.answer("is it nickel free", product: bare, language: "en", Phrases("en")) == nil)
        #expect(ProductQuestion.answer("may I send it back", product: ring, language: "en", Phrases("en")) == nil)
        #expect(ProductQuestion.answer("available?", product: bare, language: "en", Phrases("en"))?.text == "P: sold out at the moment.")
    }
}

@Suite("Why a product is shown")
struct ReasonsTests {
    private func hit(_ parts: (String, Float, Float)...) -> SearchHit {
        SearchHit(productID: "P", score: 0, contributions: parts.map { SearchHit.Contribution(modality: $0.0, part: $0.1, cosine: $0.2) })
    }

    @Test(
        "Shares are each modality's part of the score and add up to 1",
        arguments: [
            ([Float(0.3), 0.1], [Float(0.75), 0.25]), ([0.2], [1]), ([0.2, -0.1], [1, 0]), ([0, 0], [0.5, 0.5]), ([-0.1, -0.3], [0.5, 0.5]),
        ])
    func shares(parts: [Float], expected: [Float]) {
        let contributions = parts.enumerated().map { SearchHit.Contribution(modality: "m\($0)", part: $1, cosine: $1) }
        let reasons = Reasons.of(SearchHit(productID: "P", score: 0, contributions: contributions), matched: [], Phrases("en"))
        #expect(reasons.map(\.share).elementsEqual(expected) { abs($0 - $1) < 1e-6 })
        #expect(abs(reasons.reduce(0) { $0 + $1.share } - 1) < 1e-6)
    }

    @Test("Texts name the modality, how alike, and the words that were understood")
    func texts() {
        let found = hit((Modality.text, 0.2, 0.416), (Modality.image, 0.4, 0.8))
        #expect(
            Reasons.of(found, matched: ["gold", "under 500"], Phrases("en")).map(\.text) == [
                "fits your words (42 % alike): gold, under 500", "looks like your photo (80 % alike)",
            ])
        #expect(Reasons.of(found, matched: ["金"], Phrases("zh")).map(\.text) == ["符合您的描述（42%）：金", "与您的照片相似（80%）"])
    }
}
