import Fusion
import Testing

private struct Fixed: ModalityClassifier {
    let table: [String: [ClassProbability]]
    func probabilities(_ feature: Feature) -> [ClassProbability]? { table[feature.modality] }
}

private func plan(_ operation: FusionStep.Operator, _ weights: [Float] = [0.5, 0.5]) -> GraphPlan {
    GraphPlan(name: "t", steps: [FusionStep(id: "s", operation: operation, inputs: ["text", "image"], weights: weights)])
}

@Suite("Fusion operators compute their formulas and say what is missing")
struct OperatorTests {
    @Test("Concatenation keeps each modality with its weight, at unit length")
    func concatenation() throws {
        let features = [Feature(modality: "text", spaceID: "t", values: [3, 4]), Feature(modality: "image", spaceID: "v", values: [0, 2, 0])]
        let fused = try #require(try plan(.concatenation, [0.3, 0.7]).fuse(features, present: ["image", "text"], classifier: nil).vector("s"))
        #expect(fused.parts.map(\.weight) == [0.3, 0.7])
        #expect(fused.parts[0].feature.values == [0.6, 0.8])
        #expect(fused.parts[1].feature.values == [0, 1, 0])
        #expect(fused.missing.isEmpty)
    }

    @Test("A missing modality is stated, not guessed")
    func missing() throws {
        let fused = try #require(
            try plan(.concatenation).fuse([Feature(modality: "image", spaceID: "v", values: [1])], present: ["image"], classifier: nil).vector("s"))
        #expect(fused.missing == ["text"])
        #expect(fused.parts.map(\.feature.modality) == ["image"])
    }

    @Test("A weighted sum adds unit vectors by weight")
    func weightedSum() throws {
        let features = [Feature(modality: "text", spaceID: "x", values: [2, 0]), Feature(modality: "image", spaceID: "x", values: [0, 5])]
        let fused = try #require(try plan(.weightedSum, [3, 4]).fuse(features, present: [], classifier: nil).vector("s"))
        #expect(fused.parts.count == 1)
        #expect(zip(fused.parts[0].feature.values, [0.6, 0.8] as [Float]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("A weighted sum over two spaces is an error that names both")
    func spaces() {
        let features = [Feature(modality: "text", spaceID: "t", values: [1]), Feature(modality: "image", spaceID: "v", values: [1])]
        #expect(throws: FusionError.self) { try plan(.weightedSum).fuse(features, present: [], classifier: nil) }
    }

    @Test("Features that are not finite are refused")
    func notFinite() {
        let features = [Feature(modality: "text", spaceID: "t", values: [.nan])]
        #expect(throws: FusionError("the feature of 'text' has values that are not finite")) {
            try plan(.concatenation).fuse(features, present: [], classifier: nil)
        }
    }

    @Test("A decision is the argmax of the weighted probabilities of the modalities that are there; contributions add up to 1")
    func decision() throws {
        let classifier = Fixed(table: [
            "text": [ClassProbability(name: "a", probability: 0.9), ClassProbability(name: "b", probability: 0.1)],
            "image": [ClassProbability(name: "a", probability: 0.2), ClassProbability(name: "b", probability: 0.8)],
        ])
        let both = try #require(try plan(.decisionLevel, [1, 3]).fuse([], present: ["image", "text"], classifier: classifier).decision("s"))
        #expect(both.winner == "b")
        #expect(abs(both.classes[0].probability - (0.25 * 0.1 + 0.75 * 0.8)) < 1e-6)
        #expect(abs(both.contributions.reduce(0) { $0 + $1.probability } - 1) < 1e-6)
        let words = try #require(try plan(.decisionLevel, [1, 3]).fuse([], present: ["text"], classifier: classifier).decision("s"))
        #expect(words.winner == "a")
        #expect(abs(words.classes[0].probability - 0.9) < 1e-6)
    }

    @Test("Without any modality there is no decision")
    func nothing() throws {
        #expect(try plan(.decisionLevel).fuse([], present: [], classifier: Fixed(table: [:])).decision("s") == nil)
    }

    @Test("Equal scores go to the class named first")
    func ties() throws {
        let classifier = Fixed(table: ["text": [ClassProbability(name: "z", probability: 0.5), ClassProbability(name: "a", probability: 0.5)]])
        #expect(try plan(.decisionLevel).fuse([], present: ["text"], classifier: classifier).decision("s")?.winner == "z")
    }
}
