import Catalog

/// What a product's reviews say: how many, how they rate it, what is praised and what is complained of, and sentences from them.
struct ReviewSummary {
    /// Sentences that are quoted, and characters of each.
    static let quotesMax = 3
    static let quoteCharactersMax = 200
    /// Sides that are named as praised, or as complained of.
    static let sidesMax = 2
    /// A sentence praises from here on, and complains below the other; between them it does neither.
    static let praiseMin = 0.55
    static let complaintMax = 0.45

    struct Side: Equatable {
        var aspect: String
        /// Reviews that speak of it, that praise it, that complain of it.
        var count: Int
        var praised: Int
        var complained: Int
    }

    let aspect: String?
    /// Reviews, all or those that speak of the aspect.
    let count: Int
    let mean: Double
    /// Most spoken of first.
    let sides: [Side]
    /// In the customer's own language.
    let quotes: [Opinion]
    /// What the summary is of: the quotes, or where none can be read by the customer the same in another language.
    let sources: [Opinion]

    /// - Parameters:
    ///   - aspect: the side that is asked for; only sentences about it count then.
    ///   - asked: sentences that speak of the very thing that is asked, best first: they are quoted before others.
    init(_ all: [Opinion], aspect: String?, language: String, asked: [Opinion] = []) {
        let fitting = aspect.map { aspect in all.filter { $0.aspect == aspect } } ?? all
        self.aspect = aspect
        var stars: [String: Int] = [:]
        for opinion in fitting { stars[opinion.reviewID] = opinion.rating }
        count = stars.count
        mean = stars.isEmpty ? 0 : Double(stars.reduce(0) { $0 + $1.value }) / Double(stars.count)
        sides = ReviewSummary.sides(fitting)
        let own = fitting.filter { $0.language == language || $0.language.isEmpty }
        let told = asked.filter { $0.language == language || $0.language.isEmpty }
        quotes = ReviewSummary.quotes(own, first: told)
        sources = quotes.isEmpty ? ReviewSummary.quotes(fitting, first: asked) : quotes
    }

    private static func sides(_ opinions: [Opinion]) -> [Side] {
        // A review that speaks of a side in several sentences is one voice: the mean of them.
        var voices: [String: [String: (sum: Double, count: Int)]] = [:]
        for opinion in opinions {
            let before = voices[opinion.aspect]?[opinion.reviewID] ?? (0, 0)
            voices[opinion.aspect, default: [:]][opinion.reviewID] = (before.sum + opinion.praise, before.count + 1)
        }
        let sides = voices.map { aspect, reviews in
            let means = reviews.values.map { $0.sum / Double($0.count) }
            return Side(
                aspect: aspect, count: means.count, praised: means.count { $0 >= praiseMin }, complained: means.count { $0 <= complaintMax })
        }
        return sides.sorted { ($1.count, $0.aspect) < ($0.count, $1.aspect) }
    }

    /// What was asked for alone, where anything says it; else one of each opinion before a second of either.
    private static func quotes(_ opinions: [Opinion], first: [Opinion]) -> [Opinion] {
        let sorted = opinions.sorted { ($1.praise, $0.reviewID, $0.sentence) < ($0.praise, $1.reviewID, $1.sentence) }
        var chosen: [Opinion] = []
        func take(_ opinion: Opinion?) {
            guard let opinion, chosen.count < quotesMax,
                !chosen.contains(where: { $0.reviewID == opinion.reviewID || $0.sentence == opinion.sentence })
            else { return }
            var short = opinion
            if short.sentence.count > quoteCharactersMax { short.sentence = short.sentence.prefix(quoteCharactersMax) + "…" }
            chosen.append(short)
        }
        for opinion in first { take(opinion) }
        guard chosen.isEmpty else { return chosen }
        take(sorted.first)
        take(sorted.last)
        for opinion in sorted { take(opinion) }
        return chosen
    }

    func text(title: String, _ say: Phrases) -> String {
        let named = aspect.map { ReviewAspect.name($0, say) }
        guard count > 0 else {
            return say.of("No review of \(title) mentions \(named ?? "that").", "\(title) 的评价没有提到\(named ?? "这一点")。")
        }
        let quoted = quotes.map { say.of("“\($0.sentence)” (\($0.rating))", "“\($0.sentence)”（\($0.rating)星）") }
        return ([named.map { about($0, title, say) } ?? overall(title, say)] + quoted).joined(separator: say.of(" ", ""))
    }

    private func about(_ name: String, _ title: String, _ say: Phrases) -> String {
        let praised = sides.first?.praised ?? 0
        let complained = sides.first?.complained ?? 0
        return say.of(
            "\(count) \(count == 1 ? "review" : "reviews") of \(title) on \(name): \(praised) pleased, \(complained) not; "
                + "they gave \(stars) of 5 stars.",
            "\(title)关于\(name)有 \(count) 条评价：\(praised) 条好评，\(complained) 条差评，平均 \(stars) 星。")
    }

    private func overall(_ title: String, _ say: Phrases) -> String {
        let known = sides.filter { $0.aspect != "general" }
        func list(_ sides: [Side], _ part: (Side) -> Int) -> String {
            sides.prefix(ReviewSummary.sidesMax).map { side in
                say.of(
                    "\(ReviewAspect.name(side.aspect, say)) (\(part(side)) of \(side.count))",
                    "\(ReviewAspect.name(side.aspect, say))（\(side.count) 条中 \(part(side)) 条）")
            }.joined(separator: say.of(", ", "、"))
        }
        let liked = known.filter { $0.praised > $0.complained }.sorted { ($1.praised, $0.aspect) < ($0.praised, $1.aspect) }
        let disliked = known.filter { $0.complained > 0 }.sorted { ($1.complained, $0.aspect) < ($0.complained, $1.aspect) }
        var text = say.of(
            "\(count) \(count == 1 ? "review" : "reviews") of \(title): \(stars) of 5 stars.", "\(title)有 \(count) 条评价：平均 \(stars) 星。")
        if !liked.isEmpty { text += say.of(" Praised most: \(list(liked, \.praised)).", "夸得最多的是\(list(liked, \.praised))。") }
        if !disliked.isEmpty { text += say.of(" Complaints: \(list(disliked, \.complained)).", "不满的是\(list(disliked, \.complained))。") }
        return text
    }

    private var stars: String { String(Double((mean * 10).rounded()) / 10) }
}
