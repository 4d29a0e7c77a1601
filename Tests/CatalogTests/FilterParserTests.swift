import Testing

@testable import Catalog

/// What the parser makes of a sentence, in one line: "category=ring material!=silver price<=500".
private func understood(_ text: String, _ parser: FilterParser = FilterParser()) -> String {
    parser.parse(text).matches.map { "\($0.field)\($0.operator)\($0.value)" }.sorted().joined(separator: " ")
}

@Suite struct GiftFilterTests {
    private func parser() throws -> FilterParser {
        let products = [
            ("A", "him", "birthday", "classic"), ("B", "her", "anniversary", "vintage"), ("C", "unisex", "everyday", "art_deco"),
            ("D", "her", "everyday", "minimalist"),
        ].map {
            Product(id: $0.0, category: "ring", attributes: ["recipient": .text($0.1), "occasion": .list([$0.2]), "style": .text($0.3)])
        }
        return FilterParser(of: try CatalogSnapshot(products: products))
    }

    @Test(
        "For whom and what a piece is for and its style are understood as far as the catalogue says it",
        arguments: [
            ("silver rings for men", "category=ring material=silver recipient=him recipient=unisex"),
            ("送男朋友的银戒指", "category=ring material=silver recipient=him recipient=unisex"),
            ("给爸爸买个生日礼物", "occasion=birthday recipient=him recipient=unisex"),
            ("for my wife's anniversary", "occasion=anniversary recipient=her recipient=unisex"),
            ("an art deco ring", "category=ring style=art_deco"), ("something simpler", "style=minimalist"), ("再简单一点的", "style=minimalist"),
            ("复古的项链", "category=necklace style=vintage"), ("a mother of pearl ring", "category=ring"), ("a graduation gift", ""),
            ("find her a ring", "category=ring"),
        ])
    func understood(words: String, filter: String) throws { #expect(CatalogTests.understood(words, try parser()) == filter) }

    @Test("A catalogue that does not say for whom its pieces are understands no such wish")
    func silent() throws {
        #expect(CatalogTests.understood("rings for men", FilterParser(of: try CatalogSnapshot(products: []))) == "category=ring")
    }
}

@Suite struct FilterParserTests {
    @Test(arguments: [
        // Kinds, materials, stones, colours.
        ("gold rings under 500 dollars", "category=ring material=gold price<=500"),
        ("rose gold earrings", "category=earrings material=rose_gold"),
        ("rose-gold earrings", "category=earrings material=rose_gold"),
        ("gold and rose gold bracelets", "category=bracelet material=gold material=rose_gold"),
        ("a platinum ring with a sapphire", "category=ring gem=sapphire material=platinum"),
        ("white gold ring", "category=ring material=white_gold"),
        ("emerald pendants", "category=pendant gem=emerald"),
        ("pearl necklace", "category=necklace gem=black_pearl gem=pearl"),
        ("black pearl studs", "category=earrings gem=black_pearl"),
        ("I'm looking for a ring with a blue stone", "category=ring color=blue"),
        ("something with turquoise", "gem=turquoise"),
        ("only gold, no stones", "gem=none material=gold"),
        ("nickel free earrings", "category=earrings nickel_free=true"),
        ("earrings without nickel", "category=earrings nickel_free=true"),
        ("rings in stock", "category=ring in_stock=true"),
        ("Rings, EARRINGS", "category=earrings category=ring"),
        // Negation.
        ("not silver", "material!=silver"),
        ("no silver please", "material!=silver"),
        ("not silver or gold", "material!=gold material!=silver"),
        ("not gold rings", "category=ring material!=gold"),
        ("gold not silver", "material!=silver material=gold"),
        ("anything but platinum", "material!=platinum"),
        ("a ring without diamonds", "category=ring gem!=diamond"),
        ("no diamonds, but pearls", "gem!=diamond gem=black_pearl gem=pearl"),
        ("I don't want silver", "material!=silver"),
        ("I don't like yellow gold", "material!=gold"),
        ("not made of silver", "material!=silver"),
        ("silver, not gold, under 100", "material!=gold material=silver price<=100"),
        ("not only gold", "material=gold"),
        ("not rose gold but gold", "material!=rose_gold material=gold"),
        // Prices.
        ("between 100 and 200", "price<=200 price>=100"),
        ("between one hundred and two hundred dollars", "price<=200 price>=100"),
        ("from $100 to $200", "price<=200 price>=100"),
        ("$100-$200", "price<=200 price>=100"),
        ("100-200 dollars", "price<=200 price>=100"),
        ("over $1,000", "price>=1000"),
        ("at least 50 euros", ""),
        ("less than fifty bucks", "price<=50"),
        ("no more than 300", "price<=300"),
        ("under a hundred dollars", "price<=100"),
        ("up to 1.5k", "price<=1500"),
        ("under two thousand five hundred dollars", "price<=2500"),
        ("about six hundred", "price<=720 price>=480"),
        ("a $300 ring", "category=ring price<=360 price>=240"),
        ("500 or less", "price<=500"),
        ("$200 and up", "price>=200"),
        ("I don't want to spend more than 400", "price<=400"),
        ("my budget is 250", "price<=250"),
        ("rings below $99.50", "category=ring price<=99.5"),
        ("18k gold ring under 800", "category=ring material=gold price<=800"),
        // Numbers that are no prices.
        ("under 5 grams", ""), ("rings under 300 in white gold", "category=ring material=white_gold price<=300"),
        ("rings under 500 in my size", "category=ring price<=500"),
        ("silver rings under 500 in stock", "category=ring in_stock=true material=silver price<=500"),
        ("between 100 and 300 in silver", "material=silver price<=300 price>=100"), ("under 300 in blue", "color=blue price<=300"),
        ("under 20 in", ""), ("a chain under 20 in long", ""), ("under 18 in necklace", "category=necklace"),
        ("a necklace below 20 inches", "category=necklace"),
        ("over 18k gold", "material=gold"),
        ("delivered within 3 days", ""),
        ("rings in size 7", "category=ring"),
        ("what is my ring size", ""),
        ("at least two diamonds", "gem=diamond"),
        ("necklace of 16 to 18 inches", "category=necklace"),
        ("earrings other than studs", "category=earrings"),
        ("a necklace for my navy blue dress", "category=necklace"),
        ("rings under $50, or over $100", "category=ring price>=100"),
        ("are you open from 9 to 5", ""),
        ("hello there", ""),
        ("", ""),
    ])
    func understandsEnglish(_ text: String, _ expected: String) {
        #expect(understood(text) == expected)
    }

