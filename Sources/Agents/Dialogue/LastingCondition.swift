import Catalog

/// What a customer cannot wear counts for every wish of the conversation, whatever else is looked for: "I'm allergic to nickel", "我对银过敏".
///
/// Kept among the lines of a wish, with a mark before each.
enum LastingCondition {
    /// Customers' own lines are kept without one at their beginning (`Wish`).
    static let mark = "!"
    static let linesMax = 4
    /// Characters of one.
    static let charactersMax = 160

    private static let saying: PhraseSet = [
        "allergic to", "allergy to", "nickel allergy", "metal allergy", "can't wear", "cant wear", "cannot wear", "react to", "sensitive to",
        "过敏", "不能戴", "戴不了",
    ]

    /// The lines with what the words add to them; the same lines where they say nothing that lasts.
    static func lines(_ kept: [String], adding words: String, _ parser: FilterParser) -> [String] {
        guard SaidWords(words).contains(anyOf: saying), !filter([mark + words], parser).isEmpty else { return kept }
        let line = mark + words.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(charactersMax)
        return Array((kept.filter { $0 != line } + [line]).suffix(linesMax))
    }

    /// What such lines leave out: materials and stones that cannot be worn, and nickel.
    static func filter(_ lines: [String], _ parser: FilterParser) -> ProductFilter {
        var filter = ProductFilter()
        for line in lines {
            let said = parser.parse(String(line.dropFirst(mark.count))).filter
            filter.nickelFree = filter.nickelFree || said.nickelFree
            for field in ["material", "gem"] {
                let unwanted = said[field: field].noneOf.filter { !filter[field: field].noneOf.contains($0) }
                filter[field: field].noneOf += unwanted
            }
        }
        return filter
    }

    /// A wish as it is kept, after a turn that is customer service's.
    static func keeping(_ words: String, in wish: String, _ parser: FilterParser) -> String {
        let all = wish.split(separator: "\n").map(String.init)
        let kept = all.filter { $0.hasPrefix(mark) }
        let lines = lines(kept, adding: words, parser)
        guard lines != kept else { return wish }
        return (lines + all.filter { !$0.hasPrefix(mark) }).joined(separator: "\n")
    }
}
