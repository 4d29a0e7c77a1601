import Sessions

/// A reply that a language model makes in pieces, let through sentence by sentence as far as the facts support it: a value, pieces in, decisions out.
public struct GroundedReply: Sendable {
    public enum Decision: Sendable, Equatable {
        /// A sentence that may be said.
        case say(String)
        /// From here on the model is not listened to. Why, for the log.
        case reject(String)
    }

    /// A reply is no essay.
    static let sentencesMax = 6
    /// Share of a sentence's telling words that the facts must have. The question supports none: who asks "may I boil it?" is not told so for
    /// having asked.
    static let tellingShareMin = 0.5

    private let facts: Claims
    private let factSentences: [Claims]
    private let named: Set<String>
    private var cutter = SentenceCutter()
    private var said = 0
    private var isRejected = false

    /// - Parameters:
    ///   - facts: what was found, in the language of the answer.
    ///   - question: what was asked: names in it may be taken up; it supports nothing.
    public init(facts: String, question: String) {
        self.facts = Claims(facts)
        var cutter = SentenceCutter()
        let sentences = cutter.add(facts) + (cutter.finish().map { [$0] } ?? [])
        factSentences = sentences.map(Claims.init)
        // Whatever stands in the facts or the question may be named.
        named = Set((facts + " " + question).lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
    }

    public mutating func add(_ piece: String) -> [Decision] { decide(cutter.add(piece)) }

    /// The model has said all it has to say.
    public mutating func finish() -> [Decision] { decide(cutter.finish().map { [$0] } ?? []) }

    private mutating func decide(_ sentences: [String]) -> [Decision] {
        var decisions: [Decision] = []
        for sentence in sentences where !isRejected && !sentence.allSatisfy(\.isWhitespace) {
            if let why = unsupported(sentence) {
                isRejected = true
                decisions.append(.reject(why))
            } else {
                said += 1
                decisions.append(.say(sentence))
            }
        }
        return decisions
    }

    /// What of a sentence nothing supports; nil = all that can be checked is supported.
    func unsupported(_ sentence: String) -> String? {
        if said >= Self.sentencesMax { return "more than \(Self.sentencesMax) sentences" }
        let claims = Claims(sentence)
        if claims.isForeign { return "an address or a form that is none of ours" }
        if let number = claims.numbers.first(where: { !facts.numbers.contains($0) }) { return "the number \(number)" }
        if let currency = claims.currencies.first(where: { !facts.currencies.contains($0) }) { return "the currency \(currency)" }
        if let name = claims.names.first(where: { !named.contains($0) && !$0.split(separator: "'").contains { named.contains(String($0)) } }) {
            return "the name \(name)"
        }
        let supported = claims.telling.count(where: facts.telling.contains)
        // A bare yes or no, or an answer that takes up nothing.
        guard supported > 0 || (said > 0 && claims.telling.isEmpty && !claims.isNegated) else { return "nothing of the facts" }
        guard Double(supported) >= Self.tellingShareMin * Double(claims.telling.count) else {
            return "\(claims.telling.count - supported) of \(claims.telling.count) telling words"
        }
        // Of a sentence of the facts that says the same thing, the model may not say the opposite.
        let nearest = factSentences.map { fact in (fact, claims.telling.count { fact.telling.contains($0) }) }.max { $0.1 < $1.1 }
        if let nearest, nearest.1 > 0, nearest.0.isNegated != claims.isNegated { return "a no where the facts say yes, or the reverse" }
        // Nor may it say without a condition what the facts say under one.
        if let nearest, nearest.1 > 0, nearest.0.isConditional, !claims.isConditional { return "a condition of the facts is left out" }
        return nil
    }
}
