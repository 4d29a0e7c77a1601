public import Catalog
import Fusion
public import Sessions
public import Wire

/// What the service agent may read and write. Every call carries the turn's principal.
public struct ServiceStores: Sendable {
    public var orders: any OrderStore
    public var catalog: any CatalogStore
    public var handoffs: any HandoffQueue

    public init(orders: any OrderStore, catalog: any CatalogStore, handoffs: any HandoffQueue) {
        self.orders = orders
        self.catalog = catalog
        self.handoffs = handoffs
    }
}

/// Answers questions from the shop's own texts, products and orders, names the source, and says when nothing supports an answer.
public struct ServiceAgent: Agent {
    public let name = AgentName.customerService
    let snapshot: CatalogSnapshot
    let stores: ServiceStores
    private let intents: IntentClassifier

    /// An intent less certain than this is not acted on; the shop's texts are searched instead.
    public static let intentProbabilityMin: Float = 0.4
    /// Policy sections less like the question than this (cosine) do not answer it.
    public static let supportMin: Float = 0.22

    public init(snapshot: CatalogSnapshot, stores: ServiceStores, intents: IntentClassifier) {
        self.snapshot = snapshot
        self.stores = stores
        self.intents = intents
    }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let say = Phrases(turn.language)
        let guess = turn.feature(Modality.text).flatMap(intents.best)
        let intent = guess.map { $0.probability >= ServiceAgent.intentProbabilityMin ? $0.name : "" } ?? ""
        let answer: ServiceAnswer
        do throws(StoreError) {
            answer = try await self.answer(intent, turn, say)
        } catch {
            throw RPCStatus(StatusCode(storeError: error), error.message)
        }
        reply.send(
            .reply(
                ReplyDelta(
                    text: answer.text, language: turn.language, last: true, replyKind: answer.kind, sources: answer.sources,
                    intent: intent.isEmpty ? "unknown" : intent, agent: name)))
        if let product = answer.product { reply.focus(onProduct: product) }
    }

    private nonisolated(nonsending) func answer(_ intent: String, _ turn: TurnQuery, _ say: Phrases) async throws(StoreError) -> ServiceAnswer {
        if let id = OrderNumber.find(in: turn.words) { return try await order(id, turn, say) }
        switch intent {
        case "order_status": return try await latestOrder(turn, say)
        case "human_agent": return try await handOver(turn, say)
        case "greeting": return ServiceAnswer(text: say.greeting)
        case "thanks": return ServiceAnswer(text: say.welcome)
        case "goodbye": return ServiceAnswer(text: say.goodbye)
        case "out_of_scope": return ServiceAnswer(text: say.outOfScope, kind: .noAnswer)
        case "product_question":
            if let answer = ProductQuestion.answer(turn.words, product: product(turn), language: turn.language, say) { return answer }
            return try await policy(nil, turn, say)
        default:
            return try await policy(ServiceAgent.policies[intent], turn, say)
        }
    }

    private func product(_ turn: TurnQuery) -> Product? {
        let named = turn.words.split(whereSeparator: \.isWhitespace).map(String.init).first { snapshot.product($0) != nil }
        return (named ?? turn.context.focusedProduct).flatMap(snapshot.product)
    }

    // MARK: Orders

    private nonisolated(nonsending) func order(_ id: String, _ turn: TurnQuery, _ say: Phrases) async throws(StoreError) -> ServiceAnswer {
        do throws(StoreError) {
            return describe(try await stores.orders.order(id, as: turn.principal), turn, say)
        } catch {
            guard error.code == .notFound else { throw error }
            return ServiceAnswer(text: say.noSuchOrder(id), kind: .noAnswer)
        }
    }

    private nonisolated(nonsending) func latestOrder(_ turn: TurnQuery, _ say: Phrases) async throws(StoreError) -> ServiceAnswer {
        if turn.principal.user.isEmpty || turn.principal.user == "guest" { return ServiceAnswer(text: say.signIn, kind: .clarify) }
        let orders = try await stores.orders.orders(of: turn.principal, limit: 20)
        let open = orders.filter { !["delivered", "cancelled", "returned"].contains($0.status) }
        guard let first = open.first(where: { $0.status == "shipped" }) ?? open.first ?? orders.first else {
            return ServiceAnswer(text: say.noOrders, kind: .noAnswer)
        }
        return describe(first, turn, say)
    }

    private func describe(_ order: Order, _ turn: TurnQuery, _ say: Phrases) -> ServiceAnswer {
        let items = order.items.map { item in
            (snapshot.product(item.productID)?.title(in: turn.language) ?? item.productID) + (item.quantity > 1 ? " × \(item.quantity)" : "")
        }
        return ServiceAnswer(
            text: say.order(order, items: items.joined(separator: say.of(", ", "、"))), sources: [Source(kind: "order", id: order.id)],
            product: order.items.first?.productID)
    }

    private nonisolated(nonsending) func handOver(_ turn: TurnQuery, _ say: Phrases) async throws(StoreError) -> ServiceAnswer {
        let handoff = Handoff(
            sessionID: turn.sessionID, reason: "asked for a person", summary: String(turn.words.prefix(500)), language: turn.language,
            timeUs: turn.timeUs)
        let number = try await stores.handoffs.enqueue(handoff, idempotencyKey: "\(turn.sessionID)/\(turn.turnID)", as: turn.principal)
        return ServiceAnswer(text: say.handedOver(number))
    }

    // MARK: Policies

    /// Where an intent is answered; other intents are answered from all policies.
    static let policies = [
        "shipping_policy": "shipping", "return_policy": "returns", "care": "care", "warranty": "warranty", "sizing": "sizing", "payment": "payment",
        "gift": "gifts",
    ]

    /// The section of the shop's texts that is nearest in meaning and words, by reciprocal rank fusion, or an honest refusal.
    private nonisolated(nonsending) func policy(_ about: String?, _ turn: TurnQuery, _ say: Phrases) async throws(StoreError) -> ServiceAnswer {
        let byWords = try await stores.catalog.searchDocuments(words: turn.words, language: turn.language, limit: 10)
        guard
            let found = PolicySearch.best(
                in: snapshot.documents.filter { about == nil || $0.policy == about }, language: turn.language, feature: turn.feature(Modality.text),
                byWords: byWords),
            found.similarity >= ServiceAgent.supportMin
        else { return ServiceAnswer(text: say.noSupport, kind: .noAnswer) }
        let document = found.document
        let title = document.section.isEmpty ? document.title : "\(document.title) – \(document.section)"
        return ServiceAnswer(text: document.text, sources: [Source(kind: "policy", id: document.policy, title: title, quote: document.text)])
    }
}

