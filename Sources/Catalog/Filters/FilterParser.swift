/// A phrase that was understood.
public struct MatchedPhrase: Sendable, Equatable {
    /// As it was said: "under $500", "玫瑰金".
    public var phrase: String
    /// "category", "material", "gem", "color", "price", "in_stock", "nickel_free" or a shop's own attribute.
    public var field: String
    /// "=", "!=", "<=", ">=".
    public var `operator`: String
    /// The attribute's value, or a price in the currency's unit ("500").
    public var value: String
    /// UTF-8 bytes of the text the phrase takes.
    public var range: Range<Int>

    public init(phrase: String, field: String, operator: String, value: String, range: Range<Int>) {
        self.phrase = phrase
        self.field = field
        self.operator = `operator`
        self.value = value
        self.range = range
    }
}

/// A kind that no attribute states, but titles may: "studs", "no hoops", "not eternity".
public struct SaidKind: Sendable, Equatable {
    /// Lower case, without the plural's ending: "stud", "手镯".
    public var stem: String
    /// What it is a kind of; "" = not known.
    public var category: String
    public var isNegated: Bool
    /// UTF-8 bytes of the text the word takes.
    public var range: Range<Int>
}

/// What a sentence asks of products.
public struct ParsedFilter: Sendable, Equatable {
    public var filter: ProductFilter
    /// In the order of the text.
    public var matches: [MatchedPhrase]
    /// Prices in a currency the shop has no rate for: understood, but not applied.
    public var notApplied: [MatchedPhrase]
    /// In the order of the text.
    public var kinds: [SaidKind] = []
    /// In the order of the text; no part of `filter`, which compares words.
    public var measures: [SaidMeasure] = []

    public init(filter: ProductFilter = ProductFilter(), matches: [MatchedPhrase] = [], notApplied: [MatchedPhrase] = []) {
        self.filter = filter
        self.matches = matches
        self.notApplied = notApplied
    }
}

/// Understands what customers say of material, stone, colour, kind, price and stock, in English and Chinese.
///
/// Pure and table-driven: longest phrase first, negation up to the next word that is neither filler nor value. What it
/// does not understand it leaves to the similarity search.
public struct FilterParser: Sendable {
    /// "500 dollars" with neither "under" nor "over" means 500 give or take this share.
    public static let aboutShare = 0.2
    /// Bytes of a text that are looked at.
    public static let textBytesMax = 16 * 1024

    public var lexicon: FilterLexicon
    /// ISO 4217 of the shop's prices.
    public var currency: String
    /// What one unit of another currency is worth in the shop's. Without a rate such a price is not applied.
    public var rates: [String: Double]

    public init(lexicon: FilterLexicon = .builtIn, currency: String = "USD", rates: [String: Double] = [:]) {
        self.lexicon = lexicon
        self.currency = currency
        self.rates = rates
    }

    /// For a catalogue: in its currency, with words for whom and what its products are for.
    public init(of snapshot: CatalogSnapshot, rates: [String: Double] = [:]) {
        self.init(lexicon: FilterLexicon.builtIn.knowing(snapshot.products), currency: snapshot.currency, rates: rates)
    }

    public func parse(_ text: String) -> ParsedFilter {
        let bounded = text.utf8.count <= Self.textBytesMax ? text : String(decoding: text.utf8.prefix(Self.textBytesMax), as: UTF8.self)
        var run = FilterRun(parser: self, text: bounded)
        run.read()
        return run.result()
    }

    /// Smallest units in one unit of a currency.
    public static func minorUnits(of currency: String) -> Double {
        ["JPY", "KRW", "VND", "CLP"].contains(currency) ? 1 : 100
    }
}

/// One reading of one sentence.
struct FilterRun {
    /// How far the negation that was said last reaches.
    enum Negation: Equatable {
        case off
        /// Said; a value is to come.
        case armed
        /// It took a value of this field.
        case took(String)
        /// … and a connective came after it.
        case joined(String, isAnd: Bool)
    }

    struct Value: Equatable {
        var field: String
        var values: [String]
        var isNegated: Bool
        var tokens: Range<Int>
    }

    let parser: FilterParser
    let text: [UInt8]
    let tokens: [TextToken]
    var values: [Value] = []
    var prices: [PriceBound] = []
    private var kinds: [SaidKind] = []
    private var measures: [SaidMeasure] = []
    private var inStock: Range<Int>?
    private var nickelFree: Range<Int>?
    private var negation = Negation.off
    /// Where the last number begins; -1 = there is none. Behind it there is no price, and no measure.
    private let lastNumber: Int

