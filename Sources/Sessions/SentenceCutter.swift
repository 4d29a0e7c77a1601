/// Cuts a text that comes in pieces into sentences, as soon as each is complete. The sentences joined are the text.
public struct SentenceCutter: Sendable, Equatable {
    private var open = ""

    /// A sentence that has no end is cut behind a word.
    public static let sentenceBytesMax = 1_000

    public init() {}

    /// The sentences that this piece completes.
    public mutating func add(_ piece: String) -> [String] {
        open += piece
        var sentences: [String] = []
        while let end = Self.end(in: open) ?? tooLong() {
            sentences.append(String(open[..<end]))
            open.removeSubrange(..<end)
        }
        return sentences
    }

    /// What is left when nothing more comes.
    public mutating func finish() -> String? {
        defer { open = "" }
        return open.allSatisfy(\.isWhitespace) ? nil : open
    }

    /// Behind the first mark that ends a sentence and the white space after it. A mark at the very end may go on ("3." "50").
    private static func end(in text: String) -> String.Index? {
        var index = text.startIndex
        var isEnd = false
        while index < text.endIndex {
            let character = text[index]
            if "。！？\n".contains(character) {
                isEnd = true
            } else if isEnd, !character.isWhitespace, !"\"”’)」』".contains(character) {
                return index
            } else if ".!?…".contains(character) {
                let after = text.index(after: index)
                isEnd = after < text.endIndex && (text[after].isWhitespace || "\"”’)".contains(text[after]))
            }
            index = text.index(after: index)
        }
        return nil
    }

    private func tooLong() -> String.Index? {
        guard open.utf8.count > Self.sentenceBytesMax else { return nil }
        let cut = open.utf8.index(open.startIndex, offsetBy: Self.sentenceBytesMax)
        let upTo = open[..<cut]
        return upTo.lastIndex(of: " ").map { open.index(after: $0) } ?? upTo.indices.last
    }
}
