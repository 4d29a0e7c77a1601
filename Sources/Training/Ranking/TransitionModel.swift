/// What comes after what: a sparse item-to-item model whose weights follow the order and the distance of items in the users' histories.
///
/// w(i → j) = Σ over users and places a < b with (i, j) = (item at a, item at b), b − a ≤ window, of γ^(b−a−1), plus `backward` times the same
/// for (j, i), divided by (n_i + shrink)^(1−α) · (n_j + shrink)^α, where n is how often an item occurs.
/// score(j) = Σ_d decay^d · (w(i_d → j) + content·cos(i_d, j)) over the last `historyMax` items, d = 0 for the last, where cos compares the items'
/// attributes, if there are any (`ItemContent`).
///
/// This is item-to-item collaborative filtering with the direction of time kept (compare the sequential rules of Kamehkhosh, Jannach, Ludewig,
/// "A comparison of frequent pattern techniques and a deep learning method for session-based recommendation", RecTemp 2017). The shrinkage keeps
/// rare items, whose counts say little, from the top. All parameters are learnt on held-out items (`TransitionSearch`).
public struct TransitionModel: NextItemModel {
    public struct Parameters: Sendable, Equatable {
        public var backward: Double
        public var gapDecay: Double
        public var window: Int
        public var shrink: Double
        /// α: how much of the normalisation is by the target's count.
        public var targetExponent: Double
        public var historyDecay: Double
        public var historyMax: Int
        /// How much alikeness by attributes counts; nothing without attributes.
        public var content: Double

        public init(
            backward: Double = 0.6, gapDecay: Double = 0.9, window: Int = 20, shrink: Double = 12, targetExponent: Double = 0.5,
            historyDecay: Double = 0.7, historyMax: Int = 20, content: Double = 0.02
        ) {
            self.backward = backward
            self.gapDecay = gapDecay
            self.window = window
            self.shrink = shrink
            self.targetExponent = targetExponent
            self.historyDecay = historyDecay
            self.historyMax = historyMax
            self.content = content
        }
    }

    public let items: [String]
    public let parameters: Parameters
    public let graph: ItemGraph
    public let content: ItemContent?

    public init(items: [String], parameters: Parameters, graph: ItemGraph, content: ItemContent? = nil) {
        precondition(graph.count == items.count, "a transition model has a row for every item")
        self.items = items
        self.parameters = parameters
        self.graph = graph
        self.content = content
    }

    /// Counts once through the histories: linear in their length times the window.
    public init(items: [String], histories: [[Int]], parameters: Parameters, content: ItemContent? = nil) {
        var rows = [[(target: Int32, weight: Float)]](repeating: [], count: items.count)
        var counts = [Double](repeating: 0, count: items.count)
        var gaps = [Float](repeating: 1, count: parameters.window + 1)
        for gap in gaps.indices.dropFirst(2) { gaps[gap] = gaps[gap - 1] * Float(parameters.gapDecay) }
        let backward = Float(parameters.backward)
        for history in histories {
            for (place, item) in history.enumerated() {
                counts[item] += 1
                for next in (place + 1)..<max(place + 1, min(history.count, place + 1 + parameters.window)) where history[next] != item {
                    let weight = gaps[next - place]
                    rows[item].append((Int32(history[next]), weight))
                    if backward > 0 { rows[history[next]].append((Int32(item), backward * weight)) }
                }
            }
        }
        var graph = ItemGraph(count: items.count, rows: rows)
        let alpha = parameters.targetExponent
        let source = counts.map { Float(1 / power($0 + parameters.shrink, 1 - alpha)) }
        let target = counts.map { Float(1 / power($0 + parameters.shrink, alpha)) }
        for item in items.indices {
            for edge in Int(graph.starts[item])..<Int(graph.starts[item + 1]) {
                graph.weights[edge] *= source[item] * target[Int(graph.targets[edge])]
            }
        }
        self.init(items: items, parameters: parameters, graph: graph, content: content)
    }

    public func scores(after history: [Int]) -> [Float] {
        var scores = [Float](repeating: 0, count: items.count)
        let recent = history.suffix(parameters.historyMax)
        var factor: Float = 1
        for item in recent.reversed() {
            graph.add(item, factor: factor, to: &scores)
            factor *= Float(parameters.historyDecay)
        }
        if let content, parameters.content > 0 {
            content.add(after: recent, factor: Float(parameters.content), decay: Float(parameters.historyDecay), to: &scores)
        }
        return scores
    }
}
