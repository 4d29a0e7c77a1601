// Unsafe: a loader thread's context is retained when it is made and released by it.

import EventLoop
import Glibc
import Locks
import Wire

/// The newest generation of each plugin, behind a lock.
final class Live: Sendable {
    private struct State {
        var generations: [String: PluginGeneration] = [:]
        var numbers: [String: UInt32] = [:]
        var loads: UInt64 = 0
        var swiftImages = 0
    }

    private let state = Lock(State())

    func generation(_ name: String) -> PluginGeneration? { state.withLock { $0.generations[name] } }

    func generation(sha256: String) -> PluginGeneration? {
        state.withLock { state in state.generations.values.first { $0.library.sha256 == sha256 } }
    }

    func nextNumber() -> UInt64 {
        state.withLock { state in
            state.loads += 1
            return state.loads
        }
    }

    /// The next generation's number of a plugin: 1, 2, 3 …, also after it was unloaded.
    func nextGeneration(_ name: String) -> UInt32 {
        state.withLock { state in
            state.numbers[name, default: 0] += 1
            return state.numbers[name, default: 1]
        }
    }

    func install(_ generation: PluginGeneration) { state.withLock { $0.generations[generation.manifest.name] = generation } }

    func remove(_ name: String) { state.withLock { $0.generations[name] = nil } }

    func mappedSwift() { state.withLock { $0.swiftImages += 1 } }

    /// Swift images that no live generation uses.
    var retiredSwiftImages: Int {
        state.withLock { state in state.swiftImages - state.generations.values.count { !$0.library.isPureC } }
    }
}

/// A thread for one load: copying, hashing, mapping and compiling take up to seconds.
public final class LoaderThread {
    /// Added to the process's nice value for the thread, which the probe and the gate it starts inherit, as they do that it gives way at once: a loop
    /// that wants the processor gets it first.
    public static let niceIncrement: Int32 = 10

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
                let thread = Unmanaged<LoaderThread>.fromOpaque(context).takeRetainedValue()
                ThreadPriority.lower(by: LoaderThread.niceIncrement)
                ThreadPriority.giveWayAtOnce()
                thread.body()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "the system gives a thread for a load")
        pthread_detach(thread)
    }
}
