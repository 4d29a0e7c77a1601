import Histogram

/// What a load did to a server. Times are in milliseconds, from histograms with three significant digits.
public struct LoadReport: Codable, Sendable, Equatable {
    /// One row: turns that begin with the same kind of action, or all.
    public struct Row: Codable, Sendable, Equatable {
        public var name: String
        public var count: UInt64
        public var mean: Double
        public var p50: Double
        public var p90: Double
        public var p99: Double
        public var p999: Double
        public var max: Double
        /// Milliseconds and how many turns took so long, for drawing.
        public var buckets: [Bucket]
    }

    public struct Bucket: Codable, Sendable, Equatable {
        public var ms: Double
        public var count: UInt64
    }

    public var format = 1
    public var target = ""
    public var clients = 0
    public var rampSeconds: Double = 0
    /// Conversations begun a second; nil = each client begins the next when the one before is over.
    public var ratePerSecond: Double?
    public var seconds: Double = 0
    public var conversations = 0
    public var failedConversations = 0
    public var turns: UInt64 = 0
    public var turnsPerSecond: Double = 0
    /// Conversations that began later than they should have, since every client was busy.
    public var lateStarts = 0
    /// From the last thing sent to the end of the turn.
    public var service: [Row] = []
    /// From when it should have been sent: what customers wait who do not hold back because the server is slow. None without a rate.
    public var response: [Row] = []
    /// The commonest reasons of failure.
    public var failures: [Failure] = []

    public struct Failure: Codable, Sendable, Equatable {
        public var reason: String
        public var count: Int
    }

    /// Reasons that are told apart.
    public static let failuresMax = 20
}

/// Latencies as they come, per kind of turn.
struct LatencyBook {
    private var all = LatencyBook.histogram()
    private var kinds: [(name: String, histogram: Histogram<UInt64>)] = []

    /// Ten minutes in microseconds; what takes longer counts as that.
    private static let usMax: UInt64 = 600_000_000

    private static func histogram() -> Histogram<UInt64> {
        Histogram<UInt64>(lowestDiscernibleValue: 1, highestTrackableValue: usMax, numberOfSignificantValueDigits: .three)
    }

    mutating func record(ms: Double, kind: String) {
        let us = UInt64(min(max(1, ms * 1_000), Double(Self.usMax)))
        _ = all.record(us)
        if let place = kinds.firstIndex(where: { $0.name == kind }) {
            _ = kinds[place].histogram.record(us)
        } else {
            var first = Self.histogram()
            _ = first.record(us)
            kinds.append((kind, first))
        }
    }

    var count: UInt64 { all.totalCount }

    /// All turns, then the kinds by name.
    func rows() -> [LoadReport.Row] {
        guard count > 0 else { return [] }
        let split = kinds.count > 1 ? kinds.sorted { $0.name < $1.name } : []
        return [row("all", all)] + split.map { row($0.name, $0.histogram) }
    }

    private func row(_ name: String, _ histogram: Histogram<UInt64>) -> LoadReport.Row {
        func ms(_ us: UInt64) -> Double { Double(us) / 1_000 }
        func percentile(_ share: Double) -> Double { ms(histogram.valueAtPercentile(share)) }
        return LoadReport.Row(
            name: name, count: histogram.totalCount, mean: (histogram.mean / 10).rounded() / 100, p50: percentile(50), p90: percentile(90),
            p99: percentile(99), p999: percentile(99.9), max: ms(histogram.max),
            buckets: histogram.logarithmicBucketValues(valueUnitsInFirstBucket: 100, logBase: 1.3).compactMap { bucket in
                bucket.countAddedInThisIterationStep == 0 ? nil : LoadReport.Bucket(ms: ms(bucket.value), count: bucket.countAddedInThisIterationStep)
            })
    }
}
