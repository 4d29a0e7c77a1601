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
        let isDated = found.isEmpty && SaidWords(words).contains(anyOf: ServiceAgent.ordering) && SaidDate.find(in: words) != nil
        guard !found.isEmpty || isDated, scene.isSignedIn else { return nil }
        let orders = try await stores.orders.orders(of: scene.turn.principal, limit: 20)
        if isDated { return ServiceAgent.dated(words, orders) }
        if let own = found.first(where: { one in orders.contains { $0.id == one.id } }) { return own.id }
        guard SlotReader.address(words) == nil else { return nil }
        return found.first { one in orders.contains { $0.id.prefix { $0 != "-" } == one.prefix } }?.id
    }

    /// Words of an order, beside which a day is the day it was placed.
    private static let ordering: PhraseSet = ["order", "ordered", "bought", "purchase", "purchased", "订单", "下单", "下的单", "买的", "订的", "买了"]

    /// The one of the orders that was placed on the day, or in the month, that the words name; nil = none is named, or not one alone fits.
    static func dated(_ words: String, _ orders: [Order]) -> String? {
        guard let date = SaidDate.find(in: words) else { return nil }
        let fitting = orders.filter { date.matches($0.placedAt) }
        return fitting.count == 1 ? fitting[0].id : nil
    }
}