    @Test(arguments: [
        ("五百块以下的玫瑰金耳环", "category=earrings material=rose_gold price<=500"),
        ("红宝石", "gem=ruby"),
        ("金戒指", "category=ring material=gold"),
        ("钻戒", "category=ring gem=diamond"),
        ("白金戒指", "category=ring material=platinum"),
        ("铂金项链", "category=necklace material=platinum"),
        ("玫瑰金手链", "category=bracelet material=rose_gold"),
        ("银色的耳钉", "category=earrings material=silver"),
        ("祖母绿吊坠", "category=pendant gem=emerald"),
        ("珍珠项链", "category=necklace gem=black_pearl gem=pearl"),
        ("黑珍珠", "gem=black_pearl"),
        ("我想看看带蓝色宝石的戒指", "category=ring color=blue"),
        ("有没有绿松石的首饰", "gem=turquoise"),
        ("不要银的", "material!=silver"),
        ("不要银的戒指", "category=ring material!=silver"),
        ("不要银的，要金的", "material!=silver material=gold"),
        ("银的不要", "material!=silver"),
        ("不要金和银", "material!=gold material!=silver"),
        ("除了钻石都可以", "gem!=diamond"),
        ("没有钻石的戒指", "category=ring gem!=diamond"),
        ("有没有钻石戒指", "category=ring gem=diamond"),
        ("不含镍的耳环", "category=earrings nickel_free=true"),
        ("有现货的手镯", "category=bracelet in_stock=true"),
        ("素圈戒指", "category=ring gem=none"),
        ("有没有五百块以内的耳环", "category=earrings price<=500"),
        ("一千五以下", "price<=1500"),
        ("一百到两百块的手链", "category=bracelet price<=200 price>=100"),
        ("100到200元", "price<=200 price>=100"),
        ("介于一百和三百之间", "price<=300 price>=100"),
        ("三百左右的吊坠", "category=pendant price<=360 price>=240"),
        ("预算两千美元", "price<=2000"),
        ("不超过八百", "price<=800"),
        ("1.5万以上", "price>=15000"),
        ("一万二以内", "price<=12000"),
        ("一百零五块以下", "price<=105"),
        ("五百块的戒指", "category=ring price<=600 price>=400"),
        ("５００元以下", "price<=500"),
        ("最多三百块", "price<=300"),
        ("别超过400", "price<=400"),
        ("三天以内到货", ""),
        ("两克拉以上的钻石", "gem=diamond"),
        ("18岁以下可以买吗", ""),
        ("无名指戴的戒指", "category=ring"),
        ("可以付现金吗", ""),
        ("没有银的吗", "material=silver"),
        ("只要金的，不要镶石头", "gem=none material=gold"),
        ("深蓝色裙子配什么首饰好看", ""),
        ("我更喜欢耳环，不要耳钉", "category=earrings"),
        ("三石戒指", "category=ring"),
        ("你好", ""),
    ])
    func understandsChinese(_ text: String, _ expected: String) {
        #expect(understood(text) == expected)
    }