/// What the service agent says.
struct ServiceAnswer {
    var text: String
    var kind: ReplyKind = .answer
    var sources: [Source] = []
    /// The product it is about, if it is.
    var product: String?
}

/// Finds the policy section that answers a question.
enum PolicySearch {
    /// Constant of reciprocal rank fusion: score = Σ 1/(60 + rank) (Cormack, Clarke and Büttcher, SIGIR 2009).
    static let rankConstant: Float = 60

    static func best(
        in documents: [Document], language: String, feature: Feature?, byWords: [WordHit]
    ) -> (document: Document, similarity: Float)? {
        let own = documents.filter { $0.language == language }
        let query = feature?.normalised()
        let meanings = own.map { document -> Float in
            guard let query, let own = document.feature, own.spaceID == query.spaceID, own.values.count == query.values.count else { return 0 }
            return dot(query.values, own.values)
        }
        let ranked = own.indices.sorted { (meanings[$0], own[$1].id) > (meanings[$1], own[$0].id) }
        var best: (index: Int, score: Float)?
        for (rank, index) in ranked.enumerated() {
            var score = 1 / (rankConstant + Float(rank + 1))
            if let wordRank = byWords.firstIndex(where: { $0.id == own[index].id }) { score += 1 / (rankConstant + Float(wordRank + 1)) }
            if best.map({ score > $0.score }) ?? true { best = (index, score) }
        }
        return best.map { (own[$0.index], meanings[$0.index]) }
    }
}

extension StatusCode {
    init(storeError: StoreError) {
        switch storeError.code {
        case .notFound: self = .notFound
        case .permissionDenied: self = .permissionDenied
        case .failedPrecondition: self = .failedPrecondition
        case .conflict: self = .aborted
        case .invalidArgument: self = .invalidArgument
        case .resourceExhausted, .diskFull: self = .resourceExhausted
        case .corrupted: self = .dataLoss
        case .unavailable: self = .unavailable
        case .internal: self = .internalError
        }
    }
}
