/// Tells languages in Latin letters apart.
enum LatinWords {
    /// Equals are told in this order.
    static let languages = ["en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr"]

    /// What a word of a list adds to its language; shared among the languages that have it.
    private static let wordWeight: Float = 3
    /// What a letter that not all have adds to those that have it, and takes from the others.
    private static let letterWeight: Float = 1.2
    private static let endingWeight: Float = 0.7
    /// English, since its letters are everybody's.
    private static let englishHeadStart: Float = 0.6
    /// Letters of one text count so often at most.
    private static let lettersMax = 6

    static func guesses(of words: [String]) -> [LanguageGuess] {
        var sums = [Float](repeating: 0, count: languages.count)
        sums[0] += englishHeadStart
        var letters = 0
        for word in words.flatMap(parts) {
            let found = tables.words[word] ?? []
            for language in found { sums[language] += wordWeight / Float(found.count) }
            for letter in word where letters < lettersMax {
                guard let having = tables.letters[letter] else { continue }
                letters += 1
                for language in languages.indices { sums[language] += having.contains(language) ? letterWeight : -letterWeight }
            }
            guard found.isEmpty, word.count > 3 else { continue }
            for (ending, languages) in tables.endings where word.hasSuffix(ending) {
                for language in languages { sums[language] += endingWeight / Float(languages.count) }
            }
        }
        return shares(sums)
    }

    /// "l'anneau" has two words; "don't" is one of English.
    private static func parts(_ word: String) -> [String] {
        let plain = String(word.map { $0 == "’" ? "'" : $0 })
        guard plain.contains("'") || plain.contains("-"), tables.words[plain] == nil else { return [plain] }
        return plain.split { $0 == "'" || $0 == "-" }.map(String.init)
    }

    private static func shares(_ sums: [Float]) -> [LanguageGuess] {
        let largest = sums.max() ?? 0
        // e^x by its square root thirty-two times: no library is needed for what only ranks.
        let powers = sums.map { sum -> Float in
            let x = 1 + max(sum - largest, -24) / 32
            return (0..<5).reduce(max(0, x)) { power, _ in power * power }
        }
        let total = powers.reduce(0, +)
        let order = sums.indices.sorted { (-sums[$0], $0) < (-sums[$1], $1) }
        return order.map { LanguageGuess(code: languages[$0], confidence: powers[$0] / total) }
    }

    private struct Tables {
        var words: [String: [Int]] = [:]
        var letters: [Character: [Int]] = [:]
        var endings: [(String, [Int])] = []
    }

    private static let tables: Tables = {
        var tables = Tables()
        var endings: [String: [Int]] = [:]
        for (index, language) in languages.enumerated() {
            let words = (LatinTable.words[language] ?? "").split(separator: " ").map(String.init)
            for word in Set(words) { tables.words[word, default: []].append(index) }
            for letter in LatinTable.letters[language] ?? "" { tables.letters[letter, default: []].append(index) }
            for ending in (LatinTable.endings[language] ?? "").split(separator: " ") { endings[String(ending), default: []].append(index) }
        }
        tables.endings = endings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return tables
    }()
}
