import Foundation

/// Runs independent pieces of work on plain threads: the result does not depend on how many.
enum ParallelMap {
    static func run<Value: Sendable>(
        count: Int, threads: Int, progress: @escaping @Sendable (Double) -> Void, _ body: @escaping @Sendable (Int) -> Value
    ) -> [Value] {
        let shared = Shared<Value>(count: count)
        let workers = max(1, min(threads, count))
        for _ in 0..<workers {
            let thread = Thread {
                while let index = shared.take() { progress(shared.put(index, body(index))) }
                shared.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        return shared.wait(for: workers)
    }

    private final class Shared<Value: Sendable>: @unchecked Sendable {
        // Invariant: everything is touched under `condition`.
        private let condition = NSCondition()
        private var next = 0
        private var left = 0
        private var done = 0
        private var values: [Value?]

        init(count: Int) { values = Array(repeating: nil, count: count) }

        func take() -> Int? {
            condition.withLock {
                guard next < values.count else { return nil }
                next += 1
                return next - 1
            }
        }

        func put(_ index: Int, _ value: Value) -> Double {
            condition.withLock {
                values[index] = value
                done += 1
                return Double(done) / Double(values.count)
            }
        }

        func leave() {
            condition.withLock {
                left += 1
                condition.broadcast()
            }
        }

        func wait(for workers: Int) -> [Value] {
            condition.withLock {
                while left < workers { condition.wait() }
                return values.compactMap { $0 }
            }
        }
    }
}
