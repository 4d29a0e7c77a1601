import Catalog
import Fusion
import Sessions
import Wire

/// The customer's answers to what the dialogue asked.
extension ServiceAgent {
    /// The customer's answer to what was asked; nil when the words are about something else.
    nonisolated(nonsending) func goOn(_ scene: inout ServiceScene, _ ranked: [ClassProbability]) async throws(StoreError) -> ServiceAnswer? {
        if isRisk(ranked, ServiceAgent.riskBesideMin) { return nil }
        return switch scene.machine.waiting {
        case .ask(let slot, _, _, _): try await goOnAsking(slot, &scene, ranked)
        case .confirm: try await goOnConfirming(&scene, ranked)
        case .perform: try await goOnUncertain(&scene, ranked)
        case .listen, .say, nil: nil
        }
    }

    /// Something was asked for. A yes says nothing of it, a no ends it.
    private nonisolated(nonsending) func goOnAsking(
        _ slot: DialoguePolicy.Slot, _ scene: inout ServiceScene, _ ranked: [ClassProbability]
    ) async throws(StoreError) -> ServiceAnswer? {
        let words = scene.turn.words
        let operation = self.operation(from: scene.machine.dialogue.state)
        switch Assent.bare(words, to: operation) {
        case .yes: return try await carryOut(scene.machine.again(), &scene)
        case .no, .stop: return drop(&scene)
        case nil: break
        }
        if slot == .detail {
            if Assent.abandons(words, operation) { return drop(&scene) }
            if Assent.read(words, to: operation) == .yes { return try await carryOut(scene.machine.again(), &scene) }
        }
        if let taken = try await take(&scene, ranked) { return taken }
        let refusal = slot == .detail ? nil : Assent.read(words, to: operation)
        if refusal == .no || refusal == .stop { return drop(&scene) }
        if Assent.isIgnorance(words) || asksAgain(ranked, scene) { return try await carryOut(scene.machine.again(), &scene) }
        // Something else is wanted: it is answered, and what was under way waits.
        return isAnswerable(ranked) ? nil : try await carryOut(scene.machine.again(), &scene)
    }

    /// A yes or a no is waited for.
    private nonisolated(nonsending) func goOnConfirming(
        _ scene: inout ServiceScene, _ ranked: [ClassProbability]
    ) async throws(StoreError) -> ServiceAnswer? {
        let words = scene.turn.words
        if let (slot, value) = Correction.read(words, scene.machine.dialogue, FilterParser(currency: snapshot.currency)) {
            return try await carryOut(scene.machine.handle(.filled(slot, value)), &scene)
        }
        switch Assent.read(words, to: operation(from: scene.machine.dialogue.state)) {
        case .stop: return drop(&scene)
        case .no:
            let actions = scene.machine.handle(.no)
            return actions.isEmpty ? ServiceAnswer(text: scene.say.dropped, intent: "dropped") : try await carryOut(actions, &scene)
        case .yes:
            // A yes to somebody else's answer is none to a question of long ago: that is put again.
            let isOfNow = scene.turn.context.lastAgent == name
            return try await carryOut(isOfNow ? scene.machine.handle(.yes) : scene.machine.again(), &scene)
        case nil: break
        }
        if let taken = try await take(&scene, ranked) { return taken }
        if asksAgain(ranked, scene) {
            let orders = try await candidates(operation(from: scene.machine.dialogue.state), scene)
            if let other = pick(words, among: orders, scene), other != scene.machine.slot(.order) {
                return try await carryOut(scene.machine.handle(.filled(.order, other)), &scene)
            }
            return try await carryOut(scene.machine.again(), &scene)
        }
        return isAnswerable(ranked) ? nil : try await carryOut(scene.machine.again(), &scene)
    }

    /// What may have been done already is not done again without a yes.
    private nonisolated(nonsending) func goOnUncertain(
        _ scene: inout ServiceScene, _ ranked: [ClassProbability]
    ) async throws(StoreError) -> ServiceAnswer? {
        switch Assent.read(scene.turn.words, to: operation(from: scene.machine.dialogue.state)) {
        case .yes: return try await carryOut(scene.machine.handle(.retry), &scene)
        case .no, .stop: return drop(&scene)
        case nil: break
        }
        if isAnswerable(ranked), !asksAgain(ranked, scene) { return nil }
        return ServiceAnswer(text: scene.say.uncertain, kind: .clarify, intent: "uncertain")
    }

    private func drop(_ scene: inout ServiceScene) -> ServiceAnswer {
        let text = scene.isUncertain ? scene.say.leftUncertain : scene.say.dropped
        _ = scene.machine.handle(.stop)
        return ServiceAnswer(text: text, intent: "dropped")
    }

    /// Whether the words are sure enough to be about something.
    private func isAnswerable(_ ranked: [ClassProbability]) -> Bool {
        guard let best = ranked.first else { return false }
        return best.probability >= (policy.begin(best.name) == nil ? ServiceAgent.intentProbabilityMin : ServiceAgent.anotherActionMin)
    }

