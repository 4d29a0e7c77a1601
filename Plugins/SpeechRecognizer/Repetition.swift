/// Notices that the decoder goes round in circles.
///
/// A piece of tokens that stands at the end several times in a row is a loop: people do say "no no no no", and seldom a sentence twice
/// without another word between, so the longer the piece, the fewer repeats it takes. A loop that changes a little each time is noticed by
/// how few of its runs of three tokens are new.
enum Repetition {
    /// Longest repeated piece looked for.
    static let pieceTokensMax = 48
    /// Texts from this length on are judged by their variety.
    static let varietyTokensMin = 24
    /// Share of runs of three tokens that are new, at least.
    static let varietyMin = 0.5

    /// How often a piece of this length must stand in a row to be a loop.
    static func repeatsMin(piece: Int) -> Int {
        switch piece {
        case 1: 8
        case 2...3: 5
        case 4...7: 3
        default: 2
        }
    }

    /// How many tokens at the end repeat what stands before them; nil when nothing loops.
    static func loopLength(_ tokens: [Int]) -> Int? {
        for piece in 1...pieceTokensMax {
            let repeats = repeatsMin(piece: piece)
            guard piece * repeats <= tokens.count else { continue }
            let tail = tokens.suffix(piece * repeats)
            let loops = tail.indices.dropFirst(piece).allSatisfy { tail[$0] == tail[$0 - piece] }
            if loops { return piece * (repeats - 1) }
        }
        return nil
    }

    /// Whether four tokens in a row stood before, or up to three stand three times in a row: seldom meant, never certain.
    static func stutters(_ tokens: [Int]) -> Bool {
        var seen: Set<[Int]> = []
        for end in tokens.indices.dropFirst(3) where !seen.insert(Array(tokens[end - 3...end])).inserted { return true }
        return (1...3).contains { piece in
            var equal = 0
            return tokens.indices.dropFirst(piece).contains { index in
                equal = tokens[index] == tokens[index - piece] ? equal + 1 : 0
                return equal == 2 * piece
            }
        }
    }

    /// The tokens up to the first run of three that stood before; at least `count` of them.
    static func beforeFirstRepeat(_ tokens: [Int], keeping count: Int) -> [Int] {
        var seen: Set<[Int]> = []
        for end in 3...max(3, tokens.count) where end <= tokens.count {
            if !seen.insert(Array(tokens[end - 3..<end])).inserted { return Array(tokens[..<max(count, end - 3)]) }
        }
        return tokens
    }

    /// Whether a whole transcript says the same again and again.
    static func isMonotonous(_ tokens: [Int]) -> Bool {
        guard tokens.count >= varietyTokensMin else { return false }
        var seen: Set<[Int]> = []
        for start in 0...tokens.count - 3 { seen.insert(Array(tokens[start..<start + 3])) }
        return Double(seen.count) < varietyMin * Double(tokens.count - 2)
    }
}
