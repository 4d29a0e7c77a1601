import Catalog
import Fusion
public import Sessions
import Wire

/// Questions that name a product, understood without its name: "Sterling Silver Open Cuff" is neither a wish for silver nor a question of its care.
extension IntentClassifier {
    public func restated(_ words: String, _ context: DialogueContext) -> String? {
        guard model != nil, let names, context.dialogue.state.isEmpty, !context.dialogue.withPerson else { return nil }
        let words = simplifier?.understood(words) ?? words
        let found = names.find(in: words)
        guard found.count == 1, SentenceForm.isQuestion(words) else { return nil }
        let restated = IntentClassifier.without(found[0], in: words)
        // "Do you have the Pearl Studs?" asks nothing of them.
        return ShopLexicon.terms(restated).isEmpty ? nil : restated
    }

    /// English has "it" in the place of the name and its article; Chinese leaves out what both know.
    private static func without(_ name: ProductNames.Found, in words: String) -> String {
        // Names are found in the lower-cased sentence; the vector is of the sentence as it was written, where the two are of one length.
        let lower = Array(words.lowercased().utf8)
        let bytes = lower.count == words.utf8.count ? Array(words.utf8) : lower
        let before = String(decoding: bytes[..<name.range.lowerBound], as: UTF8.self)
        let behind = String(decoding: bytes[name.range.upperBound...], as: UTF8.self)
        guard !SentenceForm.isChinese(before + behind) else { return (before + behind).trimmed }
        let article =
            ["the ", "this ", "that ", "these ", "those ", "your "].first { article in
                let end = before.suffix(article.count + 1).lowercased()
                return end == article || end == " " + article
            } ?? ""
        return (before.dropLast(article.count) + "it" + behind).trimmed
    }

    /// Who answers, as far as the restated words say: a name is no wish to see wares.
    func probabilities(words: String, restated: String, _ vector: Feature, _ context: DialogueContext) -> [ClassProbability]? {
        if isFactAsked(words) { return named(0.04, 0.92, 0.04) }
        return probabilities(vector, words: restated, isRestated: true, context: context)
    }
}

extension StringProtocol {
    /// Without the blanks around it.
    fileprivate var trimmed: String {
        String(self.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
