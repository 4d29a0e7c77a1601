public import Catalog
import Fusion
public import Intents
public import Sessions
public import Wire

/// What the service agent may read and write. Every call carries the turn's principal.
public struct ServiceStores: Sendable {
    public var orders: any OrderStore
    public var catalog: any CatalogStore
    public var handoffs: any HandoffQueue
    public var desk: any ServiceDesk

    public init(orders: any OrderStore, catalog: any CatalogStore, handoffs: any HandoffQueue, desk: any ServiceDesk) {
        self.orders = orders
        self.catalog = catalog
        self.handoffs = handoffs
        self.desk = desk
    }
}

/// Answers questions from the shop's own texts, products and orders, names the source, and says when nothing supports an answer; carries out
/// what the dialogue policy allows, after the customer confirmed it; and passes the conversation to a person when it cannot help.
///
/// What texts, reviews and customers say is data: nothing in them is followed as an instruction.
public struct ServiceAgent: Agent {
    public let name = AgentName.customerService
    let snapshot: CatalogSnapshot
    let stores: ServiceStores
    let policy: DialoguePolicy
    let intents: IntentClassifier
    let knowledge: Knowledge
    /// What the reviews were read with; nil = words alone.
    let reviewModel: ReviewModel?

    /// Says answers in other words; nil = they are said as they were found.
    let phrasing: Phrasing?

    /// An intent less certain than this is not acted on; the shop's texts are searched instead.
    public static let intentProbabilityMin: Float = 0.25
    /// With an order number in the words: from here on an action is begun, and a rule of the shop is quoted instead of the order's state.
    static let namedOrderActionMin: Float = 0.06
    static let namedOrderRuleMin: Float = 0.7
    /// The intent of who was hurt or is in danger: a person is called, whatever is under way.
    static let risk = "risk"
    static let riskMin: Float = 0.5
    /// With something under way: a description of a fault is like one of a wound.
    static let riskBesideMin: Float = 0.75
    /// With something under way, an intent less certain than this begins nothing else.
    static let anotherActionMin: Float = 0.5
    /// So sure a reading of a description as a request for something else makes it one.
    static let anotherRequestMin: Float = 0.8
    /// Questions in a row that could not be answered before a person is called.
    public static let missesMax: UInt32 = 3

