public import Catalog
import Fusion
import Sessions
import Wire

/// What is looked for, over several turns: "gold rings under 500" – "cheaper" – "like the second one but in silver".
///
/// A wish is a list of lines, one a turn; each line's conditions replace those of the lines before on the same field. A turn begins a new wish
/// unless it refines the one before; another kind of jewellery is another wish.
struct Wish {
    /// Characters and lines that are kept.
    static let charactersMax = 600
    static let linesMax = 6
    /// Products that are kept as shown already.
    static let earlierMax = 200
    /// A turn without a kind of jewellery and of at most so many words refines.
    static let refiningWordsMax = 7

    /// What the catalogue is asked for.
    let filter: ProductFilter
    /// The product that what is sought should be like; nil = the words say it.
    let like: Product?
    /// The product that what is sought should go with.
    let goesWith: Product?
    /// More of the same is asked for: what was shown already is left out.
    let isMore: Bool
    /// What to keep for the next turn.
    let lines: String
    /// What was shown for this wish so far, newest first: kept too.
    let earlierProducts: [String]

    /// - Parameter complements: category → categories that go with it.
    init(
        _ turn: TurnQuery, _ parsed: ParsedFilter, snapshot: CatalogSnapshot, parser: FilterParser, complements: [String: [String]] = [:]
    ) {
        let said = SaidWords(turn.words)
        let references = References(snapshot: snapshot, context: turn.context)
        let hasPhoto = turn.feature(Modality.image) != nil
        let isCheaper = said.contains(anyOf: Wish.cheaper)
        let isLike = said.contains(anyOf: Wish.like)
        let asksMore = said.contains(anyOf: Wish.more)
        let ordinals = references.ordinals(turn.words)
        let pointed = hasPhoto ? [] : references.products(in: turn.words)
        let kinds = Set(parsed.filter.category.anyOf)
        if !hasPhoto, said.contains(anyOf: Wish.goingWith),
            let reference = (pointed.first ?? turn.context.focusedProduct ?? turn.context.shownProducts.first).flatMap(snapshot.product),
            let others = complements[reference.category], !others.isEmpty,
            // "Matching rings" match each other; "what matches this ring" points at it.
            !pointed.isEmpty || kinds != [reference.category]
        {
            var sought = parsed.filter
            // "A necklace that goes with this ring" names both kinds.
            sought.category.anyOf.removeAll { $0 == reference.category }
            if sought.category.anyOf.isEmpty { sought.category.anyOf = others }
            sought.excludedIDs.insert(reference.id)
            (filter, like, goesWith) = (sought, nil, reference)
            (isMore, earlierProducts) = (false, [])
            lines = String(turn.words.prefix(Wish.charactersMax))
            return
        }
        goesWith = nil
        let reference = (pointed.first ?? turn.context.focusedProduct ?? turn.context.shownProducts.first).flatMap(snapshot.product)
        var merged = ProductFilter()
        var kept = turn.context.dialogue.wish.split(separator: "\n").suffix(Wish.linesMax - 1).map(String.init)
        for line in kept { merged = merged.refined(by: parser.parse(line).filter) }
        let kindsBefore = merged.category.anyOf.isEmpty ? [reference?.category].compactMap { $0 } : merged.category.anyOf
        let isOtherKind = !kinds.isSubset(of: kindsBefore)
        let isShort = Wish.wordCount(turn.words) <= Wish.refiningWordsMax
        let refines =
            !hasPhoto && !(turn.context.shownProducts.isEmpty && turn.context.focusedProduct == nil)
            && (((isCheaper || asksMore) && !isOtherKind) || !ordinals.isEmpty || (isLike && !pointed.isEmpty)
                || (parsed.filter.category.isEmpty && isShort && !parsed.filter.isEmpty))
        guard refines else {
            filter = parsed.filter
            like = nil
            (isMore, earlierProducts) = (false, [])
            lines = String(turn.words.prefix(Wish.charactersMax))
            return
        }
        isMore = asksMore
        merged = merged.refined(by: parsed.filter)
        if let reference {
            if merged.category.isEmpty { merged.category.anyOf = [reference.category] }
            if isCheaper, reference.price.amountMinor > 1 {
                merged.priceMaxMinor = min(parsed.filter.priceMaxMinor ?? .max, reference.price.amountMinor - 1)
                merged.priceMinMinor = parsed.filter.priceMinMinor.flatMap { $0 < reference.price.amountMinor ? $0 : nil }
            }
            if isLike || !ordinals.isEmpty { merged.excludedIDs.insert(reference.id) }
        }
        var shown = turn.context.shownProducts
        for id in turn.context.dialogue.earlierProducts where !shown.contains(id) { shown.append(id) }
        earlierProducts = Array(shown.prefix(Wish.earlierMax))
        if isMore { merged.excludedIDs.formUnion(earlierProducts) }
        filter = merged
        like = isMore || (parsed.filter.gem.anyOf.isEmpty && !isLike && !isCheaper && ordinals.isEmpty) ? nil : reference
        // "Cheaper" is kept with the price it meant.
        var line = turn.words
        if isCheaper, let most = merged.priceMaxMinor { line += ", under \(Double(most) / FilterParser.minorUnits(of: snapshot.currency))" }
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
        "like this", "like it", "like that", "like the", "similar*", "the same", "same in", "类似", "差不多", "一样的", "同款", "换成", "这个款", "这款",
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
