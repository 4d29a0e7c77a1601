import Catalog
import Wire

/// Answers questions about one product from its attributes: "is it nickel free", "多重".
enum ProductQuestion {
    struct Topic: Sendable {
        var english: String
        var chinese: String
        /// As `SaidWords` looks for them.
        var words: [String]
        /// With one of these beside them the words ask for something else: "how long does it take".
        var unless: [String] = []
        /// A short statement of it; nil when the product does not say.
        var fact: @Sendable (Product, Phrases) -> String?

        func name(_ say: Phrases) -> String { say.of(english, chinese) }

        func isAsked(in said: SaidWords) -> Bool { said.contains(anyOf: words) && !said.contains(anyOf: unless) }
    }

    /// What is asked of the shop and not of a piece, whatever else the words say: delivery, returns, discounts, services.
    private static let shopWords = [
        "ship*", "deliver*", "postage", "courier", "express", "customs", "arriv*", "return*", "refund*", "send it back", "money back", "exchange*",
        "discount*", "coupon", "voucher", "warrant*", "guarantee*", "engrav*", "installment", "instalment", "gift wrap*", "运费", "邮费", "快递", "发货",
        "送货", "配送", "寄", "送到", "到货", "能到", "才到", "多久", "多长时间", "退", "换货", "折扣", "打折", "优惠", "保修", "质保", "刻字", "分期", "礼盒",
    ]

    /// nil when the words ask for nothing that products state, or this one does not state it.
    static func answer(_ words: String, product: Product?, language: String, _ say: Phrases) -> ServiceAnswer? {
        let lower = words.lowercased()
        // The product's own name says "gold" and "ring"; what is asked stands beside it.
        let names = ProductNames(product.map { [$0] } ?? [])
        let asked = SaidWords(names.without(names.find(in: lower), in: lower))
        guard !asked.contains(anyOf: shopWords), let topic = topics.first(where: { $0.isAsked(in: asked) }) else { return nil }
        guard let product else { return ServiceAnswer(text: say.whichProduct, kind: .clarify) }
        let title = product.title(in: language)
        guard let fact = topic.fact(product, say) else { return nil }
        let sentence = fact + say.of(".", "。")
        return ServiceAnswer(
            text: say.of("\(title): ", "\(title)：") + sentence, sources: [Source(kind: "product", id: product.id, title: title, quote: sentence)],
            product: product.id)
    }

    /// Whether words beside a product's name ask for a fact, rather than for things to look at or to do.
    static func asks(_ rest: String) -> Bool {
        let said = SaidWords(rest)
        return !said.contains(anyOf: wishes) && !said.contains(anyOf: shopWords) && topics.dropLast().contains { $0.isAsked(in: said) }
    }

    private static let wishes = [
        "show", "showing", "find", "like", "similar", "recommend", "look for", "looking for", "try", "trying", "instead", "推荐", "类似", "试", "找",
        "想看", "看看", "换成",
    ]

    /// What a comparison lists; the price first, and always.
    static var comparable: [Topic] { [price, material, gem, weight, length, width, clasp, nickel, stock] }

    /// First match wins, so the narrower ones stand first.
    private static var topics: [Topic] { [nickel, weight, resizable, sizes, stock, price, karat, gem, clasp, length, width, finish, material] }

