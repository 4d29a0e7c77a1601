/// How alike items are by their attributes: cosine of TF-IDF vectors, idf(v) = ln(items / items with v).
///
/// What few users touched has hardly any neighbours by behaviour; by brand and kind it has many.
public struct ItemContent: Sendable, Equatable {
    /// Item to attribute, rows of length 1.
    let attributes: ItemGraph
    /// Attribute to item.
    private let postings: ItemGraph

    /// - Parameter items: in the order of the model; items without attributes are like no other.
    public init(items: [String], attributes: ItemAttributes) {
        var index: [String: Int32] = [:]
        var rows: [[(target: Int32, weight: Float)]] = []
        var counts: [Float] = []
        for item in items {
            var row: [(target: Int32, weight: Float)] = []
            for value in (attributes.values[item] ?? []).sorted() {
                let number = index[value] ?? Int32(counts.count)
                if index.updateValue(number, forKey: value) == nil { counts.append(0) }
                counts[Int(number)] += 1
                row.append((number, 1))
            }
            rows.append(row)
        }
        let total = Float(items.count)
        for (item, row) in rows.enumerated() {
            var weighted = row.map { (target: $0.target, weight: Float(logarithm(Double(total / counts[Int($0.target)])))) }
            let length = weighted.reduce(Float(0)) { $0 + $1.weight * $1.weight }.squareRoot()
            if length > 0 { weighted = weighted.map { ($0.target, $0.weight / length) } }
            rows[item] = weighted
        }
        self.init(attributes: ItemGraph(count: items.count, rows: rows))
    }

    init(attributes: ItemGraph) {
        self.attributes = attributes
        let count = Int(attributes.targets.max() ?? -1) + 1
        var rows = [[(target: Int32, weight: Float)]](repeating: [], count: count)
        for item in 0..<attributes.count {
            for edge in Int(attributes.starts[item])..<Int(attributes.starts[item + 1]) {
                rows[Int(attributes.targets[edge])].append((Int32(item), attributes.weights[edge]))
            }
        }
        postings = ItemGraph(count: count, rows: rows)
    }

    /// scores[j] += factor · Σ_d decay^d · cos(i_d, j)
    func add(after history: ArraySlice<Int>, factor: Float, decay: Float, to scores: inout [Float]) {
        var profile: [Int32: Float] = [:]
        var weight = factor
        for item in history.reversed() {
            for edge in Int(attributes.starts[item])..<Int(attributes.starts[item + 1]) {
                profile[attributes.targets[edge], default: 0] += weight * attributes.weights[edge]
            }
            weight *= decay
        }
        // In a fixed order: sums of floats depend on it.
        for (value, weight) in profile.sorted(by: { $0.key < $1.key }) { postings.add(Int(value), factor: weight, to: &scores) }
    }
}
