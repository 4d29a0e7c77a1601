import Catalog
import Fusion
import Sessions
import Wire

/// Carrying out what the dialogue policy says.
extension ServiceAgent {
    /// The customer's answer to what was asked; nil when the words are about something else.
    nonisolated(nonsending) func goOn(_ scene: inout ServiceScene, _ ranked: [ClassProbability]) async throws(StoreError) -> ServiceAnswer? {
        let words = scene.turn.words
        switch Assent.read(words, to: operation(from: scene.machine.dialogue.state)) {
        case .stop:
            let text = scene.isUncertain ? scene.say.leftUncertain : scene.say.dropped
            _ = scene.machine.handle(.stop)
            return ServiceAnswer(text: text, intent: "dropped")
        case .yes:
            switch scene.machine.waiting {
            case .confirm: return try await carryOut(scene.machine.handle(.yes), &scene)
            case .perform: return try await carryOut(scene.machine.handle(.retry), &scene)
            default: break
            }
        case .no:
            if case .perform? = scene.machine.waiting {
                _ = scene.machine.handle(.stop)
                return ServiceAnswer(text: scene.say.leftUncertain, intent: "dropped")
            }
            if case .confirm? = scene.machine.waiting {
                let actions = scene.machine.handle(.no)
                return actions.isEmpty ? ServiceAnswer(text: scene.say.dropped, intent: "dropped") : try await carryOut(actions, &scene)
            }
        case nil: break
        }
        // What may have been done already is not done again without a yes.
        if case .perform? = scene.machine.waiting {
            if let best = ranked.first, best.probability >= ServiceAgent.intentProbabilityMin, !asksAgain(best.name, scene) { return nil }
            return ServiceAnswer(text: scene.say.uncertain, kind: .clarify, intent: "uncertain")
        }
        if let (slot, value) = try await filled(scene, ranked) {
            if slot == .order, let refusal = try await refusal(of: value, &scene) { return refusal }
            var actions = scene.machine.handle(.filled(slot, value))
            // "Order VT-10003, size 7": what was asked for may stand beside the order.
            if slot == .order, case .ask(let asked, _, _)? = actions.last, let value = SlotReader.beside(order: words, asked) {
                actions = Array(actions.dropLast()) + scene.machine.handle(.filled(asked, value))
            }
            return try await carryOut(actions, &scene)
        }
        // Something else is wanted: it is answered, and what was under way waits.
        if let best = ranked.first, best.probability >= ServiceAgent.intentProbabilityMin { return nil }
        return try await carryOut(scene.machine.again(), &scene)
    }

    /// Which slot the words fill, and with what.
    private nonisolated(nonsending) func filled(
        _ scene: ServiceScene, _ ranked: [ClassProbability]
    ) async throws(StoreError) -> (DialoguePolicy.Slot, String)? {
        let words = scene.turn.words
        if let id = try await namedOrder(scene) { return (.order, id) }
        guard case .ask(let slot, let about, _, _)? = scene.machine.waiting else {
            // A correction of what is about to be confirmed: "no, size 8".
            if scene.machine.slot(.size) != nil, let size = SlotReader.size(words) { return (.size, size) }
            if scene.machine.slot(.address) != nil, let address = SlotReader.address(words) { return (.address, address) }
            return nil
        }
        switch slot {
        case .order:
            let orders = try await candidates(about, scene)
            if let digits = OrderNumber.bareDigits(words), let order = orders.first(where: { $0.id.hasSuffix(digits) }) { return (.order, order.id) }
            let references = References(snapshot: snapshot, context: scene.turn.context)
            if let position = references.ordinals(words).first {
                let index = position > 0 ? position - 1 : orders.count + position
                if orders.indices.contains(index) { return (.order, orders[index].id) }
            }
            // "the one with the signet ring"
            let filter = FilterParser(currency: snapshot.currency).parse(words).filter
            let fitting = filter.isEmpty ? [] : orders.filter { $0.items.contains { snapshot.product($0.productID).map(filter.matches) ?? false } }
            return fitting.count == 1 ? (.order, fitting[0].id) : nil
        case .product:
            return References(snapshot: snapshot, context: scene.turn.context).products(in: words).first.map { (.product, $0) }
        case .size:
            return (SlotReader.size(words) ?? SlotReader.bareSize(words)).map { (.size, $0) }
        case .detail:
            // A detail is free text, unless it is clearly another request.
            if let best = ranked.first, best.probability > 0.8, policy.begin(best.name) == nil { return nil }
            return SlotReader.read(.detail, words).map { (.detail, $0) }
        case .quantity, .address:
            return SlotReader.read(slot, words).map { (slot, $0) }
        }
    }

