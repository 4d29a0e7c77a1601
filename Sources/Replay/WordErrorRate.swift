/// How many words of a reference were heard wrong: (substitutions + deletions + insertions) / words of the reference, by the least number of edits
/// (V. Levenshtein, 1966). Case and punctuation do not count; Chinese characters count as words, so that the figure is their character error rate.
public struct WordErrorRate: Sendable, Equatable {
    public var errors: Int
    /// Of the reference.
    public var words: Int

    /// Words compared at most; what is longer is cut.
    public static let wordsMax = 4_000

    public init(of heard: String, against reference: String) {
        let wanted = Self.words(reference)
        words = wanted.count
        errors = Self.edits(Self.words(heard), wanted)
    }

    /// 0 = all right; above 1 when more was heard than was said.
    public var rate: Double { words == 0 ? (errors == 0 ? 0 : 1) : Double(errors) / Double(words) }

    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for character in text.lowercased() {
            if isHan(character) {
                end()
                words.append(String(character))
            } else if character.isLetter || character.isNumber {
                word.append(character)
            } else if character != "'" && character != "’" {
                end()
            }
        }
        end()
        return Array(words.prefix(wordsMax))
    }

    private static func isHan(_ character: Character) -> Bool {
        character.unicodeScalars.contains { (0x3400...0x9FFF).contains($0.value) || (0x20000...0x3FFFF).contains($0.value) }
    }

    private static func edits(_ heard: [String], _ wanted: [String]) -> Int {
        var row = Array(0...wanted.count)
        for (i, word) in heard.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in wanted.enumerated() {
                let substituted = diagonal + (word == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j + 1] + 1, row[j] + 1)
            }
        }
        return row[wanted.count]
    }
}
