import Catalog

/// Something that a product's attributes state and customers ask for.
struct Topic: Sendable {
    var english: String
    var chinese: String
    /// As `SaidWords` looks for them.
    var words: PhraseSet
    /// With one of these beside them the words ask for something else: "how long does it take".
    var unless: PhraseSet = []
    /// Topics that this one answers as well.
    var covers: [String] = []
    /// Its words name wares as often as they ask.
    var isWare = false
    /// Its words stand in questions for other things too ("is the diamond grown in a laboratory?"): it is asked for where little else is.
    var isWeak = false
    /// A short statement of it; nil when the product does not say.
    var fact: @Sendable (Product, Phrases) -> String?
    /// Whether the sentence asks for it without any of the words: a size by its number.
    var isNamed: @Sendable (String) -> Bool = { _ in false }
    /// Says more with the question at hand; nil = the fact alone.
    var reply: (@Sendable (Product, Phrases, _ words: String) -> String?)?

    func name(_ say: Phrases) -> String { say.of(english, chinese) }

    func isAsked(in said: SaidWords, rest: String) -> Bool {
        (said.contains(anyOf: words) || isNamed(rest)) && !said.contains(anyOf: unless) && (!isWeak || Topic.areTold(rest))
    }

    /// Whether words of topics make up at least half of what is asked.
    private static func areTold(_ rest: String) -> Bool {
        let terms = Set(ShopLexicon.terms(rest))
        return 2 * terms.count(where: vocabulary.contains) >= terms.count
    }

    /// The telling words of all topics' phrases.
    private static let vocabulary = Set(all.flatMap { $0.words.all }.flatMap { ShopLexicon.terms($0.filter { $0 != "*" }) })

    func answer(_ product: Product, _ say: Phrases, _ words: String) -> String? { reply?(product, say, words) ?? fact(product, say) }

    /// In the order in which they are answered.
    static var all: [Topic] {
        [nickel, weight, resizable, sizes, stock, price, karat, gem, clasp, length, width, finish, style, occasion, recipient, material]
    }

