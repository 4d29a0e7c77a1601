import Catalog
import Fusion
import Sessions
import Wire

/// Questions that no attribute answers, from what the shop itself says of the piece: "will it catch on my gloves?", "会缠在一起吗？"
extension ServiceAgent {
    /// Attributes that have an answer of their own, in both languages.
    public static let statedAttributes: Set<String> = [
        "nickel_free", "weight_g", "resizable", "size_range", "fineness", "karat", "gem", "clasp", "length_mm", "diameter_mm", "band_width_mm",
        "pendant_width_mm", "width_mm", "finish", "style", "occasion", "recipient", "material",
    ]
    /// Sentences of one product that are looked at.
    static let descriptionSentencesMax = 100
    /// What the share of the telling words that stand in a sentence counts beside its cosine to the question.
    static let descriptionWordWeight = 0.3
    /// Support (cosine + weight · share) from which on a sentence answers; chosen on forty questions other than those that Benchmarks/Service asks.
    static let descriptionSupportMin = 0.45
    /// … and where the words may ask for a rule of the shop as well.
    static let descriptionClearMin = 0.7
    /// The share of words that answers alone, where meanings cannot be compared.
    static let descriptionShareAloneMin = 0.75

    /// The sentence of each product that is asked about which answers best; nil when none has the support, or no product is meant.
    nonisolated(nonsending) func describedAnswer(
        _ scene: ServiceScene, _ intent: String, _ supportMin: Double = descriptionSupportMin
    ) async throws(StoreError) -> ServiceAnswer? {
        let words = scene.turn.words
        guard SentenceForm.isQuestion(words) || intent == "product_question", !ProductQuestion.isForShop(words) else { return nil }
        var ids: [String] = []
        switch References(snapshot: snapshot, context: scene.turn.context).asked(words) {
        case .these(let meant): ids = Array(meant.prefix(ServiceAgent.askedProductsMax))
        case .nothing where intent == "product_question": ids = scene.turn.context.focusedProduct.map { [$0] } ?? []
        case .nothing, .unclear: return nil
        }
        var lines: [String] = []
        var sources: [Source] = []
        for product in ids.compactMap(snapshot.product) {
            guard let sentence = try await answering(scene, product, supportMin) else { continue }
            let title = product.title(in: scene.turn.language)
            let said = sentence + scene.say.of(".", "。")
            lines.append(scene.say.of("\(title): ", "\(title)：") + said)
            sources.append(Source(kind: "product", id: product.id, title: title, quote: said))
        }
        guard let first = sources.first else { return nil }
        return ServiceAnswer(
            text: lines.joined(separator: scene.say.of(" ", "")), sources: sources, product: first.id, intent: "product_question")
    }

    /// By words and by meaning, merged by reciprocal rank; only what has the support is in either.
    private nonisolated(nonsending) func answering(
        _ scene: ServiceScene, _ product: Product, _ supportMin: Double
    ) async throws(StoreError) -> String? {
        let (words, language) = (scene.turn.words, scene.turn.language)
        let beside = besideNames(words, product)
        let terms = Set(ShopLexicon.terms(beside))
        let hits = try await stores.catalog.searchDescription(
            of: product.id, words: beside, meaning: scene.asked.feature, limit: ServiceAgent.descriptionSentencesMax)
        let isCounted = ServiceAgent.asksCount(words)
        func share(_ sentence: String) -> Double {
            let there = Set(ShopLexicon.terms(sentence))
            return terms.isEmpty ? 0 : Double(terms.count(where: there.contains)) / Double(terms.count)
        }
        func supported(_ hits: [SentenceHits<DescriptionSentence>.Hit], _ isEnough: (SentenceHits<DescriptionSentence>.Hit, Double) -> Bool)
            -> [String]
        {
            hits.filter { hit in
                [language, ""].contains(hit.found.language) && isEnough(hit, share(hit.found.sentence))
                    && (!isCounted || !SaidNumber.all(in: hit.found.sentence).isEmpty)
            }.map(\.found.sentence)
        }
        let near = supported(hits.byMeaning) { hit, share in
            hit.score + ServiceAgent.descriptionWordWeight * share >= supportMin
        }
        guard !hits.byMeaning.isEmpty else {
            return supported(hits.byWords) { _, share in share >= ServiceAgent.descriptionShareAloneMin }.first
        }
        let shared = hits.byWords.map(\.found.sentence).filter(near.contains)
        return RankFusion.merge([shared, near]).first
    }

    private static let counting: PhraseSet = ["how many", "how often", "几颗", "几个", "几枚", "几张", "几次", "几圈", "多少颗", "多少个", "多少枚", "多少张", "多少次"]

    /// Whether a number is asked for: a sentence without one does not answer.
    private static func asksCount(_ words: String) -> Bool { SaidWords(words).contains(anyOf: counting) }
}
