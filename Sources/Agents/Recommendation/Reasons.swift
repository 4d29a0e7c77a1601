public import Catalog
import Fusion

/// Why a product is shown: what matched, and each signal's share in its score. In the language of the customer.
public struct Reasons: Sendable {
    public struct Line: Sendable, Equatable {
        public var signal: String
        /// All of a product's add up to 1.
        public var share: Float
        public var text: String
    }

    let say: Phrases
    let language: String
    let phrases: [String]
    let words: String
    let like: Product?
    let rules: RecommendationRules
    let snapshot: CatalogSnapshot
    /// How much words and photo count where one vector was made of both.
    let fused: [ClassProbability]

    init(
        say: Phrases, language: String, phrases: [String], words: String, like: Product?, rules: RecommendationRules, snapshot: CatalogSnapshot,
        fused: [ClassProbability] = []
    ) {
        self.fused = fused
        self.say = say
        self.language = language
        self.phrases = phrases
        self.words = words
        self.like = like
        self.rules = rules
        self.snapshot = snapshot
    }

    /// - Parameters:
    ///   - language: "en" or "zh".
    ///   - parsed: the filters that were understood in `words`.
    ///   - like: the product that was asked for more of.
    public init(language: String, parsed: ParsedFilter, words: String, like: Product?, recommender: Recommender) {
        self.init(
            say: Phrases(language), language: language, phrases: Reasons.phrases(parsed, Phrases(language)), words: parsed.rest(of: words),
            like: like,
            rules: recommender.rules, snapshot: recommender.snapshot)
    }

    /// The filters as they were said, each once; what is not wanted with its "no".
    static func phrases(_ parsed: ParsedFilter, _ say: Phrases) -> [String] {
        var phrases: [String] = []
        for match in parsed.matches {
            let phrase = match.operator == "!=" ? say.of("no \(match.phrase)", "不要\(match.phrase)") : match.phrase
            if !phrases.contains(phrase) { phrases.append(phrase) }
        }
        for measure in parsed.measures where !phrases.contains(measure.phrase) { phrases.append(measure.phrase) }
        return phrases
    }

    /// The greatest share first; equal ones in the order of the signals.
    public func of(_ pick: Pick) -> [Line] {
        let lines = pick.shares.map { Line(signal: $0.part.signal, share: $0.share, text: text($0.part)) }
        return lines.enumerated().sorted { $0.element.share != $1.element.share ? $0.element.share > $1.element.share : $0.offset < $1.offset }
            .map(\.element)
    }

    private func text(_ part: Pick.Part) -> String {
        let percent = Int((max(0, part.amount) * 100).rounded())
        switch part.signal {
        case Modality.image: return like.map { say.looksLike($0.title(in: language), percent) } ?? say.likePhoto(percent)
        case Modality.text:
            let text = like.map { say.isLike($0.title(in: language), percent) } ?? say.likeWords(percent)
            return phrases.isEmpty ? text : text + say.of(": ", "：") + phrases.joined(separator: say.of(", ", "、"))
        case Modality.pictureByWords: return say.picturesWords(percent)
        case Modality.titleByPicture: return say.titleOfPhoto(percent)
        case Modality.fused: return say.fitsTogether(percent, fused)
        case "words": return say.holdsWords(words, percent)
        case "behaviour": return say.othersWentOn(percent)
        case "taste": return say.likeWhatYouTurnedTo(percent)
        case "price": return say.pricedLike(percent)
        case "popularity": return say.othersLike(percent)
        case "rule":
            guard let rule = part.rule, rules.boosts.indices.contains(rule) else { return say.shopsChoice }
            let name = rules.boosts[rule].name
            return name[language] ?? name["en"] ?? say.shopsChoice
        default: return say.fits(part.signal, percent)
        }
    }
}

extension Phrases {
    func found(_ count: Int, goingWith title: String) -> String {
        of(count == 1 ? "This goes with \(title)." : "These \(count) go with \(title).", "为您找到 \(count) 款与“\(title)”相配的。")
    }
    func looksLike(_ title: String, _ percent: Int) -> String { of("looks like \(title) (\(percent) % alike)", "外观与“\(title)”相似（\(percent)%）") }
    func isLike(_ title: String, _ percent: Int) -> String { of("is like \(title) (\(percent) % alike)", "与“\(title)”相近（\(percent)%）") }
    func holdsWords(_ words: String, _ percent: Int) -> String {
        of("has your words “\(words)” (\(percent) % of the best match)", "文字中有“\(words)”（最佳匹配的 \(percent)%）")
    }
    func picturesWords(_ percent: Int) -> String { of("its picture shows what you say (\(percent) % alike)", "图片与您的描述相符（\(percent)%）") }
    func titleOfPhoto(_ percent: Int) -> String { of("its title says what your photo shows (\(percent) % alike)", "标题与您的照片相符（\(percent)%）") }
    func othersWentOn(_ percent: Int) -> String {
        of("others went on to this after what you looked at (\(percent) % of the strongest link)", "看过您所看商品的顾客也选了它（关联度 \(percent)%）")
    }
    func likeWhatYouTurnedTo(_ percent: Int) -> String {
        of("like what you turned to here (\(percent) % more than the others)", "与您关注的款式相近（比其他款高 \(percent)%）")
    }
    /// What one vector of words and photo says, and how much each counts in it.
    func fitsTogether(_ percent: Int, _ shares: [ClassProbability]) -> String {
        let parts = shares.map { share in
            let name = share.name == Modality.text ? of("words", "文字") : share.name == Modality.image ? of("photo", "照片") : share.name
            return "\(name) \(Int((share.probability * 100).rounded())) %"
        }
        let whole = of("fits what you say and show", "符合您所说和所示的")
        return whole + of(" (\(percent) % alike", "（\(percent)%") + parts.map { of("; ", "；") + $0 }.joined() + of(")", "）")
    }
    func pricedLike(_ percent: Int) -> String {
        of("costs about what you turned to here did (\(percent) % as near as can be)", "价格与您关注的款式相近（\(percent)%）")
    }
    func othersLike(_ percent: Int) -> String {
        of("many turn to it (\(percent) % of the most popular)", "很多顾客关注（为最热门的 \(percent)%）")
    }
    var shopsChoice: String { of("the shop's choice", "本店推荐") }
    func fits(_ signal: String, _ percent: Int) -> String { of("fits by \(signal) (\(percent) % alike)", "\(signal) 相符（\(percent)%）") }
}
