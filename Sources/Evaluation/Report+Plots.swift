extension EvaluationReport {
    private static let colours = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a"]
    private static func colour(_ place: Int) -> String { colours[place % colours.count] }
    private static func whole(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    /// A plot for each kind of curve, then the bars.
    func plots() -> String {
        var kinds: [String] = []
        for curve in curves where !kinds.contains(curve.name) { kinds.append(curve.name) }
        return kinds.map { kind in plot(kind, curves.filter { $0.name == kind }) }.joined() + bars.map(plot).joined()
    }

    /// Places: x is the place of the value among the x of all lines (k = 1, 5, 10, … stand equally far apart), y goes from 0 to the largest value.
    /// Unit: both go from 0 to 1, and the diagonal is where they are equal.
    private func plot(_ name: String, _ lines: [Curve]) -> String {
        let (width, height, margin) = (440.0, 260.0, 40.0)
        let isUnit = lines.allSatisfy { $0.axis == .unit }
        let xs = isUnit ? [0, 0.5, 1] : Array(Set(lines.flatMap(\.x))).sorted()
        let top = isUnit ? 1 : max(lines.flatMap(\.y).max() ?? 1, 1e-9)
        func place(_ x: Double, _ y: Double) -> (Double, Double) {
            let step = isUnit ? min(max(x, 0), 1) : xs.count > 1 ? Double(xs.firstIndex(of: x) ?? 0) / Double(xs.count - 1) : 0.5
            return (margin + step * (width - 2 * margin), height - margin - max(0, y) / top * (height - 2 * margin))
        }
        func point(_ x: Double, _ y: Double) -> String { "\(Self.whole(place(x, y).0)),\(Self.whole(place(x, y).1))" }
        var svg = "<figure><svg width=\"\(Int(width))\" height=\"\(Int(height))\" role=\"img\" aria-label=\"\(Self.escape(name))\">"
        svg += "<path d=\"M\(margin) \(margin) V\(height - margin) H\(width - margin)\" fill=\"none\" stroke=\"#999\"/>"
        svg += "<text x=\"\(margin)\" y=\"\(margin - 8)\" font-size=\"12\">\(Self.number(top))</text>"
        if isUnit { svg += "<polyline points=\"\(point(0, 0)) \(point(1, 1))\" fill=\"none\" stroke=\"#999\" stroke-dasharray=\"4 4\"/>" }
        for x in xs {
            let at = Self.whole(place(x, 0).0)
            svg += "<text x=\"\(at)\" y=\"\(height - margin + 16)\" font-size=\"12\" text-anchor=\"middle\">\(Self.whole(x))</text>"
        }
        for (index, line) in lines.enumerated() {
            let colour = Self.colour(index)
            let points = zip(line.x, line.y).map { point($0, $1) }
            svg += "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
            if isUnit {
                for (x, y) in zip(line.x, line.y) {
                    svg += "<circle cx=\"\(Self.whole(place(x, y).0))\" cy=\"\(Self.whole(place(x, y).1))\" r=\"3\" fill=\"\(colour)\"/>"
                }
            }
            svg += "<text x=\"\(width - margin)\" y=\"\(margin + 14 * Double(index))\" font-size=\"12\" text-anchor=\"end\" fill=\"\(colour)\">"
            svg += "\(Self.escape(line.model))</text>"
        }
        return svg + "</svg><figcaption>\(Self.escape(name))</figcaption></figure>\n"
    }

    /// Lying bars from 0 to 1, a group a label, a bar a model, with the interval as a line.
    private func plot(_ chart: Bars) -> String {
        let (width, margin, row, gap) = (640.0, 20.0, 14.0, 8.0)
        var labels: [String] = []
        var names: [String] = []
        for bar in chart.bars {
            if !labels.contains(bar.label) { labels.append(bar.label) }
            if !names.contains(bar.model) { names.append(bar.model) }
        }
        let label = Double(min(30, labels.map(\.count).max() ?? 0)) * 7 + 10
        let scale = width - label - 2 * margin - 50
        let height = Double(chart.bars.count) * row + Double(labels.count) * gap + Double(names.count) * 16 + 2 * margin
        var svg = "<figure><svg width=\"\(Int(width))\" height=\"\(Int(height))\" role=\"img\" aria-label=\"\(Self.escape(chart.name))\">"
        var y = margin
        for (place, name) in names.enumerated() where names.count > 1 {
            svg += "<text x=\"\(Self.whole(label + margin))\" y=\"\(Self.whole(y))\" font-size=\"12\" fill=\"\(Self.colour(place))\">"
            svg += "\(Self.escape(name))</text>"
            y += 16
        }
        for text in labels {
            let group = chart.bars.filter { $0.label == text }
            let middle = y + Double(group.count) * row / 2 + 4
            svg += "<text x=\"\(Self.whole(label + margin - 6))\" y=\"\(Self.whole(middle))\" font-size=\"12\" text-anchor=\"end\">"
            svg += "\(Self.escape(text))</text>"
            for bar in group {
                let colour = Self.colour(names.firstIndex(of: bar.model) ?? 0)
                func x(_ value: Double) -> String { Self.whole(label + margin + min(max(value, 0), 1) * scale) }
                let length = Self.whole(min(max(bar.value, 0), 1) * scale)
                svg +=
                    "<rect x=\"\(x(0))\" y=\"\(Self.whole(y + 2))\" width=\"\(length)\" height=\"\(row - 4)\" fill=\"\(colour)\" opacity=\"0.75\"/>"
                if let low = bar.low, let high = bar.high { svg += "<path d=\"M\(x(low)) \(Self.whole(y + row / 2)) H\(x(high))\" stroke=\"#222\"/>" }
                svg += "<text x=\"\(Self.whole(label + margin + scale + 6))\" y=\"\(Self.whole(y + row - 3))\" font-size=\"11\">"
                svg += "\(Self.number(bar.value))</text>"
                y += row
            }
            y += gap
        }
        return svg + "</svg><figcaption>\(Self.escape(chart.name))</figcaption></figure>\n"
    }
}
