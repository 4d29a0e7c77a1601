/// Prometheus' text exposition format, version 0.0.4.
///
/// Source: Prometheus documentation, "Exposition formats", section "Text-based format".
enum Exposition {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// In label values a backslash, a double quote and a line feed are escaped.
    static func escapedLabel(_ text: String) -> String { escaped(text, quote: true) }

    /// In help texts a backslash and a line feed are escaped.
    static func escapedHelp(_ text: String) -> String { escaped(text, quote: false) }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A number as Go's ParseFloat reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded() && value.magnitude < 1e15 { return String(Int64(value)) }
        return value.description
    }

    static func text(_ family: MetricsRegistry.Family, into output: inout String) {
        output += "# HELP \(family.name) \(escapedHelp(family.help))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
        for series in family.series {
            switch series.source {
            case .counter(let counter): line(family.name, series.labels, number(counter.value), into: &output)
            case .gauge(let gauge): line(family.name, series.labels, number(gauge.value), into: &output)
            case .reading(let read): line(family.name, series.labels, number(read()), into: &output)
            case .histogram(let histogram): text(histogram, family.name, series.labels, into: &output)
            }
        }
    }

    private static func text(_ histogram: Histogram, _ name: String, _ labels: String, into output: inout String) {
        let (cumulative, sum) = histogram.snapshot
        let prefix = labels.isEmpty ? "" : labels + ","
        for (index, count) in cumulative.enumerated() {
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            line(name + "_bucket", prefix + "le=\"\(bound)\"", String(count), into: &output)
        }
        line(name + "_sum", labels, number(sum), into: &output)
        line(name + "_count", labels, String(cumulative[cumulative.count - 1]), into: &output)
    }

    private static func line(_ name: String, _ labels: String, _ value: String, into output: inout String) {
        output += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}

extension MetricsRegistry {
    /// Every metric in Prometheus' text format, names in order. Readings are called on this thread, without a lock held.
    public func exposition() -> String {
        let (families, droppedSeries) = families()
        var output = ""
        for family in families { Exposition.text(family, into: &output) }
        let own = Family(
            name: "vitrine_metrics_dropped_series", help: "Time series that were refused because the registry's limit was reached.", kind: .gauge,
            series: [Series(labels: "", source: .reading { Double(droppedSeries) })])
        Exposition.text(own, into: &output)
        return output
    }
}
