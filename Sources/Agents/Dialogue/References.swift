import Catalog
import Sessions

/// What customers mean by "the second one", "it", "第二个", "the silver one", or by a product's own name.
struct References {
    let snapshot: CatalogSnapshot
    let context: DialogueContext

    /// Products that the words point at, in the order they are named; empty when they point at none.
    func products(in words: String) -> [String] {
        let named = named(words)
        if !named.isEmpty { return named }
        let counted = ordinals(words).compactMap(shown)
        if !counted.isEmpty { return counted }
        if let described = described(words) { return [described] }
        return points(words) ? [context.focusedProduct].compactMap { $0 } : []
    }

    /// The product the words are about, or else the one in focus.
    func product(in words: String) -> String? { products(in: words).first ?? context.focusedProduct }

    /// Products whose id or whole title stands in the words.
    func named(_ words: String) -> [String] { snapshot.names.find(in: words).map(\.productID) }

    private func shown(_ position: Int) -> String? {
        let all = context.shownProducts
        let index = position > 0 ? position - 1 : all.count + position
        return all.indices.contains(index) ? all[index] : nil
    }

    private static let english = [
        "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "last": -1, "former": 1,
        "latter": 2,
    ]
    private static let chinese: [(String, [Int])] = [
        ("前两", [1, 2]), ("头两", [1, 2]), ("前三", [1, 2, 3]), ("第一", [1]), ("第二", [2]), ("第三", [3]), ("第四", [4]), ("第五", [5]), ("最后", [-1]),
    ]

    /// Positions that are named: 1 = first, -1 = last.
    func ordinals(_ words: String) -> [Int] {
        let lower = words.lowercased()
        let tokens = lower.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        var found: [Int] = []
        let parser = FilterParser(currency: snapshot.currency)
        for (index, token) in tokens.enumerated() {
            guard let position = References.english[token] else {
                if ["number", "no", "option"].contains(token), index + 1 < tokens.count, let number = Int(tokens[index + 1]),
                    (1...20).contains(number)
                {
                    found.append(number)
                }
                continue
            }
            let next = index + 1 < tokens.count ? tokens[index + 1] : ""
            // "the first two" names two of them; "last week" none.
            if token == "first", ["two", "2", "pair"].contains(next) { return [1, 2] }
            if token == "last", next == "order" { continue }
            if References.counts(tokens, index, parser) { found.append(position) }
        }
        var places: [(Range<String.Index>, [Int])] = []
        for (word, positions) in References.chinese {
            for range in lower.ranges(of: word) where References.countsInChinese(lower[range.upperBound...], positions) {
                places.append((range, positions))
            }
        }
        places.sort { $0.0.lowerBound < $1.0.lowerBound }
        return found + places.flatMap(\.1)
    }

    /// What is counted among things shown, beside kinds of jewellery.
    private static let counted: Set<String> = [
        "one", "ones", "two", "three", "item", "items", "piece", "pieces", "product", "option", "choice", "pick", "design", "model", "picture",
        "photo",
        "pair", "order", "and", "or", "please", "instead", "again", "too", "thanks",
    ]
    /// "My first anniversary", "a second ring": none of what was shown.
    private static let elsewhere: Set<String> = ["a", "an", "my", "our", "her", "his", "your", "their", "another", "every"]
    private static let occasions: Set<String> = [
        "anniversary", "birthday", "wedding", "engagement", "date", "time", "day", "week", "month", "year", "night", "weekend", "christmas",
        "valentine",
        "holiday", "child", "baby", "born", "daughter", "son", "communion", "dance", "place", "visit", "purchase", "job", "step", "thing", "question",
        "day's", "floor", "half", "of", "name",
    ]

    /// Whether the ordinal at `index` counts things shown: it stands alone, or before a word for a thing, with what is said of it between ("the
    /// second gold ring"), or has an article and no occasion behind it.
    private static func counts(_ tokens: [String], _ index: Int, _ parser: FilterParser) -> Bool {
        let before = index > 0 ? tokens[index - 1] : ""
        if elsewhere.contains(before) { return false }
        let rest = tokens[(index + 1)...]
        for token in rest.prefix(3) {
            if counted.contains(token) { return true }
            let filter = parser.parse(token).filter
            if !filter.category.isEmpty { return true }
            if filter.isEmpty { break }
        }
        if ["the", "and", "or", "than", "with"].contains(before) { return rest.first.map { !occasions.contains($0) } ?? true }
        return tokens.count == 1
    }

    /// "第二个", "最后一款"; but "第一次" and "第二天" count something else.
    private static func countsInChinese(_ rest: Substring, _ positions: [Int]) -> Bool {
        var rest = rest
        if let first = rest.first, "一那".contains(first) { rest = rest.dropFirst() }
        guard let next = rest.first, next.isLetter else { return true }
        return "个款条只对件枚颗副串双种套张项单样的和跟与或还及是".contains(next) || (positions != [-1] && "比有多".contains(next))
    }

    /// "the silver one", "红宝石那个": the one of the shown that alone is so.
    private func described(_ words: String) -> String? {
        let lower = words.lowercased()
        guard lower.contains(" one") || lower.contains("那个") || lower.contains("那款") || lower.contains("那条") || lower.contains("那对") else {
            return nil
        }
        // "A cheaper one in silver" is none of them.
        let tokens = lower.split { !$0.isLetter }
        if let one = tokens.firstIndex(of: "one"), tokens[..<one].suffix(3).contains(where: { ["a", "an", "any", "another", "some"].contains($0) }) {
            return nil
        }
        let filter = FilterParser(currency: snapshot.currency).parse(words).filter
        guard !filter.isEmpty else { return nil }
        let fitting = context.shownProducts.filter { snapshot.product($0).map(filter.matches) ?? false }
        return fitting.count == 1 ? fitting[0] : nil
    }

    private static let pointing: Set<String> = ["it", "this", "that", "they", "them", "these", "those", "its", "one"]

    /// Whether there is a word that stands for something said before.
    func points(_ words: String) -> Bool {
        let lower = words.lowercased()
        if ["这", "它", "那个", "那款", "那条", "那对", "刚才", "该款"].contains(where: lower.contains) { return true }
        return lower.split { !$0.isLetter }.contains { References.pointing.contains(String($0)) }
    }
}
