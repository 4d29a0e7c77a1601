import Catalog
import Fusion
public import Sessions
import Wire

/// Several requests in one turn.
extension IntentClassifier {
    /// So sure the model must be of a part by itself; of what is less clear the turn is answered as a whole.
    static let partMin: Float = 0.45
    /// A greeting is no request, and who is hurt or angry is answered by a person alone.
    private static let wholeIntents: Set<String> = ["greeting", "thanks", "goodbye", ServiceAgent.risk, "complaint", IntentClassifier.outOfScope]

    public func parts(of words: String, _ context: DialogueContext) -> [String] {
        guard model != nil, mayDivide(words, context) else { return [] }
        let said = Array(words)
        // Simplified characters stand where the traditional ones did: the pieces are the customer's own.
        let simple = simplifier.map { Array($0.understood(words)) } ?? said
        guard simple.count == said.count else { return RequestParts.split(words) }
        return RequestParts.ranges(simple).map { String(said[$0]) }
    }

    public func divided(_ parts: [TurnPart], _ context: DialogueContext) -> [TurnPart] {
        guard mayDivide(parts.map(\.words).joined(separator: " "), context) else { return [] }
        var divided: [TurnPart] = []
        for part in parts {
            guard part.feature != nil else {
                divided.append(TurnPart(words: part.words, agent: AgentName.customerService))
                continue
            }
            guard let read = read(part, context) else { return [] }
            if let last = divided.last, last.agent == read.agent, last.intent == read.intent {
                // Two sentences of one request.
                divided[divided.count - 1].words += (SentenceForm.isChinese(part.words) ? "，" : " ") + part.words
                divided[divided.count - 1].feature = Feature.mean([last.feature, part.feature].compactMap(\.self))
            } else {
                divided.append(read)
            }
        }
        let actions = divided.filter(\.asksBack)
        // "Cancel the order and return it": the second is another way to say the first, unless it names something of its own.
        let isNamed = actions.dropFirst().allSatisfy { OrderNumber.find(in: $0.words) != nil || !(names?.find(in: $0.words).isEmpty ?? true) }
        guard isNamed else { return [] }
        return divided.count { $0.feature != nil } > 1 ? divided : []
    }

    /// While something is asked of the customer, or a person has the conversation, what is said is an answer.
    private func mayDivide(_ words: String, _ context: DialogueContext) -> Bool {
        guard context.dialogue.state.isEmpty, !context.dialogue.withPerson else { return false }
        return !Awaited.isAnswered(by: words, context.dialogue, parser ?? FilterParser(), names)
    }

    /// What a part is for by itself; nil when that is not clear.
    private func read(_ part: TurnPart, _ context: DialogueContext) -> TurnPart? {
        let words = simplifier?.understood(part.words) ?? part.words
        guard let feature = part.feature,
            let agent = probabilities(feature, words: words, context: context)?.max(by: { $0.probability < $1.probability }),
            agent.probability >= IntentClassifier.partMin
        else { return nil }
        var read = part
        read.agent = agent.name
        guard agent.name == AgentName.customerService else { return read }
        guard let best = service(words, feature).first, best.probability >= IntentClassifier.partMin,
            !IntentClassifier.wholeIntents.contains(best.name)
        else { return nil }
        // "And how much is it?": of what, only the rest of the sentence says.
        let isOfProduct = ["product_question", "reviews", "add_to_cart", "stock_alert"].contains(best.name)
        if isOfProduct, context.focusedProduct == nil, names?.find(in: words).isEmpty ?? true { return nil }
        read.intent = best.name
        read.asksBack = actions.contains(best.name)
        return read
    }
}
