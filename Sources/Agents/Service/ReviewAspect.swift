import Catalog

/// A side of a product that buyers write about. A shop's own examples may teach others (reviews.yaml); these have names in both languages, and
/// words by
/// which a question names them, or a review where no model has read it.
enum ReviewAspect: String, CaseIterable {
    case clasp, shine, stone, size, delivery, packaging, quality, price, comfort, weight, service, general

    /// What names it, English and Chinese, as `SaidWords` looks for it.
    var words: [String] {
        switch self {
        case .clasp: ["clasp*", "closure", "lock", "pin", "搭扣", "扣子", "扣头", "卡扣", "扣", "耳针"]
        case .shine: ["shine", "shining", "shiny", "sparkl*", "bright*", "dull", "glitter*", "lustre", "tarnish*", "亮", "闪", "光泽", "暗"]
        case .stone: ["stone", "gem", "gemstone", "diamond", "pearl", "宝石", "石头", "钻", "珍珠"]
        case .size:
            [
                "size", "sizing", "small", "smaller", "large", "larger", "big", "bigger", "tight", "tighter", "loose", "looser", "fit", "fitted",
                "length",
                "尺寸", "尺码", "大小", "偏大", "偏小", "紧", "松", "长短",
            ]
        case .delivery:
            [
                "deliver*", "shipping", "shipped", "shipment", "arriv*", "parcel", "courier", "late", "days", "快递", "物流", "发货", "送到", "早到", "到货",
                "配送",
            ]
        case .packaging: ["wrap", "wrapped", "wrapping", "box", "boxes", "boxed", "packag*", "gift card", "card", "包装", "盒"]
        case .quality: ["quality", "well made", "made", "scratch*", "broke", "broken", "solid", "做工", "质量", "划痕", "断", "精致"]
        case .price: ["price", "priced", "pricey", "worth", "cent", "expensive", "cheap", "cheaper", "value", "值", "贵", "便宜", "性价比", "价格"]
        case .comfort: ["comfort*", "uncomfortable", "irritat*", "allerg*", "itch*", "舒服", "过敏", "佩戴"]
        case .weight: ["weigh*", "heavy", "heavier", "light", "lighter", "lightweight", "重", "轻"]
        case .service: ["service", "exchange*", "refund*", "staff", "answer*", "customer service", "客服", "换货", "售后"]
        case .general: []
        }
    }

    /// What holds one of the words and does not mean it.
    private static let others = ["折扣", "扣款", "重新", "年轻", "珍重", "重要", "值班", "轻松", "放松", "贵姓", "light blue", "bright light"]

    /// The side that a sentence names, by the longest of the words in it; nil = none.
    static func asked(in words: String) -> ReviewAspect? {
        var lower = words.lowercased()
        for other in others { lower = lower.replacing(other, with: " ") }
        let said = SaidWords(lower)
        var best: (aspect: ReviewAspect, length: Int)?
        for aspect in allCases {
            for word in aspect.words where word.utf8.count > best?.length ?? 0 && said.contains(word) { best = (aspect, word.utf8.count) }
        }
        return best?.aspect
    }

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

    /// What the words alone tell of reviews that no model has read: the side that a sentence names, praised as the stars say.
    static func opinions(_ reviews: [Review]) -> [Opinion] {
        reviews.flatMap { review in
            Sentences.split(review.text).map { sentence in
                Opinion(
                    reviewID: review.id, productID: review.productID, rating: review.rating, language: review.language, sentence: sentence,
                    aspect: (asked(in: sentence) ?? .general).rawValue, praise: Double(review.rating - 1) / 4)
            }
        }
    }
}
