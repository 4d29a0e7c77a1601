// Locks: the one lock of this project, below everything.
//
// Owns: a pthread mutex with a condition around a value. It must never know what it guards, and nobody holds it for longer than a few copies take:
// loops come to it.
//
// Unsafe: the mutex and the condition live at fixed heap addresses from init to deinit, because pthread objects must not move.

public import Glibc

/// A value that several threads use, one at a time; threads can wait for it to change.
///
/// Synchronization.Mutex is not used: it lies inside the runtime library, where the thread sanitizer does not see that it orders anything. It also
/// has no condition to wait for.
public final class Lock<Value>: @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let condition: UnsafeMutablePointer<pthread_cond_t>
    @usableFromInline var value: Value

    public init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Waits are measured by the clock that nobody sets.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the value while no other thread has it. Not to be called from within `body`.
    @inlinable @inline(__always)
    public func withLock<R, Failure: Error>(_ body: (inout Value) throws(Failure) -> R) throws(Failure) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }

    /// Waits until `body` gives something other than nil; it is called with the lock held, first at once and then after each `signal`.
    @inlinable
    public func wait<R>(_ body: (inout Value) -> R?) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            pthread_cond_wait(condition, mutex)
        }
    }

    /// The same for at most `us` microseconds: nil when nothing came by then.
    @inlinable
    public func wait<R>(atMostUs us: UInt64, _ body: (inout Value) -> R?) -> R? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        let nanoseconds = until.tv_nsec + Int(us % 1_000_000) * 1_000
        until.tv_sec += Int(us / 1_000_000) + nanoseconds / 1_000_000_000
        until.tv_nsec = nanoseconds % 1_000_000_000
        while true {
            if let result = body(&value) { return result }
            if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT { return body(&value) }
        }
    }

    /// Wakes one waiting thread. With or without the lock.
    @inlinable
    public func signal() { pthread_cond_signal(condition) }

    /// Wakes every waiting thread.
    @inlinable
    public func signalAll() { pthread_cond_broadcast(condition) }
}
