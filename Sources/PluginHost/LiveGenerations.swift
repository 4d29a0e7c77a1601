// Unsafe: pthread's mutex lives at a fixed heap address from init to deinit; a loader thread's context is retained when it is made and released by
// it.

import Glibc
import Wire

/// The newest generation of each plugin, behind a mutex.
final class Live: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var generations: [String: PluginGeneration] = [:]
    private var numbers: [String: UInt32] = [:]
    private var loads: UInt64 = 0
    private var swiftImages = 0

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

    func generation(sha256: String) -> PluginGeneration? {
        locked { generations.values.first { $0.library.sha256 == sha256 } }
    }

    func nextNumber() -> UInt64 {
        locked {
            loads += 1
            return loads
        }
    }

    /// The next generation's number of a plugin: 1, 2, 3 …, also after it was unloaded.
    func nextGeneration(_ name: String) -> UInt32 {
        locked {
            numbers[name, default: 0] += 1
            return numbers[name, default: 1]
        }
    }

    func install(_ generation: PluginGeneration) { locked { generations[generation.manifest.name] = generation } }

    func remove(_ name: String) { locked { generations[name] = nil } }

    func mappedSwift() { locked { swiftImages += 1 } }

    /// Swift images that no live generation uses.
    var retiredSwiftImages: Int { locked { swiftImages - generations.values.count { !$0.library.isPureC } } }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// A thread for one load: copying, hashing, mapping and compiling take up to seconds.
public final class LoaderThread {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    /// Any thread.
    public static func run(_ body: @escaping @Sendable () -> Void) {
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
