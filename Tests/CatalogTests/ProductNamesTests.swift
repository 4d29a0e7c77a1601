import Testing

@testable import Catalog

@Suite("Products' names in a sentence")
struct ProductNamesTests {
    private func product(_ id: String, _ titles: [String: String]) -> Product {
        Product(id: id, category: "ring", title: titles, price: Price(amountMinor: 100, currency: "USD"))
    }

    private var names: ProductNames {
        ProductNames([
            product("ring-a", ["en": "Gold Ring", "zh": "黄金指环戒"]), product("ring-b", ["en": "Gold Ring with Ruby", "zh": "戒指"]),
            product("ring-c", ["en": "Pearl"]),
        ])
    }

    @Test(
        "are found whatever their case, in the order in which they are named, the longer before the shorter at one place",
        arguments: [
            ("what about RING-A?", ["ring-a"]), ("the gold ring with ruby, not the pearl", ["ring-b", "ring-c"]),
            ("the pearl or the Gold Ring", ["ring-c", "ring-a"]), ("给我看黄金指环戒吧", ["ring-a"]), ("给我看戒指", []), ("gold", []), ("", []), ("rin", []),
            ("a gold ring with ruby and a gold ring", ["ring-b", "ring-a"]),
            ("pearl pearl", ["ring-c"]), ("pearly", []), ("xpearl", []), ("two pearls", ["ring-c"]),
        ])
    func found(words: String, ids: [String]) {
        #expect(names.find(in: words).map(\.productID) == ids)
    }
}
