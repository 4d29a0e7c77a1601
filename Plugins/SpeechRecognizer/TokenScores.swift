/// Reads the decoder's logits, one a token. Run in compute jobs: a vocabulary is 51,865 tokens.
enum TokenScores {
    struct Candidate: Equatable, Sendable {
        var token: Int
        /// Natural logarithm, after the suppressed tokens were taken out.
        var logProbability: Float
    }

    /// What the decoder thinks of the audio before it has written a word.
    struct Detection: Equatable, Sendable {
        var noSpeech: Float
        /// The likeliest of the languages asked for, and its share among them.
        var language: Int
        var languageProbability: Float
    }

    /// The rows of `width` values that `all` is made of.
    static func rows(of all: UnsafeBufferPointer<Float>, width: Int) -> [UnsafeBufferPointer<Float>] {
        precondition(all.count % width == 0, "logits are whole rows of one value a token")
        return stride(from: 0, to: all.count, by: width).map { UnsafeBufferPointer(rebasing: all[$0..<$0 + width]) }
    }

    /// The `count` likeliest tokens, the likeliest first (the lower id first among equals).
    /// - Parameter bias: added to the logits; minus infinity rules a token out.
    static func best(_ count: Int, of logits: UnsafeBufferPointer<Float>, bias: [Float]) -> [Candidate] {
        precondition(logits.count == bias.count, "there is one logit for each token of the vocabulary")
        var found: [Candidate] = []
        found.reserveCapacity(count + 1)
        for token in 0..<logits.count {
            let value = logits[token] + bias[token]
            guard found.count < count || value > found[found.count - 1].logProbability, value > -.infinity else { continue }
            let place = found.firstIndex { $0.logProbability < value } ?? found.count
            found.insert(Candidate(token: token, logProbability: value), at: place)
            if found.count > count { found.removeLast() }
        }
        guard let largest = found.first?.logProbability else { return [] }
        var sum: Float = 0
        for token in 0..<logits.count {
            let distance = logits[token] + bias[token] - largest
            // Below e⁻²⁰ even all tokens together do not show in the sum.
            if distance > -20 { sum += exponential(distance) }
        }
        let logSum = largest + logarithm(sum)
        return found.map { Candidate(token: $0.token, logProbability: $0.logProbability - logSum) }
    }

    /// - Parameter languages: tokens to choose from; not empty.
    static func detect(_ logits: UnsafeBufferPointer<Float>, noSpeech: Int, languages: [Int]) -> Detection {
        precondition(!languages.isEmpty, "there is a language to choose")
        let largest = logits.max() ?? 0
        let sum = logits.reduce(Float(0)) { $0 + exponential($1 - largest) }
        var language = languages[0]
        for token in languages where logits[token] > logits[language] { language = token }
        let share = languages.reduce(Float(0)) { $0 + exponential(logits[$1] - logits[language]) }
        return Detection(
            noSpeech: exponential(logits[noSpeech] - largest) / sum, language: language, languageProbability: 1 / share)
    }
}
