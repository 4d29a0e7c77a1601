import Catalog
import EventLoop
import Fusion
import Locks
import Sessions
import Testing
import Wire

@testable import Agents

/// Says its pieces a tenth of a second apart, and then ends as it is told to.
private final class ScriptedModel: ChatModel {
    private let pieces: [String]
    private let end: ChatEnd
    private let seen = Lock<[ChatPrompt]>([])

    init(_ pieces: [String], end: ChatEnd = .complete) {
        self.pieces = pieces
        self.end = end
    }

    var prompts: [ChatPrompt] { seen.withLock { $0 } }

    nonisolated(nonsending) func complete(_ prompt: ChatPrompt, onText: @escaping (String) -> Bool) async -> ChatEnd {
        seen.withLock { $0.append(prompt) }
        guard let loop = EventLoop.current else { return .failed("not on a loop") }
        for piece in pieces {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in loop.after(100_000) { continuation.resume() } }
            if Task.isCancelled || !onText(piece) { return .stopped }
        }
        return end
    }
}

@Suite("Answers in a language model's words")
struct PhrasingTests {
    private static let found = "You may send pieces back within 30 days. The ring must be unworn."

    private struct Said {
        var replies: [ReplyDelta]
        var outcomes: [String]
        var text: String { replies.map(\.text).joined() }
    }

