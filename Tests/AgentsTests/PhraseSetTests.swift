import Testing

@testable import Agents
@testable import Intents

@Suite("Lists of phrases")
struct PhraseSetTests {
    private static let phrases = ["long", "how much", "weigh*", "x", "这款", "第", "it's too much", "é"]

    @Test(
        "A list finds what its phrases find one by one, in sentences of every kind of character",
        arguments: [
            "How LONG is it?", "belongs", "longs for it", "How   much, then", "it weighs 3 g", "overweighs", "2 x 3", "tax", "这款多少钱", "café, long",
            "第二个（x）",
            "It’s too much!", "naïve weighing", "", "é", "１２ long", "emoji 🙂 how much",
        ])
    func equal(_ sentence: String) {
        let said = SaidWords(sentence)
        for phrase in Self.phrases { #expect(said.contains(anyOf: PhraseSet([phrase])) == said.contains(phrase)) }
        #expect(said.contains(anyOf: PhraseSet(Self.phrases)) == Self.phrases.contains(where: said.contains))
    }

    @Test("Words are whole, and Chinese stands anywhere")
    func whole() {
        let list: PhraseSet = ["long", "weigh*", "这款"]
        #expect(SaidWords("how long?").contains(anyOf: list) && SaidWords("weighing").contains(anyOf: list))
        #expect(SaidWords("我要这款的").contains(anyOf: list) && !SaidWords("belong").contains(anyOf: list))
        #expect(SaidWords("Is it's fine?").contains(word: ["it"]) && !SaidWords("bits").contains(word: ["it"]))
    }

    @Test("What the model said of a sentence is kept with its vector, and of many the newest")
    func recent() {
        var recent = RecentGuesses()
        func guess(_ intent: String) -> IntentGuess { IntentGuess(intent: intent, probability: 1, isInScope: true, all: [(intent, 1)]) }
        recent.keep("hello", [1], guess("a"))
        #expect(recent.find("hello", [1])?.intent == "a")
        #expect(recent.find("hello", [2]) == nil && recent.find("bye", [1]) == nil)
        for number in 0..<RecentGuesses.sentencesMax { recent.keep("sentence \(number)", [], guess("\(number)")) }
        #expect(recent.find("hello", [1]) == nil)
        #expect(recent.find("sentence 0", [])?.intent == "0")
    }
}
