extension EvaluationReport {
    /// One page without scripts or anything from outside: tables, and a plot for each kind of curve.
    public func html() -> String {
        var out = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Vitrine: \(Self.escape(task))</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
            table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
            th:first-child, td:first-child { text-align: left } small { color: #777 } .better { color: #0a7a2f } .worse { color: #b00020 }
            svg { margin: 1rem 1rem 0 0 } figcaption { font-size: 13px; color: #555 } figure { display: inline-block; margin: 0 }
            </style></head><body>
            <h1>Evaluation: \(Self.escape(task))</h1>
            <p>\(data.map { "\(Self.escape($0.name)): <b>\(Self.escape($0.value))</b>" }.joined(separator: " · "))</p>
            <table><tr><th></th>\(models.map { "<th>\(Self.escape($0.name))</th>" }.joined())</tr>

            """
        for name in names {
            out += "<tr><td>\(Self.escape(name))</td>"
            let values = models.compactMap { $0.value(name) }
            let best = isLowerBetter(name) ? values.min() : values.max()
            for model in models {
                guard let row = model.measures.first(where: { $0.name == name }) else {
                    out += "<td>–</td>"
                    continue
                }
                let number = Self.number(row.value)
                out += "<td>" + (models.count > 1 && row.value == best ? "<b>\(number)</b>" : number)
                if let low = row.low, let high = row.high { out += " <small>\(Self.number(low)) – \(Self.number(high))</small>" }
                out += "</td>"
            }
            out += "</tr>\n"
        }
        out += "</table>\n<p><small>Small print: 95 % bootstrap intervals over the examples. Bold: the best.</small></p>\n"
        out += comparisonTable() + plots()
        return out + "</body></html>\n"
    }

    private func comparisonTable() -> String {
        guard !comparisons.isEmpty else { return "" }
        var out = "<h2>Side by side</h2>\n<table><tr><th>measure</th><th>second − first</th><th>difference</th><th>95 %</th><th>p</th></tr>\n"
        for row in comparisons {
            let style = row.pValue >= 0.05 ? "" : (row.difference > 0) != row.lowerIsBetter ? " class=\"better\"" : " class=\"worse\""
            out += "<tr><td>\(Self.escape(row.measure))</td><td>\(Self.escape(row.second)) − \(Self.escape(row.first))</td>"
            out += "<td\(style)>\(Self.number(row.difference))</td><td>\(Self.number(row.low)) – \(Self.number(row.high))</td>"
            out += "<td>\(Self.number(row.pValue))</td></tr>\n"
        }
        return out + "</table>\n<p><small>Paired randomisation test; coloured where p &lt; 0.05.</small></p>\n"
    }

    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
