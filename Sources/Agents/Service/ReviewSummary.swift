import Catalog

/// A side of a product that buyers write about.
enum ReviewAspect: String, CaseIterable {
    case clasp, shine, size, delivery, packaging, quality, price, comfort, service

    /// Parts of words that name it, English and Chinese.
    var words: [String] {
        switch self {
        case .clasp: ["clasp", "closure", "lock", "pin", "扣", "耳针"]
        case .shine: ["shin", "sparkl", "bright", "dull", "glitter", "lustre", "亮", "闪", "光泽", "暗"]
        case .size: ["size", "small", "large", "big", "tight", "loose", "fits", "long", "short", "尺寸", "大小", "偏大", "偏小", "紧", "松", "长短"]
        case .delivery: ["deliver", "shipping", "arriv", "parcel", "courier", "late", "days", "快递", "物流", "发货", "送到", "早到", "到货", "晚"]
        case .packaging: ["wrap", "box", "packag", "card", "包装", "盒"]
        case .quality: ["quality", "made", "scratch", "broke", "solid", "做工", "质量", "划痕", "断", "精致"]
        case .price: ["price", "worth", "cent", "expensive", "cheap", "value", "值", "贵", "便宜", "性价比"]
        case .comfort: ["comfort", "light", "heavy", "weigh", "irritat", "allerg", "舒服", "轻", "重", "过敏"]
        case .service: ["service", "exchange", "refund", "staff", "answer", "客服", "换货", "退"]
        }
    }

    func isIn(_ sentence: String) -> Bool {
        let lower = sentence.lowercased()
        return words.contains(where: lower.contains)
    }

    /// The side that a question asks for; nil = all.
    static func asked(in words: String) -> ReviewAspect? { allCases.first { $0.isIn(words) } }

    func name(_ say: Phrases) -> String {
        switch self {
        case .clasp: say.of("the clasp", "搭扣")
        case .shine: say.of("its shine", "光泽")
        case .size: say.of("the size", "尺寸")
        case .delivery: say.of("delivery", "配送")
        case .packaging: say.of("the packaging", "包装")
        case .quality: say.of("the making", "做工")
        case .price: say.of("the price", "价格")
        case .comfort: say.of("wearing it", "佩戴感受")
        case .service: say.of("the service", "服务")
        }
    }
}

/// What a product's reviews say: how many, how they rate it, and sentences from them.
struct ReviewSummary {
    struct Quote: Equatable {
        var reviewID: String
        var text: String
        var rating: Int
    }

    /// Sentences that are quoted.
    static let quotesMax = 3

    let aspect: ReviewAspect?
    let count: Int
    /// Reviews with 4 or 5 stars, and with 1 or 2.
    let liked: Int
    let disliked: Int
    let mean: Double
    let quotes: [Quote]

    /// With an aspect, only reviews that mention it count.
    init(_ all: [Review], aspect: ReviewAspect?) {
        let mentions = all.compactMap { review -> (review: Review, sentence: String)? in
            let sentences = ReviewSummary.sentences(review.text)
            let fitting = aspect.map { aspect in sentences.first { aspect.isIn($0) } } ?? sentences.first
            return fitting.map { (review, $0) }
        }
        self.aspect = aspect
        count = mentions.count
        liked = mentions.count { $0.review.rating >= 4 }
        disliked = mentions.count { $0.review.rating <= 2 }
        mean = mentions.isEmpty ? 0 : Double(mentions.reduce(0) { $0 + $1.review.rating }) / Double(mentions.count)
        // One of each opinion before a second of either.
        let sorted = mentions.sorted { ($1.review.rating, $0.review.id) < ($0.review.rating, $1.review.id) }
        var chosen: [Quote] = []
        func take(_ entry: (review: Review, sentence: String)?) {
            guard let entry, chosen.count < ReviewSummary.quotesMax, !chosen.contains(where: { $0.reviewID == entry.review.id }) else { return }
            chosen.append(Quote(reviewID: entry.review.id, text: entry.sentence, rating: entry.review.rating))
        }
        take(sorted.first)
        take(sorted.last)
        for entry in sorted { take(entry) }
        quotes = chosen
    }

    func text(title: String, _ say: Phrases) -> String {
        let about = aspect.map { say.of(" on \($0.name(say))", "关于\($0.name(say))") } ?? ""
        guard count > 0 else {
            return say.of("No review of \(title) mentions \(aspect?.name(say) ?? "that").", "\(title) 的评价没有提到\(aspect?.name(say) ?? "这一点")。")
        }
        let stars = String(Double((mean * 10).rounded()) / 10)
        let head = say.of(
            "\(count) \(count == 1 ? "review" : "reviews") of \(title)\(about): \(stars) of 5 stars, \(liked) pleased, \(disliked) not.",
            "\(title)\(about)有 \(count) 条评价：平均 \(stars) 星，\(liked) 条好评，\(disliked) 条差评。")
        let said = quotes.map { say.of("“\($0.text)” (\($0.rating))", "“\($0.text)”（\($0.rating)星）") }
        return head + say.of(" ", "") + said.joined(separator: say.of(" ", ""))
    }

    static func sentences(_ text: String) -> [String] {
        text.split { ".!?。！？\n".contains($0) }.map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }.map(String.init)
    }
}