    static let nickel = Topic(english: "nickel", chinese: "镍", words: ["nickel", "allerg*", "镍", "过敏"]) { product, say in
        switch product.attribute("nickel_free") {
        case "true": say.of("nickel free", "不含镍")
        case "false": say.of("it may contain nickel", "可能含镍")
        default: nil
        }
    }
    static let weight = Topic(
        english: "weight", chinese: "重量", words: ["weigh*", "heavy", "heavier", "lighter", "多重", "重量", "几克", "更重", "更轻", "比较重", "比较轻"]
    ) { product, say in
        product.attribute("weight_g").map { say.of("it weighs \($0) g", "重 \($0) 克") }
    }
    static let resizable = Topic(
        english: "resizing", chinese: "改圈", words: ["resiz*", "改圈", "改尺寸", "改大", "改小"],
        unless: ["how much", "cost", "price", "charge", "how long", "多少钱", "费", "几天"], covers: ["sizes"]
    ) { product, say in
        switch product.attribute("resizable") {
        case "true": say.of("it can be resized", "可以改圈")
        case "false": say.of("it cannot be resized", "不能改圈")
        default: nil
        }
    }
    static let sizes = Topic(
        english: "sizes", chinese: "尺码",
        words: [
            "which size", "what size", "in my size", "in size", "sizes", "other size", "哪些尺码", "什么尺码", "哪些号", "什么号", "几号到", "我的尺码", "有哪些码", "多大号",
        ], unless: ["what size am i", "my size is", "measure*"],
        fact: { product, say in product.attribute("size_range").map { say.of("it comes in sizes \($0)", "尺码 \($0)") } },
        isNamed: { SlotReader.size($0) != nil },
        reply: { product, say, words in
            guard let range = product.attribute("size_range"), let size = SlotReader.size(words), let fits = contains(size, range) else { return nil }
            return fits
                ? say.of("yes, \(size): it comes in sizes \(range)", "有 \(size)：尺码 \(range)")
                : say.of("not in \(size): it comes in sizes \(range)", "没有 \(size)：尺码 \(range)")
        })
    static let stock = Topic(
        english: "stock", chinese: "库存", words: ["in stock", "available", "unavailable", "sold out", "有货", "现货", "库存", "缺货"]
    ) { product, say in
        product.inStock ? say.of("\(product.stock) in stock", "有现货，库存 \(product.stock) 件") : say.of("sold out at the moment", "目前缺货")
    }
    static let price = Topic(
        english: "price", chinese: "价格", words: ["price", "priced", "cost", "costing", "how much", "多少钱", "价格", "价钱", "什么价", "更贵", "更便宜"],
        unless: ["repair*", "resiz*", "clean*", "polish*", "cashback", "insur*", "维修", "改圈", "清洗", "抛光"]
    ) { product, say in
        say.of("it costs \(say.price(product.price))", "售价 \(say.price(product.price))")
    }
    static let karat = Topic(
        english: "fineness", chinese: "成色", words: ["karat", "carat", "fineness", "solid", "pure", "plated", "纯", "多少k", "成色", "镀"],
        covers: ["material"], isWeak: true
    ) { product, say in
        product.attribute("fineness").map { fineness in
            let name = material(product, say) ?? ""
            let karat = product.attribute("karat").map { say.of(", \($0) karat", "，\($0)K") } ?? ""
            return say.of("solid \(name), fineness \(fineness)\(karat)", "实心\(name)，成色 \(fineness)\(karat)，非镀层")
        }
    }
    static let gem = Topic(english: "gem", chinese: "宝石", words: ["gem", "stone", "diamond", "宝石", "什么石", "钻", "石头"], isWeak: true) {
        product, say in
        product.attribute("gem").map { gem in
            gem == "none" ? say.of("it has no gem", "没有镶嵌宝石") : say.of("its gem is \(gem)", "宝石：\(ValueNames.chinese(gem))")
        }
    }
    static let clasp = Topic(english: "clasp", chinese: "搭扣", words: ["clasp", "closure", "close", "扣"], isWeak: true) { product, say in
        product.attribute("clasp").map { clasp in
            clasp == "none"
                ? say.of("it has no clasp", "没有搭扣")
                : say.of("its clasp is a \(clasp.replacing("_", with: " "))", "搭扣：\(ValueNames.chinese(clasp))")
        }
    }
    static let length = Topic(
        english: "length", chinese: "长度", words: ["long", "longer", "length", "多长", "长度", "更长"],
        unless: [
            "it take", "this take", "that take", "they take", "takes", "take to", "take for", "taking", "until", "till", "it last", "they last",
            "lasts", "lasting", "last for", "wait*", "before i", "before it", "before the", "before you", "after i", "after the", "after you",
            "do i have",
            "can i keep", "keep it", "hold it", "valid", "ago", "open for", "时间", "期限", "有效",
        ]
    ) { product, say in
        product.attribute("length_mm").map { say.of("it is \($0) mm long", "长 \($0) 毫米") }
    }
    static let width = Topic(
        english: "width", chinese: "宽度",
        words: ["diameter", "wide", "wider", "width", "thick", "thicker", "thickness", "how big", "直径", "多宽", "多厚", "多大"],
        unless: ["多大号"]
    ) { product, say in
        (product.attribute("diameter_mm") ?? product.attribute("band_width_mm") ?? product.attribute("pendant_width_mm")
            ?? product.attribute("width_mm"))
            .map { say.of("\($0) mm across", "宽 \($0) 毫米") }
    }
    static let finish = Topic(
        english: "finish", chinese: "表面", words: ["finish", "matte", "matt", "polished", "shiny", "表面", "抛光", "磨砂"], isWeak: true
    ) {
        product, say in
        product.attribute("finish").map { say.of("its finish is \($0)", "表面：\($0)") }
    }
    static let style = Topic(english: "style", chinese: "风格", words: ["what style", "which style", "the style", "style is", "风格", "什么款式"]) {
        product, say in
        product.attribute("style").map { say.of("its style is \(ValueNames.english($0))", "风格：\(ValueNames.chinese($0))") }
    }
    static let occasion = Topic(
        english: "occasions", chinese: "场合",
        words: ["occasion", "suitable for", "suit for", "good for a", "wear it to", "when to wear", "when would", "场合", "适合婚礼", "适合日常", "适合什么时候"]
    ) { product, say in
        values(product, "occasion").map {
            say.of("it suits: \($0.map(ValueNames.english).joined(separator: ", "))", "适合：\($0.map(ValueNames.chinese).joined(separator: "、"))")
        }
    }
    static let recipient = Topic(
        english: "recipient", chinese: "适合对象",
        words: [
            "who is it for", "who's it for", "whom is it", "who is this for", "for whom", "who are they for", "who are these for", "for men",
            "for women", "for a man",
            "for a woman", "men or women", "unisex", "适合谁", "给谁", "适合男", "适合女", "男款", "女款", "男女",
        ]
    ) { product, say in
        values(product, "recipient").map { who in
            say.of("it is made \(who.map(ValueNames.english).joined(separator: ", "))", "适合：\(who.map(ValueNames.chinese).joined(separator: "、"))")
        }
    }
    static let material = Topic(
        english: "material", chinese: "材质",
        words: ["metal", "material", "made of", "made from", "gold", "golden", "silver", "材质", "什么金", "金属", "什么做"], isWare: true, isWeak: true
    ) { product, say in
        material(product, say).map { say.of("it is made of \($0)", "材质：\($0)") }
    }

