import Fusion
import Testing

@testable import Catalog

private func hitIDs(_ hits: [SearchHit]) -> [String] { hits.map(\.productID) }

/// `count` products with an image and a text vector each (every seventh lacks the image).
private func shop(_ count: Int, seed: UInt64, imageDim: Int = 24, textDim: Int = 16) -> (products: [Product], features: [String: [Feature]]) {
    var dice = Dice(seed)
    var products: [Product] = []
    var features: [String: [Feature]] = [:]
    for index in 0..<count {
        let id = "p-\(10_000 + index)"
        products.append(
            Product(
                id: id, category: dice.pick(["ring", "earrings", "necklace"]),
                attributes: [
                    "material": .text(dice.pick(["gold", "rose_gold", "silver"])), "gem": .text(dice.pick(["ruby", "none"])),
                    "color": .text(dice.pick(["red", "light blue", "blue"])), "nickel_free": .flag(dice.below(2) == 0),
                    "occasion": .list([dice.pick(["wedding", "party"]), "everyday"]),
                ], price: Price(amountMinor: Int64(dice.below(1_000) * 100), currency: "USD"), stock: dice.below(3)))
        features[id] = [Feature(modality: "text", spaceID: "t", values: dice.unitVector(textDim))]
        if index % 7 != 0 { features[id]?.append(Feature(modality: "image", spaceID: "i", values: dice.unitVector(imageDim))) }
    }
    return (products, features)
}

private func query(_ dice: inout Dice, image: Float?, text: Float?, imageDim: Int = 24, textDim: Int = 16) -> FusedQuery {
    var blocks: [FusedQuery.Block] = []
    if let image { blocks.append(.init(modality: "image", spaceID: "i", values: dice.unitVector(imageDim), weight: image)) }
    if let text { blocks.append(.init(modality: "text", spaceID: "t", values: dice.unitVector(textDim), weight: text)) }
    return FusedQuery(blocks: blocks)
}

@Suite struct SearchTests {
    @Test func scoreIsTheWeightedSumOfCosines() throws {
        let (products, features) = shop(40, seed: 1)
        let snapshot = try CatalogSnapshot(products: products, features: features)
        var dice = Dice(2)
        let query = query(&dice, image: 0.6, text: 0.4)
        for hit in try snapshot.search(query, k: 40) {
            var expected: Float = 0
            for (block, contribution) in zip(query.blocks, hit.contributions) {
                let own = features[hit.productID]?.first { $0.modality == block.modality }
                let cosine = own.map { zip($0.values, block.values).reduce(0) { $0 + $1.0 * $1.1 } } ?? 0
                #expect(abs(contribution.cosine - cosine) < 1e-5)
                #expect(abs(contribution.part - block.weight * cosine) < 1e-5)
                expected += block.weight * cosine
            }
            #expect(abs(hit.score - expected) < 1e-5)
            #expect(hit.contributions.map(\.modality) == ["image", "text"])
        }
    }

    @Test func concatenationOfRootWeightedBlocksGivesTheSameScore() throws {
        let (products, features) = shop(20, seed: 3)
        let snapshot = try CatalogSnapshot(products: products, features: features)
        var dice = Dice(4)
        let query = query(&dice, image: 0.6, text: 0.4)
        let fusedQuery = query.blocks.flatMap { block in block.values.map { $0 * block.weight.squareRoot() } }
        for hit in try snapshot.search(query, k: 20) {
            let vectors = features[hit.productID] ?? []
            let fused = query.blocks.flatMap { block in
                vectors.first { $0.modality == block.modality }?.values.map { $0 * block.weight.squareRoot() } ?? block.values.map { _ in 0 }
            }
            #expect(abs(zip(fused, fusedQuery).reduce(0) { $0 + $1.0 * $1.1 } - hit.score) < 1e-5)
        }
    }

    @Test(arguments: 0..<20) func filteredSearchEqualsBruteForce(_ seed: Int) throws {
        var dice = Dice(UInt64(seed) + 100)
        let (products, features) = shop(300, seed: UInt64(seed))
        let snapshot = try CatalogSnapshot(products: products, features: features)
        var filter = ProductFilter()
        if dice.below(2) == 0 { filter.category = .init(anyOf: [dice.pick(["ring", "earrings"])]) }
        if dice.below(2) == 0 { filter.material = .init(noneOf: ["gold"]) }
        if dice.below(2) == 0 { filter.gem = .init(anyOf: ["ruby"]) }
        if dice.below(2) == 0 { filter.color = .init(anyOf: ["blue"]) }
        if dice.below(2) == 0 { filter.priceMaxMinor = Int64(dice.below(1_000) * 100) }
        if dice.below(3) == 0 { filter.priceMinMinor = Int64(dice.below(300) * 100) }
        if dice.below(3) == 0 { filter.inStock = true }
        if dice.below(3) == 0 { filter.nickelFree = true }
        if dice.below(3) == 0 { filter.attributes["occasion"] = .init(anyOf: ["wedding"]) }
        if dice.below(3) == 0 { filter.excludedIDs = Set(products.prefix(50).map(\.id)) }
        let query = query(&dice, image: dice.below(2) == 0 ? 0.6 : nil, text: 0.4)
        let scored: [(id: String, score: Float)] = try products.filter { filter.matches($0) }.map { product in
            (product.id, try #require(try snapshot.score(query, productID: product.id)).score)
        }
        let expected = scored.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }.prefix(10).map(\.id)
        #expect(hitIDs(try snapshot.search(query, filter: filter, k: 10)) == expected)
    }

