import Fusion

/// A sparse matrix of item to item weights, in rows: what speaks for each item after one.
public struct ItemGraph: Sendable, Equatable {
    public var starts: [Int32]
    public var targets: [Int32]
    public var weights: [Float]

    public var count: Int { starts.count - 1 }

    /// Sums the weights of equal pairs. `pairs` may come in any order.
    init(count: Int, rows: [[(target: Int32, weight: Float)]]) {
        starts = [0]
        targets = []
        weights = []
        starts.reserveCapacity(count + 1)
        for row in rows {
            let sorted = row.sorted { $0.target < $1.target }
            for entry in sorted {
                if let last = targets.last, targets.count > Int(starts[starts.count - 1]), last == entry.target {
                    weights[weights.count - 1] += entry.weight
                } else {
                    targets.append(entry.target)
                    weights.append(entry.weight)
                }
            }
            starts.append(Int32(targets.count))
        }
        precondition(starts.count == count + 1, "an item graph has a row for every item")
    }

    init(starts: [Int32], targets: [Int32], weights: [Float]) {
        self.starts = starts
        self.targets = targets
        self.weights = weights
    }

    /// Keeps each item's `most` heaviest edges; ties go to the lower item.
    func pruned(_ most: Int) -> ItemGraph {
        var out = ItemGraph(starts: [0], targets: [], weights: [])
        for item in 0..<count {
            var row = (Int(starts[item])..<Int(starts[item + 1])).map { (target: targets[$0], weight: weights[$0]) }
            row.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.target < $1.target }
            for entry in row.prefix(most).sorted(by: { $0.target < $1.target }) {
                out.targets.append(entry.target)
                out.weights.append(entry.weight)
            }
            out.starts.append(Int32(out.targets.count))
        }
        return out
    }

    /// scores[j] += factor · w(item, j)
    @inline(__always)
    func add(_ item: Int, factor: Float, to scores: inout [Float]) {
        for edge in Int(starts[item])..<Int(starts[item + 1]) { scores[Int(targets[edge])] += factor * weights[edge] }
    }

    /// - Throws: when offsets or targets do not fit.
    func validated(name: String) throws(TrainingError) -> ItemGraph {
        guard starts.first == 0, Int(starts.last ?? -1) == targets.count, targets.count == weights.count, weights.allSatisfy(\.isFinite),
            zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), targets.allSatisfy({ $0 >= 0 && Int($0) < count })
        else { throw TrainingError("\(name): the item graph does not fit together") }
        return self
    }
}
