// EventLoop: libuv in Swift. One loop is one thread's event loop, executor, clock and timers; around it sockets, signals and a compute pool.
//
// Owns: the libuv loop and every handle on it, the queue of work, the timers, the read buffer, the threads of the compute pool.
// Must never: know what the bytes mean, block the loop, call a client's closure off its loop, or read time and chance from anywhere else than here.
//
// Life:   init ──start()/run()──▶ running ──stop()──▶ draining (handles close, work runs) ──▶ ended (join returns)
//
// Unsafe: libuv handles are heap allocations made in init (here) or by the stream, listener or watcher that owns them. Each handle's `data` is an
// unretained
// pointer to the loop (handles here) or a retained one to its owner (elsewhere), which the close callback gives back: a handle never outlives its
// owner.

import CLibuv
import Glibc
import Locks
import Synchronization

/// A libuv loop: callbacks for sockets and timers, and the executor of actors and tasks that belong to it.
///
/// Work that reaches the loop (`submit`, `nextTick`, jobs of actors and tasks) runs first in, first out per sender.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    public let name: String
    /// The loop's number among its siblings, chosen by who made it.
    public let index: Int
    public let mode: LoopClock.Mode

    // Any thread.
    let mailbox = Lock(Mailbox())
    let threadID = Atomic<UInt>(0)
    let clockUs: Atomic<UInt64>
    /// Set on a virtual loop: tells its time, keeps its timers and runs it.
    let virtualClock: VirtualClock?
    let wakeDescriptor: Int32
    private let thread = Lock(ThreadState())

    // Loop only.
    let uv: UnsafeMutablePointer<uv_loop_t>
    let handles: LoopHandles
    var ring = Ring<Work>()
    /// Empty but while the mailbox is being emptied.
    var inbox: [Work] = []
    var timers = TimerHeap()
    let operationTimes: OperationTimes?
    /// Timers made so far.
    var orders: UInt64 = 0
    var armedMs: UInt64 = 0
    /// Rises with everything that comes from outside; a virtual clock moves only when a whole poll left it unchanged.
    var activity: UInt64 = 0
    var isSpinning = false
    /// The loop ends: timers do not fire any more. Read on the loop.
    public internal(set) var isStopping = false
    /// Handles of streams, listeners and watchers that are not closed yet.
    var ownedHandles = 0
    var generator: SeededRandom
    /// Streams with output that was not offered to the kernel yet.
    var unflushed: [ByteStream] = []
    var spareOutputs: [[UInt8]] = []
    /// Open streams within the process, by the order in which they were made.
    var memoryStreams: [UInt64: ByteStream] = [:]
    var nextMemoryStream: UInt64 = 1
    let readBuffer: UnsafeMutableRawBufferPointer

    /// Bytes of the read buffer, of which a loop has one: what `ByteStream.onBytes` gets at most at a time.
    public static let readBytesMax = 64 * 1024

    private struct ThreadState {
        var handle: pthread_t?
        var began = false
        var ended = false
    }

    /// - Parameters:
    ///   - name: shown as the thread's name, its first 15 bytes.
    ///   - clock: a virtual loop made with this alone has a clock of its own.
    ///   - seed: where `random()` begins. Without one a real loop takes it from the system and a virtual one takes its index.
    /// - Throws: `resourceExhausted` or `system` when the kernel gives no descriptors.
    public convenience init(name: String, index: Int = 0, clock: LoopClock.Mode = .real, seed: UInt64? = nil) throws(LoopError) {
        try self.init(name: name, index: index, sharing: clock == .virtual ? VirtualClock() : nil, seed: seed)
    }

    /// A loop on the virtual clock that it shares with other loops; on the real one when there is none.
    /// - Parameter operationTimes: takes how long operations outside take, on the real clock.
    public init(
        name: String, index: Int = 0, sharing virtualClock: VirtualClock?, seed: UInt64? = nil, operationTimes: OperationTimes? = nil
    ) throws(LoopError) {
        _ = Self.ignoreBrokenPipes
        let clock: LoopClock.Mode = virtualClock == nil ? .real : .virtual
        self.name = name
        self.index = index
        self.virtualClock = virtualClock
        self.operationTimes = operationTimes
        mode = clock
        clockUs = Atomic(clock == .virtual ? LoopClock.startUs : LoopClock.realUs())
        generator = SeededRandom(seed: seed ?? (clock == .virtual ? UInt64(index) : Self.systemSeed()))
        uv = .allocate(capacity: 1)
        let status = uv_loop_init(uv)
        let wake = status == 0 ? eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) : -1
        let wakeError = errno
        wakeDescriptor = wake
        handles = LoopHandles()
        readBuffer = .allocate(byteCount: Self.readBytesMax, alignment: 16)
        guard status == 0 && wake >= 0 else {
            if status == 0 { uv_loop_close(uv) }
            handles.deallocate()
            readBuffer.deallocate()
            uv.deallocate()
            isReleased = true
            throw LoopError(uv: status == 0 ? -wakeError : status, "cannot make the event loop \(name)")
        }
        // A virtual loop is run by its clock, not by libuv.
        if clock == .real { handles.start(loop: self) }
    }

    private var isReleased = false

    deinit {
        // A loop that never ran still has its own handles; one that ran has closed them.
        if !isReleased { release() }
    }

    /// Runs the loop on a thread of its own.
    public func start() {
        let first = thread.withLock { state in
            defer { state.began = true }
            return !state.began
        }
        precondition(first, "a loop runs once")
        if let virtualClock { return virtualClock.start(self) }
        let context = Unmanaged.passRetained(self)
        var handle = pthread_t()
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
                vitrine_name_thread(loop.name)
                loop.runThread()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "the system gives a thread for each loop")
        thread.withLock { $0.handle = handle }
    }

    /// Runs the loop until `stop`: on the calling thread, or, a virtual one, on the thread of its clock, which is waited for.
    public func run() {
        if mode == .virtual {
            start()
            return join()
        }
        let first = thread.withLock { state in
            defer { state.began = true }
            return !state.began
        }
        precondition(first, "a loop runs once")
        runThread()
    }

    /// Ends the loop: closes every stream, listener and watcher (their `onClose` is called), drops the timers, runs the work that was submitted,
    /// and ends the thread. Any thread; calling it again does nothing. What is submitted after the end is dropped.
    public func stop() {
        submit { [self] in
            guard !isStopping else { return }
            isStopping = true
            uv_stop(uv)
        }
    }

    /// Waits until a loop that was started has ended. Not on the loop itself.
    public func join() {
        precondition(!isCurrent && virtualClock?.isDriver != true, "a loop cannot wait for its own end")
        thread.wait { $0.ended || !$0.began ? () : nil }
        let handle = thread.withLock { state in
            defer { state.handle = nil }
            return state.handle
        }
        if let handle { pthread_join(handle, nil) }
    }

    /// Whether the loop runs nothing any more, or for the last time. Any thread.
    public var hasEnded: Bool { isCurrent ? isStopping : thread.withLock { $0.ended } }

    private func runThread() {
        threadID.store(UInt(pthread_self()), ordering: .releasing)
        Self.enter(self)
        LoopRun.untilStopped(self)
        ended()
        Self.enter(nil)
        threadID.store(0, ordering: .releasing)
    }

    /// The loop has run for the last time.
    func ended() {
        release()
        thread.withLock { $0.ended = true }
        thread.signalAll()
    }

    /// Closes the loop's own handles and frees everything libuv needed.
    private func release() {
        isReleased = true
        if mode == .real { handles.close() }
        while uv_run(uv, UV_RUN_DEFAULT) != 0 {}
        let status = uv_loop_close(uv)
        precondition(status == 0, "every handle of a loop is closed before the loop")
        close(wakeDescriptor)
        handles.deallocate()
        readBuffer.deallocate()
        uv.deallocate()
    }

    /// Writing to a closed socket must give an error, not end the process.
    private static let ignoreBrokenPipes: Void = {
        signal(SIGPIPE, SIG_IGN)
    }()

    private static func systemSeed() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
