import Catalog
import Fusion
import Sessions
import Testing
import Wire

@testable import Agents

@Suite("Which agent answers")
struct IntentClassifierTests {
    private static let labels = [("customer_service", "care/Pearls"), ("recommendation", ""), ("try_on", ""), ("customer_service", "greeting")]

    private func classifier() throws -> IntentClassifier {
        let examples = IntentClassifierTests.labels.enumerated().map { index, label in
            IntentExample(intent: label.1, agent: label.0, language: "en", text: "sample", feature: axis(index))
        }
        return IntentClassifier(model: try IntentClassifier.train(examples), parser: FilterParser())
    }

    private func winner(_ words: String, _ feature: Feature, _ context: DialogueContext = DialogueContext()) throws -> String? {
        let all = try #require(classifier().reading(words, nil, context).probabilities(feature))
        #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        return all.max { $0.probability < $1.probability }?.name
    }

    @Test("The agent of the likeliest intents; a photo asks for things like it, a selfie to try something on")
    func agents() throws {
        #expect(try winner("words", axis(0)) == AgentName.customerService)
        #expect(try winner("words", axis(3)) == AgentName.customerService)
        #expect(try winner("words", axis(1)) == AgentName.recommendation)
        #expect(try winner("words", axis(2)) == AgentName.tryOn)
        #expect(try winner("", Feature(modality: Modality.image, spaceID: "", values: [])) == AgentName.recommendation)
        #expect(try winner("", Feature(modality: Modality.selfie, spaceID: "", values: [])) == AgentName.tryOn)
    }

    @Test(
        "Wares of a length, weight or size are asked for; what somebody has, and what was shown, is not",
        arguments: [
            ("have you got necklaces of 50 cm or longer?", true), ("rings, nothing heavier than 3 g", true), ("any rings in size 11?", true),
            ("有没有50厘米以上的项链", true), ("how long is a 45 cm necklace when it is worn?", false), ("I need my 45 cm necklace repaired", false),
            ("the 45 cm necklace that I ordered", false), ("do you have it in size 7, the ring?", false),
        ])
    func measured(words: String, isWish: Bool) throws {
        // The vector says care.
        #expect(try winner(words, axis(0)) == (isWish ? AgentName.recommendation : AgentName.customerService))
        var shown = DialogueContext()
        shown.shownProducts = ["A", "B"]
        #expect(try winner("do you have the rope ring in size 7?", axis(0), shown) == AgentName.customerService)
    }

    @Test(
        "A question that names a product is read without the name; what asks nothing besides, or is no question, is not",
        arguments: [
            ("Is the Pearl Strand in 18K Gold knotted?", "Is it knotted?"), ("Will Pearl Strand in 18K Gold tarnish?", "Will it tarnish?"),
            ("18K金珍珠项链会打结吗？", "会打结吗？"), ("Do you have the Pearl Strand in 18K Gold?", nil), ("the Pearl Strand in 18K Gold, please", nil),
            ("Is it knotted?", nil), ("Is STRAND longer than LOCKET?", nil),
        ] as [(String, String?)])
    func restated(words: String, restated: String?) throws {
        let products = [
            Product(id: "STRAND", category: "necklace", title: ["en": "Pearl Strand in 18K Gold", "zh": "18K金珍珠项链"]),
            Product(id: "LOCKET", category: "pendant", title: ["en": "Gold Locket"]),
        ]
        let examples = IntentClassifierTests.labels.enumerated().map { index, label in
            IntentExample(intent: label.1, agent: label.0, language: "en", text: "sample", feature: axis(index))
        }
        let classifier = IntentClassifier(model: try IntentClassifier.train(examples), parser: FilterParser(), names: ProductNames(products))
        #expect(classifier.restated(words, DialogueContext()) == restated)
        var waiting = DialogueContext()
        waiting.dialogue.state = "sure"
        #expect(classifier.restated(words, waiting) == nil, "an answer to what was asked is left as it is")
        guard let restated else { return }
        // The vector of the whole says a wish, as names do; that of the rest says care.
        let reading = classifier.reading(words, TurnPart(words: restated, feature: axis(0)), DialogueContext())
        let agent = try #require(reading.probabilities(axis(1))).max { $0.probability < $1.probability }
        #expect(agent?.name == AgentName.customerService)
    }

    @Test("Words that name wares are a wish, even when the vector is undecided", arguments: ["necklace with a blue stone", "银耳环", "silver hoops"])
    func wares(words: String) throws {
        #expect(try winner(words, between(1, 2, 0.5)) == AgentName.recommendation)
    }

    @Test("The answer to a question of customer service goes back to it; so does everything while a person has the conversation")
    func pending() throws {
        var context = DialogueContext()
        context.dialogue.state = "sure"
        #expect(try winner("yes", axis(1), context) == AgentName.customerService)
        #expect(try winner("VT-10023", axis(1), context) == AgentName.customerService)
        #expect(try winner("gold rings", axis(1), context) == AgentName.recommendation)
        context.dialogue = Dialogue(withPerson: true)
        #expect(try winner("gold rings", axis(1), context) == AgentName.customerService)
    }

    private func winner(_ words: String, asking slot: String, _ known: [DialogueSlot] = []) throws -> String? {
        var context = DialogueContext()
        context.dialogue = Dialogue(state: "asking", slots: [DialogueSlot(name: "awaits", value: slot)] + known)
        return try winner(words, axis(1), context)
    }

    @Test(
        "What was asked for is answered by what points at it, however much it sounds like a wish; what asks to see wares is one",
        arguments: [
            ("order", "the second one", true), ("order", "the one with the topaz ring", true), ("order", "topaz ring", true), ("order", "第二个", true),
            ("order", "有蓝宝石戒指的那个", true), ("order", "show me gold rings under 500", false), ("order", "有什么金戒指", false),
            ("order", "silver hoops under 100", false), ("product", "the silver one", true), ("product", "silver rings", false),
            ("size", "a 7 please", true),
            ("size", "silver rings", false), ("detail", "the same bracelet but in gold", true), ("detail", "换成银色的项链", true),
            ("detail", "show me gold rings under 500", false), ("detail", "有什么金戒指", false), ("detail", "do you have silver hoops?", false),
            ("quantity", "three", true), ("address", "Am Markt 5, 10969 Berlin", true),
        ])
    func awaited(slot: String, words: String, isAnswer: Bool) throws {
        #expect(try winner(words, asking: slot) == (isAnswer ? AgentName.customerService : AgentName.recommendation))
    }

    @Test("While something waits for a yes, what puts it right is an answer too")
    func correcting() throws {
        let known = [DialogueSlot(name: "detail", value: "gold please")]
        #expect(try winner("no, in rose gold", asking: "detail", known) == AgentName.customerService)
        #expect(try winner("不，换成玫瑰金的", asking: "detail", known) == AgentName.customerService)
        #expect(try winner("rose gold rings", asking: "detail", known) == AgentName.recommendation)
    }

    @Test("Another space, another length, or no examples: it says nothing")
    func silent() throws {
        #expect(try classifier().probabilities(Feature(modality: "text", spaceID: "other", values: axis(0).values)) == nil)
        #expect(try classifier().probabilities(Feature(modality: "text", spaceID: "made", values: [1, 0])) == nil)
        #expect(IntentClassifier(model: nil).probabilities(axis(0)) == nil)
    }

    @Test("Within customer service only its own intents count")
    func service() throws {
        let ranked = try classifier().service("words", axis(3))
        #expect(ranked.first?.name == "greeting")
        #expect(Set(ranked.map(\.name)) == ["care/Pearls", "greeting", "out_of_scope"])
    }
}