    public init(
        snapshot: CatalogSnapshot, stores: ServiceStores, intents: IntentClassifier, policy: DialoguePolicy = .none, reviewModel: ReviewModel? = nil,
        phrasing: Phrasing? = nil
    ) {
        self.phrasing = phrasing
        self.reviewModel = reviewModel
        self.snapshot = snapshot
        self.stores = stores
        self.intents = intents
        self.policy = policy
        knowledge = Knowledge(snapshot)
    }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        guard turn.parts.isEmpty else {
            let answers = try await answerParts(turn, to: reply)
            return await send(answers, to: reply)
        }
        let said = try await answerOne(turn, isLast: true, to: reply)
        // Before it is said in other words, which takes time: who interrupts that goes on from here.
        if let product = said.answer.product { reply.focus(onProduct: product) }
        if let dialogue = said.dialogue { reply.remember(dialogue) }
        await send([PartAnswer(turn: turn, answer: said.answer)], to: reply)
    }

    /// The answer to one request, and where the dialogue stands after it; nil = where it stood.
    /// - Parameter isLast: nothing is said in the turn after it.
    nonisolated(nonsending) func answerOne(
        _ turn: TurnQuery, isLast: Bool, to reply: ReplySink
    ) async throws(RPCStatus) -> (answer: ServiceAnswer, dialogue: Dialogue?) {
        var scene = ServiceScene(SeenProduct.inFocus(turn, snapshot), policy, reply)
        do throws(StoreError) {
            let answer = try await respond(&scene, isLast: isLast)
            return (answer, scene.dialogue)
        } catch {
            guard error.code == .unavailable || error.code == .outcomeUnknown else { throw RPCStatus(StatusCode(storeError: error), error.message) }
            // Where the dialogue stood stays as it was: what was asked can be said again. What an earlier turn may have done stays uncertain.
            let answer = ServiceAnswer(
                text: scene.isUncertain ? scene.say.uncertain : scene.say.notNow, kind: scene.isUncertain ? .clarify : .noAnswer,
                intent: scene.isUncertain ? "uncertain" : "unavailable")
            return (answer, nil)
        }
    }

    private nonisolated(nonsending) func respond(_ scene: inout ServiceScene, isLast: Bool) async throws(StoreError) -> ServiceAnswer {
        scene.dialogue.wish = LastingCondition.keeping(
            scene.turn.words, in: scene.dialogue.wish, FilterParser(currency: snapshot.currency))
        if scene.dialogue.withPerson, let passedOn = try await passOn(&scene) { return passedOn }
        if let answer = try await answerToOffer(&scene) { return answer }
        let ranked = intents.service(scene.asked.words, scene.asked.feature)
        let underWay = scene.machine.isListening ? 0 : scene.dialogue.actionTurn
        let later = scene.machine.value(DialogueSlots.later)
        if !scene.machine.isListening, var answer = try await goOn(&scene, ranked) {
            if let later { try await goOnLater(later, &answer, &scene) }
            return answer
        }
        var answer = try await fresh(&scene, ranked)
        if answer.kind == .noAnswer, answer.isMiss || answer.isOutOfScope {
            scene.dialogue.misses += 1
            if scene.dialogue.misses >= ServiceAgent.missesMax {
                answer = try await handOver(&scene, reason: "not understood", intent: answer.intent)
            } else if answer.isMiss, isLast, scene.machine.isListening {
                // A yes is the answer to one question: with an action under way nothing else is offered.
                offerPerson(&answer, &scene)
            }
        } else {
            scene.dialogue.misses = 0
        }
        // A question in between does not make what was under way forgotten: it is asked again, in full.
        if underWay != 0, scene.dialogue.actionTurn == underWay { answer.reminder = await reminder(&scene) }
        if let later { try await goOnLater(later, &answer, &scene) }
        return answer
    }

    /// A request that answers no question of ours.
    nonisolated(nonsending) func fresh(_ scene: inout ServiceScene, _ ranked: [ClassProbability]) async throws(StoreError) -> ServiceAnswer {
        let best = ranked.first
        let intent = best.map { $0.probability >= ServiceAgent.intentProbabilityMin ? $0.name : "" } ?? ""
        if isRisk(ranked, ServiceAgent.riskMin) { return try await handOver(&scene, reason: ServiceAgent.risk, intent: ServiceAgent.risk) }
        if let answer = try await early(&scene, intent) { return answer }
        let isRule = intent.contains("/") && (best?.probability ?? 0) >= ServiceAgent.namedOrderRuleMin
        if let answer = productAnswer(scene, intent, isSureRule: isRule) { return answer }
        if policy.begin(intent) != nil { return try await begin(intent, &scene) }
        if !["compare", "reviews"].contains(intent) {
            // What the shop says of a piece comes before its rules where the piece is named, or asked about by all that is known; where it is only
            // pointed at, what says so very clearly.
            let isOfProduct = intent == "product_question" || scene.turn.restated != nil
            let supportMin = isOfProduct ? ServiceAgent.descriptionSupportMin : ServiceAgent.descriptionClearMin
            if isOfProduct || References.point(scene.turn.words), let answer = try await describedAnswer(scene, intent, supportMin) { return answer }
        }
        if let id = try await namedOrder(scene) {
            // With an order named, an action is likelier meant than the rule about it; it is confirmed in any case.
            let action = ranked.prefix(4).first { policy.begin($0.name) != nil && $0.probability >= ServiceAgent.namedOrderActionMin }
            if intent.contains("/"), let action { return try await begin(action.name, &scene) }
            if !isRule { return try await order(id, &scene) }
        } else if OrderNumber.find(in: scene.turn.words) == nil, namesTime(scene), !isRule {
            return try await latestOrder(&scene)
        }
        switch intent {
        case "order_status": return try await latestOrder(&scene)
        case "human_agent": return try await handOver(&scene, reason: "asked for a person", intent: intent)
        case "complaint": return try await handOver(&scene, reason: intent, intent: intent)
        case "greeting": return ServiceAnswer(text: scene.say.greeting, intent: intent)
        case "thanks": return ServiceAnswer(text: scene.say.welcome, intent: intent)
        case "goodbye": return ServiceAnswer(text: scene.say.goodbye, intent: intent)
        case "compare": return compare(scene)
        case "reviews": return try await reviews(scene)
        case IntentClassifier.outOfScope:
            let answer = try await knowledgeAnswer(scene, ranked)
            guard answer.isMiss else { return answer }
            if let described = try await describedAnswer(scene, intent) { return described }
            // Who names a product of the shop is told that its texts do not say it.
            if scene.turn.restated != nil { return answer }
            return ServiceAnswer(text: scene.say.outOfScope, kind: .noAnswer, intent: intent, isOutOfScope: true)
        default:
            let answer = try await knowledgeAnswer(scene, ranked)
            return answer.isMiss ? try await describedAnswer(scene, intent) ?? answer : answer
        }
    }

    /// What needs no guess at what is wanted; nil = the words say more.
    private nonisolated(nonsending) func early(_ scene: inout ServiceScene, _ intent: String) async throws(StoreError) -> ServiceAnswer? {
        let words = scene.turn.words
        if Assent.callsOff(words) { return ServiceAnswer(text: scene.say.dropped, intent: "dropped") }
        if scene.dialogue.handoff != 0, intent != "complaint", SmallWords.callsForHelp(words) {
            return try await handOver(&scene, reason: "asked for a person", intent: "human_agent")
        }
        if ServiceAgent.smallTalk.contains(intent), policy.begin(intent) == nil, SmallWords.sayNothing(words) {
            return ServiceAnswer(text: scene.say.whatElse, kind: .clarify, intent: "small_talk")
        }
        if let id = try await orderOfDigits(scene) { return try await order(id, &scene) }
        if asksForHistory(words) { return try await orderHistory(scene) }
        if asksOnAboutOrder(scene, intent) { return try await order(scene.dialogue.order, &scene) }
        return nil
    }

    private static let smallTalk: Set<String> = ["greeting", "thanks", "goodbye"]

    func isRisk(_ ranked: [ClassProbability], _ probabilityMin: Float) -> Bool {
        ranked.first.map { $0.name == ServiceAgent.risk && $0.probability >= probabilityMin } ?? false
    }

    private nonisolated(nonsending) func knowledgeAnswer(_ scene: ServiceScene, _ ranked: [ClassProbability]) async throws(StoreError)
        -> ServiceAnswer
    {
        let (words, feature) = scene.asked
        let language = scene.turn.language
        let product = scene.turn.restated == nil ? nil : snapshot.names.find(in: scene.turn.words).first.flatMap { snapshot.product($0.productID) }
        let byWords = try await stores.catalog.searchDocuments(words: words, language: language, limit: 10)
        let query = Knowledge.Query(
            words: words, language: language, feature: feature, ranked: ranked,
            named: product.map { ($0, intents.service(scene.turn.words, scene.turn.feature(Modality.text))) }, byWords: byWords)
        guard let found = knowledge.answer(query) else {
            let guess = ranked.first.map { $0.probability >= ServiceAgent.intentProbabilityMin ? $0.name : "" } ?? ""
            return ServiceAnswer(text: scene.say.noSupport, kind: .noAnswer, intent: Knowledge.intent(of: guess), isMiss: true)
        }
        let title = found.section.isEmpty ? found.title : "\(found.title) – \(found.section)"
        return ServiceAnswer(
            text: found.text, sources: [Source(kind: "policy", id: found.policy, title: title, quote: found.text)], product: product?.id,
            intent: Knowledge.intent(of: found.policy + "/"))
    }

    // MARK: Orders

    nonisolated(nonsending) func order(_ id: String, _ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer {
        do throws(StoreError) {
            return describe(try await stores.orders.order(id, as: scene.turn.principal), &scene)
        } catch {
            guard error.code == .notFound else { throw error }
            return ServiceAnswer(text: scene.say.noSuchOrder(id), kind: .noAnswer, intent: "order_status")
        }
    }

    func items(_ order: Order, _ scene: ServiceScene) -> String {
        order.items.map { item in
            (snapshot.product(item.productID)?.title(in: scene.turn.language) ?? item.productID) + (item.quantity > 1 ? " × \(item.quantity)" : "")
        }.joined(separator: scene.say.of(", ", "、"))
    }
}

