public import Catalog

/// Says what comes next after what a customer turned to: a model learnt from behaviour. Microseconds; may be called on a loop.
public protocol NextProducts: Sendable {
    /// The `k` best, none of `products`; scores above 0, higher comes sooner.
    func next(after products: [String], k: Int) -> [(productID: String, score: Float)]
}

/// Finds one modality by another: words find pictures, a photo finds titles. About a third of a millisecond; may be called on a loop.
public protocol AcrossModalities: Sendable {
    /// What a part of a query asks of the products' other side; nil for a part that it does not know.
    func block(for part: FusedQuery.Block, words: String) throws(StoreError) -> FusedQuery.Block?
}

/// What is asked of the recommender. A value, so that a conversation and a command ask the same.
public struct RecommendationRequest: Sendable {
    /// Empty = nothing was said or shown; then behaviour and rules alone count.
    public var query = FusedQuery(blocks: [])
    public var filter = ProductFilter()
    /// BM25 of words that filters did not understand.
    public var words: [WordHit] = []
    public var taste = Taste()
    /// Where what comes next is asked for, newest of all behind the session's history: the product that something is to go with.
    public var after: [String] = []
    public var itemsMax = 5
    public var diversity: Float = 0
    public var weights = RecommendationRules.Weights()

    public init() {}
}

/// A product that is recommended, and why.
public struct Pick: Sendable, Equatable {
    /// One signal's part in the score; below 0 = it spoke against it.
    public struct Part: Sendable, Equatable {
        /// A modality of the query, "rule", or one of `RankingSignal`.
        public var signal: String
        public var part: Float
        /// How much of it there was: a cosine for modalities, -1 to 1; otherwise the signal before its weight.
        public var amount: Float
        /// The rule's number for "rule".
        public var rule: Int?
    }
    public var productID: String
    /// Σ of the parts, less what an empty stock costs.
    public var score: Float
    /// Σ over the query's modalities: the similarity in the fused space.
    public var similarity: Float
    public var parts: [Part]
    /// How much of each signal there was before its weight, for learning from what is chosen.
    public var amounts = SignalAmounts()

    /// Each signal's share, adding up to 1: max(0, part) / Σ max(0, part); equal shares when nothing speaks for it. Modalities of the query are
    /// named even when they say nothing, other signals only when they speak for it.
    public var shares: [(part: Part, share: Float)] {
        let named = parts.filter { $0.part > 0 || !Self.ownSignals.contains($0.signal) }
        let total = named.reduce(Float(0)) { $0 + max(0, $1.part) }
        return named.map { ($0, total > 0 ? max(0, $0.part) / total : 1 / Float(named.count)) }
    }

    private static let ownSignals = Set(RankingSignal.allCases.map(\.rawValue)).union(["rule"])
}

/// Candidates from three sources (the fused space, words, behaviour), ranked by all signals together, kept apart by MMR. Pure and quick: about a
/// millisecond for 50,000 products.
public struct Recommender: Sendable {
    /// Candidates of each source.
    public static let candidatesMax = 80

    public let snapshot: CatalogSnapshot
    public let rules: RecommendationRules
    public let next: (any NextProducts)?
    /// nil = words are compared with words and pictures with pictures alone.
    public let across: (any AcrossModalities)?
    /// By product, 0 to 1; what is not in it counts 0.
    public let popularity: [String: Float]

    public init(
        snapshot: CatalogSnapshot, rules: RecommendationRules = RecommendationRules(), next: (any NextProducts)? = nil,
        across: (any AcrossModalities)? = nil, popularity: [String: Float] = [:]
    ) {
        self.popularity = popularity
        self.snapshot = snapshot
        self.rules = rules
        self.next = next
        self.across = across
    }

