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
    /// From here on the model's opinion of what a question is about counts.
    static let askedAspectMin: Float = 0.5

    /// A fact about the product that is named or meant; nil when the words ask for none.
    func productAnswer(_ scene: ServiceScene, _ intent: String) -> ServiceAnswer? {
        let words = scene.turn.words
        let references = References(snapshot: snapshot, context: scene.turn.context)
        let named = references.products(in: words)
        let isAsked = intent == "product_question"
        // Reviews, comparisons and actions name products too; a rule of the shop names none.
        let isComparison = intent == "compare" && named.count != 1
        if !isAsked, named.isEmpty || intent == "reviews" || isComparison || policy.begin(intent) != nil { return nil }
        if !isAsked, intent.contains("/"), references.named(words).isEmpty { return nil }
        let id = named.first ?? (isAsked ? scene.turn.context.focusedProduct : nil)
        guard var answer = ProductQuestion.answer(words, product: id.flatMap(snapshot.product), language: scene.turn.language, scene.say) else {
            return nil
        }
        answer.intent = "product_question"
        return answer
    }

    /// Two products, fact by fact; only facts that differ, and the price.
    func compare(_ scene: ServiceScene) -> ServiceAnswer {
        let context = scene.turn.context
        var ids = References(snapshot: snapshot, context: context).products(in: scene.turn.words)
        if ids.count == 1, let other = context.shownProducts.first(where: { $0 != ids[0] }) { ids.append(other) }
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
        let summary = ReviewSummary(all, aspect: askedAspect(scene, product), language: scene.turn.language)
        return ServiceAnswer(
            text: summary.text(title: title, scene.say),
            sources: summary.quotes.map { Source(kind: "review", id: $0.reviewID, title: title, quote: $0.sentence) }, product: product.id,
            intent: "reviews")
    }

    /// The side of the product that is asked about, by the model that read the reviews or else by a word for it; nil = none in particular.
    private func askedAspect(_ scene: ServiceScene, _ product: Product) -> String? {
        // The product's own name may say "pearl".
        let words = scene.turn.words.lowercased()
        let names = ProductNames([product])
        let rest = names.without(names.find(in: words), in: words)
        if let reviewModel, let feature = scene.turn.feature(Modality.text), feature.spaceID == reviewModel.spaceID {
            let reading = reviewModel.read(Utterance(text: rest, embedding: feature.normalised().values))
            if reading.certainty >= ServiceAgent.askedAspectMin, reading.aspect != ReviewModel.general { return reading.aspect }
        }
        return ReviewAspect.asked(in: rest)?.rawValue
    }
}
