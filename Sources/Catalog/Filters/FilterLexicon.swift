import CheckedYAML

/// What phrases mean to the filter parser. A data table in both languages (FilterLexicon+Table.swift); a shop adds its own.
///
/// Phrases are matched token by token, the longest first, so that "rose gold" is never "gold".
public struct FilterLexicon: Sendable {
    /// What a phrase does to the filter.
    enum Meaning: Equatable {
        /// The field has (or, negated, has not) one of the values.
        case values(field: String, [String])
        /// A kind of one value: "studs" are earrings, but "no studs" does not mean no earrings.
        case kindOf(field: String, String)
        /// Several at once: "钻戒" is a ring with a diamond.
        case several([Meaning])
        case inStock
        case nickelFree
        /// Says nothing, whatever its parts would say alone ("押金", "ring size").
        case nothing
        /// What follows is not wanted.
        case negator
        /// May stand between a negator and what it negates.
        case filler
        /// Joins two values of one kind.
        case connective
        /// Follows a value that is not wanted ("银的不要").
        case rejection
        case price(PriceWord)
    }

    /// The parts of speech of a price.
    enum PriceWord: Equatable {
        case atMostBefore, atMostAfter, atLeastBefore, atLeastAfter, aboutBefore, aboutAfter
        case rangeStart, rangeJoin, rangeEnd
        /// ISO 4217, or "" for whatever the shop's currency is called ("块").
        case currency(String)
        /// What comes after it counts something else than money ("克", "mm", "days").
        case otherUnit
    }

    private struct Entry: Sendable {
        var tokens: [String]
        var meanings: [Meaning]
    }

    /// By first token: longest phrases first, then in the order of their addition.
    private var entries: [[Entry]] = []
    /// Where in `entries` the phrases are that begin with a token.
    private var slots: [String: Int] = [:]

    /// The table that comes with the program.
    public static let builtIn: FilterLexicon = {
        var lexicon = FilterLexicon()
        for (meaning, phrases) in table { lexicon.add(phrases, meaning) }
        return lexicon
    }()

    private init() {}

    /// The built-in table with a shop's own words: YAML such as
    ///
    ///     style:
    ///       minimalist: [minimal, minimalistic, 极简, 简约]
    ///     gem:
    ///       tanzanite: [tanzanite, 坦桑石]
    ///
    /// field → value → phrases. A phrase that is already there gets the new meaning.
    /// - Throws: `.invalidArgument` naming what is not of this form.
    public init(extendedBy yaml: String) throws(StoreError) {
        self = .builtIn
        do {
            for (field, values) in try YAMLValue.parse(yaml, file: "filter words").entries() {
                for (value, phrases) in try values.entries() { replace(try phrases.strings(), .values(field: field, [value])) }
            }
        } catch {
            throw StoreError(.invalidArgument, "\(error); expected field → value → list of phrases")
        }
    }

    /// The same with words for whom and what this catalogue's products are for and for their style: as far as they say it, so that no wish asks
    /// for what no product states.
    public func knowing(_ products: [Product]) -> FilterLexicon {
        var lexicon = self
        for field in Self.giftFields {
            let values = Set(products.flatMap { $0.attributeValues(field) })
            for value in values.sorted() {
                let known = Self.gifts[field]?[value]
                var phrases = known.map { [$0] } ?? []
                if field != "recipient" { phrases.append(value.replacing("_", with: " ")) }
                // What is for everybody is for her, too.
                let wanted = field == "recipient" && values.contains("unisex") && value != "unisex" ? [value, "unisex"] : [value]
                lexicon.add(phrases.joined(separator: "|"), .values(field: field, wanted))
            }
        }
        // "18K gold", "14 karat": what the metal's fineness is called.
        for value in Set(products.flatMap { $0.attributeValues("karat") }).sorted() {
            let phrases = ["k", " karat", " karats", "kt", "ct gold", " carat gold"].map { value + $0 }
            lexicon.add(phrases.joined(separator: "|"), .values(field: "karat", [value]))
        }
        return lexicon
    }

    /// Adds phrases, separated by "|".
    private mutating func add(_ phrases: String, _ meaning: Meaning) {
        for phrase in phrases.split(separator: "|") { insert(String(phrase), meaning, replacing: false) }
    }

    private mutating func replace(_ phrases: [String], _ meaning: Meaning) {
        for phrase in phrases { insert(phrase, meaning, replacing: true) }
    }

    private mutating func insert(_ phrase: String, _ meaning: Meaning, replacing: Bool) {
        let tokens = TextTokens.cut(phrase).map(\.text)
        guard let first = tokens.first else { return }
        let slot = slots[first] ?? entries.count
        var known = slot < entries.count ? entries[slot] : []
        if let index = known.firstIndex(where: { $0.tokens == tokens }) {
            if replacing { known[index].meanings = [meaning] } else { known[index].meanings.append(meaning) }
        } else {
            let index = known.firstIndex { $0.tokens.count < tokens.count } ?? known.count
            known.insert(Entry(tokens: tokens, meanings: [meaning]), at: index)
        }
        if slot < entries.count {
            entries[slot] = known
        } else {
            slots[first] = slot
            entries.append(known)
        }
    }

    /// The tokens of a sentence, each with its place in this lexicon: looked up once, asked for by every reader.
    func tokens(of text: String) -> [TextToken] {
        var tokens = TextTokens.cut(text)
        for index in tokens.indices { tokens[index].slot = slots[tokens[index].text] }
        return tokens
    }

    /// The longest phrase that begins at `start` and has a meaning that `wanted` accepts.
    /// - Parameter tokens: of this lexicon (`tokens(of:)`).
    func match<T>(_ tokens: [TextToken], at start: Int, _ wanted: (Meaning) -> T?) -> (meaning: T, count: Int)? {
        guard tokens.indices.contains(start), let slot = tokens[start].slot else { return nil }
        for entry in entries[slot] {
            guard start + entry.tokens.count <= tokens.count else { continue }
            let fits = zip(entry.tokens, tokens[start...]).allSatisfy { $0 == $1.text }
            guard fits else { continue }
            for meaning in entry.meanings {
                if let found = wanted(meaning) { return (found, entry.tokens.count) }
            }
        }
        return nil
    }

    func match(_ tokens: [TextToken], at start: Int) -> (meaning: Meaning, count: Int)? {
        match(tokens, at: start) { (meaning: Meaning) -> Meaning? in
            // Price words mean something beside a number only; the price parser asks for them by themselves.
            if case .price = meaning { nil } else { meaning }
        }
    }

    func price(_ tokens: [TextToken], at start: Int, _ words: [PriceWord]) -> Int? {
        match(tokens, at: start) { meaning in
            if case .price(let word) = meaning, words.contains(word) { word } else { nil }
        }?.count
    }

    func currency(_ tokens: [TextToken], at start: Int) -> (code: String, count: Int)? {
        match(tokens, at: start) { meaning in
            if case .price(.currency(let code)) = meaning { code } else { nil }
        }.map { ($0.meaning, $0.count) }
    }
}
