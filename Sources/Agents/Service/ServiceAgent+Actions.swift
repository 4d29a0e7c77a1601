import Catalog
import Fusion
import Sessions
import Wire

/// Carrying out what the dialogue policy says.
extension ServiceAgent {
    /// What the words of a request say for a slot.
    func named(_ slot: DialoguePolicy.Slot, _ scene: ServiceScene) -> String? {
        let words = scene.turn.words
        return switch slot {
        case .order: OrderNumber.find(in: words)
        case .product: References(snapshot: snapshot, context: scene.turn.context).product(in: words)
        case .quantity, .size, .address: SlotReader.read(slot, words)
        case .detail: nil
        }
    }

    /// Begins what an intent asks for, with whatever the words already say.
    nonisolated(nonsending) func begin(_ intent: String, _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer {
        let wanted = policy.begin(intent).map { operation(from: $0) } ?? ""
        if wanted == ServiceRequest.Kind.cart.rawValue, !CartWords.adds(scene.turn.words) { return notAdded(scene, intent) }
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
                let all = try await ownOrders(scene)
                let open = possible(about, all)
                if value == nil, open.isEmpty { return nothingToDo(about, intent, &scene) }
                if value == nil {
                    switch meantOrder(scene, all, open: open) {
                    case .this(let id): value = id
                    case .another(let id): if let refusal = try await refusal(of: id, &scene) { return refusal }
                    case .unclear: break
                    }
                }
            case .quantity where value == nil && SlotReader.quantity(scene.turn.words) == .none: value = "1"
            case .quantity: break
            case .product, .detail, .size, .address: break
            }
            guard let value else { break }
            actions = Array(actions.dropLast()) + scene.machine.handle(.filled(slot, value))
        }
        var answer = try await carryOut(actions, &scene)
        answer.intent = intent
        if wanted == ServiceRequest.Kind.cart.rawValue {
            let meant = References(snapshot: snapshot, context: scene.turn.context).products(in: scene.turn.words)
            if meant.count > 1 { answer.add(scene.say.onePieceAtATime, scene.say) }
        }
        return answer
    }

    /// The cart was only spoken of, or a piece picked, without a word of putting it there.
    private func notAdded(_ scene: ServiceScene, _ intent: String) -> ServiceAnswer {
        let references = References(snapshot: snapshot, context: scene.turn.context)
        guard !CartWords.nameCart(scene.turn.words) else { return ServiceAnswer(text: scene.say.cartElsewhere, kind: .noAnswer, intent: intent) }
        guard let product = references.product(in: scene.turn.words).flatMap(snapshot.product) else {
            return ServiceAnswer(text: scene.say.whichProduct, kind: .clarify, intent: intent)
        }
        var answer = ProductQuestion.description(of: product, language: scene.turn.language, scene.say)
        answer.intent = "product_question"
        answer.add(scene.say.sayAddIt, scene.say)
        return answer
    }

    /// Says, asks and does what the machine wants.
    nonisolated(nonsending) func carryOut(_ actions: [DialogueMachine.Action], _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer
    {
        var course = Course(answer: ServiceAnswer(text: "", intent: scene.machine.dialogue.state), open: actions[...])
        for _ in 0..<DialogueMachine.stepsMax where !course.open.isEmpty {
            do throws(StoreError) {
                try await step(&course, &scene)
            } catch {
                // What was done stays said, whatever cannot be read after it.
                guard course.hasDone else { throw error }
                _ = scene.machine.handle(.failed)
                course.answer.add(scene.say.restNotNow, scene.say)
                return course.answer
            }
        }
        return course.answer
    }

    /// What is still to be carried out, and what came of the rest.
    private struct Course {
        var answer: ServiceAnswer
        var open: ArraySlice<DialogueMachine.Action>
        /// What the braces stand for once something was done: the machine has forgotten it then.
        var done: [(String, String)] = []
        var hasDone: Bool { !done.isEmpty }
    }

    private nonisolated(nonsending) func step(_ course: inout Course, _ scene: inout ServiceScene) async throws(StoreError) {
        guard let action = course.open.popFirst() else { return }
        switch action {
        case .say(let text): course.answer.add(fill(text, course.done.isEmpty ? try await names(scene) : course.done, scene), scene.say)
        case .ask(let slot, let about, let text):
            scene.machine.note(DialogueSlots.awaits, slot.rawValue)
            course.answer.add(fill(text, try await names(scene, about: about), scene), scene.say)
            course.answer.kind = .clarify
        case .confirm(let text):
            if let id = scene.machine.slot(.order) {
                // What is confirmed is the order as it is now.
                let version = try await stores.orders.order(id, as: scene.turn.principal).version
                scene.machine.note(DialogueSlots.version, String(version))
            }
            course.answer.add(fill(text, try await names(scene), scene), scene.say)
            course.answer.kind = .clarify
        case .perform(let operation, _):
            let values = try await names(scene)
            guard let receipt = try await perform(operation, &scene, &course.answer) else {
                course.open = []
                return
            }
            course.done = values + [("number", String(receipt.number))]
            // Another thing that is done in the same dialogue has a key of its own, and is about the order as it is now.
            scene.machine.note(DialogueSlots.done, String((scene.machine.value(DialogueSlots.done).flatMap { Int($0) } ?? 0) + 1))
            if let order = receipt.order { scene.machine.note(DialogueSlots.version, String(order.version)) }
            course.open = scene.machine.handle(.done)[...]
            if !receipt.request.orderID.isEmpty {
                scene.dialogue.order = receipt.request.orderID
                course.answer.sources = [Source(kind: "order", id: receipt.request.orderID)]
            } else {
                course.answer.sources = [Source(kind: "product", id: receipt.request.productID)]
                course.answer.product = receipt.request.productID
            }
        }
    }

    /// Does it once: the key is the action's own, so that a repeat of it answers the same and writes nothing. nil = it was not done, or nobody
    /// knows; `answer` says so, and only in the second case the action stays under way, to be asked for again with the same key.
    private nonisolated(nonsending) func perform(
        _ operation: String, _ scene: inout ServiceScene, _ answer: inout ServiceAnswer
    ) async throws(StoreError) -> ServiceReceipt? {
        guard let kind = ServiceRequest.Kind(rawValue: operation) else {
            throw StoreError(.failedPrecondition, "'\(operation)' is nothing that can be done")
        }
        let say = scene.say
        var details: [String: String] = [:]
        for slot in scene.machine.dialogue.slots where !DialogueSlots.ours.contains(slot.name) { details[slot.name] = slot.value }
        let request = ServiceRequest(
            kind: kind, orderID: scene.machine.slot(.order) ?? "", productID: scene.machine.slot(.product) ?? "", details: details)
        if let lacking = lacking(request, scene) {
            _ = scene.machine.handle(.failed)
            answer.kind = .noAnswer
            answer.add(lacking, say)
            return nil
        }
        var version = Int64(scene.machine.dialogue.slots.first { $0.name == DialogueSlots.version }?.value ?? "")
        if version == nil, !request.orderID.isEmpty {
            let now = try await stores.orders.order(request.orderID, as: scene.turn.principal).version
            scene.machine.note(DialogueSlots.version, String(now))
            version = now
        }
        // Something was done and said in this turn before.
        let isFurther = !answer.text.isEmpty
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
                answer.add(say.uncertain, say)
                return nil
            }
            switch error.code {
            case .conflict, .failedPrecondition:
                _ = scene.machine.handle(.failed)
                answer.kind = .noAnswer
                answer.add(wasUncertain ? say.refusedLater : say.changedMeanwhile(request.orderID), say)
                if !request.orderID.isEmpty, let now = try? await stores.orders.order(request.orderID, as: scene.turn.principal) {
                    answer.add(say.order(now, items: items(now, scene)), say)
                    answer.sources = [Source(kind: "order", id: now.id)]
                }
            case .unavailable, .resourceExhausted, .diskFull:
                _ = scene.machine.handle(.failed)
                answer.kind = .noAnswer
                answer.add(isFurther ? say.restNotNow : say.notNow, say)
            default:
                scene.forgetUncertain()
                throw error
            }
            return nil
        }
    }

    /// What is said where the shop has too few of a product for the cart; nil = it has enough, or may have put them there already.
    private func lacking(_ request: ServiceRequest, _ scene: ServiceScene) -> String? {
        guard request.kind == .cart, !scene.isUncertain, let product = snapshot.product(request.productID) else { return nil }
        let title = product.title(in: scene.turn.language)
        guard product.inStock else { return scene.say.soldOut(title) }
        guard let wanted = request.details[DialoguePolicy.Slot.quantity.rawValue].flatMap({ Int($0) }), wanted > product.stock else { return nil }
        return scene.say.onlyLeft(product.stock, title)
    }

    // MARK: Orders that come into question

    nonisolated(nonsending) func candidates(_ about: String, _ scene: ServiceScene) async throws(StoreError) -> [Order] {
        possible(about, try await ownOrders(scene))
    }

    /// Those of the orders of which something can be asked for.
    private func possible(_ about: String, _ orders: [Order]) -> [Order] {
        guard let kind = ServiceRequest.Kind(rawValue: about) else { return orders }
        let fitting = orders.filter { ServiceRequest.orderStates(kind).contains($0.status) }
        guard kind == .resize else { return fitting }
        return fitting.filter { $0.items.contains { snapshot.product($0.productID)?.category == "ring" } }
    }

    /// Why an order that was named cannot be used; nil when it can. Notes its version, which the confirmation is about.
    nonisolated(nonsending) func refusal(of id: String, _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer? {
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
    func operation(from state: String) -> String {
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

    /// What is still open, asked again as it was asked: a yes to it is one to all of it.
    /// Empty where nothing is open, and where the order cannot be read just now: the answer before it stands all the same.
    nonisolated(nonsending) func reminder(_ scene: inout ServiceScene) async -> String {
        switch scene.machine.waiting {
        case .confirm, .ask: (try? await carryOut(scene.machine.again(), &scene))?.text ?? ""
        default: ""
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
    /// A person was offered.
    static let offer = "offer"
    /// What else was asked for and waits until the action under way is over, a line each: the intent, a space, the words.
    static let later = "later"
    /// What is no detail of a request.
    static let ours: Set<String> = ["order", "product", version, awaits, action, done, offer, later]
}

extension ServiceAnswer {
    mutating func add(_ sentence: String, _ say: Phrases) {
        guard !sentence.isEmpty else { return }
        text += (text.isEmpty ? "" : say.of(" ", "")) + sentence
    }
}
