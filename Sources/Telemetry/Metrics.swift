// Telemetry: how the server tells how it is doing: numbers (MetricsRegistry, MetricsEndpoint), lines (StructuredLogHandler), and where a turn's
// time went
// (TraceID, SpanRecorder).
//
// Owns: the metric values, the HTTP thread that shows them, the form of a log line. Must never: slow the message path (updates are single atomic
// operations, without
// locks), know other modules, or decide anything by what it measured. Wall-clock time is read here, for log lines, and nowhere else.
//
// Unsafe: a histogram's bucket counters are one heap allocation of atomics, made in init and freed in deinit, never moved.

import Synchronization

/// A number that only rises. Any thread, lock-free.
public final class Counter: Sendable {
    private let whole = Atomic<UInt64>(0)
    private let fraction = AtomicDouble()

    init() {}

    /// Adds a whole number.
    public func add(_ amount: UInt64 = 1) { whole.wrappingAdd(amount, ordering: .relaxed) }

    /// Adds a finite number ≥ 0; others are ignored, for a counter may not fall.
    public func add(number amount: Double) {
        if amount > 0 && amount.isFinite { fraction.add(amount) }
    }

    public var value: Double { Double(whole.load(ordering: .relaxed)) + fraction.value }
}

/// A number that rises and falls. Any thread, lock-free.
public final class Gauge: Sendable {
    private let number = AtomicDouble()

    init() {}

    public func set(_ value: Double) { number.set(value) }
    public func add(_ amount: Double) { number.add(amount) }
    public var value: Double { number.value }
}

/// Counts observations in fixed buckets. Any thread, lock-free.
public final class Histogram: Sendable {
    /// Upper bounds (inclusive), rising, without +Inf.
    public let bounds: [Double]
    nonisolated(unsafe) private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let sum = AtomicDouble()

    /// Bounds for latencies in milliseconds, 0.05 to 10,000.
    public static let latencyMsBounds: [Double] = [
        0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
    ]

    init(bounds: [Double]) {
        precondition(!bounds.isEmpty && bounds.allSatisfy(\.isFinite), "a histogram has finite bounds")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "the bounds of a histogram rise")
        self.bounds = bounds
        counts = .allocate(capacity: bounds.count + 1)
        for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: bounds.count + 1)
        counts.deallocate()
    }

    /// Counts a value in the first bucket whose bound is not below it. NaN is ignored.
    public func observe(_ value: Double) {
        if value.isNaN { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        counts[low].wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    /// The number of observations up to each bound, then of all, and their sum. The counts agree with each other; the sum may be ahead or behind
    /// by what
    /// is being observed meanwhile.
    public var snapshot: (cumulative: [UInt64], sum: Double) {
        var total: UInt64 = 0
        let cumulative = (0...bounds.count).map { index -> UInt64 in
            total &+= counts[index].load(ordering: .relaxed)
            return total
        }
        return (cumulative, sum.value)
    }
}

/// A Double that is updated without locks.
final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(Double(0).bitPattern)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var seen = bits.load(ordering: .relaxed)
        while true {
            let wanted = (Double(bitPattern: seen) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: seen, desired: wanted, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
