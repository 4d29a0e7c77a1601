/// Text → tokens, as Whisper's decoder knows its own output.
extension Vocabulary {
    /// Byte pair encoding: within a word (with the space before it), the neighbours whose joint token has the lowest id are joined first, since
    /// ids were given in the order in which pairs were learnt (Sennrich et al. 2016).
    struct Encoder: Sendable {
        private let ids: [[UInt8]: Int]

        init(_ vocabulary: Vocabulary) {
            var ids: [[UInt8]: Int] = [:]
            for token in 0..<vocabulary.special.endOfText {
                let bytes = Array(vocabulary.bytes(of: token))
                if !bytes.isEmpty, ids[bytes] == nil { ids[bytes] = token }
            }
            self.ids = ids
        }

        /// - Parameter word: without spaces; the token's text begins with one.
        func tokens(ofWord word: String) -> [Int] { tokens(of: " " + word) }

        /// The decoder knows the word as a whole: it is a common one.
        func hasToken(ofWord word: String) -> Bool {
            ids[Array((" " + word).utf8)] != nil || ids[Array((" " + word.prefix(1).uppercased() + word.dropFirst()).utf8)] != nil
        }

        /// - Parameter text: one word, or a few characters of a script without spaces.
        func tokens(of text: String) -> [Int] {
            var pieces = text.utf8.map { [$0] }
            while pieces.count > 1 {
                let pairs = (0..<pieces.count - 1).compactMap { index in ids[pieces[index] + pieces[index + 1]].map { (id: $0, index: index) } }
                guard let best = pairs.min(by: { ($0.id, $0.index) < ($1.id, $1.index) }) else { break }
                pieces[best.index] += pieces.remove(at: best.index + 1)
            }
            return pieces.compactMap { ids[$0] }
        }
    }

    /// Sentences with the capitals and stops that transcripts are to have: behind a bare list of words the decoder would go on without.
    private static let styles = [
        "en": "Hello, what do you have here? I would like to see them, please.", "zh": "你好，请问这里有什么？我想看看。",
    ]

    /// As many of `words` as there is room for, then a sentence in the style of the language.
    func prompt(listing words: [String], language: String, encoder: Encoder, tokensMax: Int) -> [Int] {
        let style = Self.styles[language].map { $0.split(separator: " ").flatMap { encoder.tokens(ofWord: String($0)) } } ?? []
        let stop = encoder.tokens(of: ".")
        let listed = prompt(expecting: words, encoder: encoder, tokensMax: max(0, tokensMax - stop.count - style.count))
        return listed.isEmpty ? [] : listed + stop + style
    }

    /// The distinct words of `phrases`, in their order, as text that came before: the decoder then expects them. A phrase of a script without spaces
    /// is a word.
    func prompt(expecting phrases: [String], encoder: Encoder, tokensMax: Int) -> [Int] {
        var seen: Set<String> = []
        var result: [Int] = []
        for phrase in phrases {
            for word in phrase.split(separator: " ").map(String.init) where seen.insert(word.lowercased()).inserted {
                let tokens = encoder.tokens(ofWord: word)
                guard result.count + tokens.count <= tokensMax else { return result }
                result += tokens
            }
        }
        return result
    }
}
