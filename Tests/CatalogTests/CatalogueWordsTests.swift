import Testing

@testable import Catalog

@Suite("What customers call a catalogue's products")
struct CatalogueWordsTests {
    private let products = [
        Product(
            id: "1", category: "ring", title: ["en": "Peridot Bypass Ring in Gold", "zh": "18K金橄榄石交错开口戒指"],
            attributes: ["gem": .text("peridot"), "material": .text("gold"), "clasp": .text("push_back")]),
        Product(
            id: "2", category: "ring", title: ["en": "Signet Ring in Gold", "zh": "18K金印章戒指"],
            attributes: ["gem": .text("none"), "material": .text("gold"), "style": .list(["classic"])]),
    ]

    @Test("Words of titles and names of attributes, those of most products first, what they are called besides at the end")
    func english() throws {
        let words = try #require(CatalogueWords.expected(of: products)["en"])
        #expect(words.prefix(2) == ["gold", "ring"])
        #expect(Set(words.prefix(6)).isSuperset(of: ["peridot", "bypass", "signet"]))
        let (name, other) = (try #require(words.firstIndex(of: "peridot")), try #require(words.firstIndex(of: "peridots")))
        #expect(name < other && words.contains("push") && words.contains("classic"))
        #expect(!words.contains("none") && !words.contains("diamond") && !words.contains { $0.contains("指") })
        #expect(Set(words).count == words.count)
    }

    @Test("Chinese titles are cut at the names that are known")
    func chinese() throws {
        let words = try #require(CatalogueWords.expected(of: products)["zh"])
        #expect(words.first == "戒指")
        #expect(Set(words).isSuperset(of: ["橄榄石", "交错开口", "印章", "黄金"]))
        #expect(!words.contains { $0.contains("ring") })
    }

    @Test("A catalogue without titles expects nothing") func none() {
        #expect(CatalogueWords.expected(of: [Product(id: "1", category: "ring")]).isEmpty)
    }
}
