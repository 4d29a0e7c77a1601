public import Catalog
import Fusion
import Sessions
import Wire

/// What is looked for, over several turns: "gold rings under 500" – "cheaper" – "like the second one but in silver".
///
/// A wish is a list of lines, one a turn; each line's conditions replace those of the lines before on the same field. A turn begins a new wish
/// unless it refines the one before.
struct Wish {
    /// Characters and lines that are kept.
    static let charactersMax = 600
    static let linesMax = 6
    /// A turn without a kind of jewellery and of at most so many words refines.
    static let refiningWordsMax = 7

    /// What the catalogue is asked for.
    let filter: ProductFilter
    /// The product that what is sought should be like; nil = the words say it.
    let like: Product?
    /// The product that what is sought should go with.
    let goesWith: Product?
    /// What to keep for the next turn.
    let lines: String

    /// - Parameter complements: category → categories that go with it.
    init(
        _ turn: TurnQuery, _ parsed: ParsedFilter, snapshot: CatalogSnapshot, parser: FilterParser, complements: [String: [String]] = [:]
    ) {
        let lower = turn.words.lowercased()
        let references = References(snapshot: snapshot, context: turn.context)
        let hasPhoto = turn.feature(Modality.image) != nil
        let isCheaper = Wish.cheaper.contains(where: lower.contains)
        let isLike = Wish.like.contains(where: lower.contains)
        let isMore = Wish.more.contains(where: lower.contains)
        let ordinals = references.ordinals(turn.words)
        let pointed = hasPhoto ? [] : references.products(in: turn.words)
        if !hasPhoto, Wish.goingWith.contains(where: lower.contains),
            let reference = (pointed.first ?? turn.context.focusedProduct ?? turn.context.shownProducts.first).flatMap(snapshot.product),
            let others = complements[reference.category], !others.isEmpty
        {
            var sought = parsed.filter
            // "A necklace that goes with this ring" names both kinds.
            sought.category.anyOf.removeAll { $0 == reference.category }
            if sought.category.anyOf.isEmpty { sought.category.anyOf = others }
            sought.excludedIDs.insert(reference.id)
            (filter, like, goesWith) = (sought, nil, reference)
            lines = String(turn.words.prefix(Wish.charactersMax))
            return
        }
        goesWith = nil
        let isShort = Wish.wordCount(lower) <= Wish.refiningWordsMax
        let refines =
            !hasPhoto && !(turn.context.shownProducts.isEmpty && turn.context.focusedProduct == nil)
            && (isCheaper || isMore || !ordinals.isEmpty || (isLike && !pointed.isEmpty)
                || (parsed.filter.category.isEmpty && isShort && !parsed.filter.isEmpty))
        guard refines else {
            filter = parsed.filter
            like = nil
            lines = String(turn.words.prefix(Wish.charactersMax))
            return
        }
        let reference = (pointed.first ?? turn.context.focusedProduct ?? turn.context.shownProducts.first).flatMap(snapshot.product)
        var merged = ProductFilter()
        var kept = turn.context.dialogue.wish.split(separator: "\n").suffix(Wish.linesMax - 1).map(String.init)
        for line in kept { merged = merged.refined(by: parser.parse(line).filter) }
        merged = merged.refined(by: parsed.filter)
        if let reference {
            if merged.category.isEmpty { merged.category.anyOf = [reference.category] }
            if isCheaper, reference.price.amountMinor > 1 {
                merged.priceMaxMinor = reference.price.amountMinor - 1
                merged.priceMinMinor = nil
            }
            if isLike || !ordinals.isEmpty { merged.excludedIDs.insert(reference.id) }
        }
        if isMore { merged.excludedIDs.formUnion(turn.context.shownProducts) }
        filter = merged
        like = isMore || (parsed.filter.gem.anyOf.isEmpty && !isLike && !isCheaper && ordinals.isEmpty) ? nil : reference
        // "Cheaper" is kept as the price it meant.
        let line = isCheaper ? "under \(Double(merged.priceMaxMinor ?? 0) / 100)" : turn.words
        kept.append(line)
        lines = String(kept.joined(separator: "\n").suffix(Wish.charactersMax))
    }

    /// Words of a sentence; ideographs count as half of one.
    private static func wordCount(_ text: String) -> Int {
        let han = text.unicodeScalars.count { (0x4E00...0x9FFF).contains($0.value) }
        return han > 0 ? (han + 1) / 2 : text.split { !$0.isLetter && !$0.isNumber }.count
    }

    private static let cheaper = ["cheaper", "less expensive", "lower price", "not so dear", "more affordable", "便宜"]
    private static let like = [
        "like this", "like it", "like that", "like the", "similar", "the same", "same in", "类似", "差不多", "一样的", "同款", "换成", "这个款", "这款",
    ]
    private static let goingWith = [
        "goes with", "go with", "going with", "to match", "matches", "matching", "pair with", "pairs with", "wear with", "搭配", "配套", "相配", "配什么",
    ]
    private static let more = ["more of", "show me more", "others", "anything else", "what else", "还有别的", "多看几", "其他的", "还有吗", "再看看"]
}

extension ProductFilter {
    /// These conditions, each replaced by what is newly said of the same field.
    public func refined(by new: ProductFilter) -> ProductFilter {
        var merged = self
        if !new.category.isEmpty { merged.category = new.category }
        if !new.material.isEmpty { merged.material = new.material }
        if !new.gem.isEmpty { merged.gem = new.gem }
        if !new.color.isEmpty { merged.color = new.color }
        if new.priceMinMinor != nil || new.priceMaxMinor != nil {
            merged.priceMinMinor = new.priceMinMinor
            merged.priceMaxMinor = new.priceMaxMinor
        }
        if new.inStock { merged.inStock = true }
        if new.nickelFree { merged.nickelFree = true }
        for name in new.attributes.keys.sorted() { merged.attributes[name] = new.attributes[name] }
        return merged
    }
}
