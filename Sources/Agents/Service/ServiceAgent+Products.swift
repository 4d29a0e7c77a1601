import Catalog
import Fusion
import Intents
import Sessions
import Wire

/// Questions about products: their facts, two of them side by side, what buyers say.
extension ServiceAgent {
    /// Reviews of one product, and sentences of them, that are looked at.
    static let reviewsMax = 200
    static let opinionsMax = 1_000
    /// Products that one question is answered for.
    static let askedProductsMax = 3
    /// From here on the model's opinion of what a question is about counts.
    static let askedAspectMin: Float = 0.5

    /// Words of a question about what is spoken of that names nothing.
    private static let focusedWordsMax = 6

    /// Facts about the products that are named or meant, or all there is to say of one; nil when the words ask for neither.
    /// - Parameter isSureRule: the words surely ask for a rule of the shop.
    func productAnswer(_ scene: ServiceScene, _ intent: String, isSureRule: Bool = true) -> ServiceAnswer? {
        let words = scene.turn.words
        let context = scene.turn.context
        let references = References(snapshot: snapshot, context: context)
        // "How many left?" is asked of what is spoken of, although it names nothing.
        let isOfFocus =
            !isSureRule && intent.contains("/") && context.focusedProduct != nil && Wish.wordCount(words) <= ServiceAgent.focusedWordsMax
            && !ProductQuestion.topics(words, names: snapshot.names).isEmpty
        let isAsked = intent == "product_question" || isOfFocus
        let reading = isAsked || ProductQuestion.asksDescription(words) ? references.asked(words) : references.reading(words)
        if var answer = description(scene, reading, intent) {
            answer.intent = "product_question"
            return answer
        }
        if intent == "reviews" || policy.begin(intent) != nil { return nil }
        // A rule of the shop names no product.
        if !isAsked, intent.contains("/"), references.named(words).isEmpty, references.ordinals(words).isEmpty { return nil }
        var answer: ServiceAnswer?
        switch reading {
        case .unclear:
            guard !ProductQuestion.topics(words, names: snapshot.names).isEmpty else { return nil }
            answer = ServiceAnswer(text: scene.say.whichProduct, kind: .clarify)
        case .these(var ids):
            if intent == "compare", ids.count != 1 { return nil }
            // "Is it heavier than the second one?"
            let isBeside = SaidWords(words).contains(anyOf: ["than", "比"]) && references.points(words)
            if isBeside, ids.count == 1, let focus = context.focusedProduct, focus != ids[0] { ids.insert(focus, at: 0) }
            answer = ProductQuestion.answer(
                words, products: ids.prefix(ServiceAgent.askedProductsMax).compactMap(snapshot.product), language: scene.turn.language, scene.say)
        case .nothing:
            guard isAsked else { return nil }
            let focus = context.focusedProduct.flatMap(snapshot.product)
            answer = ProductQuestion.answer(words, products: focus.map { [$0] } ?? [], language: scene.turn.language, scene.say)
        }
        answer?.intent = "product_question"
        return answer
    }

    /// "Tell me more about the second one", "就要第一个": what the shop says of it; to who picks it, what can be done next.
    private func description(_ scene: ServiceScene, _ reading: References.Reading, _ intent: String) -> ServiceAnswer? {
        let words = scene.turn.words
        guard case .these(let ids) = reading, ids.count == 1, let product = snapshot.product(ids[0]) else { return nil }
        let references = References(snapshot: snapshot, context: scene.turn.context)
        let picks = ProductQuestion.picksOnly(words, parser: FilterParser(currency: snapshot.currency))
        if !picks {
            let isAboutReviews = SaidWords(words).contains(anyOf: ["review", "buyer", "customer", "people say", "评价", "买家", "评论"])
            guard ProductQuestion.asksDescription(words), policy.begin(intent) == nil, !isAboutReviews, !ProductQuestion.isForShop(words),
                ProductQuestion.topics(words, names: snapshot.names).isEmpty
            else { return nil }
            // "Tell me more about cleaning it" asks for the shop's rules.
            if intent.contains("/"), references.named(words).isEmpty, references.ordinals(words).isEmpty { return nil }
        }
        var answer = ProductQuestion.description(of: product, language: scene.turn.language, scene.say)
        if picks, policy.begin("add_to_cart") != nil {
            answer.add(scene.say.sayAddIt, scene.say)
        }
        return answer
    }