    private static func material(_ product: Product, _ say: Phrases) -> String? {
        product.attribute("material").map { say.of(ValueNames.english($0), ValueNames.chinese($0)) }
    }

    private static func values(_ product: Product, _ name: String) -> [String]? {
        let values = product.attributeValues(name)
        return values.isEmpty ? nil : values
    }

    /// Whether "US 7" is in "US 4-9"; nil for ranges of another form.
    private static func contains(_ size: String, _ range: String) -> Bool? {
        guard let match = range.firstMatch(of: /(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)/), let least = Double(match.1), let most = Double(match.2),
            let number = Double(size.filter { $0.isNumber || $0 == "." }), least <= most
        else { return nil }
        return (least...most).contains(number)
    }
}

/// What attributes' values are called.
enum ValueNames {
    static func chinese(_ value: String) -> String { names[value] ?? value }

    static func english(_ value: String) -> String { englishNames[value] ?? value.replacing("_", with: " ") }

    private static let englishNames = [
        "him": "for him", "her": "for her", "unisex": "for everybody", "mothers_day": "Mother's Day", "valentines": "Valentine's Day",
    ]
    private static let names = [
        "gold": "黄金", "rose_gold": "玫瑰金", "silver": "银", "platinum": "铂金", "diamond": "钻石", "ruby": "红宝石", "sapphire": "蓝宝石",
        "emerald": "祖母绿", "pearl": "珍珠", "black_pearl": "黑珍珠", "black pearl": "黑珍珠", "amethyst": "紫水晶", "topaz": "托帕石", "turquoise": "绿松石",
        "opal": "欧泊", "onyx": "黑玛瑙", "lapis": "青金石", "moonstone": "月光石", "jade": "翡翠", "garnet": "石榴石", "coral": "珊瑚", "citrine": "黄水晶",
        "aquamarine": "海蓝宝石", "rose_quartz": "粉晶", "rose quartz": "粉晶", "peridot": "橄榄石",
        "lobster": "龙虾扣", "push_back": "耳堵", "open_cuff": "开口", "hinged": "铰链扣", "spring_ring": "弹簧圈扣", "toggle": "OT扣", "box": "盒扣",
        "lever_back": "法式耳扣", "hook": "耳钩", "fish_hook": "耳钩", "hinged_hoop": "铰链扣", "slip_on": "套入式", "box_with_safety": "带保险的盒扣",
        "stretch_cord": "弹力绳",
        "classic": "经典", "modern": "现代", "romantic": "浪漫", "bohemian": "波西米亚", "minimalist": "简约", "statement": "醒目", "vintage": "复古", "nature": "自然",
        "celestial": "星月",
        "everyday": "日常", "party": "派对", "birthday": "生日", "anniversary": "纪念日", "wedding": "婚礼", "graduation": "毕业", "mothers_day": "母亲节",
        "valentines": "情人节", "engagement": "订婚", "him": "男士", "her": "女士", "unisex": "男女皆宜",
    ]
}