    private static let nickel = Topic(english: "nickel", chinese: "镍", words: ["nickel", "allerg*", "镍", "过敏"]) { product, say in
        switch product.attribute("nickel_free") {
        case "true": say.of("nickel free", "不含镍")
        case "false": say.of("it may contain nickel", "可能含镍")
        default: nil
        }
    }
    private static let weight = Topic(english: "weight", chinese: "重量", words: ["weigh*", "heavy", "heavier", "多重", "重量", "几克"]) { product, say in
        product.attribute("weight_g").map { say.of("it weighs \($0) g", "重 \($0) 克") }
    }
    private static let resizable = Topic(
        english: "resizing", chinese: "改圈", words: ["resiz*", "改圈", "改尺寸", "改大", "改小"],
        unless: ["how much", "cost", "price", "charge", "how long", "多少钱", "费", "几天"]
    ) { product, say in
        switch product.attribute("resizable") {
        case "true": say.of("it can be resized", "可以改圈")
        case "false": say.of("it cannot be resized", "不能改圈")
        default: nil
        }
    }
    private static let sizes = Topic(
        english: "sizes", chinese: "尺码", words: ["which size", "what size", "in my size", "sizes", "哪些尺码", "什么尺码", "几号到", "我的尺码"]
    ) { product, say in
        product.attribute("size_range").map { say.of("it comes in sizes \($0)", "尺码 \($0)") }
    }
    private static let stock = Topic(
        english: "stock", chinese: "库存", words: ["in stock", "available", "unavailable", "sold out", "有货", "现货", "库存", "缺货"]
    ) { product, say in
        product.inStock ? say.of("\(product.stock) in stock", "有现货，库存 \(product.stock) 件") : say.of("sold out at the moment", "目前缺货")
    }
    private static let price = Topic(
        english: "price", chinese: "价格", words: ["price", "priced", "cost", "costing", "how much", "多少钱", "价格", "价钱"],
        unless: ["repair*", "resiz*", "clean*", "polish*", "cashback", "insur*", "维修", "改圈", "清洗", "抛光"]
    ) { product, say in
        say.of("it costs \(say.price(product.price))", "售价 \(say.price(product.price))")
    }
    private static let karat = Topic(
        english: "fineness", chinese: "成色", words: ["karat", "carat", "fineness", "solid", "pure", "plated", "纯", "多少k", "成色", "镀"]
    ) {
        product, say in
        product.attribute("fineness").map { fineness in
            let name = material(product, say) ?? ""
            let karat = product.attribute("karat").map { say.of(", \($0) karat", "，\($0)K") } ?? ""
            return say.of("solid \(name), fineness \(fineness)\(karat)", "实心\(name)，成色 \(fineness)\(karat)，非镀层")
        }
    }
    private static let gem = Topic(english: "gem", chinese: "宝石", words: ["gem", "stone", "diamond", "宝石", "什么石", "钻", "石头"]) { product, say in
        product.attribute("gem").map { gem in
            gem == "none" ? say.of("it has no gem", "没有镶嵌宝石") : say.of("its gem is \(gem)", "宝石：\(chinese[gem] ?? gem)")
        }
    }
    private static let clasp = Topic(english: "clasp", chinese: "搭扣", words: ["clasp", "closure", "close", "扣"]) { product, say in
        product.attribute("clasp").map { clasp in
            clasp == "none"
                ? say.of("it has no clasp", "没有搭扣") : say.of("its clasp is a \(clasp.replacing("_", with: " "))", "搭扣：\(clasps[clasp] ?? clasp)")
        }
    }
    private static let length = Topic(
        english: "length", chinese: "长度", words: ["long", "length", "多长", "长度"],
        unless: [
            "take", "taking", "until", "till", "last", "lasting", "wait*", "before", "after", "do i have", "can i keep", "keep it", "hold it",
            "valid", "ago",
            "时间", "期限", "有效",
        ]
    ) { product, say in
        product.attribute("length_mm").map { say.of("it is \($0) mm long", "长 \($0) 毫米") }
    }
    private static let width = Topic(
        english: "width", chinese: "宽度", words: ["diameter", "wide", "width", "thick", "thickness", "how big", "直径", "多宽", "多厚", "多大"]
    ) { product, say in
        (product.attribute("diameter_mm") ?? product.attribute("band_width_mm") ?? product.attribute("pendant_width_mm")
            ?? product.attribute("width_mm"))
            .map { say.of("\($0) mm across", "宽 \($0) 毫米") }
    }
    private static let finish = Topic(english: "finish", chinese: "表面", words: ["finish", "matte", "matt", "polished", "shiny", "表面", "抛光", "磨砂"]) {
        product, say in
        product.attribute("finish").map { say.of("its finish is \($0)", "表面：\($0)") }
    }
    private static let material = Topic(
        english: "material", chinese: "材质",
        words: ["metal", "material", "made of", "made from", "gold", "golden", "silver", "材质", "什么金", "金属", "什么做"]
    ) { product, say in
        material(product, say).map { say.of("it is made of \($0)", "材质：\($0)") }
    }

    private static func material(_ product: Product, _ say: Phrases) -> String? {
        product.attribute("material").map { say.of($0.replacing("_", with: " "), chinese[$0] ?? $0) }
    }

    private static let chinese = [
        "gold": "黄金", "rose_gold": "玫瑰金", "silver": "银", "platinum": "铂金", "diamond": "钻石", "ruby": "红宝石", "sapphire": "蓝宝石",
        "emerald": "祖母绿", "pearl": "珍珠", "black pearl": "黑珍珠", "amethyst": "紫水晶", "topaz": "托帕石", "turquoise": "绿松石", "opal": "欧泊",
        "onyx": "黑玛瑙", "lapis": "青金石", "moonstone": "月光石", "jade": "翡翠", "garnet": "石榴石", "coral": "珊瑚", "citrine": "黄水晶",
        "aquamarine": "海蓝宝石", "rose quartz": "粉晶",
    ]
    private static let clasps = [
        "lobster": "龙虾扣", "push_back": "耳堵", "open_cuff": "开口", "hinged": "铰链扣", "spring_ring": "弹簧圈扣", "toggle": "OT扣", "box": "盒扣",
        "lever_back": "法式耳扣", "hook": "耳钩",
    ]
}
