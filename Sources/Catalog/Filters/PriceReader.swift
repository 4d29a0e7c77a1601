/// One side of what a price may be.
struct PriceBound: Equatable {
    var amount: Double
    var isUpper: Bool
    /// ISO 4217; "" = the shop's.
    var currency: String
    var tokens: Range<Int>

    /// "500", "499.5".
    static func written(_ amount: Double) -> String {
        amount == amount.rounded() ? String(Int64(amount)) : String((amount * 100).rounded() / 100)
    }
}

/// Reads prices: "under $500", "between 100 and 200", "五百块以下", "a 300 dollar ring", "100-200元".
///
/// A number is a price when money is named, or a comparison stands beside it and nothing else is counted ("under 5 g").
struct PriceReader {
    let parser: FilterParser
    let tokens: [TextToken]

    /// Below it a number without money is a count ("at least two").
    static let bareMin = 5.0
    /// "from 100 to 200", "100 to 200" without money is a price from here on; below it may be a size.
    static let bareRangeMin = 50.0

    /// Words between a comparison and its number.
    static let betweenMax = 8

    private struct Amount {
        var value: Double
        /// nil = no money named.
        var currency: String?
        var count: Int
    }

    private typealias Word = FilterLexicon.PriceWord

    func read(at start: Int, negated: Bool) -> (bounds: [PriceBound], count: Int)? {
        range(start) ?? compared(start, negated: negated) ?? about(start) ?? leading(start)
    }

    // "between A and B", "from A to B", "介于A和B之间", "A到B", "$100-$200".
    private func range(_ start: Int) -> ([PriceBound], Int)? {
        var index = start
        let opening = parser.lexicon.price(tokens, at: index, [.rangeStart])
        index += opening ?? 0
        guard let low = amount(index) else { return nil }
        index += low.count
        guard let join = parser.lexicon.price(tokens, at: index, [.rangeJoin]) else { return nil }
        index += join
        guard let high = amount(index) else { return nil }
        index += high.count
        let end = parser.lexicon.price(tokens, at: index, [.rangeEnd])
        if isCounted(index) { return nil }
        let currency = high.currency ?? low.currency
        // "and" joins two wishes as well as two prices.
        let joinsLoosely = ["and", "和", "与"].contains(tokens[index - high.count - join].text)
        if opening == nil && end == nil && currency == nil {
            if joinsLoosely || min(low.value, high.value) < Self.bareRangeMin || followsSize(start) { return nil }
        }
        if opening == nil && end == nil && joinsLoosely { return nil }
        if currency == nil && min(low.value, high.value) < bareLeast(start) { return nil }
        index += end ?? 0
        let (least, most) = (min(low.value, high.value), max(low.value, high.value))
        let taken = start..<index
        return (
            [
                PriceBound(amount: least, isUpper: false, currency: currency ?? "", tokens: taken),
                PriceBound(amount: most, isUpper: true, currency: currency ?? "", tokens: taken),
            ], index - start
        )
    }

    // "under 500", "at least $100", "不超过五百块".
    private func compared(_ start: Int, negated: Bool) -> ([PriceBound], Int)? {
        for (words, isUpper) in [([Word.atMostBefore], true), ([.atLeastBefore], false)] {
            guard let opening = parser.lexicon.price(tokens, at: start, words) else { continue }
            var index = start + opening
            index += between(index)
            // "under about 500": the comparison is what counts.
            index += parser.lexicon.price(tokens, at: index, [.aboutBefore]) ?? 0
            guard let found = amount(index), isPrice(found, followedAt: index + found.count) else { continue }
            if found.currency == nil, found.value < bareLeast(start) { continue }
            index += found.count
            // "预算五百左右" is about 500, "最多五百以内" says the same twice.
            let about = parser.lexicon.price(tokens, at: index, [.aboutAfter])
            let again = parser.lexicon.price(tokens, at: index, [isUpper ? .atMostAfter : .atLeastAfter])
            index += about ?? again ?? 0
            let taken = start..<index
            if about != nil { return (around(found, taken), index - start) }
            // "I don't want to pay more than 500".
            return ([PriceBound(amount: found.value, isUpper: isUpper != negated, currency: found.currency ?? "", tokens: taken)], index - start)
        }
        return nil
    }

    // "around 300", "大约三百".
    private func about(_ start: Int) -> ([PriceBound], Int)? {
        guard let opening = parser.lexicon.price(tokens, at: start, [.aboutBefore]) else { return nil }
        let at = start + opening
        guard let found = amount(at), isPrice(found, followedAt: at + found.count), found.currency != nil || found.value >= Self.bareRangeMin else {
            return nil
        }
        let end = at + found.count + (parser.lexicon.price(tokens, at: at + found.count, [.aboutAfter]) ?? 0)
        return (around(found, start..<end), end - start)
    }

