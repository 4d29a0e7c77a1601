import Evaluation
import Testing

@Suite("Measures of rankings, against values computed by hand")
struct RankingMeasuresTests {
    /// Right: b, d, x; found at places 2 and 4 (from 1); x is not ranked.
    private let list = RankedList(ranking: ["a", "b", "c", "d", "e"], relevant: ["b", "d", "x"])

    @Test("recall, hit rate and precision")
    func recall() {
        #expect(list.recall(1) == 0)
        #expect(list.recall(2) == 1.0 / 3)
        #expect(list.recall(10) == 2.0 / 3)
        #expect(list.hitRate(1) == 0)
        #expect(list.hitRate(2) == 1)
        #expect(list.precision(4) == 0.5)
    }

    @Test("NDCG: gains 1/log2(3) and 1/log2(5) of an ideal 1 + 1/log2(3) + 1/log2(4)")
    func ndcg() {
        // (0.630930 + 0.430677) / (1 + 0.630930 + 0.5)
        #expect(abs(list.ndcg(10) - 0.498189) < 1e-6)
        // Among the first two: 0.630930 / 1.630930
        #expect(abs(list.ndcg(2) - 0.386853) < 1e-6)
        #expect(RankedList(ranking: ["b", "d", "x"], relevant: ["b", "d", "x"]).ndcg(10) == 1)
    }

    @Test("reciprocal rank and average precision")
    func precision() {
        #expect(list.reciprocalRank == 0.5)
        // (1/2 + 2/4 + 0) / 3
        #expect(abs(list.averagePrecision - 1.0 / 3) < 1e-12)
        #expect(RankedList(ranking: ["a"], relevant: ["z"]).reciprocalRank == 0)
    }

    @Test("coverage and diversity")
    func catalogue() {
        #expect(CatalogueMeasures.coverage([["a", "b", "c"], ["b", "d"]], k: 2, itemCount: 10) == 0.3)
        // Pairs (1,2), (1,4), (2,4) with similarity 1/distance: 1 − 1, 1 − 1/3, 1 − 1/2.
        #expect(abs(CatalogueMeasures.diversity([1, 2, 4]) { 1 / Double(abs($0 - $1)) } - (2.0 / 3 + 0.5) / 3) < 1e-12)
        #expect(CatalogueMeasures.diversity([1]) { _, _ in 0 } == 0)
    }
}

@Suite("Intervals and tests")
struct SignificanceTests {
    @Test("an interval of the mean holds it, is narrower with more examples, and is the same each time")
    func interval() {
        let few = (0..<20).map { Double($0 % 2) }
        let many = (0..<2_000).map { Double($0 % 2) }
        let a = Significance.bootstrap(few)
        let b = Significance.bootstrap(many)
        #expect(a.low < 0.5 && a.high > 0.5 && b.low < 0.5 && b.high > 0.5)
        #expect(b.high - b.low < a.high - a.low)
        // ±1.96·0.5/√2000 = ±0.0219
        #expect(abs((b.high - b.low) / 2 - 0.0219) < 0.003)
        #expect(Significance.bootstrap(few) == a)
        #expect(Significance.bootstrap(few, seed: 2) != a)
    }

    @Test("a clear difference is significant, none and noise are not")
    func compare() {
        let base = (0..<200).map { Double($0 % 3) }
        let better = base.enumerated().map { $1 + ($0 % 4 == 0 ? 0 : 0.5) }
        let noise = base.enumerated().map { $1 + ($0 % 2 == 0 ? 0.5 : -0.5) }
        let clear = Significance.compare(base, better)
        #expect(abs(clear.difference - 0.375) < 1e-12 && clear.isSignificant && clear.interval.low > 0)
        #expect(Significance.compare(base, base).pValue == 1)
        #expect(!Significance.compare(base, noise).isSignificant)
    }
}