    @Test func equalScoresAreOrderedByID() throws {
        let feature = Feature(modality: "text", spaceID: "t", values: [1, 0])
        let products = ["c", "a", "b"].map { Product(id: $0, category: "ring") }
        let snapshot = try CatalogSnapshot(products: products, features: ["a": [feature], "b": [feature], "c": [feature]])
        let query = FusedQuery(blocks: [.init(modality: "text", spaceID: "t", values: [1, 0], weight: 1)])
        #expect(hitIDs(try snapshot.search(query, k: 2)) == ["a", "b"])
    }

    @Test func aQueryOfAnotherSpaceIsRefusedNamingBoth() throws {
        let snapshot = try CatalogSnapshot(
            products: [Product(id: "a", category: "ring")], features: ["a": [Feature(modality: "text", spaceID: "old", values: [1, 0])]])
        let error = #expect(throws: StoreError.self) {
            try snapshot.search(FusedQuery(blocks: [.init(modality: "text", spaceID: "new", values: [1, 0], weight: 1)]), k: 1)
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("\"old\"") == true && error?.message.contains("\"new\"") == true)
        #expect(throws: StoreError.self) {
            try snapshot.search(FusedQuery(blocks: [.init(modality: "text", spaceID: "old", values: [1, 0], weight: .nan)]), k: 1)
        }
    }

    @Test func vectorsOfTwoSpacesMakeNoCatalogue() {
        let products = [Product(id: "a", category: "ring"), Product(id: "b", category: "ring")]
        let features = [
            "a": [Feature(modality: "text", spaceID: "x", values: [1, 0])], "b": [Feature(modality: "text", spaceID: "y", values: [1, 0])],
        ]
        #expect(throws: StoreError.self) { try CatalogSnapshot(products: products, features: features) }
    }

    @Test func anEmptyCatalogueFindsNothing() throws {
        let snapshot = try CatalogSnapshot(products: [])
        var dice = Dice(1)
        #expect(try snapshot.search(query(&dice, image: 1, text: 1), k: 5).isEmpty)
        #expect(snapshot.product("x") == nil && snapshot.products(matching: ProductFilter()).isEmpty)
    }

    @Test func graphFindsWhatComparingAllFinds() throws {
        let (products, features) = shop(2_400, seed: 7)
        let exact = try CatalogSnapshot(hash: "", products: products, features: features, documents: [], intents: [], exactRowsMax: .max)
        let graph = try CatalogSnapshot(hash: "", products: products, features: features, documents: [], intents: [], exactRowsMax: 0)
        var filter = ProductFilter()
        filter.material = .init(noneOf: ["silver"])
        var dice = Dice(8)
        for (image, text) in [(Float(0.6), Float(0.4)), (nil, 1), (1, nil)] as [(Float?, Float?)] {
            for wanted in [ProductFilter(), filter] {
                var found = 0
                for _ in 0..<40 {
                    let query = query(&dice, image: image, text: text)
                    let best = Set(hitIDs(try exact.search(query, filter: wanted, k: 10)))
                    let hits = try graph.search(query, filter: wanted, k: 10)
                    #expect(hits.count == 10)
                    #expect(zip(hits, hits.dropFirst()).allSatisfy { ($0.score, $1.productID) >= ($1.score, $0.productID) })
                    found += hits.filter { best.contains($0.productID) }.count
                    for hit in hits { #expect(wanted.matches(try #require(graph.product(hit.productID)))) }
                }
                #expect(Double(found) / 400 >= 0.95, "recall@10 \(Double(found) / 400)")
            }
        }
    }

    @Test func theSameRowsMakeTheSameGraph() throws {
        let (products, features) = shop(700, seed: 9)
        let one = try CatalogSnapshot(hash: "", products: products, features: features, documents: [], intents: [], exactRowsMax: 0)
        let two = try CatalogSnapshot(hash: "", products: products.reversed(), features: features, documents: [], intents: [], exactRowsMax: 0)
        var dice = Dice(10)
        for _ in 0..<10 {
            let query = query(&dice, image: 0.5, text: 0.5)
            #expect(try one.search(query, k: 10) == two.search(query, k: 10))
        }
    }
}
