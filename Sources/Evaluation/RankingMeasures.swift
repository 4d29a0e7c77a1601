import Foundation

/// Measures of one ranked list against the items that are right (binary relevance).
///
/// `ranking` holds distinct items, best first; what it leaves out counts as not found. Sources: Manning, Raghavan, Schütze, "Introduction to
/// Information Retrieval", chapter 8 (recall, average precision); Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques",
/// ACM TOIS 20(4), 2002 (NDCG); Voorhees, TREC-8 (reciprocal rank).
public struct RankedList: Sendable, Equatable {
    /// Places of the right items that were ranked, from 0, ascending.
    public var places: [Int]
    /// How many right items there are.
    public var relevantCount: Int

    public init(places: [Int], relevantCount: Int) {
        self.places = places.sorted()
        self.relevantCount = relevantCount
    }

    public init<Item: Hashable>(ranking: some Sequence<Item>, relevant: Set<Item>) {
        var places: [Int] = []
        for (place, item) in ranking.enumerated() where relevant.contains(item) { places.append(place) }
        self.init(places: places, relevantCount: relevant.count)
    }

    /// Right items among the first k, of all right items.
    public func recall(_ k: Int) -> Double { relevantCount == 0 ? 0 : Double(hits(k)) / Double(relevantCount) }

    /// 1 when a right item is among the first k.
    public func hitRate(_ k: Int) -> Double { hits(k) > 0 ? 1 : 0 }

    public func precision(_ k: Int) -> Double { k == 0 ? 0 : Double(hits(k)) / Double(k) }

    /// Σ 1/log₂(place + 2) over right items among the first k, divided by what the best order would have.
    public func ndcg(_ k: Int) -> Double {
        let gain = places.prefix { $0 < k }.reduce(0) { $0 + 1 / log2(Double($1 + 2)) }
        let ideal = (0..<min(k, relevantCount)).reduce(0.0) { $0 + 1 / log2(Double($1 + 2)) }
        return ideal > 0 ? gain / ideal : 0
    }

    /// 1 / (place of the first right item, from 1); 0 when none was found.
    public var reciprocalRank: Double { places.first.map { 1 / Double($0 + 1) } ?? 0 }

    /// The mean over right items of the precision at their places; those not found add 0.
    public var averagePrecision: Double {
        guard relevantCount > 0 else { return 0 }
        return places.enumerated().reduce(0) { $0 + Double($1.offset + 1) / Double($1.element + 1) } / Double(relevantCount)
    }

    private func hits(_ k: Int) -> Int { places.prefix { $0 < k }.count }
}

/// Measures of what a system shows over all its answers.
public enum CatalogueMeasures {
    /// Part of the catalogue's items that is shown among anybody's first k.
    public static func coverage<Item: Hashable>(_ rankings: [[Item]], k: Int, itemCount: Int) -> Double {
        guard itemCount > 0 else { return 0 }
        return Double(Set(rankings.lazy.flatMap { $0.prefix(k) }).count) / Double(itemCount)
    }

    /// The mean of 1 − similarity over the pairs of one list (Ziegler et al., "Improving recommendation lists through topic diversification",
    /// WWW 2005, in its mean form); 0 for lists of fewer than two.
    public static func diversity<Item>(_ list: [Item], similarity: (Item, Item) -> Double) -> Double {
        guard list.count > 1 else { return 0 }
        var sum = 0.0
        for i in list.indices { for j in list.indices where j > i { sum += 1 - similarity(list[i], list[j]) } }
        return sum / Double(list.count * (list.count - 1) / 2)
    }
}
