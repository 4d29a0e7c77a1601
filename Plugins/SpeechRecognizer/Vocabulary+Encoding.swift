/// Text → tokens, as Whisper's decoder knows its own output.
extension Vocabulary {
    /// Byte pair encoding: within a word (with the space before it), the neighbours whose joint token has the lowest id are joined first, since
    /// ids were given in the order in which pairs were learnt (Sennrich et al. 2016).
    struct Encoder {
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
        func tokens(ofWord word: String) -> [Int] {
            var pieces = (" " + word).utf8.map { [$0] }
            while pieces.count > 1 {
                let pairs = (0..<pieces.count - 1).compactMap { index in ids[pieces[index] + pieces[index + 1]].map { (id: $0, index: index) } }
                guard let best = pairs.min(by: { ($0.id, $0.index) < ($1.id, $1.index) }) else { break }
                pieces[best.index] += pieces.remove(at: best.index + 1)
            }
            return pieces.compactMap { ids[$0] }
        }
    }

    /// The distinct words of `phrases`, in their order, as text that came before: the decoder then expects them.
    func prompt(expecting phrases: [String], tokensMax: Int) -> [Int] {
        let encoder = Encoder(self)
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
