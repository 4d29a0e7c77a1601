import Catalog

/// How a sentence changes what is looked for: cheaper, dearer, lighter, the cheapest first, others than these, like this, not this.
struct WishCues {
    /// What comes first.
    struct Order: Equatable {
        /// Numbers of products, the first that a product has; empty = the price.
        var attributes: [String] = []
        var isDescending = false

        /// Those that have the number, in order; equal ones by id.
        func sorted(_ products: [Product]) -> [Product] {
            let valued = products.compactMap { product in value(product).map { (product, isDescending ? -$0 : $0) } }
            return valued.sorted { ($0.1, $0.0.id) < ($1.1, $1.0.id) }.map(\.0)
        }

        func value(_ product: Product) -> Double? {
            if attributes.isEmpty { return Double(product.price.amountMinor) }
            return attributes.lazy.compactMap { product.attribute($0).flatMap(Double.init) }.first
        }

        /// Whether `product` comes before `reference`.
        func puts(_ product: Product, before reference: Product) -> Bool {
            guard let own = value(product), let other = value(reference) else { return false }
            return isDescending ? own > other : own < other
        }
    }

    /// Cheaper, or dearer, than what was shown.
    let isCheaper: Bool
    let isDearer: Bool
    let isLike: Bool
    let goesWith: Bool
    let asksMore: Bool
    /// "I don't like …"; what, is to be read.
    let dislikes: Bool
    /// The cheapest, the lightest.
    let order: Order?
    /// Lighter, bigger than what was shown.
    let comparison: Order?

    init(_ words: String) { self.init(SaidWords(words)) }

    init(_ said: SaidWords) {
        order = Self.order(said)
        // "The cheaper one" is one of what was shown, not another that is cheaper.
        let picks = Self.pick(said) != nil
        // "Too cheap" and "not so expensive" hold the word for the opposite.
        let isTooDear = said.contains(anyOf: Self.tooDear)
        isDearer = order == nil && !picks && !isTooDear && said.contains(anyOf: Self.dearer)
        isCheaper = order == nil && !picks && !isDearer && (isTooDear || said.contains(anyOf: Self.cheaper))
        comparison = order == nil && !picks ? Self.comparisons.first { said.contains(anyOf: $0.words) }?.order : nil
        asksMore = said.contains(anyOf: Self.more)
        dislikes = !asksMore && said.contains(anyOf: Self.disliked)
        // "I'd like the …" wishes for it.
        let wishes = said.contains(anyOf: Self.likingThe)
        isLike = !dislikes && (said.contains(anyOf: Self.like) || (!wishes && said.contains("like the")))
        goesWith = said.contains(anyOf: Self.goingWith)
    }

    /// What is to come first: the cheapest, the lightest; nil = no order is asked for.
    static func order(_ said: SaidWords) -> Order? { orders.first { said.contains(anyOf: $0.words) }?.order }

    /// What "the cheaper one", "便宜的那个" comes first in, among what was shown; nil = none is picked so.
    static func pick(_ said: SaidWords) -> Order? { picked.first { said.contains(anyOf: $0.words) }?.order }

    /// Refers to what was looked for before.
    var refines: Bool { isCheaper || isDearer || isLike || asksMore || order != nil || comparison != nil }

    /// Whether a sentence is nothing but a change of the wish before, so that no model needs to guess: "太贵了", "none of these".
    ///
    /// - Parameter points: something shown is pointed at.
    static func areAll(_ words: String, points: Bool) -> Bool {
        let said = SaidWords(words)
        guard Wish.wordCount(words) <= Wish.refiningWordsMax, !ProductQuestion.isForShop(said), !said.contains(anyOf: elsewhere) else {
            return false
        }
        let cues = WishCues(said)
        if cues.asksMore || (cues.dislikes && points) { return true }
        // "Is it heavier than …" asks; "anything lighter" wishes.
        guard !said.contains(anyOf: asking) else { return false }
        let isWish = said.contains(anyOf: wishing)
        if cues.order != nil || cues.isCheaper || cues.isDearer { return isWish || Wish.wordCount(words) <= 4 }
        return cues.comparison != nil && isWish
    }

    private static let asking: PhraseSet = [
        "than", "is it", "is this", "is that", "are they", "are these", "which", "how", "why", "what", "can it", "can you make", "made", "比", "吗",
        "多少", "怎么",
        "为什么", "哪", "能不能",
    ]
    /// Orders, people and what buyers say are customer service's, whatever else the words hold.
    private static let elsewhere: PhraseSet = [
        "order", "orders", "cancel*", "say", "says", "think", "thinks", "review", "reviews", "person", "human", "订单", "这单", "单子", "取消", "客服", "人工",
        "评价", "投诉",
    ]
    private static let wishing: PhraseSet = [
        "anything", "something", "any", "ones", "one", "show", "a bit", "a little", "please", "prefer", "want", "like", "need", "有没有", "更", "一点",
        "一些",
        "点的", "要", "想", "来", "给我", "看",
    ]

