import Catalog
import Sessions
import Wire

/// Passing the conversation to a person of the shop.
extension ServiceAgent {
    /// Characters of the customer's words in a ticket.
    static let wordsMax = 500

    nonisolated(nonsending) func handOver(_ scene: inout ServiceScene, reason: String, intent: String) async throws(StoreError) -> ServiceAnswer {
        let turn = scene.turn
        if let waiting = try await addToWaiting(&scene, reason) {
            return ServiceAnswer(text: waiting, intent: intent.isEmpty ? "human_agent" : intent)
        }
        let handoff = Handoff(
            sessionID: turn.sessionID, reason: reason, summary: summary(scene), language: turn.language, timeUs: turn.timeUs)
        let number = try await stores.handoffs.enqueue(handoff, idempotencyKey: "\(turn.sessionID)/\(turn.turnID)", as: turn.principal)
        scene.dialogue.handoff = number
        scene.dialogue.misses = 0
        let text =
            switch reason {
            case ServiceAgent.risk: scene.say.risk(number)
            case "complaint": scene.say.sorry(number)
            case "not understood": scene.say.notUnderstood(number)
            default: scene.say.handedOver(number)
            }
        return ServiceAnswer(text: text, intent: intent.isEmpty ? "human_agent" : intent)
    }

    /// Adds the words to the ticket of the session that still waits for a person: one conversation has one place in the queue.
    /// - Returns: what is said; nil when no ticket waits.
    private nonisolated(nonsending) func addToWaiting(_ scene: inout ServiceScene, _ reason: String) async throws(StoreError) -> String? {
        let number = scene.dialogue.handoff
        guard number != 0 else { return nil }
        scene.dialogue.follow(try await ticketState(number, scene))
        guard scene.dialogue.handoff != 0 else { return nil }
        scene.dialogue.misses = 0
        let words = scene.turn.words.prefix(ServiceAgent.wordsMax)
        try await stores.handoffs.noteHandoff(number, "Customer (\(reason)): \(words)", as: scene.turn.principal)
        return reason == ServiceAgent.risk ? scene.say.risk(number) : scene.say.alreadyWaiting(number)
    }

    /// nil = the queue knows no such ticket.
    private nonisolated(nonsending) func ticketState(_ number: Int64, _ scene: ServiceScene) async throws(StoreError) -> HandoffTicket.State? {
        do throws(StoreError) {
            return try await stores.handoffs.handoff(number, as: scene.turn.principal).state
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// Offers a person, and keeps in mind that the next answered turn may say yes to it.
    func offerPerson(_ answer: inout ServiceAnswer, _ scene: inout ServiceScene) {
        answer.add(scene.say.offerPerson, scene.say)
        scene.machine.note(DialogueSlots.offer, "person")
    }

    /// The answer to such an offer of the answer before; nil when there was none, or the words are no answer.
    nonisolated(nonsending) func answerToOffer(_ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer? {
        guard scene.machine.forget(DialogueSlots.offer) != nil, scene.turn.context.lastAgent == name, scene.machine.isListening else { return nil }
        return switch Assent.read(scene.turn.words, to: "") {
        case .yes: try await handOver(&scene, reason: "asked for a person", intent: "human_agent")
        case .no, .stop: ServiceAnswer(text: scene.say.dropped, intent: "dropped")
        case nil: nil
        }
    }

    /// What the customer says while a person has the conversation goes to that person; nil = nobody has it any more.
    nonisolated(nonsending) func passOn(_ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer? {
        let number = scene.dialogue.handoff
        scene.dialogue.follow(try await ticketState(number, scene))
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
