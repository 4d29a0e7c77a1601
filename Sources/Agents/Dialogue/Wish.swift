public import Catalog
import Fusion
import Sessions
import Wire

/// What is looked for, over several turns: "gold rings under 500" – "cheaper" – "like the second one but in silver" – "not the first one".
///
/// A wish is a list of lines, one a turn; each line's conditions replace those of the lines before on the same field. A turn begins a new wish
/// unless it refines the one before; another kind of jewellery is another wish. What was rejected stays so.
struct Wish {
    /// Characters and lines that are kept.
    static let charactersMax = 600
    static let linesMax = 6
    /// Products that are kept as shown already.
    static let earlierMax = 200
    /// Products that are kept as rejected.
    static let rejectedMax = 12
    /// A turn without a kind of jewellery and of at most so many words refines.
    static let refiningWordsMax = 7
    /// Of what is wanted in an order, so many are looked at.
    static let sortedMax = 24

    /// What the catalogue is asked for.
    let filter: ProductFilter
    /// The product that what is sought should be like; nil = the words say it.
    let like: Product?
    /// The product that what is sought should go with.
    let goesWith: Product?
    /// More of the same is asked for: what was shown already is left out.
    let isMore: Bool
    /// What was said before counts as well.
    var isRefined: Bool {
        lines.split(separator: "\n").count { !$0.hasPrefix(Wish.rejection) && !$0.hasPrefix(LastingCondition.mark) } > 1
    }
    /// What to keep for the next turn.
    let lines: String
    /// What was shown for this wish so far, newest first: kept too.
    let earlierProducts: [String]
    /// Products that the customer said no to, in this turn or before.
    let rejected: [String]
    /// The order that was asked for ("the cheapest"), by id; empty = none was.
    let sorted: [String]

    /// The words of a wish without the product that they liken it to: "similar to Pearl Studs in 14K Gold" asks for neither pearls nor gold.
    static func spoken(_ words: String, _ snapshot: CatalogSnapshot) -> String {
        let names = snapshot.names.find(in: words)
        guard !names.isEmpty else { return words }
        let cues = WishCues(words)
        return cues.refines || cues.goesWith ? snapshot.names.without(names, in: words) : words
    }

