/// The baseline: cosine of items over the users who had both, summed over the last ten items with weights 0.6 to the power of their age.
///
/// score(j) = Σ_d 0.6^d · |U(i_d) ∩ U(j)| / √(|U(i_d)|·|U(j)|), d = 0 for the last item. (Sarwar et al., "Item-based collaborative filtering
/// recommendation algorithms", WWW 2001.)
public struct ItemKNN: NextItemModel {
    public let items: [String]
    private let graph: ItemGraph
    static let historyMax = 10
    static let decay: Float = 0.6

    public init(_ behaviour: Behaviour) {
        items = behaviour.items
        var rows = [[(target: Int32, weight: Float)]](repeating: [], count: items.count)
        var counts = [Float](repeating: 0, count: items.count)
        for history in behaviour.histories {
            let distinct = Set(history).sorted()
            for item in distinct {
                counts[item] += 1
                for other in distinct where other != item { rows[item].append((Int32(other), 1)) }
            }
        }
        var graph = ItemGraph(count: items.count, rows: rows)
        for item in items.indices {
            for edge in Int(graph.starts[item])..<Int(graph.starts[item + 1]) {
                graph.weights[edge] /= (counts[item] * counts[Int(graph.targets[edge])]).squareRoot()
            }
        }
        self.graph = graph
    }

    public func scores(after history: [Int]) -> [Float] {
        var scores = [Float](repeating: 0, count: items.count)
        var factor: Float = 1
        for item in history.suffix(Self.historyMax).reversed() {
            graph.add(item, factor: factor, to: &scores)
            factor *= Self.decay
        }
        return scores
    }
}