    /// Takes what the words say of the order or of what was asked for; nil when they say nothing of it.
    private nonisolated(nonsending) func take(_ scene: inout ServiceScene, _ ranked: [ClassProbability]) async throws(StoreError) -> ServiceAnswer? {
        guard let (slot, value) = try await filled(scene, ranked) else { return nil }
        if slot == .order, let refusal = try await refusal(of: value, &scene) { return refusal }
        var actions = scene.machine.handle(.filled(slot, value))
        // "Order VT-10003, size 7": what was asked for may stand beside the order.
        let words = scene.turn.words
        if slot == .order, OrderNumber.find(in: words) != nil, case .ask(let asked, _, _)? = actions.last,
            let value = SlotReader.beside(order: words, asked)
        {
            actions = Array(actions.dropLast()) + scene.machine.handle(.filled(asked, value))
        }
        return try await carryOut(actions, &scene)
    }

    /// Which slot the words fill, and with what.
    private nonisolated(nonsending) func filled(
        _ scene: ServiceScene, _ ranked: [ClassProbability]
    ) async throws(StoreError) -> (DialoguePolicy.Slot, String)? {
        let words = scene.turn.words
        if let id = try await namedOrder(scene) { return isElsewhere(words, ranked, scene) ? nil : (.order, id) }
        guard case .ask(let slot, let about, _, _)? = scene.machine.waiting else { return nil }
        switch slot {
        case .order:
            let orders = try await candidates(about, scene)
            if let digits = OrderNumber.bareDigits(words), let order = orders.first(where: { $0.id.hasSuffix(digits) }) { return (.order, order.id) }
            return pick(words, among: orders, areListed: true, scene).map { (.order, $0) }
        case .product:
            return References(snapshot: snapshot, context: scene.turn.context).products(in: words).first.map { (.product, $0) }
        case .detail:
            return isDetail(words, ranked, scene) ? SlotReader.read(slot, words).map { (slot, $0) } : nil
        case .size, .quantity, .address:
            return SlotReader.read(slot, words, isAsked: true).map { (slot, $0) }
        }
    }

    /// Whether words that name an order want something else of it than what is under way: "where is VT-10023?", "and return VT-10005".
    private func isElsewhere(_ words: String, _ ranked: [ClassProbability], _ scene: ServiceScene) -> Bool {
        guard let best = ranked.first, isAnswerable(ranked), !asksFor(best.name, operation(from: scene.machine.dialogue.state)) else { return false }
        return SentenceForm.isQuestion(words) || policy.begin(best.name) != nil
    }

    /// A detail is free text, unless it is clearly another request or a question.
    private func isDetail(_ words: String, _ ranked: [ClassProbability], _ scene: ServiceScene) -> Bool {
        if Assent.isIgnorance(words) { return false }
        guard let best = ranked.first, isAnswerable(ranked) else { return !SentenceForm.isWish(words) }
        if asksFor(best.name, operation(from: scene.machine.dialogue.state)) { return true }
        if SentenceForm.isQuestion(words) || SentenceForm.isWish(words) { return false }
        return best.name == IntentClassifier.outOfScope || best.probability <= ServiceAgent.anotherRequestMin || policy.begin(best.name) != nil
    }

    /// The one of the orders that the words point at: by its place in the list, as the newest, by its day, or by what is in it.
    /// - Parameter areListed: the customer was told of them in this order.
    func pick(_ words: String, among orders: [Order], areListed: Bool = false, _ scene: ServiceScene) -> String? {
        let references = References(snapshot: snapshot, context: scene.turn.context)
        if areListed, let position = references.ordinals(words).first {
            let index = position > 0 ? position - 1 : orders.count + position
            if orders.indices.contains(index) { return orders[index].id }
        }
        if SentenceForm.isNewest(words) { return orders.max { ($0.placedAt, $0.id) < ($1.placedAt, $1.id) }?.id }
        if let id = ServiceAgent.dated(words, orders, scene) { return id }
        let holding = holding(words, orders, references)
        return holding.count == 1 ? holding[0].id : nil
    }

    private func asksFor(_ intent: String, _ operation: String) -> Bool {
        policy.begin(intent).map { self.operation(from: $0) == operation } ?? false
    }

    /// Whether what is under way is asked for once more, with nothing in the words that differs.
    private func asksAgain(_ ranked: [ClassProbability], _ scene: ServiceScene) -> Bool {
        guard let best = ranked.first, best.probability >= ServiceAgent.intentProbabilityMin,
            asksFor(best.name, operation(from: scene.machine.dialogue.state))
        else { return false }
        return DialoguePolicy.Slot.allCases.allSatisfy { slot in
            guard let known = scene.machine.slot(slot), let said = named(slot, scene) else { return true }
            return known == said
        }
    }
}