    /// A query that also asks the products' other side: each part gives `share` of its weight to it.
    ///
    /// A part whose other side is unknown, or that no product has, keeps its weight.
    /// - Throws: `.failedPrecondition` for a vector that does not fit the shared space.
    public func asked(_ parts: [FusedQuery.Block], words: String, share: Float) throws(StoreError) -> FusedQuery {
        guard let across, share > 0 else { return FusedQuery(blocks: parts) }
        var blocks: [FusedQuery.Block] = []
        for var part in parts {
            guard var other = try across.block(for: part, words: words), snapshot.spaces[other.modality] == other.spaceID else {
                blocks.append(part)
                continue
            }
            other.weight = part.weight * share
            part.weight *= 1 - share
            blocks += part.weight > 0 ? [part, other] : [other]
        }
        return FusedQuery(blocks: blocks)
    }

    /// Best first; empty when nothing meets the filter and the rules.
    /// - Throws: `.failedPrecondition` for a query of another space than the catalogue's.
    public func recommend(_ request: RecommendationRequest) throws(StoreError) -> [Pick] {
        let filter = whole(request)
        let count = max(Self.candidatesMax, request.itemsMax)
        let history = request.taste.history + request.after
        let foreseen = history.isEmpty ? [] : next?.next(after: history, k: count) ?? []
        var hits: [SearchHit] = []
        if !request.query.blocks.isEmpty { hits = try snapshot.search(request.query, filter: filter, k: count) }
        var known = Set(hits.map(\.productID))
        func add(_ id: String) throws(StoreError) {
            guard known.insert(id).inserted, let product = snapshot.product(id), filter.matches(product) else { return }
            if let hit = try snapshot.score(request.query, productID: id) { hits.append(hit) }
        }
        for hit in request.words.prefix(count) { try add(hit.id) }
        for item in foreseen { try add(item.productID) }
        if hits.isEmpty {
            // Nothing was said, nothing is known of the customer: a cross-section of what there is.
            for product in snapshot.products(matching: filter, limit: count) { try add(product.id) }
        }
        hits.removeAll { hit in snapshot.product(hit.productID).map(isExcluded) ?? true }
        let picks = score(hits, request, foreseen)
        return Diversity.choose(request.itemsMax, of: picks, diversity: request.diversity, snapshot)
    }

    /// The customer's conditions and the shop's.
    private func whole(_ request: RecommendationRequest) -> ProductFilter {
        var filter = request.filter
        if rules.stock == .require { filter.inStock = true }
        if let least = rules.required.priceMinMinor { filter.priceMinMinor = max(least, filter.priceMinMinor ?? least) }
        if let most = rules.required.priceMaxMinor { filter.priceMaxMinor = min(most, filter.priceMaxMinor ?? most) }
        filter.excludedIDs.formUnion(request.taste.disliked)
        // What is excluded by one attribute alone is taken out before the search, so that it takes no place among the candidates.
        for rule in rules.excluded {
            if let (field, values) = rule.onlyChoice {
                if field == "id" {
                    filter.excludedIDs.formUnion(values)
                } else {
                    var choice = filter[field: field]
                    choice.noneOf.append(contentsOf: values)
                    filter[field: field] = choice
                }
            }
        }
        return filter
    }

    private func isExcluded(_ product: Product) -> Bool { rules.excluded.contains { $0.onlyChoice == nil && $0.matches(product) } }

