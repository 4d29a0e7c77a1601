import Catalog
import Sessions
import Testing
import Wire

@testable import Agents

/// Says what it was asked for, in place of the shop's wares.
private struct Shelf: Agent {
    let name = AgentName.recommendation
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        reply.send(.reply(ReplyDelta(text: "Shelf: \(turn.words)", language: turn.language, last: true, agent: name)))
    }
}

/// With the example shop's dialogue policy, and the model that chooses agents.
@Suite("Several requests in one turn of customer service")
struct ServicePartsTests {
    private typealias Topic = ServiceDialogueTests.Topic

    private let dialogue = ServiceDialogueTests()

    /// - Parameter parts: what each text is about, the parts of sentences among them.
    private func talk(_ turns: [String], _ parts: [(String, Topic)], _ stores: FakeStores? = nil) throws -> [[ReplyDelta]] {
        let stores = stores ?? FakeStores(orders: dialogue.orders)
        let agent = try dialogue.agent(stores, nil)
        let classifier = IntentClassifier(
            model: agent.intents.model, parser: FilterParser(), names: agent.snapshot.names, actions: agent.policy.intents)
        let texts = Dictionary(parts.map { ($0.0, axis($0.1.rawValue)) }, uniquingKeysWith: { first, _ in first })
        let harness = try AgentHarness(agent, texts: texts, others: [Shelf()], classifier: classifier)
        return try harness.run(turns.map { [.text(TextInput(text: $0))] }).map(\.replies)
    }

    @Test("Two questions of customer service are one reply with the sources of both")
    func bothAnswered() throws {
        let words = "Where is my order VT-10008 and do you deliver to Austin TX 78701?"
        let said = try talk(
            [words], [(words, .status), ("Where is my order VT-10008", .status), ("do you deliver to Austin TX 78701?", .shipping)])
        try #require(said[0].count == 2)
        #expect(said[0][0].text.hasPrefix("Order VT-10008") && said[0][0].text.hasSuffix("\n") && !said[0][0].last)
        #expect(said[0][1].text == "Everywhere." && said[0][1].last)
        #expect(said[0][1].sources.map { "\($0.kind):\($0.id)" } == ["order:VT-10008", "policy:shipping"])
    }

    @Test(
        "What asks for a yes comes last, and the yes is one to it",
        arguments: ["cancel VT-10009 and show me silver rings", "show me silver rings and cancel VT-10009"])
    func asksLast(words: String) throws {
        let stores = FakeStores(orders: dialogue.orders)
        let said = try talk(
            [words, "yes"], [(words, .cancel), ("cancel VT-10009", .cancel), ("show me silver rings", .wish), ("yes", .nowhere)], stores)
        #expect(said[0].map(\.text) == ["Shelf: show me silver rings", "\nShall I cancel order VT-10009 ()?"])
        #expect(said[0].last?.replyKind == .clarify)
        #expect(said[1].map(\.text).joined().hasPrefix("Order VT-10009 is cancelled."))
        #expect(stores.requests.map(\.request.orderID) == ["VT-10009"])
    }

    @Test("Of two things to do the second waits for the first, is named, and comes next; each is done once")
    func oneAfterAnother() throws {
        let stores = FakeStores(orders: dialogue.orders)
        let words = "cancel VT-10009 and return VT-10003, do you deliver to Austin TX 78701?"
        let said = try talk(
            [words, "yes", "yes"],
            [
                (words, .cancel), ("cancel VT-10009", .cancel), ("return VT-10003", .sendBack), ("do you deliver to Austin TX 78701?", .shipping),
                ("yes", .nowhere),
            ], stores)
        #expect(
            said[0].map(\.text) == [
                "Everywhere.\n", "“return VT-10003” comes right after that.\n", "Shall I cancel order VT-10009 ()?",
            ])
        let second = said[1].map(\.text).joined()
        #expect(second.hasPrefix("Order VT-10009 is cancelled."))
        #expect(second.hasSuffix(" Shall I start the return of order VT-10003 (Gold ring)?"))
        #expect(said[2].map(\.text).joined().hasPrefix("The return of order VT-10003 is booked"))
        #expect(stores.requests.map(\.request.kind) == [.cancel, .returning])
        #expect(Set(stores.keysSeen).count == 2)
    }

    @Test("A no to the first still brings the second")
    func afterANo() throws {
        let words = "cancel VT-10009 and return VT-10003"
        let said = try talk(
            [words, "no"], [(words, .cancel), ("cancel VT-10009", .cancel), ("return VT-10003", .sendBack), ("no", .nowhere)])
        #expect(said[1].map(\.text).joined().hasSuffix(" Shall I start the return of order VT-10003 (Gold ring)?"))
    }

    @Test("The same thing in two sentences, what is unclear by itself, and a second way to put one action: one request")
    func whole() throws {
        let same = "Where is VT-10008? When is it going to come?"
        #expect(try talk([same], [(same, .status), ("Where is VT-10008?", .status), ("When is it going to come?", .status)])[0].count == 1)
        let unclear = "Where is VT-10008 and how many of them"
        #expect(try talk([unclear], [(unclear, .status), ("Where is VT-10008", .status), ("how many of them", .nothing)])[0].count == 1)
        let twice = "cancel VT-10009 and return it"
        let said = try talk([twice], [(twice, .cancel), ("cancel VT-10009", .cancel), ("return it", .sendBack)])
        #expect(said[0].map(\.text) == ["Shall I cancel order VT-10009 ()?"])
    }

    @Test("Who is hurt is helped before all else, and while something is asked a sentence is an answer")
    func notDivided() throws {
        let hurt = "I want to know where VT-10008 is and I need help, the clasp cut my neck"
        let said = try talk(
            [hurt], [(hurt, .risk), ("I want to know where VT-10008 is", .status), ("I need help, the clasp cut my neck", .risk)])
        #expect(said[0].count == 1 && said[0][0].text.hasPrefix("I am sorry to hear that."))
        let answer = "where is it and cancel it please"
        let asked = try talk(["cancel VT-10009", answer], [("cancel VT-10009", .cancel), (answer, .status)])
        #expect(asked[1].count == 1)
    }

    @Test("A system that does not answer takes nothing from what needs none")
    func down() throws {
        let words = "Where is my order VT-10008 and do you deliver to Austin TX 78701?"
        let said = try talk(
            [words], [(words, .status), ("Where is my order VT-10008", .status), ("do you deliver to Austin TX 78701?", .shipping)],
            FakeStores(orders: dialogue.orders, reads: [StoreError(.unavailable, "down")]))
        #expect(said[0].first?.text == "The shop's system does not answer just now. Nothing was done; please try again in a while.\n")
        #expect(said[0].last?.text == "Everywhere.")
        #expect(said[0].last?.replyKind == .answer)
    }
}