    /// Whether an intent asks for what may have been done already: the same operation, and nothing in the words that differs.
    private func asksAgain(_ intent: String, _ scene: ServiceScene) -> Bool {
        guard case .perform(let operation, _, _)? = scene.machine.waiting, let state = policy.begin(intent) else { return false }
        return self.operation(from: state) == operation
            && DialoguePolicy.Slot.allCases.allSatisfy { slot in
                guard let known = scene.machine.slot(slot), let said = named(slot, scene) else { return true }
                return known == said
            }
    }

    /// What the words of a request say for a slot.
    private func named(_ slot: DialoguePolicy.Slot, _ scene: ServiceScene) -> String? {
        let words = scene.turn.words
        return switch slot {
        case .order: OrderNumber.find(in: words)
        case .product: References(snapshot: snapshot, context: scene.turn.context).product(in: words)
        case .quantity: SlotReader.quantity(words)
        case .size, .address: SlotReader.read(slot, words)
        case .detail: nil
        }
    }

    /// Begins what an intent asks for, with whatever the words already say.
    nonisolated(nonsending) func begin(_ intent: String, _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer {
        guard scene.isSignedIn else { return ServiceAnswer(text: scene.say.signIn, kind: .clarify, intent: intent) }
        var actions = scene.machine.handle(.begin(intent: intent, turnID: scene.turn.turnID))
        // Not the turn's number: after a crash turns may be counted again, and something else asked for in them.
        if !scene.machine.isListening { scene.machine.note(DialogueSlots.action, String(scene.turn.seed, radix: 16)) }
        for _ in 0..<DialoguePolicy.Slot.allCases.count {
            guard case .ask(let slot, let about, _)? = actions.last else { break }
            var value = named(slot, scene)
            switch slot {
            case .order:
                value = try await namedOrder(scene)
                if let value, let refusal = try await refusal(of: value, &scene) { return refusal }
                let open = try await candidates(about, scene)
                if value == nil, open.isEmpty { return nothingToDo(about, intent, &scene) }
                let spoken = open.first { $0.id == scene.dialogue.order }?.id
                value = value ?? spoken ?? (open.count == 1 ? open[0].id : nil)
            case .quantity: value = value ?? "1"
            case .product, .detail, .size, .address: break
            }
            guard let value else { break }
            actions = Array(actions.dropLast()) + scene.machine.handle(.filled(slot, value))
        }
        var answer = try await carryOut(actions, &scene)
        answer.intent = intent
        return answer
    }

    /// Says, asks and does what the machine wants.
    nonisolated(nonsending) func carryOut(_ actions: [DialogueMachine.Action], _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer
    {
        var answer = ServiceAnswer(text: "", intent: scene.machine.dialogue.state)
        var open = actions[...]
        // What the braces stand for once something was done: the machine has forgotten it then.
        var done: [(String, String)] = []
        for _ in 0..<DialogueMachine.stepsMax {
            guard let action = open.popFirst() else { break }
            switch action {
            case .say(let text): answer.add(fill(text, done.isEmpty ? try await names(scene) : done, scene), scene.say)
            case .ask(let slot, let about, let text):
                scene.machine.note(DialogueSlots.awaits, slot.rawValue)
                answer.add(fill(text, try await names(scene, about: about), scene), scene.say)
                answer.kind = .clarify
            case .confirm(let text):
                if let id = scene.machine.slot(.order) {
                    // What is confirmed is the order as it is now.
                    let version = try await stores.orders.order(id, as: scene.turn.principal).version
                    scene.machine.note(DialogueSlots.version, String(version))
                }
                answer.add(fill(text, try await names(scene), scene), scene.say)
                answer.kind = .clarify
            case .perform(let operation, _):
                let values = try await names(scene)
                guard let receipt = try await perform(operation, &scene, &answer) else { return answer }
                done = values + [("number", String(receipt.number))]
                // Another thing that is done in the same dialogue has a key of its own, and is about the order as it is now.
                scene.machine.note(DialogueSlots.done, String((scene.machine.value(DialogueSlots.done).flatMap { Int($0) } ?? 0) + 1))
                if let order = receipt.order { scene.machine.note(DialogueSlots.version, String(order.version)) }
                open = scene.machine.handle(.done)[...]
                if !receipt.request.orderID.isEmpty {
                    scene.dialogue.order = receipt.request.orderID
                    answer.sources = [Source(kind: "order", id: receipt.request.orderID)]
                } else {
                    answer.sources = [Source(kind: "product", id: receipt.request.productID)]
                    answer.product = receipt.request.productID
                }
            }
        }
        return answer
    }

    /// Does it once: the key is the action's own, so that a repeat of it answers the same and writes nothing. nil = it was not done, or nobody
    /// knows; `answer` says so, and only in the second case the action stays under way, to be asked for again with the same key.
    private nonisolated(nonsending) func perform(
        _ operation: String, _ scene: inout ServiceScene, _ answer: inout ServiceAnswer
    ) async throws(StoreError) -> ServiceReceipt? {
        guard let kind = ServiceRequest.Kind(rawValue: operation) else {
            throw StoreError(.failedPrecondition, "'\(operation)' is nothing that can be done")
        }
        var details: [String: String] = [:]
        for slot in scene.machine.dialogue.slots where !DialogueSlots.ours.contains(slot.name) { details[slot.name] = slot.value }
        let request = ServiceRequest(
            kind: kind, orderID: scene.machine.slot(.order) ?? "", productID: scene.machine.slot(.product) ?? "", details: details)
        var version = Int64(scene.machine.dialogue.slots.first { $0.name == DialogueSlots.version }?.value ?? "")
        if version == nil, !request.orderID.isEmpty {
            let now = try await stores.orders.order(request.orderID, as: scene.turn.principal).version
            scene.machine.note(DialogueSlots.version, String(now))
            version = now
        }
        guard await scene.rememberUncertain() else { return nil }
        do throws(StoreError) {
            return try await stores.desk.submit(
                request, expectedVersion: version ?? 0, timeUs: scene.turn.timeUs, idempotencyKey: scene.actionKey, as: scene.turn.principal)
        } catch {
            let isNotNow = [.unavailable, .resourceExhausted, .diskFull].contains(error.code)
            // That it was not done now says nothing about what an earlier turn asked for.
            let wasUncertain = scene.isUncertain
            if error.code == .outcomeUnknown || (isNotNow && wasUncertain) {
                answer.kind = .clarify
                answer.text = scene.say.uncertain
                return nil
            }
            _ = scene.machine.handle(.failed)
            switch error.code {
            case .conflict, .failedPrecondition:
                answer.kind = .noAnswer
                answer.text = wasUncertain ? scene.say.refusedLater : scene.say.changedMeanwhile(request.orderID)
                if !request.orderID.isEmpty, let now = try? await stores.orders.order(request.orderID, as: scene.turn.principal) {
                    answer.text += scene.say.of(" ", "") + scene.say.order(now, items: items(now, scene))
                    answer.sources = [Source(kind: "order", id: now.id)]
                }
            case .unavailable, .resourceExhausted, .diskFull:
                answer.kind = .noAnswer
                answer.text = scene.say.notNow
            default:
                scene.forgetUncertain()
                throw error
            }
            return nil
        }
    }

    // MARK: Orders that come into question

    nonisolated(nonsending) func candidates(_ about: String, _ scene: ServiceScene) async throws(StoreError) -> [Order] {
        let orders = try await stores.orders.orders(of: scene.turn.principal, limit: 20)
        guard let kind = ServiceRequest.Kind(rawValue: about) else { return orders }
        let fitting = orders.filter { ServiceRequest.orderStates(kind).contains($0.status) }
        guard kind == .resize else { return fitting }
        return fitting.filter { $0.items.contains { snapshot.product($0.productID)?.category == "ring" } }
    }

    /// Why an order that was named cannot be used; nil when it can. Notes its version, which the confirmation is about.
    private nonisolated(nonsending) func refusal(of id: String, _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer? {
        let about = operation(from: scene.machine.dialogue.state)
        let order: Order
        do throws(StoreError) {
            order = try await stores.orders.order(id, as: scene.turn.principal)
        } catch {
            guard error.code == .notFound else { throw error }
            return ServiceAnswer(text: scene.say.noSuchOrder(id), kind: .noAnswer, intent: "order_status")
        }
        guard let kind = ServiceRequest.Kind(rawValue: about), !ServiceRequest.orderStates(kind).contains(order.status) else { return nil }
        _ = scene.machine.handle(.stop)
        scene.dialogue.order = id
        return ServiceAnswer(
            text: scene.say.notPossible(about, order, items: items(order, scene)), kind: .noAnswer, sources: [Source(kind: "order", id: id)],
            intent: about)
    }

    /// The operation that a state leads to.
    private func operation(from state: String) -> String {
        var at = state
        for _ in 0..<DialogueMachine.stepsMax {
            switch policy.state(at)?.kind {
            case .ask(_, let about, _, let next):
                if !about.isEmpty { return about }
                at = next
            case .confirm(_, let yes, _): at = yes
            case .perform(let operation, _, _): return operation
            case .say(_, let next): at = next
            case .listen, nil: return ""
            }
        }
        return ""
    }

    private func nothingToDo(_ about: String, _ intent: String, _ scene: inout ServiceScene) -> ServiceAnswer {
        _ = scene.machine.handle(.stop)
        return ServiceAnswer(text: scene.say.nothingFor(about), kind: .noAnswer, intent: intent)
    }

    func reminder(_ scene: ServiceScene) -> String? {
        switch scene.machine.waiting {
        case .confirm, .ask: scene.say.stillOpen
        default: nil
        }
    }

    // MARK: Words in braces

    /// What the braces in the policy's texts stand for; reads the order, and notes the version that is shown.
    private nonisolated(nonsending) func names(_ scene: ServiceScene, about: String = "") async throws(StoreError) -> [(String, String)] {
        var values = scene.machine.dialogue.slots.map { ($0.name, $0.value) }
        if let id = scene.machine.slot(.order) {
            let order = try await stores.orders.order(id, as: scene.turn.principal)
            values.append(("items", items(order, scene)))
            values.append(("city", order.city))
        }
        if let id = scene.machine.slot(.product) { values.append(("title", snapshot.product(id)?.title(in: scene.turn.language) ?? id)) }
        if !about.isEmpty {
            let orders = try await candidates(about, scene)
            values.append(("choices", orders.map { "\($0.id) (\(items($0, scene)))" }.joined(separator: scene.say.of("; ", "；"))))
        }
        return values
    }

    private func fill(_ text: DialoguePolicy.Text, _ values: [(String, String)], _ scene: ServiceScene) -> String {
        let pattern = scene.say.of(text.en, text.zh)
        // One pass: a value that itself holds braces is not looked at again.
        var result = ""
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = rest[rest.index(after: open)..<close]
            result += rest[..<open] + (values.first { $0.0 == name }?.1 ?? "")
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}

/// Slots that no policy asks for.
enum DialogueSlots {
    /// The order's version that the customer was shown.
    static let version = "version"
    /// Which slot was asked for last.
    static let awaits = "awaits"
    /// Tells the action from every other of the session.
    static let action = "action"
    /// How many things were done since the dialogue began.
    static let done = "done"
    /// The turn that offered to call a person.
    static let offer = "offer"
    /// What is no detail of a request.
    static let ours: Set<String> = ["order", "product", version, awaits, action, done, offer]
}

extension ServiceAnswer {
    mutating func add(_ sentence: String, _ say: Phrases) {
        guard !sentence.isEmpty else { return }
        text += (text.isEmpty ? "" : say.of(" ", "")) + sentence
    }
}