    private static let cheaper: PhraseSet = [
        "cheaper", "less expensive", "lower price", "lower priced", "not so dear", "not so expensive", "more affordable", "less pricey", "便宜", "价格低",
        "价格再低",
    ]
    private static let tooDear: PhraseSet = [
        "too expensive", "too dear", "too pricey", "bit expensive", "bit pricey", "over my budget", "above my budget", "out of my budget",
        "beyond my budget", "can't afford", "cannot afford", "that's too much", "it's too much", "太贵", "有点贵", "有些贵", "好贵", "贵了", "超预算", "超出预算", "买不起",
    ]
    private static let dearer: PhraseSet = [
        "more expensive", "pricier", "dearer", "higher priced", "higher price", "more luxurious", "higher end", "more upscale", "too cheap", "贵一点",
        "贵点",
        "贵一些", "更贵", "高档", "高端", "太便宜",
    ]
    private static let like: PhraseSet = [
        "like this", "like it", "like that", "similar*", "the same", "same in", "类似", "差不多", "一样的", "同款", "换成", "这个款", "这款",
    ]
    private static let likingThe: PhraseSet = ["i'd like the", "would like the"]
    private static let goingWith: PhraseSet = [
        "goes with", "go with", "going with", "to match", "matches", "matching", "pair with", "pairs with", "wear with", "搭配", "配套", "相配", "配什么",
    ]
    private static let more: PhraseSet = [
        "more of", "show more", "show me more", "see more", "more options", "more please", "others", "other ones", "anything else", "what else",
        "something else", "something different", "different ones", "none of these", "none of them", "none of those", "not these", "like any of",
        "don't like these", "don't like them", "don't like those", "还有别的", "多看几", "其他的", "其他款", "别的款", "另外的", "还有吗", "还有其他", "再看看", "再来几", "换一批",
        "换一换", "换一组",
        "换几", "换些", "下一批", "都不喜欢", "都不要", "都不好看", "都不想要", "不喜欢这些", "没有喜欢的",
    ]
    private static let disliked: PhraseSet = [
        "don't like", "dont like", "do not like", "don't want", "dont want", "do not want", "dislike", "hate", "not the", "not this one",
        "not that one", "not keen on", "not fond of", "anything but the", "不喜欢", "不想要", "不要", "讨厌", "不好看", "去掉", "排除", "不中意",
    ]

    private static let size = ["pendant_height_mm", "diameter_mm", "width_mm", "band_width_mm", "length_mm"]
    private static let width = ["band_width_mm", "width_mm", "pendant_width_mm"]

    private static let orders: [(words: PhraseSet, order: Order)] = [
        (["cheapest", "least expensive", "lowest price", "lowest priced", "最便宜", "价格最低", "最低价", "最实惠", "从低到高"], Order()),
        (["most expensive", "dearest", "priciest", "highest price", "最贵", "价格最高", "从高到低"], Order(isDescending: true)),
        (["lightest", "最轻"], Order(attributes: ["weight_g"])),
        (["heaviest", "最重"], Order(attributes: ["weight_g"], isDescending: true)),
        (["smallest", "tiniest", "最小"], Order(attributes: size)),
        (["biggest", "largest", "最大"], Order(attributes: size, isDescending: true)),
        (["longest", "最长"], Order(attributes: ["length_mm"], isDescending: true)),
        (["shortest", "最短"], Order(attributes: ["length_mm"])),
    ]
    private static let picked: [(words: PhraseSet, order: Order)] = [
        (["the cheaper one", "the cheaper of", "the less expensive one", "the less expensive of", "便宜的那", "便宜那", "便宜一点的那", "便宜点的那"], Order()),
        (
            ["the more expensive one", "the more expensive of", "the dearer one", "the pricier one", "the pricier of", "贵的那", "贵那", "贵一点的那"],
            Order(isDescending: true)
        ),
        (["the lighter one", "the lighter of", "轻的那", "轻那", "轻一点的那"], Order(attributes: ["weight_g"])),
        (["the heavier one", "the heavier of", "重的那", "重那", "重一点的那"], Order(attributes: ["weight_g"], isDescending: true)),
        (["the smaller one", "the smaller of", "小的那", "小一点的那"], Order(attributes: size)),
        (["the bigger one", "the larger one", "the bigger of", "the larger of", "大的那", "大一点的那"], Order(attributes: size, isDescending: true)),
        (["the longer one", "the longer of", "长的那", "长一点的那"], Order(attributes: ["length_mm"], isDescending: true)),
        (["the shorter one", "the shorter of", "短的那", "短一点的那"], Order(attributes: ["length_mm"])),
    ]
    private static let comparisons: [(words: PhraseSet, order: Order)] = [
        (["lighter", "less heavy", "too heavy", "轻一点", "轻点", "轻一些", "更轻", "太重"], Order(attributes: ["weight_g"])),
        (["heavier", "too light", "重一点", "重一些", "更重", "太轻"], Order(attributes: ["weight_g"], isDescending: true)),
        (["bigger", "larger", "too small", "大一点", "大点", "大一些", "更大", "太小"], Order(attributes: size, isDescending: true)),
        (["smaller", "tinier", "too big", "too large", "小一点", "小点", "小一些", "更小", "太大"], Order(attributes: size)),
        (["longer", "too short", "长一点", "长点", "长一些", "更长", "太短"], Order(attributes: ["length_mm"], isDescending: true)),
        (["shorter", "too long", "短一点", "短点", "短一些", "更短", "太长"], Order(attributes: ["length_mm"])),
        (["wider", "thicker", "too thin", "too narrow", "宽一点", "粗一点", "更宽", "更粗", "太细", "太窄"], Order(attributes: width, isDescending: true)),
        (["thinner", "narrower", "slimmer", "too wide", "too thick", "细一点", "窄一点", "更细", "更窄", "太粗", "太宽"], Order(attributes: width)),
    ]
}