    private func score(
        _ hits: [SearchHit], _ request: RecommendationRequest, _ foreseen: [(productID: String, score: Float)]
    ) -> [Pick] {
        let bestWords = Float(request.words.map(\.score).max() ?? 0)
        let words = Dictionary(request.words.map { ($0.id, Float($0.score)) }, uniquingKeysWith: { first, _ in first })
        let bestNext = foreseen.map(\.score).max() ?? 0
        let after = Dictionary(foreseen.map { ($0.productID, $0.score) }, uniquingKeysWith: { first, _ in first })
        let hasTaste = !request.taste.signs.isEmpty
        let agreements = hasTaste ? hits.map { request.taste.agreement($0.productID, snapshot) } : []
        // All pieces of a shop are somewhat alike: only what is more or less so than the others says something.
        let usual = agreements.isEmpty ? 0 : agreements.reduce(0, +) / Float(agreements.count)
        let usualPrice = request.taste.usualPrice(snapshot.currency, snapshot)
        var picks: [Pick] = []
        for (index, hit) in hits.enumerated() {
            guard let product = snapshot.product(hit.productID) else { continue }
            let counts = request.weights.similarity
            var parts = hit.contributions.map { Pick.Part(signal: $0.modality, part: counts * $0.part, amount: $0.cosine) }
            var amounts = SignalAmounts()
            if !hit.contributions.isEmpty { amounts[.similarity] = hit.score }
            func add(_ signal: String, _ weight: Float, _ amount: Float, rule: Int? = nil) {
                if weight * amount != 0 { parts.append(Pick.Part(signal: signal, part: weight * amount, amount: amount, rule: rule)) }
            }
            func add(_ signal: RankingSignal, _ amount: Float) {
                amounts[signal] = amount
                add(signal.rawValue, request.weights[signal], amount)
            }
            if bestWords > 0 { add(.words, (words[hit.productID] ?? 0) / bestWords) }
            if bestNext > 0 { add(.behaviour, (after[hit.productID] ?? 0) / bestNext) }
            if hasTaste { add(.taste, agreements[index] - usual) }
            if let usualPrice { add(.price, product.price.currency == snapshot.currency ? product.price.nearness(to: usualPrice) : 0) }
            if !popularity.isEmpty { add(.popularity, popularity[hit.productID] ?? 0) }
            for (rule, boost) in rules.boosts.enumerated() where boost.filter.matches(product) {
                add("rule", 1, boost.by, rule: rule)
                amounts.rule += boost.by
            }
            var score = parts.reduce(Float(0)) { $0 + $1.part }
            if rules.stock == .prefer, !product.inStock {
                score -= RecommendationRules.outOfStockLoss
                amounts.rule -= RecommendationRules.outOfStockLoss
            }
            picks.append(Pick(productID: hit.productID, score: score, similarity: hit.score, parts: parts, amounts: amounts))
        }
        return picks.sorted { $0.score != $1.score ? $0.score > $1.score : $0.productID < $1.productID }
    }
}

extension ProductFilter {
    /// The one field this asks for, when it asks for nothing else.
    var onlyChoice: (field: String, values: [String])? {
        for field in ["category", "material", "gem", "color"] + attributes.keys.sorted() {
            let choice = self[field: field]
            guard !choice.anyOf.isEmpty, choice.noneOf.isEmpty else { continue }
            var alone = ProductFilter()
            alone[field: field] = choice
            return alone == self ? (field, choice.anyOf) : nil
        }
        return nil
    }
}

/// Keeps what is shown from being all the same.
enum Diversity {
    /// Maximal marginal relevance (Carbonell and Goldstein, "The use of MMR", SIGIR 1998): one after another the candidate with the highest
    /// (1 - d)·score − d·max likeness to what is chosen already. The first is the best by score.
    static func choose(_ count: Int, of picks: [Pick], diversity: Float, _ snapshot: CatalogSnapshot) -> [Pick] {
        guard diversity > 0, count > 1, picks.count > 1 else { return Array(picks.prefix(max(0, count))) }
        var left = Array(picks.prefix(Recommender.candidatesMax))
        var nearest = [Float](repeating: 0, count: left.count)
        var chosen: [Pick] = []
        while chosen.count < count, !left.isEmpty {
            var best = 0
            func value(_ index: Int) -> Float { (1 - diversity) * left[index].score - diversity * nearest[index] }
            for index in left.indices.dropFirst() where value(index) > value(best) { best = index }
            let pick = left.remove(at: best)
            nearest.remove(at: best)
            chosen.append(pick)
            for index in left.indices { nearest[index] = max(nearest[index], snapshot.likeness(pick.productID, left[index].productID)) }
        }
        return chosen
    }
}