    /// Two products, fact by fact; only facts that differ, and the price.
    func compare(_ scene: ServiceScene) -> ServiceAnswer {
        let context = scene.turn.context
        var ids = References(snapshot: snapshot, context: context).products(in: scene.turn.words)
        if ids.count < 2, let numbered = numbered(scene) { ids = numbered }
        if let id = ids.first, ids.count == 1 {
            // "Is the third one good?" asks of one.
            if !SaidWords(scene.turn.words).contains(anyOf: ServiceAgent.comparing), let product = snapshot.product(id) {
                var answer = ProductQuestion.description(of: product, language: scene.turn.language, scene.say)
                answer.intent = "product_question"
                return answer
            }
            // "Compare it with the second one": with what was spoken of last.
            if let focus = context.focusedProduct, focus != id {
                ids = [focus, id]
            } else if let other = context.shownProducts.first(where: { $0 != id }) {
                ids.append(other)
            }
        }
        if ids.count < 2 { ids = Array(context.shownProducts.prefix(2)) }
        guard ids.count >= 2, let a = snapshot.product(ids[0]), let b = snapshot.product(ids[1]) else {
            return ServiceAnswer(text: scene.say.compareWhat, kind: .clarify, intent: "compare")
        }
        let say = scene.say
        let language = scene.turn.language
        var lines: [String] = []
        for topic in ProductQuestion.comparable {
            guard let left = topic.fact(a, say), let right = topic.fact(b, say) else { continue }
            if left == right, topic.name(say) != ProductQuestion.comparable[0].name(say) { continue }
            lines.append(say.of("\(topic.name(say)): \(left) / \(right)", "\(topic.name(say))：\(left) / \(right)"))
        }
        let head = say.of("\(a.title(in: language)) and \(b.title(in: language)).", "\(a.title(in: language)) 与 \(b.title(in: language))。")
        return ServiceAnswer(
            text: head + say.of(" ", "") + lines.joined(separator: say.of("; ", "；")) + say.of(".", "。"),
            sources: [a, b].map { Source(kind: "product", id: $0.id, title: $0.title(in: language)) }, product: a.id, intent: "compare")
    }

    private static let comparing: PhraseSet = [
        "compare", "compared", "comparison", "difference", "differ", "different", "versus", "vs", "than", "between", "better", "with", "to", "or",
        "and",
        "比", "区别", "差别", "不同", "不一样", "还是", "和", "跟",
    ]

    /// "The difference between 1 and 3": the places of two that were shown; nil = there are no two.
    private func numbered(_ scene: ServiceScene) -> [String]? {
        let shown = scene.turn.context.shownProducts
        let places = SaidNumber.all(in: scene.turn.words).compactMap { Int(exactly: $0.value) }.filter { (1...max(1, shown.count)).contains($0) }
        guard places.count == 2, places[0] != places[1], shown.count > 1 else { return nil }
        return places.map { shown[$0 - 1] }
    }

    /// What buyers say of a product, or of one side of it.
    nonisolated(nonsending) func reviews(_ scene: ServiceScene) async throws(StoreError) -> ServiceAnswer {
        let references = References(snapshot: snapshot, context: scene.turn.context)
        guard let product = references.product(in: scene.turn.words).flatMap(snapshot.product) else {
            return ServiceAnswer(text: scene.say.whichProduct, kind: .clarify, intent: "reviews")
        }
        let title = product.title(in: scene.turn.language)
        var all = try await stores.catalog.opinions(of: product.id, limit: ServiceAgent.opinionsMax)
        if all.isEmpty { all = ReviewAspect.opinions(try await stores.catalog.reviews(of: product.id, limit: ServiceAgent.reviewsMax)) }
        guard !all.isEmpty else {
            return ServiceAnswer(text: scene.say.noReviews(title), kind: .noAnswer, product: product.id, intent: "reviews")
        }
        let summary = ReviewSummary(
            all, aspect: askedAspect(scene, product), language: scene.turn.language, asked: try await askedSentences(scene, product))
        return ServiceAnswer(
            text: summary.text(title: title, scene.say),
            sources: summary.sources.map { Source(kind: "review", id: $0.reviewID, title: title, quote: $0.sentence) }, product: product.id,
            intent: "reviews")
    }

    /// The side of the product that a word of the question names; nil = none in particular. A side that only the shop's own examples teach is
    /// known by the model that learnt them.
    private func askedAspect(_ scene: ServiceScene, _ product: Product) -> String? {
        let rest = besideNames(scene.turn.words, product)
        if let named = ReviewAspect.asked(in: rest) { return named.rawValue }
        guard let reviewModel, let feature = scene.turn.feature(Modality.text), feature.spaceID == reviewModel.spaceID else { return nil }
        let reading = reviewModel.read(Utterance(text: rest, embedding: feature.normalised().values))
        return reading.certainty >= ServiceAgent.askedAspectMin && ReviewAspect(rawValue: reading.aspect) == nil ? reading.aspect : nil
    }

    /// What is asked, without what the product is called by: its own name may say "pearl", and so may "the pearl ring".
    func besideNames(_ words: String, _ product: Product) -> String {
        let words = words.lowercased()
        let names = ProductNames([product])
        let rest = names.without(names.find(in: words), in: words)
        let wares = FilterParser(currency: snapshot.currency).parse(rest).matches.filter { ["category", "material", "gem"].contains($0.field) }
        guard wares.contains(where: { $0.field == "category" }) else { return rest }
        var bytes = Array(rest.utf8)
        for match in wares { for index in match.range { bytes[index] = UInt8(ascii: " ") } }
        return String(decoding: bytes, as: UTF8.self)
    }
}
