import EventLoop

/// How sure a mean over examples is, and whether two models differ. Everything is seeded: equal inputs give equal answers.
public enum Significance {
    public struct Interval: Sendable, Equatable {
        public var low: Double
        public var high: Double
        public init(low: Double, high: Double) {
            self.low = low
            self.high = high
        }
    }

    /// The percentile bootstrap interval of a mean (Efron and Tibshirani, "An Introduction to the Bootstrap", chapter 13): `samples` times as
    /// many examples are drawn with replacement. 95 % by default.
    public static func bootstrap(_ values: [Double], confidence: Double = 0.95, samples: Int = 1_000, seed: UInt64 = 1) -> Interval {
        guard values.count > 1 else { return Interval(low: values.first ?? 0, high: values.first ?? 0) }
        var random = SeededRandom(seed: seed)
        var means: [Double] = []
        means.reserveCapacity(samples)
        for _ in 0..<samples {
            var sum = 0.0
            for _ in values.indices { sum += values[index(&random, values.count)] }
            means.append(sum / Double(values.count))
        }
        means.sort()
        let tail = (1 - confidence) / 2
        return Interval(low: quantile(means, tail), high: quantile(means, 1 - tail))
    }

    /// The same of measures that are no means: `measures` is given how often each of `count` examples was drawn, and says what each comes to (nil =
    /// nothing can be said of such a draw, which then does not count).
    static func bootstrap(count: Int, samples: Int = 1_000, seed: UInt64 = 1, _ measures: ([Double]) -> [Double?]) -> [Interval?] {
        guard count > 1 else { return [] }
        var random = SeededRandom(seed: seed)
        var drawn: [[Double]] = []
        for _ in 0..<samples {
            var weights = [Double](repeating: 0, count: count)
            for _ in 0..<count { weights[index(&random, count)] += 1 }
            let values = measures(weights)
            if drawn.isEmpty { drawn = values.map { _ in [] } }
            for (place, value) in values.enumerated() { if let value { drawn[place].append(value) } }
        }
        return drawn.map { values in
            let sorted = values.sorted()
            return sorted.isEmpty ? nil : Interval(low: quantile(sorted, 0.025), high: quantile(sorted, 0.975))
        }
    }

    /// Two models on the same examples.
    public struct Comparison: Sendable, Equatable {
        /// Mean of second − first.
        public var difference: Double
        public var interval: Interval
        /// Two-sided.
        public var pValue: Double
        public var isSignificant: Bool { pValue < 0.05 }
    }

    /// The paired randomisation test (Smucker, Allan, Carterette, "A comparison of statistical significance tests for information retrieval
    /// evaluation", CIKM 2007): how often random signs give the differences a mean at least this far from 0. The interval is a bootstrap's.
    public static func compare(_ first: [Double], _ second: [Double], samples: Int = 2_000, seed: UInt64 = 1) -> Comparison {
        precondition(first.count == second.count, "models are compared on the same examples")
        let differences = zip(first, second).map { $1 - $0 }
        let n = Double(max(differences.count, 1))
        let observed = differences.reduce(0, +) / n
        // Where both agree, a sign changes nothing.
        let unequal = differences.filter { $0 != 0 }
        var random = SeededRandom(seed: seed)
        var extreme = 1
        for _ in 0..<samples {
            var sum = 0.0
            var bits: UInt64 = 0
            for (i, difference) in unequal.enumerated() {
                if i % 64 == 0 { bits = random.next() }
                sum += bits & 1 == 1 ? difference : -difference
                bits >>= 1
            }
            if abs(sum / n) >= abs(observed) - 1e-12 { extreme += 1 }
        }
        return Comparison(
            difference: observed, interval: bootstrap(differences, seed: seed &+ 1), pValue: Double(extreme) / Double(samples + 1))
    }

    /// Two groups of different examples. `measure` says what examples come to that count so many times each. The p value is how often examples that
    /// are put into groups of these sizes by chance differ at least this far (Efron and Tibshirani, chapter 15); the interval is a bootstrap's of
    /// both groups.
    static func compareGroups<Example>(
        _ first: [Example], _ second: [Example], samples: Int = 1_000, seed: UInt64 = 1, _ measure: ([Example], [Double]) -> Double
    ) -> Comparison {
        func once(_ examples: [Example]) -> Double { measure(examples, [Double](repeating: 1, count: examples.count)) }
        let observed = once(second) - once(first)
        var random = SeededRandom(seed: seed)
        var all = first + second
        var extreme = 1
        for _ in 0..<samples {
            all.shuffle(using: &random)
            if abs(once(Array(all[first.count...])) - once(Array(all[..<first.count]))) >= abs(observed) - 1e-12 { extreme += 1 }
        }
        var differences: [Double] = []
        for _ in 0..<samples {
            let weights = [first, second].map { group in
                var weights = [Double](repeating: 0, count: group.count)
                for _ in group.indices { weights[index(&random, group.count)] += 1 }
                return weights
            }
            differences.append(measure(second, weights[1]) - measure(first, weights[0]))
        }
        differences.sort()
        return Comparison(
            difference: observed, interval: Interval(low: quantile(differences, 0.025), high: quantile(differences, 0.975)),
            pValue: Double(extreme) / Double(samples + 1))
    }

    private static func index(_ random: inout SeededRandom, _ count: Int) -> Int {
        Int((UInt64(truncatingIfNeeded: random.next() >> 32) &* UInt64(count)) >> 32)
    }

    /// Linear between the two nearest order statistics.
    private static func quantile(_ sorted: [Double], _ q: Double) -> Double {
        let place = q * Double(sorted.count - 1)
        let low = Int(place)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }
}
