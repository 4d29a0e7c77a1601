import CHnswlib
public import Fusion

/// The catalogue at one moment: immutable, pinned by a turn at its start, the same on every loop.
///
/// Everything here is computed in memory and takes microseconds to a few milliseconds; it may be called on a loop.
public final class CatalogSnapshot: Sendable {
    /// Of everything that is in it (content, features, spaces), hex. Equal hashes answer equally.
    public let hash: String
    /// By id.
    public let products: [Product]
    /// Policy sections, by id.
    public let documents: [Document]
    /// By agent, intent, language, text.
    public let intentExamples: [IntentExample]
    /// modality → space id of the products' vectors.
    public let spaces: [String: String]
    /// ISO 4217 of the prices; that of most products, "USD" when there is none.
    public let currency: String
    /// Finds products that a sentence names.
    public let names: ProductNames
    /// How the vector index came about, where that is worth a line in a log; "" = it is small and made in memory.
    public let indexNote: String

    private let rowByID: [String: Int]
    private let blocks: [VectorBlock]
    private let index: any VectorIndex
    /// Where a row's vectors stand in the blocks; nil = at the row's own number.
    private let slots: [Int32]?
    private let rowBySlot: [Int32]
    private let filters: FilterIndex
    private let titleWords: TitleWords

    /// Products, documents or examples of one answer.
    public static let hitsMax = 1_000

    /// `features` by product id; products without any are found by filters and words only.
    /// - Throws: `.failedPrecondition` when one modality's vectors are of two spaces.
    public convenience init(
        hash: String = "", products: [Product], features: [String: [Feature]] = [:], documents: [Document] = [], intents: [IntentExample] = []
    ) throws(StoreError) {
        try self.init(hash: hash, products: products, features: features, documents: documents, intents: intents, exactRowsMax: ExactIndex.rowsMax)
    }

    convenience init(
        hash: String, products: [Product], features: [String: [Feature]], documents: [Document], intents: [IntentExample], exactRowsMax: Int,
        indexNote: String = ""
    ) throws(StoreError) {
        let sorted = products.sorted { $0.id < $1.id }
        let blocks = try Self.blocks(products: sorted, features: features)
        if sorted.count <= exactRowsMax || blocks.isEmpty {
            try self.init(
                hash: hash, sorted: sorted, documents: documents, intents: intents, blocks: blocks,
                index: ExactIndex(blocks: blocks, rows: sorted.count), slots: nil, indexNote: indexNote)
        } else {
            let graph = try GraphIndex(blocks: blocks, capacity: sorted.count)
            try graph.add(blocks)
            try self.init(
                hash: hash, sorted: sorted, documents: documents, intents: intents, blocks: blocks, index: graph, slots: nil, indexNote: indexNote)
        }
    }

    /// With an index from elsewhere. `sorted` is by id; `slots` says where each product's vectors stand in `blocks`.
    init(
        hash: String, sorted: [Product], documents: [Document], intents: [IntentExample], blocks: [VectorBlock], index: any VectorIndex,
        slots: [Int32]?, indexNote: String
    ) throws(StoreError) {
        precondition(slots.map { $0.count == sorted.count } ?? true, "every product has a slot")
        self.hash = hash
        self.products = sorted
        self.documents = documents.sorted { $0.id < $1.id }
        intentExamples = intents.sorted { ($0.agent, $0.intent, $0.language, $0.text) < ($1.agent, $1.intent, $1.language, $1.text) }
        rowByID = Dictionary(zip(sorted.map(\.id), 0...), uniquingKeysWith: { first, _ in first })
        self.blocks = blocks
        self.index = index
        self.slots = slots
        self.indexNote = indexNote
        var rows = [Int32](repeating: -1, count: slots == nil ? 0 : blocks.map(\.rows).max() ?? 0)
        for (row, slot) in (slots ?? []).enumerated() { rows[Int(slot)] = Int32(row) }
        rowBySlot = rows
        filters = FilterIndex(sorted, rowByID: rowByID)
        names = ProductNames(sorted)
        titleWords = TitleWords(sorted)
        spaces = Dictionary(uniqueKeysWithValues: blocks.map { ($0.modality, $0.spaceID) })
        let counted = Dictionary(grouping: sorted, by: \.price.currency).map { (code: $0.key, count: $0.value.count) }
        currency = counted.max { ($0.count, $1.code) < ($1.count, $0.code) }?.code ?? "USD"
    }

