import Catalog
import Sessions
import Wire

/// Passing the conversation to a person of the shop.
extension ServiceAgent {
    /// Characters of the customer's words in a ticket.
    static let wordsMax = 500

    nonisolated(nonsending) func handOver(_ scene: inout ServiceScene, reason: String, intent: String) async throws(StoreError) -> ServiceAnswer {
        let turn = scene.turn
        let handoff = Handoff(
            sessionID: turn.sessionID, reason: reason, summary: summary(scene), language: turn.language, timeUs: turn.timeUs)
        let number = try await stores.handoffs.enqueue(handoff, idempotencyKey: "\(turn.sessionID)/\(turn.turnID)", as: turn.principal)
        scene.dialogue.handoff = number
        scene.dialogue.misses = 0
        let text =
            switch reason {
            case "complaint": scene.say.sorry(number)
            case "not understood": scene.say.notUnderstood(number)
            default: scene.say.handedOver(number)
            }
        return ServiceAnswer(text: text, intent: intent.isEmpty ? "human_agent" : intent)
    }

    /// Offers a person, and keeps in mind that the next turn may answer it.
    func offerPerson(_ answer: inout ServiceAnswer, _ scene: inout ServiceScene) {
        answer.add(scene.say.offerPerson, scene.say)
        scene.machine.note(DialogueSlots.offer, String(scene.turn.turnID))
    }

    /// The answer to such an offer of the turn before; nil when there was none, or the words are no answer.
    nonisolated(nonsending) func answerToOffer(_ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer? {
        guard let offer = scene.machine.forget(DialogueSlots.offer), offer == String(scene.turn.turnID - 1), scene.machine.isListening else {
            return nil
        }
        return switch Assent.read(scene.turn.words) {
        case .yes: try await handOver(&scene, reason: "asked for a person", intent: "human_agent")
        case .no, .stop: ServiceAnswer(text: scene.say.dropped, intent: "dropped")
        case nil: nil
        }
    }

    /// What the customer says while a person has the conversation goes to that person; nil = nobody has it any more.
    nonisolated(nonsending) func passOn(_ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer? {
        let number = scene.dialogue.handoff
        let state: HandoffTicket.State?
        do throws(StoreError) {
            state = try await stores.handoffs.handoff(number, as: scene.turn.principal).state
        } catch {
            guard error.code == .notFound else { throw error }
            state = nil
        }
        scene.dialogue.follow(state)
        guard scene.dialogue.withPerson else { return nil }
        try await stores.handoffs.noteHandoff(number, "Customer: \(scene.turn.words.prefix(ServiceAgent.wordsMax))", as: scene.turn.principal)
        return ServiceAnswer(text: scene.say.passedOn(""), intent: "human_agent")
    }

    /// What the person needs to know: the words, the order and product spoken of, what was under way.
    private func summary(_ scene: ServiceScene) -> String {
        let turn = scene.turn
        var lines = ["Customer (\(turn.language)): \(turn.words.prefix(ServiceAgent.wordsMax))"]
        if !scene.dialogue.order.isEmpty { lines.append("Order: \(scene.dialogue.order)") }
        if let product = turn.context.focusedProduct {
            lines.append("Product: \(snapshot.product(product)?.title(in: "en") ?? product) (\(product))")
        }
        if !turn.context.shownProducts.isEmpty { lines.append("Shown: \(turn.context.shownProducts.joined(separator: ", "))") }
        if !scene.machine.isListening {
            let slots = scene.machine.dialogue.slots.filter { $0.name != DialogueSlots.action }.map { "\($0.name) \($0.value)" }.joined(
                separator: ", ")
            lines.append("Under way: \(scene.machine.dialogue.state)\(slots.isEmpty ? "" : " (\(slots))")")
        }
        if scene.dialogue.misses > 0 { lines.append("Not answered before: \(scene.dialogue.misses)") }
        lines.append("Turns so far: \(turn.context.turnsDone)")
        return lines.joined(separator: "\n")
    }
}
