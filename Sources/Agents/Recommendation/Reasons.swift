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

    init(
        say: Phrases, language: String, phrases: [String], words: String, like: Product?, rules: RecommendationRules, snapshot: CatalogSnapshot
    ) {
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
            say: Phrases(language), language: language, phrases: parsed.matches.map(\.phrase), words: parsed.rest(of: words), like: like,
            rules: recommender.rules, snapshot: recommender.snapshot)
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
        case "words": return say.holdsWords(words, percent)
        case "behaviour": return say.othersWentOn(percent)
        case "taste": return say.likeWhatYouTurnedTo(percent)
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
    var shopsChoice: String { of("the shop's choice", "本店推荐") }
    func fits(_ signal: String, _ percent: Int) -> String { of("fits by \(signal) (\(percent) % alike)", "\(signal) 相符（\(percent)%）") }
}
