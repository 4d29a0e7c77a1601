import Catalog

/// A definite description: "the silver one", "this signet ring", "the one with pearls", "那条银项链", "红宝石那个".
struct Description: Equatable {
    /// What filters understood of it.
    var filter = ProductFilter()
    /// What they did not: "signet".
    var words: [String] = []

    /// Words between the article and the thing.
    static let modifiersMax = 4

    private static let articles: Set<String> = ["the", "this", "that", "these", "those"]
    private static let things: Set<String> = ["one", "ones", "piece", "pair", "item", "model", "design"]
    private static let stops: Set<String> = [
        "is", "are", "was", "were", "does", "do", "did", "of", "in", "on", "at", "and", "or", "with", "for", "to", "has", "have", "be", "can", "a",
        "an", "my", "your", "same", "other", "next", "first", "last", "price", "weight", "size", "stone", "gem", "clasp", "most", "more", "from",
        "than", "as", "i", "you", "we", "it", "not", "no", "any",
    ]

    /// The first in the sentence that says more than "this one".
    static func english(_ words: String, _ parser: FilterParser) -> Description? {
        let tokens = words.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        for start in tokens.indices where articles.contains(tokens[start]) {
            var end: Int?
            for index in (start + 1)..<min(tokens.count, start + 2 + modifiersMax) {
                if stops.contains(tokens[index]) { break }
                let isThing = things.contains(tokens[index]) || !parser.parse(tokens[index]).filter.category.isEmpty
                // "The hoop earrings" end with the last of them; "the ring size" is no ring.
                if isThing { end = index } else if end != nil { break }
            }
            guard let end else { continue }
            let phrase = tokens[(start + 1)...end]
            let next = end + 1 < tokens.count ? tokens[end + 1] : ""
            if !things.contains(tokens[end]), parser.parse("\(tokens[end]) \(next)").filter.category.isEmpty { continue }
            var description = Description(filter: told(parser.parse(phrase.joined(separator: " "))))
            description.words = phrase.dropLast().filter { $0.count > 2 && parser.parse($0).filter.isEmpty }
            if phrase.count == 1, things.contains(tokens[end]) {
                guard ["with", "in", "made", "without"].contains(next) else { continue }
                description.filter = told(parser.parse(tokens[(end + 1)...].prefix(8).joined(separator: " ")))
            }
            if description != Description() { return description }
        }
        return nil
    }

    private static let measures = Array("个款条只对件枚颗副串双种套张项")

    /// - Parameter isQuestion: a thing named without "this" or "that" is meant too: "银戒指多少钱".
    static func chinese(_ words: String, _ parser: FilterParser, isQuestion: Bool) -> Description? {
        let text = Array(words.utf8)
        guard text.contains(where: { $0 >= 0x80 }) else { return nil }
        func piece(_ range: Range<Int>) -> [Character] { Array(String(decoding: text[range], as: UTF8.self)) }
        let parsed = parser.parse(words)
        // Neighbouring phrases are one description: "银"+"戒指", "红宝石的"+"戒指".
        var runs: [(range: Range<Int>, isThing: Bool)] = []
        for match in parsed.matches where match.operator != "!=" && told.contains(match.field) {
            guard text[match.range].contains(where: { $0 >= 0x80 }) else { continue }
            let isThing = match.field == "category"
            if let last = runs.last, match.range.lowerBound >= last.range.lowerBound,
                match.range.lowerBound <= last.range.upperBound || piece(last.range.upperBound..<match.range.lowerBound) == ["的"]
            {
                runs[runs.count - 1] = (last.range.lowerBound..<max(last.range.upperBound, match.range.upperBound), last.isThing || isThing)
            } else {
                runs.append((match.range, isThing))
            }
        }
        for run in runs {
            var before = piece(0..<run.range.lowerBound)
            var after = piece(run.range.upperBound..<text.count)
            if before.last == "的" { before.removeLast() }
            if let last = before.last, measures.contains(last) { before.removeLast() }
            if before.last == "一" { before.removeLast() }
            let pointsBefore = before.last.map { "这那该".contains($0) } ?? false
            if after.first == "的" { after.removeFirst() }
            let pointsAfter = after.count > 1 && "这那".contains(after[0]) && (measures.contains(after[1]) || after[1] == "一")
            // "第二个银戒指" is counted, not described.
            guard pointsBefore || pointsAfter || (isQuestion && run.isThing) else { continue }
            return Description(filter: told(parser.parse(String(decoding: text[run.range], as: UTF8.self))))
        }
        return titled(words)
    }

    /// "印章那款": what stands in titles.
    private static func titled(_ words: String) -> Description? {
        let text = Array(words)
        for at in text.indices.dropLast() where text[at] == "那" && measures.contains(text[at + 1]) {
            let name = text[..<at].last == "的" ? text[..<at].dropLast() : text[..<at]
            let word = name.suffix(2)
            guard word.count == 2, word.allSatisfy({ $0.unicodeScalars.allSatisfy { (0x4E00...0x9FFF).contains($0.value) } }) else { continue }
            return Description(words: [String(word)])
        }
        return nil
    }

    private static let told: Set<String> = ["category", "material", "gem", "color", "price"]

    /// What a thing is called by: being in stock is asked, not told.
    private static func told(_ parsed: ParsedFilter) -> ProductFilter {
        var filter = parsed.filter
        (filter.inStock, filter.nickelFree) = (false, false)
        return filter
    }
}
