/// A sentence as its words, for looking whether a word or a phrase stands in it.
///
/// Latin words are found as words ("long" is not in "belong", "pin" not in "opinion"), Chinese ones anywhere.
struct SaidWords {
    /// Characters of a sentence that are looked at.
    static let charactersMax = 4_000

    /// Lower case, with one space for all that is neither letter nor digit, also at both ends.
    private let text: [UInt8]

    init(_ words: String) {
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
        text = Array(kept.utf8)
    }

    /// Whether a word or phrase stands in the sentence: a Latin one as a whole, or with a plural's s; "weigh*" as the beginning of a word.
    func contains(_ phrase: String) -> Bool {
        var bytes = Array(phrase.utf8)
        let isBeginning = bytes.last == UInt8(ascii: "*")
        if isBeginning { bytes.removeLast() }
        guard let first = bytes.first, let last = bytes.last, bytes.count <= text.count else { return false }
        for at in 0...(text.count - bytes.count) where text[at] == first && text[at..<at + bytes.count].elementsEqual(bytes) {
            if SaidWords.isLatin(first), at > 0, SaidWords.isLatin(text[at - 1]) { continue }
            var end = at + bytes.count
            if isBeginning || !SaidWords.isLatin(last) { return true }
            if end < text.count, text[end] == UInt8(ascii: "s") { end += 1 }
            if end >= text.count || !SaidWords.isLatin(text[end]) { return true }
        }
        return false
    }

    func contains(anyOf phrases: [String]) -> Bool { phrases.contains(where: contains) }

    private static func isLatin(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
}
