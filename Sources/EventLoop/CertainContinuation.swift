import Locks

/// A waiting task that goes on even when whoever was to answer it is let go: a loop that ends drops what was submitted to it.
public final class CertainContinuation<Value: Sendable>: Sendable {
    private let waiting: Lock<CheckedContinuation<Value, Never>?>
    private let otherwise: @Sendable () -> Value

    /// - Parameter otherwise: what the task is told when nobody has answered.
    public init(_ continuation: CheckedContinuation<Value, Never>, otherwise: @escaping @Sendable @autoclosure () -> Value) {
        waiting = Lock(continuation)
        self.otherwise = otherwise
    }

    /// Answers; only the first answer counts.
    public func resume(returning value: Value) {
        waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }?.resume(returning: value)
    }

    deinit { resume(returning: otherwise()) }
}
