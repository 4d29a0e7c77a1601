import Fusion
import Testing

@testable import Catalog

/// How alike products are.
@Suite struct LikenessTests {
    private let products = [
        Product(id: "ring-1", category: "ring", title: ["en": "Moon Ring", "zh": "月亮戒指"]),
        Product(id: "ring-2", category: "ring", title: ["en": "Moon Ring in Gold", "zh": "金月亮戒指"]),
        Product(id: "ring-3", category: "ring", title: ["en": "Moon Ring"]),
    ]

    @Test func likenessIsTheMeanCosineOfWhatBothHave() throws {
        func feature(_ modality: String, _ values: [Float]) -> Feature { Feature(modality: modality, spaceID: modality, values: values) }
        let snapshot = try CatalogSnapshot(
            products: products,
            features: [
                "ring-1": [feature("image", [1, 0]), feature("text", [1, 0])], "ring-2": [feature("image", [0.6, 0.8]), feature("text", [1, 0])],
                "ring-3": [feature("text", [0.8, 0.6])],
            ])
        #expect(abs(snapshot.likeness("ring-1", "ring-2") - 0.8) < 1e-6)
        #expect(abs(snapshot.likeness("ring-1", "ring-3") - 0.8) < 1e-6)
        #expect(snapshot.likeness("ring-1", "nothing") == 0)
    }
}