    private final class NotedOutcomes: Sendable {
        private let list = Lock<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ outcome: Phrasing.Outcome, _ why: String) {
            list.withLock { $0.append(why.isEmpty ? outcome.rawValue : "\(outcome.rawValue): \(why)") }
        }
    }

    private func agent(_ model: ScriptedModel, _ noted: NotedOutcomes, _ policy: DialoguePolicy = .none) throws -> ServiceAgent {
        let examples = ["returns/How long", "order_status", "greeting", "out_of_scope"].enumerated().map { topic, intent in
            IntentExample(
                intent: intent, agent: "customer_service", language: "en", text: topic == 0 ? "May I send it back? 可以退货吗" : intent,
                feature: axis(topic))
        }
        let documents = [
            Document(
                id: "returns/en/1", policy: "returns", language: "en", title: "Returns", section: "How long", text: Self.found, feature: axis(0)),
            Document(id: "returns/zh/1", policy: "returns", language: "zh", title: "退货", section: "", text: "三十天。", feature: axis(0)),
        ]
        let stores = FakeStores(orders: [Order(id: "VT-10001", user: "ann", status: "paid")])
        return ServiceAgent(
            snapshot: try CatalogSnapshot(products: [], documents: documents, intents: examples),
            stores: ServiceStores(orders: stores, catalog: stores, handoffs: stores, desk: stores),
            intents: IntentClassifier(model: try IntentClassifier.train(examples)), policy: policy,
            phrasing: Phrasing(model: model, languages: ["en"], tokensMax: 50, budgetMs: 2_000, onOutcome: { noted.add($0, $1) }))
    }

    private func ask(_ model: ScriptedModel, _ words: String = "May I send it back?", _ topic: Int = 0, bargeInAfterMs: UInt64? = nil) throws -> Said
    {
        let noted = NotedOutcomes()
        let harness = try AgentHarness(agent(model, noted), texts: [words: axis(topic)])
        if let bargeInAfterMs {
            harness.loop.submit { [harness] in
                harness.loop.after(1_000_000 + bargeInAfterMs * 1_000) {
                    let bytes = ClientMessage(kind: .control(Control(kind: .bargeIn(BargeIn())))).encoded()
                    do { try bytes.withUnsafeBytes { try harness.session.receive($0) } } catch { Issue.record(error) }
                }
            }
        }
        let replies = try harness.run([[.text(TextInput(text: words))], [.text(TextInput(text: "…"))]])[0].replies
        return Said(replies: replies, outcomes: noted.all)
    }

    @Test("are sent sentence by sentence as they are made, the source with the last message")
    func phrased() throws {
        let said = try ask(ScriptedModel(["Send the pieces ", "back within 30 days. ", "They must be unworn."]))
        #expect(said.replies.map(\.text) == ["Send the pieces back within 30 days. ", "They must be unworn.", ""])
        #expect(said.replies.map(\.last) == [false, false, true])
        #expect(said.replies.last?.sources.map(\.quote) == [Self.found])
        #expect(said.outcomes == ["phrased"])
    }

    @Test("The model is given what was found and what was asked, without what is the customer's own")
    func prompt() throws {
        let model = ScriptedModel([])
        _ = try ask(model, "May I send it back? 13800138000")
        #expect(model.prompts.count == 1)
        let user = model.prompts.first?.user ?? ""
        #expect(user.contains("Facts: \(Self.found)"))
        #expect(user.contains("Question: May I send it back? [number]\n"), "\(user)")
    }

    @Test("end where they say what the facts do not: the found words follow")
    func unsupported() throws {
        let said = try ask(ScriptedModel(["Send pieces back within 30 days. ", "Refunds take 90 days. ", "All is well."]))
        #expect(said.replies.map(\.text) == ["Send pieces back within 30 days. ", "\n" + Self.found])
        #expect(said.outcomes == ["unsupported: the number 90"])
    }

    @Test(
        "are done without when nothing comes of the model",
        arguments: [
            (ScriptedModel(["You could "], end: .failed("the endpoint answered 500")), "failed: the endpoint answered 500"),
            (ScriptedModel(["Send pieces back"], end: .late), "late: not complete within its time"),
            (ScriptedModel(["Send pieces back"], end: .cutOff), "late: more than 50 tokens"),
            (ScriptedModel([" "]), "unsupported: it said nothing"), (ScriptedModel(["Yes."]), "unsupported: nothing of the facts"),
        ] as [(ScriptedModel, String)])
    fileprivate func alone(model: ScriptedModel, outcome: String) throws {
        let said = try ask(model)
        #expect(said.replies.map(\.text) == [Self.found])
        #expect(said.outcomes == [outcome])
    }

    @Test("What was said before the model failed is completed by the found words")
    func failedOnTheWay() throws {
        let said = try ask(ScriptedModel(["Send pieces back within 30 days. ", "They must"], end: .late))
        #expect(said.text == "Send pieces back within 30 days. \n" + Self.found)
    }

    @Test("stop with the customer's word; nothing follows")
    func bargeIn() throws {
        let model = ScriptedModel(["Send pieces back within 30 days. ", "They must ", "be unworn. ", "Yes."])
        let said = try ask(model, bargeInAfterMs: 250)
        #expect(said.replies.map(\.text) == ["Send pieces back within 30 days. "])
        #expect(said.outcomes == ["interrupted"])
    }

    @Test("What is still open is asked behind them, word for word, and is no business of the model's")
    func reminder() throws {
        let model = ScriptedModel(["Send the pieces back within 30 days."])
        let policy = try DialoguePolicy.parse(cancelPolicy.replacing("cancel_order:", with: "greeting:"))
        let harness = try AgentHarness(
            agent(model, NotedOutcomes(), policy), texts: ["cancel VT-10001": axis(2), "May I send it back?": axis(0)])
        let said = try harness.run([[.text(TextInput(text: "cancel VT-10001"))], [.text(TextInput(text: "May I send it back?"))]])[1].replies
        #expect(said.map(\.text) == ["Send the pieces back within 30 days.", " Cancel VT-10001 ()?"])
        #expect(model.prompts.count == 1 && !model.prompts[0].user.contains("Cancel VT-10001"))
        #expect(harness.session.state.dialogue?.state == "sure")
    }

    @Test("What is nobody's text, what is an order's state, and what is asked in a language that the model does not speak are said as they are")
    func notAsked() throws {
        let model = ScriptedModel(["Anything."])
        #expect(try ask(model, "Where is VT-10001?", 1).text.contains("VT-10001"))
        #expect(try ask(model, "greeting", 2).replies.map(\.sources.count) == [0])
        #expect(try ask(model, "可以退货吗").text == "三十天。")
        #expect(model.prompts.isEmpty)
    }
}