/// One turn as the service agent works on it.
struct ServiceScene {
    var turn: TurnQuery
    let say: Phrases
    var machine: DialogueMachine
    /// Since before this turn nobody knows whether the action under way was done.
    var isUncertain: Bool { beganUncertain && machine.dialogue.actionTurn == turn.context.dialogue.actionTurn }
    private let beganUncertain: Bool
    /// The customer's, where their clock is known.
    let calendar: CustomerCalendar?
    private let reply: ReplySink
    private var kept: Dialogue

    init(_ turn: TurnQuery, _ policy: DialoguePolicy, _ reply: ReplySink) {
        self.turn = turn
        self.reply = reply
        say = Phrases(turn.language)
        calendar = turn.localTime.map { CustomerCalendar($0) }
        machine = DialogueMachine(policy, turn.context.dialogue)
        kept = turn.context.dialogue
        beganUncertain = if case .perform? = machine.waiting { true } else { false }
    }

    /// What happens from now on may be done although the turn is interrupted or the server ends: the dialogue stands at the action until its outcome
    /// is known.
    /// - Returns: false when the turn was interrupted before, so that nothing is to be done.
    nonisolated(nonsending) func rememberUncertain() async -> Bool { await reply.rememberFirmly(dialogue) }

    /// It was not done: the dialogue stands where it stood when the turn began.
    func forgetUncertain() { reply.remember(turn.context.dialogue) }