    public func product(_ id: String) -> Product? { rowByID[id].map { products[$0] } }

    /// Products that meet the filter, by id.
    public func products(matching filter: ProductFilter, limit: Int = hitsMax) -> [Product] {
        let allowed = filters.allowed(filter)
        return Array(products.indices.lazy.filter { allowed[$0] != 0 }.prefix(max(0, limit)).map { self.products[$0] })
    }

    /// Products whose titles, in either language, name the kind: "stud", "手镯". By id.
    public func products(naming kind: SaidKind) -> [Product] {
        let isLatin = kind.stem.utf8.allSatisfy { $0 < 0x80 }
        return titleWords.rows(of: kind.stem).sorted().map { products[$0] }
            .filter { isLatin || $0.title.values.contains { $0.contains(kind.stem) } }
    }

    /// No product's id.
    public static let noProduct = ""

    /// The filter with those products alone that have the measures.
    public func narrowed(_ filter: ProductFilter, to measures: [SaidMeasure]) -> ProductFilter {
        guard !measures.isEmpty else { return filter }
        let fitting = products(matching: filter, limit: .max).filter { product in measures.allSatisfy { $0.fits(product) } }
        var narrowed = filter
        narrowed.attributes["id"] = .init(anyOf: fitting.isEmpty ? [Self.noProduct] : fitting.map(\.id))
        return narrowed
    }

    /// How many products meet the filter.
    public func count(matching filter: ProductFilter) -> Int { filters.allowed(filter).count { $0 != 0 } }

    /// The `k` products nearest to the query among those that meet the filter: score descending, id ascending.
    ///
    /// A product without a modality of the query gets 0 for it.
    /// - Throws: `.failedPrecondition` when a block's space or size is not the catalogue's, naming both; `.invalidArgument` for a negative or
    ///   not finite weight.
    public func search(_ query: FusedQuery, filter: ProductFilter = ProductFilter(), k: Int) throws(StoreError) -> [SearchHit] {
        let parts = try resolve(query)
        let limit = max(0, min(k, Self.hitsMax))
        guard let slots else {
            let found = try index.search(parts, allowed: filter.isEmpty ? nil : filters.allowed(filter), k: limit)
            return found.map { hit(row: $0.row, parts, query) }
        }
        var allowed: [UInt8]?
        if !filter.isEmpty {
            var bySlot = [UInt8](repeating: 0, count: rowBySlot.count)
            for (row, isAllowed) in filters.allowed(filter).enumerated() { bySlot[Int(slots[row])] = isAllowed }
            allowed = bySlot
        }
        let found = try index.search(parts, allowed: allowed, k: limit)
        let hits = found.compactMap { rowBySlot[$0.row] < 0 ? nil : hit(row: Int(rowBySlot[$0.row]), parts, query) }
        return hits.sorted { $0.score != $1.score ? $0.score > $1.score : $0.productID < $1.productID }
    }

    /// The parts of one product's score, whether or not it would be found. nil when there is no such product.
    public func score(_ query: FusedQuery, productID: String) throws(StoreError) -> SearchHit? {
        let parts = try resolve(query)
        return rowByID[productID].map { hit(row: $0, parts, query) }
    }

    /// The vectors of one product; empty when there is no such product.
    public func features(of productID: String) -> [Feature] {
        guard let row = rowByID[productID] else { return [] }
        return blocks.compactMap { block in
            let values = block.row(slot(row))
            return values.contains { $0 != 0 } ? Feature(modality: block.modality, spaceID: block.spaceID, values: values) : nil
        }
    }

    /// Policy sections nearest to a text feature, in `language` ("" = any): cosine descending, id ascending.
    public func searchDocuments(_ query: Feature, language: String = "", k: Int) -> [(document: Document, score: Float)] {
        Self.nearest(documents, to: query, k: k, feature: \.feature) { language.isEmpty || $0.language == language }
            .map { (document: $0.item, score: $0.score) }
    }

    /// Example sentences nearest to a text feature, of any language: cosine descending, in the order of `intentExamples` among equals.
    public func nearestIntents(_ query: Feature, k: Int) -> [(example: IntentExample, score: Float)] {
        Self.nearest(intentExamples, to: query, k: k, feature: \.feature) { _ in true }.map { (example: $0.item, score: $0.score) }
    }

