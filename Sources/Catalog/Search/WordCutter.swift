/// Cuts text into words for the word index (FTS5).
///
/// Letters and digits of alphabetic scripts stay words (FTS5's porter over unicode61 stems and folds them). Chinese is
/// not segmented by a dictionary: a run of ideographs is indexed as its single characters and its overlapping pairs,
/// and searched by its pairs (by the character when it is alone). Simple, and honest about word borders: "金戒指"
/// finds "戒指", and "戒 指" apart does not.
enum WordCutter {
    /// Words taken from one query; more are dropped.
    static let queryWordsMax = 48

    /// What is put into the index for `text`, separated by spaces.
    static func indexed(_ text: String) -> String {
        var words: [String] = []
        for run in runs(text) {
            switch run {
            case .word(let word): words.append(word)
            case .ideographs(let characters):
                for (index, character) in characters.enumerated() {
                    words.append(String(character))
                    if index + 1 < characters.count { words.append(String(characters[index...index + 1])) }
                }
            }
        }
        return words.joined(separator: " ")
    }

    /// An FTS5 expression that matches any of the words of `text`; nil when it has none.
    static func query(_ text: String) -> String? { expression(queryWords(text)) }

    /// Words hold letters and digits only, so quoting them is enough to keep FTS5's operators out. nil for no words.
    static func expression(_ words: [String]) -> String? {
        words.isEmpty ? nil : words.map { "\"\($0)\"" }.joined(separator: " OR ")
    }

    /// What is searched for `text`: its telling words, each once.
    static func queryWords(_ text: String) -> [String] {
        var words: [String] = []
        for run in runs(text) {
            switch run {
            case .word(let word): words.append(word)
            case .ideographs(let characters) where characters.count == 1: words.append(String(characters[0]))
            case .ideographs(let characters):
                for index in 0..<characters.count - 1 { words.append(String(characters[index...index + 1])) }
            }
        }
        // Common words say nothing of what is sought, unless there is nothing else.
        let telling = words.filter { !common.contains($0) }
        var seen: Set<String> = []
        return Array((telling.isEmpty ? words : telling).filter { seen.insert($0).inserted }.prefix(queryWordsMax))
    }

    private enum Run {
        case word(String)
        case ideographs([Character])
    }

    private static func runs(_ text: String) -> [Run] {
        var result: [Run] = []
        var word = ""
        var ideographs: [Character] = []
        func finish() {
            if !word.isEmpty { result.append(.word(word)) }
            if !ideographs.isEmpty { result.append(.ideographs(ideographs)) }
            word = ""
            ideographs = []
        }
        for character in text.lowercased() {
            if TextScript.isIdeograph(character) {
                if !word.isEmpty { finish() }
                ideographs.append(character)
            } else if character.isLetter || character.isNumber {
                if !ideographs.isEmpty { finish() }
                word.append(character)
            } else {
                finish()
            }
        }
        finish()
        return result
    }

    private static let common: Set<String> = [
        "a", "an", "and", "are", "be", "can", "could", "do", "does", "for", "from", "have", "how", "i", "if", "in", "is", "it", "like", "me", "my",
        "of", "on", "or", "please", "some", "something", "that", "the", "there", "this", "to", "want", "what", "when", "which", "with", "would",
        "you", "your", "的", "了", "吗", "我想", "我要", "可以", "什么", "怎么", "请问", "有没", "没有",
    ]
}

/// What kind of writing a character is.
enum TextScript {
    static func isIdeograph(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first else { return false }
        return switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3134F: true
        case 0x3007: true  // 〇
        default: false
        }
    }
}