    /// What is remembered: the machine's state and slots, and the rest as the agent left it.
    var dialogue: Dialogue {
        get {
            var dialogue = kept
            dialogue.state = machine.dialogue.state
            dialogue.slots = machine.dialogue.slots
            dialogue.actionTurn = machine.dialogue.actionTurn
            return dialogue
        }
        set { kept = newValue }
    }

    /// The key that the action under way is done once by; what is done next in the same dialogue has another.
    var actionKey: String {
        let key = "\(turn.sessionID)/\(machine.value(DialogueSlots.action) ?? String(machine.dialogue.actionTurn))"
        return machine.value(DialogueSlots.done).map { "\(key)/\($0)" } ?? key
    }

    /// What is asked, without the name of what it is asked of where that was restated.
    var asked: (words: String, feature: Feature?) {
        turn.restated.map { ($0.words, $0.feature) } ?? (turn.words, turn.feature(Modality.text))
    }

    var isSignedIn: Bool { !turn.principal.isGuest }
}

/// What the service agent says.
struct ServiceAnswer {
    var text: String
    var kind: ReplyKind = .answer
    var sources: [Source] = []
    /// The product it is about, if it is.
    var product: String?
    var intent = ""
    /// Nothing was found that supports an answer.
    var isMiss = false
    /// It is nothing that a shop answers.
    var isOutOfScope = false
    /// What is still open besides; said behind the text, and never in other words.
    var reminder = ""
}

extension StatusCode {
    /// The code that a store's error has on the wire.
    public init(storeError: StoreError) {
        switch storeError.code {
        case .notFound: self = .notFound
        case .permissionDenied: self = .permissionDenied
        case .failedPrecondition: self = .failedPrecondition
        case .conflict: self = .aborted
        case .invalidArgument: self = .invalidArgument
        case .resourceExhausted, .diskFull: self = .resourceExhausted
        case .corrupted: self = .dataLoss
        case .unavailable: self = .unavailable
        case .outcomeUnknown: self = .deadlineExceeded
        case .internal: self = .internalError
        }
    }
}
