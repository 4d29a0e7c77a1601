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
        let orders = try await ownOrders(scene)
        if isDated { return ServiceAgent.dated(words, orders, scene) }
        if let own = found.first(where: { one in orders.contains { $0.id == one.id } }) { return own.id }
        guard SlotReader.address(words) == nil else { return nil }
        return found.first { one in orders.contains { $0.id.prefix { $0 != "-" } == one.prefix } }?.id
    }

    /// The customer's orders, newest first: who has more is asked which one by its number.
    nonisolated(nonsending) func ownOrders(_ scene: ServiceScene) async throws(StoreError) -> [Order] {
        try await stores.orders.orders(of: scene.turn.principal, limit: ServiceAgent.ownOrdersMax)
    }

    private static let ownOrdersMax = 20

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

    /// "10023", and nothing else: the customer's order of that number.
    nonisolated(nonsending) func orderOfDigits(_ scene: ServiceScene) async throws(StoreError) -> String? {
        guard scene.isSignedIn, let digits = OrderNumber.bareDigits(scene.turn.words) else { return nil }
        return try await ownOrders(scene).first { $0.id.hasSuffix("-" + digits) }?.id
    }

    /// Which order an action is wanted for.
    enum MeantOrder: Equatable {
        case this(String)
        /// One of which it cannot be asked for: that is said, and no other is put in its place.
        case another(String)
        case unclear
    }

    /// The order that the words describe, else the one that was spoken of last, else the only one there is.
    /// - Parameter open: those of which the action can be asked for.
    func meantOrder(_ scene: ServiceScene, _ all: [Order], open: [Order]) -> MeantOrder {
        let words = scene.turn.words
        func one(of meant: [Order]) -> MeantOrder {
            let possible = meant.filter { order in open.contains { $0.id == order.id } }
            if possible.count == 1 { return .this(possible[0].id) }
            return possible.isEmpty && !meant.isEmpty ? .another(meant[0].id) : .unclear
        }
        if SentenceForm.isNewest(words), let newest = all.max(by: { ($0.placedAt, $0.id) < ($1.placedAt, $1.id) }) { return one(of: [newest]) }
        if let placed = ServiceAgent.placed(words, all, scene) { return one(of: placed) }
        let references = References(snapshot: snapshot, context: scene.turn.context)
        let held = holding(words, all, references)
        if !held.isEmpty { return one(of: held) }
        let isOther = SaidWords(words).contains(anyOf: ServiceAgent.otherOrder)
        if !isOther, let spoken = all.first(where: { $0.id == scene.dialogue.order }) {
            // Who said nothing of it in the turn before may mean any.
            let isOfNow = scene.turn.context.lastAgent == name || References.point(words)
            let meant = one(of: [spoken])
            if case .this = meant { return meant }
            return isOfNow ? meant : .unclear
        }
        // A kind of piece that is in no order: what they mean is not known.
        var kind = ProductFilter()
        kind.category = FilterParser(currency: snapshot.currency).parse(words).filter.category
        let isKnown = kind.isEmpty || open.contains { $0.items.contains { snapshot.product($0.productID).map(kind.matches) ?? false } }
        return open.count == 1 && isKnown ? .this(open[0].id) : .unclear
    }

    private static let otherOrder: PhraseSet = ["other order", "another order", "other one", "another one", "另一个", "另外", "别的订单", "其他订单"]

    /// Those of the orders in which there is what the words name or describe: "the one with the signet ring"; none when they describe nothing.
    func holding(_ words: String, _ orders: [Order], _ references: References) -> [Order] {
        func having(_ fits: (Product) -> Bool) -> [Order] {
            orders.filter { $0.items.contains { snapshot.product($0.productID).map(fits) ?? false } }
        }
        let words = String(words.prefix(SaidDate.charactersMax))
        let named = references.named(words)
        if !named.isEmpty { return having { named.contains($0.id) } }
        let parser = FilterParser(currency: snapshot.currency)
        let filter = parser.parse(words).filter
        let fitting = filter.isEmpty ? [] : having(filter.matches)
        // What no filter understands may stand in a title: "signet".
        let telling = words.lowercased().split { !$0.isLetter }.map(String.init).filter { $0.count > 3 && parser.parse($0).filter.isEmpty }
        // Of Chinese, which has no spaces, any two characters: 星星.
        let characters = Array(words).filter { !$0.isWhitespace }
        let pairs = zip(characters, characters.dropFirst()).map { String([$0, $1]) }
            .filter { SentenceForm.isChinese($0) && parser.parse($0).filter.isEmpty }
        let titled = having { product in
            guard filter.isEmpty || filter.matches(product) else { return false }
            let title = Set((product.title["en"] ?? "").lowercased().split { !$0.isLetter }.map(String.init))
            return telling.contains(where: title.contains) || pairs.contains(where: (product.title["zh"] ?? "").contains)
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
        let orders = try await ownOrders(scene)
        let open = orders.filter { !["delivered", "cancelled", "returned"].contains($0.status) }
        guard !orders.isEmpty else { return ServiceAnswer(text: scene.say.noOrders, kind: .noAnswer, intent: "order_status") }
        guard let placed = ServiceAgent.placed(scene.turn.words, orders, scene) else {
            if SentenceForm.isNewest(scene.turn.words) { return describe(orders[0], &scene) }
            let held = holding(scene.turn.words, orders, References(snapshot: snapshot, context: scene.turn.context))
            let pool = [held.filter { order in open.contains { $0.id == order.id } }, held, open, orders].first { !$0.isEmpty } ?? orders
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

    /// "How many orders do I have?"
    func asksForHistory(_ words: String) -> Bool { SaidWords(words).contains(anyOf: ServiceAgent.history) }

    private static let history: PhraseSet = [
        "how many orders", "order history", "all my orders", "list my orders", "show my orders", "past orders", "previous orders", "几个订单", "多少订单",
        "所有订单", "所有的订单", "历史订单", "全部订单", "哪些订单",
    ]

    nonisolated(nonsending) func orderHistory(_ scene: ServiceScene) async throws(StoreError) -> ServiceAnswer {
        guard scene.isSignedIn else { return ServiceAnswer(text: scene.say.signIn, kind: .clarify, intent: "order_status") }
        let orders = try await stores.orders.orders(of: scene.turn.principal, limit: ServiceAgent.historyMax)
        guard !orders.isEmpty else { return ServiceAnswer(text: scene.say.noOrders, kind: .noAnswer, intent: "order_status") }
        let text = orders.map { scene.say.orderState($0, items: items($0, scene)) }.joined(separator: scene.say.of("; ", "；"))
        return ServiceAnswer(
            text: scene.say.orders(text, isAll: orders.count < ServiceAgent.historyMax), sources: orders.map { Source(kind: "order", id: $0.id) },
            intent: "order_status")
    }

    /// Orders that are listed, newest first.
    private static let historyMax = 10

    /// Whether more is asked about the order that was just spoken of: "what's the tracking number?", "when will it arrive?".
    func asksOnAboutOrder(_ scene: ServiceScene, _ intent: String) -> Bool {
        guard !scene.dialogue.order.isEmpty, scene.turn.context.lastAgent == name, scene.turn.context.focusedProduct == nil || isOrderInFocus(scene),
            intent.hasPrefix("shipping/") || intent.isEmpty || intent == IntentClassifier.outOfScope || intent == "order_status"
        else { return false }
        return SaidWords(scene.turn.words).contains(anyOf: ServiceAgent.ofOrder)
    }

    /// The product in focus came with the order, not from the shop's window.
    private func isOrderInFocus(_ scene: ServiceScene) -> Bool {
        guard let focus = scene.turn.context.focusedProduct else { return true }
        return !scene.turn.context.shownProducts.contains(focus)
    }

    private static let ofOrder: PhraseSet = [
        "will it arrive", "will it come", "it arrive", "is it late", "tracking number", "track it", "tracking", "who delivers it", "which carrier",
        "什么时候到", "几号到", "哪天到", "单号", "物流", "哪家快递",
    ]

    /// Orders that an answer names when none fits.
    private static let listedOrdersMax = 3

    private func list(_ orders: ArraySlice<Order>, _ scene: ServiceScene) -> String {
        orders.map { scene.say.orderPlaced($0, items: items($0, scene)) }.joined(separator: scene.say.of("; ", "；"))
    }

    private static let amount: PhraseSet = [
        "total", "how much", "cost", "did i pay", "amount", "sum", "多少钱", "总价", "总额", "总共", "一共", "合计", "花了",
    ]

    func describe(_ order: Order, _ scene: inout ServiceScene) -> ServiceAnswer {
        scene.dialogue.order = order.id
        let isLate = scene.calendar?.isOver(order.expectedAt) ?? false
        var text = scene.say.order(order, items: items(order, scene), isLate: isLate)
        if order.totalMinor > 0, SaidWords(scene.turn.words).contains(anyOf: ServiceAgent.amount) {
            text += scene.say.of(" ", "") + scene.say.orderTotal(Price(amountMinor: order.totalMinor, currency: order.currency))
        }
        return ServiceAnswer(
            text: text, sources: [Source(kind: "order", id: order.id)],
            product: order.items.first?.productID, intent: "order_status")
    }
}
