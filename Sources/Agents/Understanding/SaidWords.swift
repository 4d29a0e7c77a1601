/// A sentence as its words, for looking whether a word or a phrase stands in it.
///
/// Latin words are found as words ("long" is not in "belong", "pin" not in "opinion"), Chinese ones anywhere.
struct SaidWords {
    /// Characters of a sentence that are looked at.
    static let charactersMax = 4_000

    /// Lower case, with one space for all that is neither letter nor digit, also at both ends.
    private let text: [UInt8]

    init(_ words: String) {
        text = SaidWords.plain(words) ?? SaidWords.any(words)
    }

    /// Whether a word or phrase stands in the sentence: a Latin one as a whole, or with a plural's s; "weigh*" as the beginning of a word.
    func contains(_ phrase: String) -> Bool {
        let phrase = PhraseSet.Phrase(phrase)
        guard let first = phrase.bytes.first else { return false }
        for at in text.indices where text[at] == first && PhraseSet.stands(phrase, in: text, at: at) { return true }
        return false
    }

    func contains(anyOf phrases: [String]) -> Bool { phrases.contains(where: contains) }

    func contains(anyOf phrases: PhraseSet) -> Bool { phrases.stands(in: text) }

    /// Whether one of its runs of English letters is one of the words.
    func contains(word words: Set<String>) -> Bool {
        var start: Int?
        for at in text.indices {
            if (97...122).contains(text[at]) {
                if start == nil { start = at }
            } else if let from = start {
                if words.contains(String(decoding: text[from..<at], as: UTF8.self)) { return true }
                start = nil
            }
        }
        return false
    }

    // MARK: Cutting

    private static let space = UInt8(ascii: " ")

    /// What nearly every sentence is made of, ASCII, ideographs and their punctuation, is told apart by its bytes; nil = it holds something else.
    private static func plain(_ words: String) -> [UInt8]? {
        var kept: [UInt8] = [space]
        kept.reserveCapacity(words.utf8.count + 2)
        var count = 0
        for scalar in words.unicodeScalars {
            let value = scalar.value
            count += 1
            guard count < charactersMax else { return nil }
            switch value {
            case 0x61...0x7A, 0x30...0x39, 0x27: kept.append(UInt8(truncatingIfNeeded: value))
            case 0x41...0x5A: kept.append(UInt8(truncatingIfNeeded: value + 0x20))
            case 0x4E00...0x9FFF:
                kept.append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
                kept.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
                kept.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
            case 0x2019: kept.append(0x27)
            // Comma, full stop, brackets and quotes of Chinese; full-width "!", "(", ")", ",", ":", ";", "?"; dashes, quotes and dots of both.
            case 0x00...0x7F, 0x3001, 0x3002, 0x3008...0x3011, 0xFF01, 0xFF08, 0xFF09, 0xFF0C, 0xFF1A, 0xFF1B, 0xFF1F, 0x2013, 0x2014, 0x2018,
                0x201C, 0x201D, 0x2026:
                if kept.last != space { kept.append(space) }
            default: return nil
            }
        }
        if kept.last != space { kept.append(space) }
        return kept
    }

    private static func any(_ words: String) -> [UInt8] {
        var kept = " "
        for character in words.prefix(SaidWords.charactersMax).lowercased() {
            if character.isLetter || character.isNumber || character == "'" {
                kept.append(character)
            } else if character == "’" {
                kept.append("'")
            } else if kept.last != " " {
                kept.append(" ")
            }
        }
        if kept.last != " " { kept.append(" ") }
        return Array(kept.utf8)
    }
}