    /// - Parameters:
    ///   - words: those of the turn as `spoken` gives them.
    ///   - parsed: the filters in them.
    ///   - seen: the product that the turn's photo shows.
    ///   - complements: category → categories that go with it.
    init(
        _ turn: TurnQuery, _ words: String, _ parsed: ParsedFilter, snapshot: CatalogSnapshot, parser: FilterParser, seen: Product? = nil,
        complements: [String: [String]] = [:]
    ) {
        // "50 cm or longer" compares with no piece that was shown.
        let cues = WishCues(parsed.measures.reduce(turn.words) { $0.replacing($1.phrase, with: " ") })
        let references = References(snapshot: snapshot, context: turn.context)
        let hasPhoto = turn.feature(Modality.image) != nil
        let named = references.named(turn.words)
        let pointed = hasPhoto ? [seen?.id].compactMap { $0 } : references.products(in: turn.words)
        let isCounted = !references.ordinals(words).isEmpty
        let kinds = Set(parsed.filter.category.anyOf)
        let stored = turn.context.dialogue.wish.split(separator: "\n").map(String.init)
        let lasting = LastingCondition.lines(stored.filter { $0.hasPrefix(LastingCondition.mark) }, adding: turn.words, parser)
        let worn = LastingCondition.filter(lasting, parser)
        let kept = stored.filter { !$0.hasPrefix(LastingCondition.mark) }
        var rejected = kept.filter { $0.hasPrefix(Wish.rejection) }.flatMap { $0.split(separator: " ").dropFirst().map(String.init) }
        let dislikes = cues.dislikes && !pointed.isEmpty && !hasPhoto
        if dislikes { rejected += pointed.filter { !rejected.contains($0) } }
        rejected = Array(rejected.suffix(Wish.rejectedMax))
        self.rejected = rejected
        func written(_ lines: [String]) -> String {
            let head = lasting + (rejected.isEmpty ? [] : [([Wish.rejection] + rejected).joined(separator: " ")])
            return head.map { $0 + "\n" }.joined() + Wish.unmarked(lines.map(Wish.unmarked).joined(separator: "\n").suffix(Wish.charactersMax))
        }
        let focus = hasPhoto ? nil : turn.context.focusedProduct ?? turn.context.shownProducts.first
        let reference = (pointed.first ?? focus).flatMap(snapshot.product)
        if cues.goesWith, let reference, let others = complements[reference.category], !others.isEmpty,
            // "Matching rings" match each other; "what matches this ring" points at it.
            !pointed.isEmpty || kinds != [reference.category]
        {
            var sought = parsed.filter
            // "A necklace that goes with this ring" names both kinds.
            sought.category.anyOf.removeAll { $0 == reference.category }
            if sought.category.anyOf.isEmpty { sought.category.anyOf = others }
            sought.excludedIDs.formUnion([reference.id] + rejected)
            sought = sought.without(worn)
            (filter, like, goesWith) = (sought, nil, reference)
            (isMore, earlierProducts, sorted) = (false, [], [])
            lines = written([Wish.oneLine(words)])
            return
        }
        goesWith = nil
        // A product by its name begins anew: what was looked for before says nothing of it.
        var said = named.isEmpty ? Array(kept.filter { !$0.hasPrefix(Wish.rejection) }.suffix(Wish.linesMax - 1)) : []
        var merged = ProductFilter()
        var saidKinds: [SaidKind] = []
        var measures: [SaidMeasure] = []
        for line in said {
            let before = parser.parse(line)
            merged = merged.refined(by: before.filter)
            saidKinds = Wish.kinds(saidKinds, refinedBy: before.kinds)
            measures = Wish.measures(measures, refinedBy: before.measures)
        }
        let kindsBefore = merged.category.anyOf.isEmpty ? [reference?.category].compactMap { $0 } : merged.category.anyOf
        let isOtherKind = !kinds.isSubset(of: kindsBefore)
        // A gift for somebody else is another wish, too.
        let people = merged.attributes["recipient"]
        let isForOther = people != nil && parsed.filter.attributes["recipient"].map { $0 != people } ?? false
        let isShort = Wish.wordCount(words) <= Wish.refiningWordsMax
        // "Something blue for my wedding" – "necklace"; "with pearls, under 100" – "do you have it in earrings?".
        var besides = parsed.filter
        besides.category = .init()
        let addsKind = !kinds.isEmpty && besides.isEmpty && !said.isEmpty && (merged.category.anyOf.isEmpty || references.points(words))
        let isUnderWay = !(turn.context.shownProducts.isEmpty && turn.context.focusedProduct == nil && said.isEmpty) || !named.isEmpty
        let changes = cues.isCheaper || cues.isDearer || cues.asksMore || cues.comparison != nil
        let refines =
            !hasPhoto && isUnderWay
            && ((changes && !isOtherKind) || dislikes || isCounted || (cues.isLike && !pointed.isEmpty)
                || ((kinds.isEmpty || addsKind) && isShort && !isForOther && (!parsed.filter.isEmpty || !said.isEmpty)))
        guard refines else {
            var sought = parsed.filter
            sought.excludedIDs.formUnion(rejected)
            sought = sought.without(worn)
            Wish.narrow(&sought, to: parsed.kinds, parsed.measures, snapshot)
            sorted = Wish.sort(cues, &sought, snapshot)
            filter = sought
            like = nil
            (isMore, earlierProducts) = (false, [])
            lines = written([Wish.oneLine(words)])
            return
        }
        isMore = cues.asksMore
        merged = merged.refined(by: dislikes && !isCounted ? parsed.filter.wanted : parsed.filter)
        var line = words
        if let reference {
            // Of several kinds that were shown none is meant more than the others.
            let isOneKind = Set(turn.context.shownProducts.compactMap { snapshot.product($0)?.category }).count <= 1
            let isOfThat = isCounted || !named.isEmpty || cues.refines || SaidWords(words).contains(anyOf: Wish.pointing)
            if merged.category.isEmpty, isOneKind || isOfThat {
                merged.category.anyOf = [reference.category]
                // The kind that was meant is kept with the words.
                line += ", \(reference.category)"
            }
            let price = reference.price.amountMinor
            if cues.isCheaper, price > 1 {
                merged.priceMaxMinor = min(parsed.filter.priceMaxMinor ?? .max, price - 1)
                merged.priceMinMinor = parsed.filter.priceMinMinor.flatMap { $0 < price ? $0 : nil }
            }
            if cues.isDearer {
                merged.priceMinMinor = max(parsed.filter.priceMinMinor ?? 0, price + 1)
                merged.priceMaxMinor = merged.priceMaxMinor.flatMap { $0 > price ? $0 : nil }
            }
            if cues.isLike || isCounted || !named.isEmpty { merged.excludedIDs.insert(reference.id) }
        }
        merged.excludedIDs.formUnion(rejected)
        merged = merged.without(worn)
        let wantedMeasures = Wish.measures(measures, refinedBy: parsed.measures)
        Wish.narrow(&merged, to: Wish.kinds(saidKinds, refinedBy: parsed.kinds), wantedMeasures, snapshot)
        var shown = turn.context.shownProducts
        for id in turn.context.dialogue.earlierProducts where !shown.contains(id) { shown.append(id) }
        earlierProducts = Array(shown.prefix(Wish.earlierMax))
        if isMore { merged.excludedIDs.formUnion(earlierProducts) }
        if let comparison = cues.comparison, let reference {
            let fitting = snapshot.products(matching: merged, limit: .max).filter { comparison.puts($0, before: reference) }
            merged.attributes["id"] = .init(anyOf: fitting.isEmpty ? [CatalogSnapshot.noProduct] : fitting.map(\.id))
        }
        sorted = Wish.sort(cues, &merged, snapshot)
        filter = merged
        let isBesides = isMore || dislikes || !sorted.isEmpty
        let isFromWords = addsKind || (parsed.filter.gem.anyOf.isEmpty && !cues.isLike && !changes && !isCounted)
        like = isBesides || isFromWords ? nil : reference
        // "Cheaper" is kept with the price it meant.
        let units = FilterParser.minorUnits(of: snapshot.currency)
        if cues.isCheaper, let most = merged.priceMaxMinor { line += ", under \(Double(most) / units)" }
        if cues.isDearer, let least = merged.priceMinMinor { line += ", over \(Double(least) / units)" }
        said.append(Wish.oneLine(line))
        lines = written(said)
    }

