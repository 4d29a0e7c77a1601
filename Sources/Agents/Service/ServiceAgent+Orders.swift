import Catalog
import Sessions
import Wire

/// Which order a customer names.
extension ServiceAgent {
    /// The order that the words name, by its number or as the one placed on a day; nil = none. What may be a postcode as well ("NY 10118") is one
    /// only if the customer has such an order, or has orders of such a prefix and the words are no address.
    nonisolated(nonsending) func namedOrder(_ scene: ServiceScene) async throws(StoreError) -> String? {
        let words = scene.turn.words
        let found = OrderNumber.all(in: words)
        if let sure = found.first(where: \.isSure) { return sure.id }
        let isDated = found.isEmpty && namesTime(scene)
        guard !found.isEmpty || isDated, scene.isSignedIn else { return nil }
        let orders = try await stores.orders.orders(of: scene.turn.principal, limit: 20)
        if isDated { return ServiceAgent.dated(words, orders, scene) }
        if let own = found.first(where: { one in orders.contains { $0.id == one.id } }) { return own.id }
        guard SlotReader.address(words) == nil else { return nil }
        return found.first { one in orders.contains { $0.id.prefix { $0 != "-" } == one.prefix } }?.id
    }

    /// Whether an order is spoken of by when it was placed.
    func namesTime(_ scene: ServiceScene) -> Bool {
        SaidWords(scene.turn.words).contains(anyOf: ServiceAgent.ordering) && ServiceAgent.date(in: scene.turn.words, scene) != nil
    }

    /// Words of an order, beside which a day is the day it was placed.
    private static let ordering: PhraseSet = ["order", "ordered", "bought", "purchase", "purchased", "订单", "下单", "下的单", "买的", "订的", "买了"]

    /// The one of the orders that was placed on the day, or in the time, that the words name; nil = none is named, or not one alone fits.
    static func dated(_ words: String, _ orders: [Order], _ scene: ServiceScene) -> String? {
        guard let fitting = placed(words, orders, scene), fitting.count == 1 else { return nil }
        return fitting[0].id
    }

    /// Those of the orders that were placed when the words say; nil = they name no time.
    static func placed(_ words: String, _ orders: [Order], _ scene: ServiceScene) -> [Order]? {
        guard let date = date(in: words, scene) else { return nil }
        return orders.filter { date.matches($0.placedAt, scene.calendar) }
    }

    private static func date(in words: String, _ scene: ServiceScene) -> SaidDate? { SaidDate.find(in: words, scene.calendar) }

    /// Those of the orders in which there is what the words name or describe: "the one with the signet ring"; none when they describe nothing.
    func holding(_ words: String, _ orders: [Order], _ references: References) -> [Order] {
        func having(_ fits: (Product) -> Bool) -> [Order] {
            orders.filter { $0.items.contains { snapshot.product($0.productID).map(fits) ?? false } }
        }
        let named = references.named(words)
        if !named.isEmpty { return having { named.contains($0.id) } }
        let parser = FilterParser(currency: snapshot.currency)
        let filter = parser.parse(words).filter
        let fitting = filter.isEmpty ? [] : having(filter.matches)
        // What no filter understands may stand in a title: "signet".
        let telling = words.lowercased().split { !$0.isLetter }.map(String.init).filter { $0.count > 3 && parser.parse($0).filter.isEmpty }
        let titled = having { product in
            let title = Set((product.title["en"] ?? "").lowercased().split { !$0.isLetter }.map(String.init))
            return telling.contains(where: title.contains) && (filter.isEmpty || filter.matches(product))
        }
        return titled.isEmpty ? fitting : titled
    }

    /// Where an order stands, of a customer who names none by its number.
    nonisolated(nonsending) func latestOrder(_ scene: inout ServiceScene) async throws(StoreError) -> ServiceAnswer {
        guard scene.isSignedIn else { return ServiceAnswer(text: scene.say.signIn, kind: .clarify, intent: "order_status") }
        // "And where is it?" after an order was spoken of.
        let spokenOf = scene.machine.slot(.order) ?? scene.dialogue.order
        if !spokenOf.isEmpty, References(snapshot: snapshot, context: scene.turn.context).points(scene.turn.words) {
            return try await order(spokenOf, &scene)
        }
        let orders = try await stores.orders.orders(of: scene.turn.principal, limit: 20)
        let open = orders.filter { !["delivered", "cancelled", "returned"].contains($0.status) }
        guard !orders.isEmpty else { return ServiceAnswer(text: scene.say.noOrders, kind: .noAnswer, intent: "order_status") }
        guard let placed = ServiceAgent.placed(scene.turn.words, orders, scene) else {
            if let id = pick(scene.turn.words, among: open, scene) ?? pick(scene.turn.words, among: orders, scene) {
                return try await order(id, &scene)
            }
            let references = References(snapshot: snapshot, context: scene.turn.context)
            let pool = [holding(scene.turn.words, open, references), open, orders].first { !$0.isEmpty } ?? orders
            return describe(pool.first { $0.status == "shipped" } ?? pool[0], &scene)
        }
        switch placed.count {
        case 0:
            let text = scene.say.noOrderOfThatTime(list(orders.prefix(ServiceAgent.listedOrdersMax), scene))
            return ServiceAnswer(text: text, kind: .noAnswer, intent: "order_status")
        case 1: return describe(placed[0], &scene)
        default: return ServiceAnswer(text: scene.say.severalOrders(list(placed[...], scene)), kind: .clarify, intent: "order_status")
        }
    }

    /// Orders that an answer names when none fits.
    private static let listedOrdersMax = 3

    private func list(_ orders: ArraySlice<Order>, _ scene: ServiceScene) -> String {
        orders.map { scene.say.orderPlaced($0, items: items($0, scene)) }.joined(separator: scene.say.of("; ", "；"))
    }

    func describe(_ order: Order, _ scene: inout ServiceScene) -> ServiceAnswer {
        scene.dialogue.order = order.id
        let isLate = scene.calendar?.isOver(order.expectedAt) ?? false
        return ServiceAnswer(
            text: scene.say.order(order, items: items(order, scene), isLate: isLate), sources: [Source(kind: "order", id: order.id)],
            product: order.items.first?.productID, intent: "order_status")
    }
}