    @Test func roseGoldIsNotGold() {
        let rose = Product(id: "r", category: "ring", attributes: ["material": .text("rose_gold")])
        let yellow = Product(id: "y", category: "ring", attributes: ["material": .text("gold")])
        for text in ["gold rings", "金戒指"] {
            let filter = FilterParser().parse(text).filter
            #expect(filter.matches(yellow) && !filter.matches(rose))
        }
        for text in ["rose gold rings", "玫瑰金戒指"] {
            let filter = FilterParser().parse(text).filter
            #expect(!filter.matches(yellow) && filter.matches(rose))
        }
    }

    @Test func theLaterOfTwoContradictionsCounts() {
        #expect(FilterParser().parse("not gold. gold").filter.material == .init(anyOf: ["gold"]))
        #expect(FilterParser().parse("gold, no, not gold").filter.material == .init(noneOf: ["gold"]))
    }

    @Test func rangesPointIntoTheOriginalText() {
        let text = "你好，想要 Rose-Gold 的耳环，￥５００以下"
        let bytes = Array(text.utf8)
        let parser = FilterParser(currency: "CNY")
        let phrases = parser.parse(text).matches.map(\.phrase)
        #expect(phrases == ["Rose-Gold", "耳环", "￥５００以下"])
        for match in parser.parse(text).matches { #expect(String(decoding: bytes[match.range], as: UTF8.self) == match.phrase) }
    }

    @Test func aForeignCurrencyNeedsARate() {
        let without = FilterParser(currency: "USD").parse("under 700 yuan")
        #expect(without.filter.priceMaxMinor == nil)
        #expect(without.notApplied.map(\.value) == ["700 CNY"])
        let with = FilterParser(currency: "USD", rates: ["CNY": 0.14]).parse("under 700 yuan")
        #expect(with.filter.priceMaxMinor == 98_00)
    }

    @Test(arguments: [
        ("silver studs", ["stud"]), ("hoop earrings", ["hoop"]), ("no hoops please", ["!hoop"]), ("rings, not eternity", ["!eternity"]),
        ("银耳钉", ["耳钉"]), ("不要手镯", ["!手镯"]), ("studs, no hoops", ["stud", "!hoop"]), ("gold rings", []), ("no red", []), ("not sure", []),
    ])
    func kindsOfAKindAreNoted(_ text: String, _ expected: [String]) {
        let parsed = FilterParser().parse(text)
        #expect(parsed.kinds.map { ($0.isNegated ? "!" : "") + $0.stem } == expected)
        for kind in parsed.kinds { #expect(kind.range.upperBound <= text.utf8.count) }
    }

    @Test func aTitleNamesAKindInEitherLanguage() throws {
        func product(_ id: String, _ en: String, _ zh: String) -> Product {
            Product(id: id, category: "earrings", title: ["en": en, "zh": zh], price: Price(amountMinor: 1, currency: "USD"))
        }
        let snapshot = try CatalogSnapshot(products: [product("H", "Silver Hoops", "银色圈式耳环"), product("S", "Stud, Gold", "金耳钉")])
        func naming(_ stem: String) -> [String] {
            snapshot.products(naming: SaidKind(stem: stem, category: "", isNegated: false, range: 0..<1)).map(\.id)
        }
        #expect(naming("hoop") == ["H"] && naming("stud") == ["S"] && naming("圈式耳") == ["H"] && naming("耳钉") == ["S"])
        #expect(naming("hoo") == [] && naming("圈式耳钉") == [] && naming("手镯") == [] && naming("") == [])
    }

    @Test(arguments: [
        ("do you have brooches", "category=brooch"), ("脚链有吗", "category=anklet"), ("cuff links for my dad", "category=cufflinks"),
        ("no gold, not even rose gold", "material!=gold material!=rose_gold"), ("nothing over 60 dollars", "price<=60"),
        ("nothing but gold", "material=gold"),
    ])
    func understandsMore(_ text: String, _ expected: String) { #expect(understood(text) == expected) }

    @Test func minorUnitsFollowTheCurrency() {
        #expect(FilterParser(currency: "JPY").parse("under 5000 yen").filter.priceMaxMinor == 5_000)
        #expect(FilterParser(currency: "USD").parse("under 5000 dollars").filter.priceMaxMinor == 500_000)
    }

    @Test func aShopAddsItsOwnWords() throws {
        let lexicon = try FilterLexicon(extendedBy: "style:\n  minimalist: [minimal, 极简]\ngem:\n  tanzanite: [tanzanite, 坦桑石]\n")
        let parser = FilterParser(lexicon: lexicon)
        #expect(understood("minimal tanzanite rings", parser) == "category=ring gem=tanzanite style=minimalist")
        #expect(understood("极简坦桑石戒指", parser) == "category=ring gem=tanzanite style=minimalist")
        #expect(parser.parse("not minimal").filter.attributes["style"] == .init(noneOf: ["minimalist"]))
        #expect(throws: StoreError.self) { try FilterLexicon(extendedBy: "style: 5") }
    }

    @Test(arguments: ["十", "千", "一百", "five ", "one thousand and ", "1千千"])
    func numbersEnd(_ repeated: String) {
        let tokens = TextTokens.cut(String(repeating: repeated, count: 1_000))
        #expect(tokens.count <= TextTokens.tokensMax)
        for start in tokens.indices { #expect(Numerals.read(tokens, at: start)?.count ?? 0 <= Numerals.tokensMax) }
    }

    @Test func longAndStrangeTextsEndQuickly() {
        _ = FilterParser().parse(String(repeating: "not gold or ", count: 50_000))
        _ = FilterParser().parse(String(repeating: "一", count: 100_000))
        _ = FilterParser().parse(String(repeating: "9", count: 100_000))
        _ = FilterParser().parse("\u{0}\u{FFFD}🏴󠁧󠁢󠁥󠁮󠁧󠁿 under 1e99 $ ¥ €")
    }

    @Test(arguments: [
        ("500", 500), ("2,000", 2000), ("1.5k", 1500), ("five hundred", 500), ("a hundred", 100), ("twelve hundred", 1200),
        ("one hundred and fifty", 150), ("twenty five", 25), ("two thousand", 2000), ("五百", 500), ("十五", 15), ("一千五", 1500), ("一千零五", 1005),
        ("两千三百", 2300), ("一万二", 12000), ("3千", 3000), ("1.5万", 15000), ("二十", 20), ("三", 3),
    ])
    func readsNumerals(_ text: String, _ value: Double) {
        let tokens = TextTokens.cut(text)
        let read = Numerals.read(tokens, at: 0)
        #expect(read?.value == value)
        #expect(read?.count == tokens.count)
    }
}
