public import Catalog
import Fusion
public import Sessions
public import Wire

/// Finds products like the words and the photo of a turn, within the filters understood from the words and the shop's rules, ranked with what the
/// customer showed of their taste and what others went on to, and says why.
public struct RecommendationAgent: Agent {
    public let name = AgentName.recommendation
    /// BM25 hits that are asked for.
    static let wordHitsMax = 60

    private let snapshot: CatalogSnapshot
    private let parser: FilterParser
    private let itemsMax: Int
    private let recommender: Recommender
    private let store: (any CatalogStore)?
    private let exposures: (any EventLog)?

    /// - Parameters:
    ///   - next: what comes next, learnt from behaviour; nil = that signal is missing.
    ///   - across: a space that words and pictures share; nil = there is none.
    ///   - store: searched for words that filters do not understand; nil = they count through the sentence's vector alone.
    ///   - popularity: how much everybody turned to each product, 0 to 1; empty = that signal is missing.
    ///   - exposures: where is noted who was shown what: in the rules' experiment, and by customers who agree that it is learnt from.
    public init(
        snapshot: CatalogSnapshot, parser: FilterParser, itemsMax: Int, rules: RecommendationRules = RecommendationRules(),
        next: (any NextProducts)? = nil, across: (any AcrossModalities)? = nil, popularity: [String: Float] = [:],
        store: (any CatalogStore)? = nil, exposures: (any EventLog)? = nil
    ) {
        self.snapshot = snapshot
        self.parser = parser
        self.itemsMax = itemsMax
        recommender = Recommender(snapshot: snapshot, rules: rules, next: next, across: across, popularity: popularity)
        self.store = store
        self.exposures = exposures
    }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let say = Phrases(turn.language)
        guard let fused = turn.query, !fused.parts.isEmpty else { return finish(say.tellMore, .clarify, turn, reply) }
        let spoken = Wish.spoken(turn.words, snapshot)
        let parsed = parser.parse(spoken)
        let rules = recommender.rules
        let seen = SeenProduct.find(turn, snapshot)
        // "Cheaper", "like the second one but in silver": what was looked for before still counts.
        let wish = Wish(turn, spoken, parsed, snapshot: snapshot, parser: parser, seen: seen, complements: rules.complements)
        let words = parsed.rest(of: spoken)
        let arm = rules.experiment?.arm(of: turn.principal.isGuest ? turn.sessionID : turn.principal.user)
        var request = RecommendationRequest()
        request.filter = wish.filter
        // Words beside a photo decide what they name; the kind they leave to the picture.
        if let seen, !turn.words.isEmpty, wish.goesWith == nil, request.filter.category.isEmpty { request.filter.category.anyOf = [seen.category] }
        request.taste = Taste(turn.context.behaviour.map { ($0.behaviour.logName, $0.productID) } + wish.rejected.map { ("dislike", $0) })
        request.after = [wish.like, wish.goesWith].compactMap { $0?.id }
        request.itemsMax = max(itemsMax, wish.sorted.count)
        request.diversity = arm?.diversity ?? rules.diversity
        request.weights = arm?.weights ?? rules.weights
        request.query = try query(fused, wish, turn, hasWords: TellingWords.areIn(words), share: request.weights.across)
        if request.weights.words > 0 { request.words = try await search(words, turn.language) }
        var picks = try recommend(request, wish)
        let wanted = describe(parsed, say)
        var text = wish.goesWith.map { say.found(picks.count, goingWith: $0.title(in: turn.language)) } ?? say.found(picks.count, wanted)
        var kind = ReplyKind.answer
        if picks.isEmpty, wish.isMore, parsed.filter.isEmpty {
            text = say.noMore
            kind = .noAnswer
        } else if picks.isEmpty {
            // The price is the filter that people stretch most readily; for whom and for what comes next.
            let strict = request.filter
            for looser in [strict.withoutPrice, strict.withoutOccasion, strict.withoutPrice.withoutOccasion] where picks.isEmpty && looser != strict {
                request.filter = looser
                picks = try recommend(request, wish)
            }
            text = picks.isEmpty ? say.nothing(wanted, isRefined: wish.isRefined) : say.nearest(wanted, isRefined: wish.isRefined)
            kind = .noAnswer
        }
        if !picks.isEmpty {
            let reasons = Reasons(
                say: say, language: turn.language, phrases: Reasons.phrases(parsed, say), words: words, like: wish.like ?? wish.goesWith,
                rules: rules, snapshot: snapshot, fused: fused.contributions)
            reply.send(
                .recommendations(
                    Recommendations(
                        items: picks.compactMap { recommendation($0, turn, reasons) },
                        filters: parsed.matches.map { AppliedFilter(field: $0.field, operator: $0.operator, value: $0.value) },
                        language: turn.language)))
        }
        finish(text, kind, turn, reply)
        var dialogue = turn.context.dialogue
        dialogue.wish = wish.lines
        dialogue.earlierProducts = wish.earlierProducts
        dialogue.misses = 0
        // What customer service offered last has passed.
        if dialogue.state.isEmpty { dialogue.slots = [] }
        reply.remember(dialogue)
        if let experiment = rules.experiment, let arm {
            try await note(picks, "exposure:\(experiment.name)/\(arm.name)", turn)
        } else if turn.mayBeLearntFrom {
            try await note(picks, "exposure", turn)
        }
    }

    /// The words' and the photo's vectors, or the product's own in their place.
    private func query(
        _ fused: FusedVector, _ wish: Wish, _ turn: TurnQuery, hasWords: Bool, share: Float
    ) throws(RPCStatus) -> FusedQuery {
        if let product = wish.like ?? wish.goesWith {
            let said = hasWords ? turn.feature(Modality.text)?.normalised() : nil
            let own = Likeness.blocks(of: product.id, but: said, goesWith: wish.goesWith != nil, snapshot)
            if !own.isEmpty { return FusedQuery(blocks: own) }
        }
        do throws(StoreError) {
            return try recommender.asked(fused.asked, words: turn.words, share: share)
        } catch {
            throw RPCStatus(.failedPrecondition, "the catalogue cannot be searched: \(error.message)")
        }
    }

    private func search(_ words: String, _ language: String) async throws(RPCStatus) -> [WordHit] {
        guard let store, TellingWords.areIn(words) else { return [] }
        do throws(StoreError) {
            return try await store.searchProducts(words: words, language: language, limit: Self.wordHitsMax)
        } catch {
            throw RPCStatus(.unavailable, "the catalogue's words cannot be searched: \(error.message)")
        }
    }

    /// In the order that the wish asks for, if it asks for one.
    private func recommend(_ request: RecommendationRequest, _ wish: Wish) throws(RPCStatus) -> [Pick] {
        do throws(StoreError) {
            let picks = try recommender.recommend(request)
            guard !wish.sorted.isEmpty else { return picks }
            let places = Dictionary(wish.sorted.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            let sorted = picks.sorted { (places[$0.productID] ?? .max, $0.productID) < (places[$1.productID] ?? .max, $1.productID) }
            return Array(sorted.prefix(itemsMax))
        } catch {
            throw RPCStatus(.failedPrecondition, "the catalogue cannot be searched: \(error.message)")
        }
    }

    private func recommendation(_ pick: Pick, _ turn: TurnQuery, _ reasons: Reasons) -> Recommendation? {
        guard let product = snapshot.product(pick.productID) else { return nil }
        return Recommendation(
            productID: product.id, title: product.title(in: turn.language),
            price: Money(amountMinor: product.price.amountMinor, currency: product.price.currency), score: pick.similarity,
            reasons: reasons.of(pick).map { Reason(modality: $0.signal, share: $0.share, text: $0.text) }, inStock: product.inStock)
    }

    private func describe(_ parsed: ParsedFilter, _ say: Phrases) -> String {
        Reasons.phrases(parsed, say).joined(separator: say.of(", ", "、"))
    }

    /// Who was shown what, in which place, and what was known of it: for reading an experiment's outcome, and learning weights, from the log.
    private func note(_ picks: [Pick], _ kind: String, _ turn: TurnQuery) async throws(RPCStatus) {
        guard let exposures else { return }
        let events = picks.enumerated().map { place, pick in
            LoggedEvent(
                sessionID: turn.sessionID, kind: kind, productID: pick.productID, quantity: place + 1, timeUs: turn.timeUs,
                mayBeLearntFrom: turn.mayBeLearntFrom, signals: pick.amounts.byName)
        }
        do throws(StoreError) {
            try await exposures.append(events, idempotencyKey: "\(kind) \(turn.sessionID) \(turn.turnID) \(turn.revision)", as: turn.principal)
        } catch {
            throw RPCStatus(.unavailable, "the log of what was shown took nothing: \(error.message)")
        }
    }

    private func finish(_ text: String, _ kind: ReplyKind, _ turn: TurnQuery, _ reply: ReplySink) {
        reply.send(.reply(ReplyDelta(text: text, language: turn.language, last: true, replyKind: kind, intent: name, agent: name)))
    }
}