    /// A customer's words as a line that is kept: what they write makes no line of ours.
    private static func oneLine(_ words: String) -> String {
        String(words.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(charactersMax))
    }

    /// Without what marks our own lines at its beginning.
    private static func unmarked(_ line: some StringProtocol) -> String {
        String(line.drop { $0 == " " || String($0) == rejection || String($0) == LastingCondition.mark })
    }

    /// Kinds that are wanted replace those before; kinds that are not add up.
    private static func kinds(_ before: [SaidKind], refinedBy new: [SaidKind]) -> [SaidKind] {
        let isReplaced = new.contains { !$0.isNegated }
        return before.filter { $0.isNegated || !isReplaced } + new
    }

    /// What is newly said of the same attributes replaces what was said before.
    private static func measures(_ before: [SaidMeasure], refinedBy new: [SaidMeasure]) -> [SaidMeasure] {
        before.filter { old in !new.contains { $0.attributes == old.attributes } } + new
    }

    /// Those that have the measures; and of a kind that no attribute states, those whose titles name it, where there are any, without those that are
    /// not wanted.
    private static func narrow(
        _ filter: inout ProductFilter, to kinds: [SaidKind], _ measures: [SaidMeasure], _ snapshot: CatalogSnapshot
    ) {
        narrow(&filter, to: kinds, snapshot)
        filter = snapshot.narrowed(filter, to: measures)
    }

