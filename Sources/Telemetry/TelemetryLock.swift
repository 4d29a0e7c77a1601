import Glibc

// Unsafe: the mutex lives at a fixed heap address from init to deinit, because pthread objects must not move.

/// A pthread mutex around a value, for what is not on the message path. (The thread sanitizer does not see into Synchronization.Mutex when it is
/// contended.)
final class TelemetryLock<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<R>(_ body: (inout Value) -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