    init(parser: FilterParser, text: String) {
        self.parser = parser
        self.text = Array(text.utf8)
        let tokens = parser.lexicon.tokens(of: text)
        self.tokens = tokens
        lastNumber = tokens.indices.last { Numerals.read(tokens, at: $0) != nil } ?? -1
    }

    mutating func read() {
        var index = 0
        while index < tokens.count { index += step(index) }
    }

    // Takes what begins at `index`; gives how many tokens that was.
    private mutating func step(_ index: Int) -> Int {
        if index <= lastNumber, let count = amount(index) { return count }
        guard let (meaning, count) = parser.lexicon.match(tokens, at: index) else {
            // A negator in front of an unknown word negates that word. A number stands between in "no 2 rings" only.
            if negation == .armed, tokens[index].text.count >= Self.unwantedCharactersMin { note(index..<index + 1, isNegated: true) }
            negation = .off
            return 1
        }
        take(meaning, index..<index + count)
        return count
    }

    /// Takes a measure or a price.
    private mutating func amount(_ index: Int) -> Int? {
        if let found = MeasureReader(parser: parser, tokens: tokens).read(at: index, negated: negation == .armed) {
            var measure = found.measure
            measure.phrase = String(decoding: text[measure.range], as: UTF8.self)
            measures.append(measure)
            negation = .off
            return found.count
        }
        guard let found = PriceReader(parser: parser, tokens: tokens).read(at: index, negated: negation == .armed) else { return nil }
        prices.append(contentsOf: found.bounds)
        negation = .off
        return found.count
    }

    private mutating func take(_ meaning: FilterLexicon.Meaning, _ range: Range<Int>) {
        switch meaning {
        case .values(let field, let named): take(field, named, range)
        case .kindOf(let field, let value):
            let known = values.count
            take(field, [value], range, isKind: true)
            note(range, of: value, isNegated: values.count == known)
        case .several(let parts): for part in parts { take(part, range) }
        case .inStock:
            if negation == .off { inStock = range }
            negation = .off
        case .nickelFree:
            if negation == .off { nickelFree = range }
            negation = .off
        case .nothing: negation = .off
        case .negator:
            if rejects(range) || asks(range) { return }
            negation = .armed
        case .rejection: if !rejects(range) { negation = .off }
        case .filler: pass(range)
        case .connective: join(range)
        case .price: break
        }
    }

    /// Shorter words are seldom names of kinds.
    private static let unwantedCharactersMin = 4

    private mutating func note(_ range: Range<Int>, of category: String = "", isNegated: Bool) {
        let words = tokens[range].map(\.text).filter { !["ear", "earrings"].contains($0) }
        let joined = words.first.map { $0.utf8.allSatisfy { $0 < 0x80 } ? $0 : words.joined() } ?? ""
        let stem = joined.count > 3 && joined.hasSuffix("s") ? String(joined.dropLast()) : joined
        guard !stem.isEmpty else { return }
        let bytes = tokens[range.lowerBound].range.lowerBound..<tokens[range.upperBound - 1].range.upperBound
        kinds.append(SaidKind(stem: stem, category: category, isNegated: isNegated, range: bytes))
    }

    // "没有银的吗" asks for silver.
    private func asks(_ range: Range<Int>) -> Bool {
        tokens[range.lowerBound].text == "没" && tokens[range.upperBound...].prefix(12).contains { ["吗", "么", "嘛"].contains($0.text) }
    }

    private mutating func take(_ field: String, _ named: [String], _ range: Range<Int>, isKind: Bool = false) {
        let isNegated: Bool
        switch negation {
        case .armed: isNegated = true
        case .joined(let first, let isAnd): isNegated = first == field || (!isAnd && field != "category")
        case .off, .took: isNegated = false
        }
        if !(isKind && isNegated) { values.append(Value(field: field, values: named, isNegated: isNegated, tokens: range)) }
        negation = isNegated ? .took(field) : .off
    }

    // "银的和金的": the particle does not end what was said; any other filler after a value does. "不要银的，要金的": a wish ends it.
    private mutating func pass(_ range: Range<Int>) {
        let word = tokens[range.lowerBound].text
        switch negation {
        case .took where word != "的": negation = .off
        case .joined where ["要", "想", "喜欢", "给", "want", "like", "need", "show", "give", "buy"].contains(word): negation = .off
        case .took, .joined, .armed, .off: break
        }
    }

