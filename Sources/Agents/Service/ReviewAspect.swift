import Catalog

/// A side of a product that buyers write about. A shop's own examples may teach others (reviews.yaml); these have names in both languages, and
/// words by
/// which a question names them, or a review where no model has read it.
enum ReviewAspect: String, CaseIterable {
    case clasp, shine, stone, size, delivery, packaging, quality, price, comfort, weight, service, general

    /// Parts of words that name it, English and Chinese.
    var words: [String] {
        switch self {
        case .clasp: ["clasp", "closure", "lock", "pin", "扣", "耳针"]
        case .shine: ["shin", "sparkl", "bright", "dull", "glitter", "lustre", "tarnish", "亮", "闪", "光泽", "暗"]
        case .stone: ["stone", "gem", "diamond", "pearl", "宝石", "石头", "钻", "珍珠"]
        case .size: ["size", "small", "large", "big", "tight", "loose", "fits", "length", "尺寸", "尺码", "大小", "偏大", "偏小", "紧", "松", "长短"]
        case .delivery: ["deliver", "shipping", "arriv", "parcel", "courier", "late", "days", "快递", "物流", "发货", "送到", "早到", "到货", "配送"]
        case .packaging: ["wrap", "box", "packag", "card", "包装", "盒"]
        case .quality: ["quality", "made", "scratch", "broke", "solid", "做工", "质量", "划痕", "断", "精致"]
        case .price: ["price", "worth", "cent", "expensive", "cheap", "value", "值", "贵", "便宜", "性价比", "价格"]
        case .comfort: ["comfort", "irritat", "allerg", "itch", "舒服", "过敏", "佩戴"]
        case .weight: ["weigh", "heavy", "light", "重", "轻"]
        case .service: ["service", "exchange", "refund", "staff", "answer", "客服", "换货", "售后"]
        case .general: []
        }
    }

    func isIn(_ sentence: String) -> Bool {
        let lower = sentence.lowercased()
        return words.contains(where: lower.contains)
    }

    /// The side that a question names; nil = none.
    static func asked(in words: String) -> ReviewAspect? { allCases.first { $0.isIn(words) } }

    static func name(_ aspect: String, _ say: Phrases) -> String { ReviewAspect(rawValue: aspect)?.name(say) ?? aspect }

    private func name(_ say: Phrases) -> String {
        switch self {
        case .clasp: say.of("the clasp", "搭扣")
        case .shine: say.of("its shine", "光泽")
        case .stone: say.of("the stone", "宝石")
        case .size: say.of("the size", "尺寸")
        case .delivery: say.of("delivery", "配送")
        case .packaging: say.of("the packaging", "包装")
        case .quality: say.of("the making", "做工")
        case .price: say.of("the price", "价格")
        case .comfort: say.of("wearing it", "佩戴感受")
        case .weight: say.of("its weight", "分量")
        case .service: say.of("the service", "服务")
        case .general: say.of("it as a whole", "整体")
        }
    }

    /// What the words alone tell of reviews that no model has read: the first side that a sentence names, praised as the stars say.
    static func opinions(_ reviews: [Review]) -> [Opinion] {
        reviews.flatMap { review in
            ReviewSentences.split(review.text).map { sentence in
                Opinion(
                    reviewID: review.id, productID: review.productID, rating: review.rating, language: review.language, sentence: sentence,
                    aspect: (asked(in: sentence) ?? .general).rawValue, praise: Double(review.rating - 1) / 4)
            }
        }
    }
}
