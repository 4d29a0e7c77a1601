// Unsafe: pthread's mutex lives at a fixed heap address from init to deinit; a loader thread's context is retained when it is made and released by
// it.

import Glibc

/// The newest generation of each plugin, behind a mutex.
final class Live: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var generations: [String: PluginGeneration] = [:]
    private var loads: UInt64 = 0

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func generation(_ name: String) -> PluginGeneration? { locked { generations[name] } }

    func nextNumber() -> UInt64 {
        locked {
            loads += 1
            return loads
        }
    }

    /// The generation that `make` gives for the next number becomes the live one.
    func install(_ name: String, _ make: (UInt32) -> PluginGeneration) -> PluginGeneration {
        locked {
            let old = generations[name]
            let generation = make((old?.number ?? 0) + 1)
            old?.drain()
            generations[name] = generation
            return generation
        }
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// A thread for one load: copying, hashing, mapping and compiling take up to seconds.
final class LoaderThread {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    static func run(_ body: @escaping @Sendable () -> Void) {
        let context = Unmanaged.passRetained(LoaderThread(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<LoaderThread>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "the system gives a thread for a load")
        pthread_detach(thread)
    }
}
