public import Catalog
import Fusion
public import Sessions
public import Wire

/// Finds products like the words and the photo of a turn, within the filters understood from the words, and says why.
public struct RecommendationAgent: Agent {
    public let name = AgentName.recommendation
    private let snapshot: CatalogSnapshot
    private let parser: FilterParser
    private let itemsMax: Int

    public init(snapshot: CatalogSnapshot, parser: FilterParser, itemsMax: Int) {
        self.snapshot = snapshot
        self.parser = parser
        self.itemsMax = itemsMax
    }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let say = Phrases(turn.language)
        guard let fused = turn.query, !fused.parts.isEmpty else { return finish(say.tellMore, .clarify, turn, reply) }
        let parsed = parser.parse(turn.words)
        // "Cheaper", "like the second one but in silver": what was looked for before still counts.
        let wish = Wish(turn, parsed, snapshot: snapshot, parser: parser)
        let query = wish.like.map { FusedQuery(blocks: likeness(of: $0, fused)) } ?? FusedQuery(blocks: fused.parts.map(block))
        var hits = try search(query, wish.filter)
        let wanted = describe(parsed, say)
        var text = say.found(hits.count, wanted)
        var kind = ReplyKind.answer
        if hits.isEmpty {
            // The price is the filter that people stretch most readily.
            hits = try search(query, wish.filter.withoutPrice)
            text = hits.isEmpty ? say.nothing(wanted) : say.nearest(wanted)
            kind = .noAnswer
        }
        if !hits.isEmpty {
            reply.send(
                .recommendations(
                    Recommendations(
                        items: hits.compactMap { recommendation($0, parsed, turn, say) },
                        filters: parsed.matches.map { AppliedFilter(field: $0.field, operator: $0.operator, value: $0.value) },
                        language: turn.language)))
        }
        finish(text, kind, turn, reply)
        var dialogue = turn.context.dialogue
        dialogue.wish = wish.lines
        dialogue.misses = 0
        reply.remember(dialogue)
    }

    private func block(_ part: FusedVector.Part) -> FusedQuery.Block {
        FusedQuery.Block(modality: part.feature.modality, spaceID: part.feature.spaceID, values: part.feature.values, weight: part.weight)
    }

    /// The product's own vectors in the place of the words'.
    private func likeness(of product: Product, _ fused: FusedVector) -> [FusedQuery.Block] {
        let own = snapshot.features(of: product.id)
        guard !own.isEmpty else { return fused.parts.map(block) }
        return own.map { FusedQuery.Block(modality: $0.modality, spaceID: $0.spaceID, values: $0.values, weight: 1 / Float(own.count)) }
    }

    private func search(_ query: FusedQuery, _ filter: ProductFilter) throws(RPCStatus) -> [SearchHit] {
        do throws(StoreError) {
            return try snapshot.search(query, filter: filter, k: itemsMax)
        } catch {
            throw RPCStatus(.failedPrecondition, "the catalogue cannot be searched: \(error.message)")
        }
    }

    private func recommendation(_ hit: SearchHit, _ parsed: ParsedFilter, _ turn: TurnQuery, _ say: Phrases) -> Recommendation? {
        guard let product = snapshot.product(hit.productID) else { return nil }
        return Recommendation(
            productID: product.id, title: product.title(in: turn.language),
            price: Money(amountMinor: product.price.amountMinor, currency: product.price.currency), score: hit.score,
            reasons: Reasons.of(hit, matched: parsed.matches.map(\.phrase), say), inStock: product.inStock)
    }

    private func describe(_ parsed: ParsedFilter, _ say: Phrases) -> String {
        var phrases: [String] = []
        for match in parsed.matches where !phrases.contains(match.phrase) { phrases.append(match.phrase) }
        return phrases.joined(separator: say.of(", ", "、"))
    }

    private func finish(_ text: String, _ kind: ReplyKind, _ turn: TurnQuery, _ reply: ReplySink) {
        reply.send(.reply(ReplyDelta(text: text, language: turn.language, last: true, replyKind: kind, intent: name, agent: name)))
    }
}

/// Why a product is shown: each modality's share in its score.
enum Reasons {
    /// One reason a modality, shares adding up to 1: shareₘ = max(0, wₘ·cosₘ) / Σ max(0, wᵢ·cosᵢ); equal shares when nothing speaks for it.
    static func of(_ hit: SearchHit, matched phrases: [String], _ say: Phrases) -> [Reason] {
        let parts = hit.contributions.map { (modality: $0.modality, part: max(0, $0.part), cosine: $0.cosine) }
        let total = parts.reduce(Float(0)) { $0 + $1.part }
        return parts.map { part in
            let percent = Int((max(0, part.cosine) * 100).rounded())
            var text = part.modality == Modality.image ? say.likePhoto(percent) : say.likeWords(percent)
            if part.modality == Modality.text, !phrases.isEmpty { text += say.of(": ", "：") + phrases.joined(separator: say.of(", ", "、")) }
            return Reason(modality: part.modality, share: total > 0 ? part.part / total : 1 / Float(parts.count), text: text)
        }
    }
}
