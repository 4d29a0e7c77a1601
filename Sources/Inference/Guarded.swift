// Unsafe: pthread's mutex and condition live at fixed heap addresses from init to deinit, because they must not move; a thread's context is a box
// that is retained when the thread is made and released by the thread.

import COpenVINO
import Glibc
import Wire

/// A value behind a mutex, with a condition to wait for a change. pthread's, so that the thread sanitizer sees it.
final class Guarded<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
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

    /// - Parameter signal: whether to wake the waiting thread afterwards.
    func withLock<R>(_ body: (inout Value) -> R, signal: () -> Bool = { false }) -> R {
        pthread_mutex_lock(mutex)
        let result = body(&value)
        pthread_mutex_unlock(mutex)
        if signal() { pthread_cond_signal(condition) }
        return result
    }

    /// Waits until `body` gives something, or at most `us` microseconds (nil = for ever).
    func wait<R>(atMostUs us: UInt64?, _ body: (inout Value) -> R?) -> R? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var until = timespec()
        if let us {
            clock_gettime(CLOCK_MONOTONIC, &until)
            let nanoseconds = until.tv_nsec + Int(us) * 1_000
            until.tv_sec += nanoseconds / 1_000_000_000
            until.tv_nsec = nanoseconds % 1_000_000_000
        }
        while true {
            if let result = body(&value) { return result }
            if us == nil {
                pthread_cond_wait(condition, mutex)
            } else if pthread_cond_timedwait(condition, mutex, &until) == ETIMEDOUT {
                return body(&value)
            }
        }
    }
}

private final class ThreadBody {
    let name: String
    let nice: Int32
    let run: () -> Void

    init(name: String, nice: Int32, run: @escaping () -> Void) {
        self.name = name
        self.nice = nice
        self.run = run
    }
}

/// Starts a thread of lower priority, to be joined or detached. Threads that it starts inherit the priority.
func startThread(named name: String, nice: Int32, _ run: @escaping () -> Void) -> pthread_t {
    let context = Unmanaged.passRetained(ThreadBody(name: name, nice: nice, run: run))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            let body = Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
            cov_name_thread(body.name)
            // On Linux the nice value is the thread's own, and 0 names the calling thread. Refusal costs only the priority.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) + body.nice)
            body.run()
            return nil
        }, context.toOpaque())
    precondition(status == 0, "the system gives the few threads that inference needs")
    return thread
}

/// Runs `body` on a thread of lower priority and waits for it.
func onNiceThread<R>(_ nice: Int32, _ body: () throws(RPCStatus) -> R) throws(RPCStatus) -> R {
    var result: Result<R, RPCStatus>?
    withoutActuallyEscaping(body) { body in
        let thread = startThread(named: "model-loader", nice: nice) {
            result = Result { () throws(RPCStatus) in try body() }
        }
        pthread_join(thread, nil)
    }
    guard let result else { preconditionFailure("a joined thread has run its body") }
    return try result.get()
}
