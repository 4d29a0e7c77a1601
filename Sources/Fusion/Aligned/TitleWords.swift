import Foundation

/// Words and pairs of neighbouring words of titles, weighted by how rare they are (TF-IDF with binary counts).
///
/// weight(w) = ln((1 + n) / (1 + n_w)) + 1, n titles of which n_w hold w; the vector of a title has length 1. (Salton and Buckley,
/// "Term-weighting approaches in automatic text retrieval", 1988; smoothed.)
public struct TitleWords: Sendable, Equatable {
    public let words: [String]
    public let weights: [Float]
    private let index: [String: Int]

    /// Words that are in at least `countMin` of the titles, the `wordsMax` most frequent, in alphabetical order.
    public init(titles: [String], countMin: Int = 3, wordsMax: Int = 6_000) {
        var counts: [String: Int] = [:]
        for title in titles { for word in Set(Self.cut(title)) { counts[word, default: 0] += 1 } }
        let frequent = counts.filter { $0.value >= countMin }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(wordsMax)
        let chosen = frequent.sorted { $0.key < $1.key }
        self.init(words: chosen.map(\.key), weights: chosen.map { Float(log(Double(1 + titles.count) / Double(1 + $0.value)) + 1) })
    }

    public init(words: [String], weights: [Float]) {
        precondition(words.count == weights.count, "every word has a weight")
        self.words = words
        self.weights = weights
        index = Dictionary(words.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Lower-case runs of letters, digits and apostrophes, then their neighbouring pairs as "first_second".
    static func cut(_ title: String) -> [String] {
        var words: [String] = []
        var word = ""
        for character in title.lowercased() {
            if character.isLetter || character.isNumber || character == "'" {
                word.append(character)
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        if !word.isEmpty { words.append(word) }
        return words + zip(words, words.dropFirst()).map { "\($0)_\($1)" }
    }

    /// Part of a text's words (not pairs) that titles have; 0 for a text without words.
    public func knownShare(_ text: String) -> Double {
        let words = Self.cut(text).filter { !$0.contains("_") }
        return words.isEmpty ? 0 : Double(words.count { index[$0] != nil }) / Double(words.count)
    }

    /// Of length 1, or zeros when no word is known.
    public func vector(_ title: String) -> [Float] {
        var vector = [Float](repeating: 0, count: words.count)
        for word in Self.cut(title) { if let place = index[word] { vector[place] = weights[place] } }
        let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? vector.map { $0 / length } : vector
    }
}
