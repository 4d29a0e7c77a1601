import Testing

@testable import Catalog

@Suite("Weights and lengths in a sentence")
struct MeasureReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var words: String
        var attribute: String
        var least: Double?
        var most: Double?
        var phrase: String
        var testDescription: String { words }
    }

    @Test(
        "are read with what limits them",
        arguments: [
            Case(words: "a ring under 3 g please", attribute: "weight_g", most: 3, phrase: "under 3 g"),
            Case(words: "nothing heavier than 3 grams", attribute: "weight_g", most: 3, phrase: "heavier than 3 grams"),
            Case(words: "at least 50 cm long", attribute: "length_mm", least: 500, phrase: "at least 50 cm"),
            Case(words: "a chain longer than 45cm", attribute: "length_mm", least: 450, phrase: "longer than 45cm"),
            Case(words: "20 inches or shorter", attribute: "length_mm", most: 508, phrase: "20 inches or shorter"),
            Case(words: "a band 6 mm wide", attribute: "band_width_mm", least: 5, most: 7, phrase: "6 mm"),
            Case(words: "rings in size 11", attribute: "size_range", least: 11, most: 11, phrase: "size 11"),
            Case(words: "a ring, US size 7.5", attribute: "size_range", least: 7.5, most: 7.5, phrase: "US size 7.5"),
            Case(words: "a 45 cm necklace", attribute: "length_mm", least: 423, most: 477, phrase: "45 cm"),
            Case(words: "五十厘米以上的项链", attribute: "length_mm", least: 500, phrase: "五十厘米以上"),
            Case(words: "不超过3克的戒指", attribute: "weight_g", most: 3, phrase: "不超过3克"),
        ])
    func reads(_ expected: Case) throws {
        let parsed = FilterParser().parse(expected.words)
        let measure = try #require(parsed.measures.first)
        #expect(parsed.measures.count == 1 && parsed.filter.priceMaxMinor == nil && parsed.filter.priceMinMinor == nil)
        #expect(measure.attributes.first == expected.attribute && measure.phrase == expected.phrase)
        #expect(measure.least == expected.least && measure.most == expected.most)
    }

    @Test(
        "other numbers are none",
        arguments: [
            "under 300 in white gold", "18k gold", "a 2 carat stone", "my size", "size 300", "within 3 days", "500块以下", "under 100 dollars",
            "3 rings",
        ])
    func none(_ words: String) { #expect(FilterParser().parse(words).measures == []) }

    @Test("a product has the measure in the first attribute that states one of them")
    func fits() {
        func product(_ attributes: [String: AttributeValue]) -> Product {
            Product(id: "P", category: "ring", title: ["en": "P"], attributes: attributes, price: Price(amountMinor: 1, currency: "USD"))
        }
        let wide = SaidMeasure(attributes: ["band_width_mm", "width_mm"], least: 4, most: 6, range: 0..<1)
        #expect(wide.fits(product(["band_width_mm": .number(4)])) && wide.fits(product(["width_mm": .number(6)])))
        let sized = SaidMeasure(attributes: ["size_range"], least: 11, most: 11, range: 0..<1)
        #expect(sized.fits(product(["size_range": .text("US 5-12")])) && !sized.fits(product(["size_range": .text("US 4-9")])))
        #expect(!sized.fits(product(["size_range": .text("one size")])))
        #expect(!wide.fits(product(["band_width_mm": .number(3), "width_mm": .number(5)])) && !wide.fits(product([:])))
    }

    @Test("what a metal's fineness is called is known where the catalogue's products state it")
    func karat() throws {
        let gold = Product(
            id: "P", category: "ring", title: ["en": "P"], attributes: ["karat": .number(18)], price: Price(amountMinor: 1, currency: "USD"))
        let knowing = FilterParser(lexicon: FilterLexicon.builtIn.knowing([gold]))
        for words in ["18K gold rings", "18 karat", "18k金戒指", "rings in 18kt gold"] {
            #expect(knowing.parse(words).filter.attributes["karat"]?.anyOf == ["18"], "\(words)")
        }
        #expect(knowing.parse("14k rings").filter.attributes["karat"] == nil)
        #expect(FilterParser().parse("18K gold rings").filter.attributes["karat"] == nil)
    }
}