    // "500 or less", "五百块以下", "300 dollars", "三百左右".
    private func leading(_ start: Int) -> ([PriceBound], Int)? {
        guard let found = amount(start), isPrice(found, followedAt: start + found.count) else { return nil }
        let after = start + found.count
        for (words, isUpper) in [([Word.atMostAfter], true), ([.atLeastAfter], false)] {
            if let count = parser.lexicon.price(tokens, at: after, words) {
                let taken = start..<after + count
                return ([PriceBound(amount: found.value, isUpper: isUpper, currency: found.currency ?? "", tokens: taken)], taken.count)
            }
        }
        let count = parser.lexicon.price(tokens, at: after, [.aboutAfter])
        if found.currency == nil && count == nil { return nil }
        let taken = start..<after + (count ?? 0)
        return (around(found, taken), taken.count)
    }

    private func around(_ found: Amount, _ taken: Range<Int>) -> [PriceBound] {
        let currency = found.currency ?? ""
        return [
            PriceBound(amount: found.value * (1 - FilterParser.aboutShare), isUpper: false, currency: currency, tokens: taken),
            PriceBound(amount: found.value * (1 + FilterParser.aboutShare), isUpper: true, currency: currency, tokens: taken),
        ]
    }

    // MARK: numbers with money

    private func amount(_ start: Int) -> Amount? {
        var index = start
        var currency: String?
        if let before = parser.lexicon.currency(tokens, at: index) {
            currency = before.code
            index += before.count
        }
        guard let (value, count) = Numerals.read(tokens, at: index), value > 0 else { return nil }
        // "18k gold" counts carats of purity.
        if count == 2, tokens[index + 1].text == "k", isGold(index + 2) { return nil }
        index += count
        // "500块人民币": the last name of the money is the most exact.
        while let after = parser.lexicon.currency(tokens, at: index) {
            if !after.code.isEmpty || currency == nil { currency = after.code }
            index += after.count
        }
        return Amount(value: value, currency: currency, count: index - start)
    }

    private func isPrice(_ found: Amount, followedAt index: Int) -> Bool {
        found.currency != nil || (found.value >= Self.bareMin && !isCounted(index))
    }

    private func isCounted(_ index: Int) -> Bool {
        guard let count = parser.lexicon.price(tokens, at: index, [.otherUnit]) else { return false }
        return tokens[index].text != "in" || count > 1 || !leadsOn(index)
    }

    // "under 300 in white gold", "in my size", "in stock": not inches.
    private func leadsOn(_ index: Int) -> Bool {
        if case .inStock? = parser.lexicon.match(tokens, at: index)?.meaning { return true }
        guard index + 1 < tokens.count else { return false }
        if PriceReader.afterIn.contains(tokens[index + 1].text) { return true }
        return parser.lexicon.match(tokens, at: index + 1) { meaning in
            switch meaning {
            case .values(let field, _), .kindOf(let field, _): field != "category" ? true : nil
            case .several: true
            default: nil
            }
        } != nil
    }

    private static let afterIn: Set<String> = [
        "a", "an", "the", "my", "your", "her", "his", "our", "their", "this", "that", "any", "either", "both", "size", "sizes", "small", "large",
        "medium",
        "stock", "total", "all", "pure", "solid", "real", "sterling", "genuine", "light", "dark", "bright", "us", "usd", "dollars", "euros", "euro",
        "cash",
        "time", "different", "several", "one", "two",
    ]

    private func isGold(_ index: Int) -> Bool {
        parser.lexicon.match(tokens, at: index) { meaning in
            if case .values(let field, _) = meaning, field == "material" { true } else { nil }
        } != nil
    }

    // "from 9 to 5" are hours more often than prices.
    private func bareLeast(_ opening: Int) -> Double {
        ["from", "从", "在"].contains(tokens[opening].text) ? Self.bareRangeMin : Self.bareMin
    }

    private func followsSize(_ index: Int) -> Bool {
        index > 0 && ["size", "sizes", "us", "length", "号", "尺寸", "长"].contains(tokens[index - 1].text)
    }

    // "under a price of 500", "budget is 500", "预算是五百".
    private func between(_ start: Int) -> Int {
        var index = start
        while index < tokens.count, index - start < Self.betweenMax,
            ["a", "an", "the", "of", "is", "price", "total", "是", "在", "为", ":", "about", "my"].contains(tokens[index].text)
        {
            // "a hundred" begins the number.
            if Numerals.read(tokens, at: index) != nil { break }
            index += 1
        }
        return index - start
    }
}
