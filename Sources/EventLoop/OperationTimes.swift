import Locks

/// How long operations outside the loops take on the real clock, by kind: what the modelled costs of virtual time are set by. Any thread.
public final class OperationTimes: Sendable {
    public struct Kind: Hashable, Sendable {
        /// "inference", "compute", a store's call.
        public var what: String
        /// Which of them: the model's name.
        public var of: String
        /// What the same operation takes on a virtual clock, microseconds.
        public var modelledUs: UInt64
    }

    public struct Row: Sendable {
        public var kind: Kind
        public var count: Int
        /// Microseconds, by the nearest rank.
        public var medianUs: UInt64
        public var p90Us: UInt64
    }

    /// Of each kind the first so many are kept.
    public static let samplesMax = 100_000

    private let samples = Lock<[Kind: [UInt64]]>([:])

    public init() {}

    func note(_ kind: Kind, us: UInt64) {
        samples.withLock { samples in
            if samples[kind, default: []].count < Self.samplesMax { samples[kind, default: []].append(us) }
        }
    }

    /// By name.
    public var rows: [Row] {
        let all = samples.withLock { $0 }.map { kind, us in
            let sorted = us.sorted()
            func rank(_ percent: Int) -> UInt64 { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
            return Row(kind: kind, count: sorted.count, medianUs: rank(50), p90Us: rank(90))
        }
        return all.sorted { ($0.kind.what, $0.kind.of, $0.kind.modelledUs) < ($1.kind.what, $1.kind.of, $1.kind.modelledUs) }
    }
}
