/// A number in a sentence, in digits or in words of either language: "2", "two", "twenty-one", "两".
public struct SaidNumber: Sendable, Equatable {
    public var value: Double
    /// The tokens before it, nearest first, and behind it, lower case: at most `neighboursMax` of them. A Chinese character is one each.
    public var before: [String]
    public var after: [String]
    /// It is written in Chinese characters or in English words, not in digits.
    public var isSpelled: Bool

    public static let neighboursMax = 3

    /// All numbers of a sentence, in its order; of a long text those of the beginning.
    public static func all(in words: String) -> [SaidNumber] {
        let tokens = TextTokens.cut(words)
        var found: [SaidNumber] = []
        var at = 0
        while at < tokens.count {
            guard let read = Numerals.read(tokens, at: at) else {
                at += 1
                continue
            }
            let end = at + read.count
            found.append(
                SaidNumber(
                    value: read.value, before: tokens[..<at].suffix(neighboursMax).reversed().map(\.text),
                    after: tokens[end...].prefix(neighboursMax).map(\.text), isSpelled: tokens[at].number == nil))
            at = end
        }
        return found
    }
}