    private static func narrow(_ filter: inout ProductFilter, to kinds: [SaidKind], _ snapshot: CatalogSnapshot) {
        for kind in kinds where kind.isNegated { filter.excludedIDs.formUnion(snapshot.products(naming: kind).map(\.id)) }
        let wanted = kinds.filter { !$0.isNegated && (filter.category.anyOf.isEmpty || filter.category.anyOf.contains($0.category)) }
        guard !wanted.isEmpty else { return }
        let named = wanted.flatMap { kind in snapshot.products(naming: kind).filter { $0.category == kind.category }.map(\.id) }
        if !named.isEmpty { filter.attributes["id"] = .init(anyOf: named) }
    }

    /// "Green one" points at none of what was shown.
    private static let pointing: PhraseSet = ["it", "this", "that", "这", "那"]

    /// A line that lists what was rejected; customers' own lines are sentences.
    private static let rejection = "-"
    /// Narrows a filter to what comes first in the order that was asked for.
    private static func sort(_ cues: WishCues, _ filter: inout ProductFilter, _ snapshot: CatalogSnapshot) -> [String] {
        guard let order = cues.order else { return [] }
        let first = order.sorted(snapshot.products(matching: filter, limit: .max)).prefix(sortedMax).map(\.id)
        if !first.isEmpty { filter.attributes["id"] = .init(anyOf: Array(first)) }
        return Array(first)
    }

    /// Words of a sentence; ideographs count as half of one.
    static func wordCount(_ text: String) -> Int {
        let han = text.unicodeScalars.count { (0x4E00...0x9FFF).contains($0.value) }
        return han > 0 ? (han + 1) / 2 : text.split { !$0.isLetter && !$0.isNumber }.count
    }
}

extension ProductFilter {
    /// These conditions, each replaced by what is newly said of the same field.
    public func refined(by new: ProductFilter) -> ProductFilter {
        var merged = self
        merged.category = category.refined(by: new.category)
        merged.material = material.refined(by: new.material)
        merged.gem = gem.refined(by: new.gem)
        merged.color = color.refined(by: new.color)
        if new.priceMinMinor != nil || new.priceMaxMinor != nil {
            merged.priceMinMinor = new.priceMinMinor
            merged.priceMaxMinor = new.priceMaxMinor
        }
        if new.inStock { merged.inStock = true }
        if new.nickelFree { merged.nickelFree = true }
        for name in new.attributes.keys.sorted() {
            merged.attributes[name] = (merged.attributes[name] ?? .init()).refined(by: new.attributes[name] ?? .init())
        }
        return merged
    }

    /// These conditions and what cannot be worn, whatever else is wanted.
    func without(_ worn: ProductFilter) -> ProductFilter {
        var copy = self
        copy.nickelFree = nickelFree || worn.nickelFree
        for field in ["material", "gem"] {
            copy[field: field].anyOf.removeAll { worn[field: field].noneOf.contains($0) }
            copy[field: field].noneOf += worn[field: field].noneOf.filter { !copy[field: field].noneOf.contains($0) }
        }
        return copy
    }

    /// The same without what is not wanted: "I don't like the gold one" speaks of one product.
    var wanted: ProductFilter {
        var copy = self
        for field in ["category", "material", "gem", "color"] + attributes.keys.sorted() { copy[field: field].noneOf = [] }
        return copy
    }
}

extension ProductFilter.Choice {
    /// What is wanted replaces what was said before; what is not wanted adds to it.
    func refined(by new: Self) -> Self {
        if new.isEmpty { return self }
        if !new.anyOf.isEmpty { return new }
        return Self(
            anyOf: anyOf.filter { !new.noneOf.contains($0) }, noneOf: noneOf + new.noneOf.filter { !noneOf.contains($0) })
    }
}
