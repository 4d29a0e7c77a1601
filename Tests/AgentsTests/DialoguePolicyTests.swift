import CheckedYAML
import Foundation
import Testing
import Wire

@testable import Agents

let cancelPolicy = """
    dialogue: 1
    start: listen
    states:
      listen: {on: {cancel_order: cancel}}
      cancel: {ask: order, for: cancel, say: {en: "Which? {choices}", zh: "哪个？{choices}"}, next: sure}
      sure: {confirm: {en: "Cancel {order} ({items})?", zh: "取消 {order}（{items}）吗？"}, yes: act, no: kept}
      act: {do: cancel, say: {en: "{order} is cancelled, {number}.", zh: "{order} 已取消，{number}。"}, next: listen}
      kept: {say: {en: "Kept.", zh: "保留。"}, next: listen}
    """

@Suite("The dialogue policy")
struct DialoguePolicyTests {
    @Test("A policy reads as it is written, and draws")
    func read() throws {
        let policy = try DialoguePolicy.parse(cancelPolicy)
        #expect(policy.states.map(\.id) == ["listen", "cancel", "sure", "act", "kept"])
        #expect(policy.begin("cancel_order") == "cancel")
        #expect(policy.begin("other") == nil)
        #expect(policy.text().contains("▶ listen: listen"))
        #expect(policy.dot().contains("\"sure\" -> \"kept\" [label=\"no\"];"))
    }

    @Test("The example shop's policy has no fault, and every action asks before it changes an order")
    func example() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let policy = try DialoguePolicy.load(root + "/examples/jewelry/dialogue.yaml")
        #expect(policy.faults().isEmpty)
        for state in policy.states {
            guard case .perform(let operation, _, _) = state.kind, operation != "cart", operation != "stock_alert" else { continue }
            let before = policy.states.filter { policy.ways($0.kind).contains { $0.to == state.id } }
            #expect(before.allSatisfy { if case .confirm = $0.kind { true } else { false } }, "\(state.id)")
        }
    }

    @Test(
        "What is wrong is said with its line",
        arguments: [
            ("no: kept}", "no: nowhere}", "'sure' leads to 'nowhere', which is no state"),
            ("no: kept}", "no: listen}", "nothing leads to 'kept'"),
            ("zh: \"保留。\"}, next: listen", "zh: \"保留。\"}, next: kept", "'kept' is a dead end: nothing leads back to 'listen'"),
            ("do: cancel", "do: explode", "is none of cancel, return, exchange, address, resize, repair, stock_alert, cart"),
            ("start: listen", "start: sure", "the start 'sure' must listen (on:)"),
        ])
    func faults(from: String, to: String, message: String) {
        #expect { try DialoguePolicy.parse(cancelPolicy.replacing(from, with: to)) } throws: {
            guard let error = $0 as? YAMLError else { return false }
            return error.message.contains(message) && (error.line > 0 || from == "start: listen")
        }
    }

    @Test("The machine asks, confirms, does, and listens again; a correction is confirmed anew; stop ends it")
    func machine() throws {
        let policy = try DialoguePolicy.parse(cancelPolicy)
        var machine = DialogueMachine(policy, Dialogue())
        #expect(machine.handle(.begin(intent: "other", turnID: 3)) == [])
        let asked = machine.handle(.begin(intent: "cancel_order", turnID: 3))
        #expect(asked == [.ask(.order, about: "cancel", DialoguePolicy.Text(en: "Which? {choices}", zh: "哪个？{choices}"))])
        #expect(machine.dialogue.actionTurn == 3)
        #expect(machine.again() == asked)
        let confirm = machine.handle(.filled(.order, "VT-1"))
        guard case .confirm? = confirm.first else { return #expect(Bool(false), "it is confirmed") }
        #expect(machine.handle(.filled(.order, "VT-2")) == confirm)
        #expect(machine.slot(.order) == "VT-2")
        guard case .perform("cancel", _)? = machine.handle(.yes).first else { return #expect(Bool(false), "it is done") }
        #expect(machine.handle(.yes) == [])
        guard case .say? = machine.handle(.done).first else { return #expect(Bool(false), "it is said") }
        #expect(machine.isListening)
        _ = machine.handle(.begin(intent: "cancel_order", turnID: 9))
        _ = machine.handle(.stop)
        #expect(machine.isListening && machine.dialogue.slots.isEmpty)
    }

    @Test("A state that the policy no longer has is left")
    func changed() throws {
        #expect(DialogueMachine(try DialoguePolicy.parse(cancelPolicy), Dialogue(state: "gone")).isListening)
    }
}
