public import Evaluation

/// Items and what each user did, with items as numbers from 0 in the order of their first appearance.
public struct Behaviour: Sendable {
    public let items: [String]
    public let index: [String: Int]
    /// By user, oldest first.
    public let histories: [[Int]]

    public init(_ rows: [SequenceRow]) {
        var items: [String] = []
        var index: [String: Int] = [:]
        histories = rows.map { row in
            row.items.map { item in
                if let known = index[item] { return known }
                index[item] = items.count
                items.append(item)
                return items.count - 1
            }
        }
        self.items = items
        self.index = index
    }
}

/// Says which items come next.
public protocol NextItemModel: Sendable {
    /// The items it knows.
    var items: [String] { get }
    /// A score for every item, in the order of `items`; higher comes sooner. Unknown items of the history are left out by the caller.
    func scores(after history: [Int]) -> [Float]
}

extension NextItemModel {
    /// The place, from 0, that `target` has among all items but those of the history, with half of those that have the same score (rounded up)
    /// before it; nil when nothing speaks for it (a score of 0 or less).
    func place(of target: Int, after history: [Int]) -> Int? {
        let scores = scores(after: history)
        return scores[target] > 0 ? Self.place(of: target, scores, Set(history)) : nil
    }

    private static func place(of target: Int, _ scores: [Float], _ seen: Set<Int>) -> Int {
        let own = scores[target]
        var better = 0
        var equal = 0
        for (item, score) in scores.enumerated() where score >= own && item != target && !seen.contains(item) {
            if score > own { better += 1 } else { equal += 1 }
        }
        return better + (equal + 1) / 2
    }

    /// Places of the targets among all items but those of the history, the `top` best items, and the area under the curve: one scoring for all three.
    public func ranking(after history: [Int], targets: [Int], top: Int) -> (places: [Int], top: [Int], area: Double?) {
        let scores = scores(after: history)
        let seen = Set(history)
        var places: [Int] = []
        for target in targets where scores[target] > 0 { places.append(Self.place(of: target, scores, seen)) }
        return (places, Self.best(top, scores, seen).map(\.item), Self.area(targets, scores, seen))
    }

    /// The probability that a target scores above an item that is neither target nor in the history, where an equal score counts half (Rendle et al.,
    /// "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009, section 4.2, with ties); nil when there is nothing to compare.
    private static func area(_ targets: [Int], _ scores: [Float], _ seen: Set<Int>) -> Double? {
        let wanted = Set(targets)
        let others = scores.indices.filter { !wanted.contains($0) && !seen.contains($0) }
        guard !wanted.isEmpty, !others.isEmpty else { return nil }
        var won = 0.0
        for target in wanted {
            let own = scores[target]
            for item in others where scores[item] <= own { won += scores[item] < own ? 1 : 0.5 }
        }
        return won / Double(wanted.count * others.count)
    }

    /// The `k` best items that are not in the history: score descending, then index.
    public func best(_ k: Int, after history: [Int]) -> [(item: Int, score: Float)] {
        Self.best(k, scores(after: history), Set(history))
    }

    private static func best(_ k: Int, _ scores: [Float], _ seen: Set<Int>) -> [(item: Int, score: Float)] {
        var found: [(item: Int, score: Float)] = []
        // What is below the k-th best so far cannot come in: most items are passed over without sorting.
        var floor: Float = 0
        for (item, score) in scores.enumerated() where score > floor && !seen.contains(item) {
            found.append((item, score))
            if found.count >= 2 * k + 64 {
                found.sort { $0.score != $1.score ? $0.score > $1.score : $0.item < $1.item }
                found.removeLast(found.count - k)
                floor = found.last?.score ?? 0
            }
        }
        found.sort { $0.score != $1.score ? $0.score > $1.score : $0.item < $1.item }
        return Array(found.prefix(k))
    }
}

/// How a model does at saying the next item.
public enum NextItemMeasure {
    /// NDCG@10 of the item that `heldOut` steps before the end, from what came before it; over every `stride`th history that is long enough.
    public static func ndcg10(_ model: some NextItemModel, _ histories: [[Int]], heldOut: Int = 0, stride: Int = 1) -> Double {
        var sum = 0.0
        var count = 0
        for index in Swift.stride(from: 0, to: histories.count, by: stride) {
            let history = histories[index].dropLast(heldOut)
            guard let target = history.last, history.count > 1 else { continue }
            count += 1
            if let place = model.place(of: target, after: Array(history.dropLast())) {
                sum += RankedList(places: [place], relevantCount: 1).ndcg(10)
            }
        }
        return count == 0 ? 0 : sum / Double(count)
    }
}
