import Locks

/// The metrics of a process, by name and labels, and their Prometheus text.
///
/// Names and labels are checked when a metric is made (they are the programmer's; for names from elsewhere ask `isValidName` first). Making a
/// metric takes a lock,
/// so keep what you get; updating it takes none. The same name and labels give the same metric.
public final class MetricsRegistry: Sendable {
    /// Time series, over all names, that are kept at most; more are counted in `vitrine_metrics_dropped_series` and not shown.
    public let seriesMax: Int
    private let state = Lock(State())

    enum Source {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case reading(@Sendable () -> Double)
    }

    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    struct Series {
        /// `name="value",…`, escaped, in the order given.
        let labels: String
        let source: Source
    }

    struct Family {
        let name: String
        let help: String
        let kind: Kind
        var series: [Series]
    }

    private struct State {
        /// By name, so that the text does not depend on the order of registration.
        var families: [Family] = []
        var seriesCount = 0
        var droppedSeries: UInt64 = 0
    }

    public init(seriesMax: Int = 10_000) { self.seriesMax = seriesMax }

    /// - Parameter name: as Prometheus wants it, ending in `_total`.
    public func counter(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Counter {
        guard case .counter(let counter) = series(name, help, .counter, labels, { .counter(Counter()) }) else { return Counter() }
        return counter
    }

    /// - Parameter name: ends in its unit, such as `_bytes`.
    public func gauge(_ name: String, help: String, labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        guard case .gauge(let gauge) = series(name, help, .gauge, labels, { .gauge(Gauge()) }) else { return Gauge() }
        return gauge
    }

    /// A gauge that is read when somebody looks, on the thread of whoever looks. The first reading of a name and labels stays.
    public func gauge(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:], read: @escaping @Sendable () -> Double
    ) {
        _ = series(name, help, .gauge, labels) { .reading(read) }
    }

    /// A counter that is kept elsewhere and read when somebody looks, on the thread of whoever looks; it may not fall.
    public func counter(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:], read: @escaping @Sendable () -> Double
    ) {
        _ = series(name, help, .counter, labels) { .reading(read) }
    }

    /// - Parameter bounds: upper bounds, rising, finite; +Inf is added.
    public func histogram(
        _ name: String, help: String, labels: KeyValuePairs<String, String> = [:], bounds: [Double] = Histogram.latencyMsBounds
    ) -> Histogram {
        guard case .histogram(let histogram) = series(name, help, .histogram, labels, { .histogram(Histogram(bounds: bounds)) }) else {
            return Histogram(bounds: bounds)
        }
        return histogram
    }

    /// Whether Prometheus takes the name for a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    public static func isValidName(_ name: String) -> Bool { isName(name, colon: true) }

    /// Whether Prometheus takes the name for a label: `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`.
    public static func isValidLabel(_ name: String) -> Bool { isName(name, colon: false) && !name.hasPrefix("__") }

    private static func isName(_ name: String, colon: Bool) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy { byte in
            isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
                || (colon && byte == UInt8(ascii: ":"))
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// The families as they are now, with the number of series that were refused.
    func families() -> (families: [Family], droppedSeries: UInt64) { state.withLock { ($0.families, $0.droppedSeries) } }

    /// The metric of this name and these labels, made if it does not exist. Nil if the limit of series is reached.
    private func series(
        _ name: String, _ help: String, _ kind: Kind, _ labels: KeyValuePairs<String, String>, _ make: () -> Source
    ) -> Source? {
        precondition(Self.isValidName(name), "a metric's name is [a-zA-Z_:][a-zA-Z0-9_:]*")
        for (label, _) in labels {
            precondition(Self.isValidLabel(label) && (kind != .histogram || label != "le"), "a label's name is [a-zA-Z_][a-zA-Z0-9_]*")
        }
        let text = labels.map { "\($0.key)=\"\(Exposition.escapedLabel($0.value))\"" }.joined(separator: ",")
        return state.withLock { state in
            let place = state.families.firstIndex { $0.name >= name } ?? state.families.count
            let known = place < state.families.count && state.families[place].name == name
            if known {
                precondition(state.families[place].kind == kind, "a metric's name stands for one kind")
                if let found = state.families[place].series.first(where: { $0.labels == text }) { return found.source }
            }
            guard state.seriesCount < seriesMax else {
                state.droppedSeries += 1
                return nil
            }
            state.seriesCount += 1
            if !known { state.families.insert(Family(name: name, help: help, kind: kind, series: []), at: place) }
            let source = make()
            let position = state.families[place].series.firstIndex { $0.labels > text } ?? state.families[place].series.count
            state.families[place].series.insert(Series(labels: text, source: source), at: position)
            return source
        }
    }
}