    private static func nearest<Item>(
        _ items: [Item], to query: Feature, k: Int, feature: (Item) -> Feature?, where wanted: (Item) -> Bool
    ) -> [(item: Item, score: Float)] {
        var scored: [(index: Int, score: Float)] = []
        for (index, item) in items.enumerated() where wanted(item) {
            guard let own = feature(item), own.spaceID == query.spaceID, own.values.count == query.values.count else { continue }
            scored.append((index, vt_dot(own.values, query.values, own.values.count)))
        }
        scored.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
        return scored.prefix(max(0, min(k, hitsMax))).map { (item: items[$0.index], score: $0.score) }
    }

    private func slot(_ row: Int) -> Int { slots.map { Int($0[row]) } ?? row }

    /// How alike two products are: the mean cosine of the modalities that both have, -1 to 1; 0 when they share none.
    public func likeness(_ first: String, _ second: String) -> Float {
        guard let a = rowByID[first], let b = rowByID[second] else { return 0 }
        var sum: Float = 0
        var count: Float = 0
        for block in blocks {
            let cosine = block.dot(slot(a), slot(b))
            // A missing vector is zeros.
            if cosine != 0 { (sum, count) = (sum + cosine, count + 1) }
        }
        return count > 0 ? sum / count : 0
    }

    private func hit(row: Int, _ parts: [IndexedBlock], _ query: FusedQuery) -> SearchHit {
        var contributions = query.blocks.map { SearchHit.Contribution(modality: $0.modality, part: 0, cosine: 0) }
        var score: Float = 0
        for part in parts {
            let cosine = blocks[part.block].dot(slot(row), part.values)
            contributions[part.position].cosine = cosine
            contributions[part.position].part = part.weight * cosine
            score += part.weight * cosine
        }
        return SearchHit(productID: products[row].id, score: score, contributions: contributions)
    }

    private func resolve(_ query: FusedQuery) throws(StoreError) -> [IndexedBlock] {
        var parts: [IndexedBlock] = []
        for (position, block) in query.blocks.enumerated() {
            guard block.weight >= 0, block.weight.isFinite else {
                throw StoreError(.invalidArgument, "the weight of \"\(block.modality)\" must be a number of at least 0, not \(block.weight)")
            }
            guard block.values.allSatisfy(\.isFinite) else {
                throw StoreError(.invalidArgument, "\"\(block.modality)\" of the query has values that are not finite numbers")
            }
            // A modality that no product has says nothing.
            guard let known = blocks.firstIndex(where: { $0.modality == block.modality }) else { continue }
            guard blocks[known].spaceID == block.spaceID, blocks[known].dim == block.values.count else {
                throw StoreError(
                    .failedPrecondition,
                    "\"\(block.modality)\": the query is of space \"\(block.spaceID)\" (\(block.values.count)), the catalogue of "
                        + "\"\(blocks[known].spaceID)\" (\(blocks[known].dim)); import the catalogue again with the model that is live")
            }
            parts.append(IndexedBlock(position: position, block: known, weight: block.weight, values: block.values))
        }
        return parts
    }

    private static func blocks(products: [Product], features: [String: [Feature]]) throws(StoreError) -> [VectorBlock] {
        var columns: [(modality: String, spaceID: String, dim: Int, values: [Float])] = []
        for (row, product) in products.enumerated() {
            for feature in features[product.id] ?? [] where !feature.values.isEmpty {
                guard feature.values.allSatisfy(\.isFinite) else {
                    throw StoreError(
                        .failedPrecondition, "\"\(feature.modality)\" of product \(product.id) has values that are not finite numbers")
                }
                if !columns.contains(where: { $0.modality == feature.modality }) {
                    let empty = [Float](repeating: 0, count: products.count * feature.values.count)
                    columns.append((feature.modality, feature.spaceID, feature.values.count, empty))
                }
                guard let index = columns.firstIndex(where: { $0.modality == feature.modality }) else { continue }
                guard columns[index].spaceID == feature.spaceID, columns[index].dim == feature.values.count else {
                    throw StoreError(
                        .failedPrecondition,
                        "\"\(feature.modality)\" vectors of two spaces, \"\(columns[index].spaceID)\" (\(columns[index].dim)) and "
                            + "\"\(feature.spaceID)\" (\(feature.values.count), product \(product.id)); import the catalogue again")
                }
                let start = row * feature.values.count
                columns[index].values.replaceSubrange(start..<start + feature.values.count, with: feature.values)
            }
        }
        return columns.sorted { $0.modality < $1.modality }.map {
            VectorBlock(modality: $0.modality, spaceID: $0.spaceID, dim: $0.dim, values: $0.values)
        }
    }
}
