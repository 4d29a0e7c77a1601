import Catalog
import Sessions
import Testing

@testable import Agents

private let rings = [
    Product(
        id: "G1", category: "ring", title: ["en": "Signet ring", "zh": "印章戒指"], attributes: ["material": .text("gold"), "weight_g": .number(5)]),
    Product(
        id: "G2", category: "ring", title: ["en": "Rope ring", "zh": "麻花戒指"],
        attributes: ["material": .text("gold"), "gem": .text("ruby"), "weight_g": .number(3)]),
    Product(
        id: "S3", category: "ring", title: ["en": "Plain band", "zh": "素圈戒指"], attributes: ["material": .text("silver"), "weight_g": .number(4)]),
]

@Suite("What words mean of what was shown")
struct ReferencesTests {
    private func references(_ shown: [String] = ["G1", "G2", "S3"], focus: String? = "G1") throws -> References {
        var context = DialogueContext()
        context.shownProducts = shown
        context.focusedProduct = focus
        return References(snapshot: try CatalogSnapshot(products: rings), context: context)
    }

    @Test(
        "A description means the one that is so",
        arguments: [
            ("how much is the silver ring", "S3"), ("how much is the rope ring?", "G2"), ("is the one with the ruby in stock", "G2"),
            ("the silver one", "S3"),
            ("how heavy is this gold ring", "G1"), ("is this one silver?", "G1"), ("how much is it in silver", "G1"),
            ("what about the pretty ring", "G1"),
            ("how heavy is the lightest", "G2"), ("红宝石那个多少钱", "G2"), ("那枚银戒指多重", "S3"), ("这个是银的吗", "G1"), ("银的那款", "S3"), ("麻花那款多少钱", "G2"),
            ("最轻的那个有货吗", "G2"), ("第2个多少钱", "G2"), ("倒数第二个", "G2"),
        ])
    func described(words: String, id: String) throws { #expect(try references().reading(words) == .these([id])) }

    @Test(
        "What fits none of what was shown, or several of them, is asked for",
        arguments: ["how much is the silver ring", "how heavy is this necklace?", "the fourth one", "这条项链多少钱", "那个银的多重", "第9个"])
    func unclear(words: String) throws {
        let references = try references(["G1", "G2"])
        #expect(references.reading(words) == .unclear)
        #expect(references.product(in: words) == nil)
        #expect(references.products(in: words).isEmpty)
        #expect(try self.references(focus: "S3").reading("the gold one") == .unclear)
    }

    @Test("In Chinese a question names a thing without an article, a wish does not point at it")
    func bare() throws {
        let references = try references()
        #expect(references.asked("银戒指多少钱") == .these(["S3"]))
        #expect(references.reading("银戒指") == .nothing)
        #expect(references.asked("项链多少钱") == .unclear)
    }

    @Test("The other one is the other of two")
    func other() throws {
        #expect(try references(["G1", "S3"]).reading("and the other one?") == .these(["S3"]))
        #expect(try references(["G1", "S3"]).reading("另一个呢") == .these(["S3"]))
        #expect(try references().reading("the other one") == .unclear)
    }
}
