import Testing

@testable import Agents

@Suite("Rankings merged by reciprocal rank")
struct RankFusionTests {
    @Test("What two rankings have beats what one has; the sums are those of the formula")
    func merged() {
        // b: 1/62 + 1/61 = 0.03252, a: 1/61 = 0.01639, c: 1/62 = 0.01613.
        #expect(RankFusion.merge([["a", "b"], ["b", "c"]]) == ["b", "a", "c"])
        // a: 1/61 + 1/64 = 0.03202, b: 1/62 + 1/62 = 0.03226.
        #expect(RankFusion.merge([["a", "b"], ["c", "b", "d", "a"]]) == ["b", "a", "c", "d"])
    }

    @Test("Of equals the first that was met; none of none")
    func ties() {
        #expect(RankFusion.merge([["a"], ["b"]]) == ["a", "b"])
        #expect(RankFusion.merge([[String]]()).isEmpty)
        #expect(RankFusion.merge([[], ["x"]]) == ["x"])
    }
}
