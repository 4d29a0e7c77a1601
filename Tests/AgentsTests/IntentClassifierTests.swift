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
        let all = try #require(classifier().reading(words, context).probabilities(feature))
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

@Suite("Answers to a question")
struct AssentTests {
    @Test(
        "Yes, no and forget it, in both languages",
        arguments: [
            ("Yes, please.", Assent.yes), ("sure", .yes), ("是的", .yes), ("好的。", .yes), ("No, thanks!", .no), ("不要", .no), ("never mind", .stop),
            ("算了", .stop),
        ])
    func read(words: String, meaning: Assent) { #expect(Assent.read(words) == meaning) }

    @Test(
        "What adds nothing to a yes or a no leaves it one",
        arguments: [
            ("Yes, cancel it.", Assent.yes), ("yes I am sure", .yes), ("Yes, that is correct, thank you", .yes),
            ("ok, please cancel the order", .yes),
            ("no problem, go ahead", .yes), ("No worries.", .yes), ("yes please do", .yes), ("sure, go ahead", .yes), ("yes of course", .yes),
            ("没问题", .yes), ("好的，取消吧", .yes), ("是的，麻烦了", .yes), ("可以，谢谢", .yes), ("行，办吧", .yes), ("嗯，好的", .yes),
            ("no, keep it", .no), ("no, I changed my mind", .no), ("no thanks, leave it as it is", .no), ("Nope.", .no),
            ("no, that's not right", .no),
            ("不，先留着", .no), ("不用了，谢谢", .no), ("不要取消", .no), ("别取消了", .no),
        ])
    func more(words: String, meaning: Assent) { #expect(Assent.read(words, to: "cancel") == meaning) }

    @Test(
        "What says more than that is no answer",
        arguments: [
            "no, size 8", "where is my order", "yes but first tell me how long it takes to be shipped to me", "yes but which order is that",
            "yes, wait", "ok but not the ring", "yes, and how long does that take", "sure, what is it", "yes?", "yes, the other one",
            "yes, return it",
            "no problem but which order", "no wait, first tell me what is in it", "no, the other one", "no, how about exchanging it", "yesterday",
            "okay what do you mean", "yes if I get my money back", "no go ahead",
            "好，不过先告诉我是哪个订单", "可以，但是要多久", "好像不对", "好的，退货吧", "是哪个订单？", "可以吗", "不好意思，等一下", "不知道", "不，换另一个", "对不起", "行不行",
        ])
    func further(words: String) { #expect(Assent.read(words, to: "cancel") == nil) }

    @Test("What would be done is said again only where it is what would be done")
    func operations() {
        #expect(Assent.read("yes, return it", to: "return") == .yes)
        #expect(Assent.read("yes, cancel it", to: "return") == nil)
        #expect(Assent.read("是的，退货", to: "return") == .yes)
        #expect(Assent.read("是的，取消", to: "return") == nil)
        #expect(Assent.read("yes, cancel it") == .yes)
    }
}