    private mutating func join(_ range: Range<Int>) {
        let word = tokens[range.lowerBound].text
        switch negation {
        case .took(let field): negation = .joined(field, isAnd: ["and", ",", "跟", "与", "也", "还"].contains(word))
        // "not, …" and "not gold, and silver": the negation goes no further than one connective.
        case .armed where word != "either": negation = .off
        case .armed, .off, .joined: break
        }
    }

    // "银的不要": a negator that ends the clause and follows a value speaks of that value.
    private mutating func rejects(_ range: Range<Int>) -> Bool {
        guard parser.lexicon.match(tokens, at: range.lowerBound, { $0 == .rejection ? true : nil }) != nil else { return false }
        if range.upperBound < tokens.count, tokens[range.upperBound].kind != .sign { return false }
        guard let last = values.last else { return false }
        let between = tokens[last.tokens.upperBound..<range.lowerBound]
        guard between.allSatisfy({ ["的", "都", "就", "也"].contains($0.text) }) else { return false }
        values[values.count - 1].isNegated = true
        negation = .off
        return true
    }
}

extension FilterRun {
    /// Of contradicting statements about one value the later counts.
    func result() -> ParsedFilter {
        var parsed = ParsedFilter()
        parsed.kinds = kinds
        parsed.measures = measures
        var phrases: [MatchedPhrase] = []
        for (index, value) in values.enumerated() {
            let isOverruled = values[(index + 1)...].contains {
                $0.field == value.field && $0.isNegated != value.isNegated && $0.values == value.values
            }
            if isOverruled { continue }
            for name in value.values {
                var choice = parsed.filter[field: value.field]
                if value.isNegated {
                    if !choice.noneOf.contains(name) { choice.noneOf.append(name) }
                } else if !choice.anyOf.contains(name) {
                    choice.anyOf.append(name)
                }
                parsed.filter[field: value.field] = choice
                phrases.append(match(value.field, value.isNegated ? "!=" : "=", name, value.tokens))
            }
        }
        if let inStock {
            parsed.filter.inStock = true
            phrases.append(match("in_stock", "=", "true", inStock))
        }
        if let nickelFree {
            parsed.filter.nickelFree = true
            phrases.append(match("nickel_free", "=", "true", nickelFree))
        }
        for bound in consistentPrices { apply(bound, to: &parsed, &phrases) }
        parsed.matches = phrases.enumerated()
            .sorted { ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset) }.map(\.element)
        return parsed
    }

    // "under 50 … over 100" cannot both hold: the later counts.
    private var consistentPrices: [PriceBound] {
        guard let upper = prices.last(where: \.isUpper), let lower = prices.last(where: { !$0.isUpper }) else { return prices }
        guard upper.currency == lower.currency, lower.amount > upper.amount else { return prices }
        let later = upper.tokens.lowerBound > lower.tokens.lowerBound ? upper : lower
        return prices.filter { $0.tokens == later.tokens }
    }

    private func apply(_ bound: PriceBound, to parsed: inout ParsedFilter, _ phrases: inout [MatchedPhrase]) {
        let units = FilterParser.minorUnits(of: parser.currency)
        let code = bound.currency.isEmpty ? parser.currency : bound.currency
        let rate = code == parser.currency ? 1 : parser.rates[code]
        let operation = bound.isUpper ? "<=" : ">="
        guard let rate else {
            let value = "\(PriceBound.written(bound.amount)) \(code)"
            parsed.notApplied.append(match("price", operation, value, bound.tokens))
            return
        }
        let minor = Int64((bound.amount * rate * units).rounded())
        // Said twice: the later counts.
        if bound.isUpper { parsed.filter.priceMaxMinor = minor } else { parsed.filter.priceMinMinor = minor }
        phrases.append(match("price", operation, PriceBound.written(Double(minor) / units), bound.tokens))
    }

    private func match(_ field: String, _ operation: String, _ value: String, _ range: Range<Int>) -> MatchedPhrase {
        let bytes = tokens[range.lowerBound].range.lowerBound..<tokens[range.upperBound - 1].range.upperBound
        return MatchedPhrase(
            phrase: String(decoding: text[bytes], as: UTF8.self), field: field, operator: operation, value: value, range: bytes)
    }
}
