// Unsafe: polls descriptors (its own eventfd and libuv's); arrays passed to the kernel live until the call returns.

import CLibuv
import Glibc
import Locks
import Synchronization

/// The one clock of all virtual loops that were made with it, and the thread that runs them.
///
/// Time stands still while anything is left to compute on any of the loops, or while a `PendingToken` is held; then it jumps to the next event,
/// which runs, with everything that follows from it on whichever loop, before the next one. So the order of everything is that of
/// `VirtualTime`, with one loop or with many. Loops of one clock share one thread: which of them runs is part of the order, not of chance.
///
/// Operations outside (inference, compute jobs, stores) run on their own threads meanwhile; only their results wait for their time.
public final class VirtualClock: @unchecked Sendable {
    // Invariant: `shared` and the atomics are for any thread; everything below them is touched on the driving thread alone.
    let nowUs = Atomic<UInt64>(LoopClock.startUs)
    private let tokens = Atomic<Int>(0)
    private let driver = Atomic<UInt>(0)
    private let shared = Lock(Shared())
    private let wakeDescriptor: Int32

    private var time = VirtualTime()
    private var loops: [EventLoop] = []
    private var timers: [UInt64: LoopTimer] = [:]

    private struct Shared {
        var joining: [EventLoop] = []
        var hasDriver = false
        var hasMail = false
        var isAsleep = false
    }

    /// Rounds over the loops after which mail is looked at although work is left, so that an endless chain can be stopped.
    static let workRoundsMax = 1_000

    /// - Throws: `resourceExhausted` or `system` when the kernel gives no descriptor.
    public init() throws(LoopError) {
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        if wakeDescriptor < 0 { throw LoopError(uv: -errno, "cannot make a virtual clock") }
    }

    deinit { close(wakeDescriptor) }

    // MARK: Any thread

    /// Whether the caller runs on the thread that drives the loops.
    var isDriver: Bool { driver.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// A loop begins to run.
    func start(_ loop: EventLoop) {
        let needsDriver = shared.withLock { shared in
            shared.joining.append(loop)
            if shared.isAsleep { wake(&shared) }
            defer { shared.hasDriver = true }
            return !shared.hasDriver
        }
        if needsDriver { startDriver() }
    }

    /// A loop's mailbox has something.
    func mailCame() {
        shared.withLock { shared in
            shared.hasMail = true
            if shared.isAsleep { wake(&shared) }
        }
    }

    func hold() { tokens.add(1, ordering: .acquiringAndReleasing) }

    func letGo() {
        let left = tokens.subtract(1, ordering: .acquiringAndReleasing).newValue
        precondition(left >= 0, "every token is released once")
        if left == 0 && !isDriver { mailCame() }
    }

    private func wake(_ shared: inout Shared) {
        shared.isAsleep = false
        var one: UInt64 = 1
        // EAGAIN would mean that 2^64-2 wakes wait already: one of them is enough.
        _ = write(wakeDescriptor, &one, 8)
    }

    private func startDriver() {
        let context = Unmanaged.passRetained(self)
        var handle = pthread_t()
        let status = pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let clock = Unmanaged<VirtualClock>.fromOpaque(context).takeRetainedValue()
                vitrine_name_thread("virtual-loops")
                clock.drive()
                return nil
            }, context.toOpaque())
        precondition(status == 0, "the system gives a thread for virtual loops")
        pthread_detach(handle)
    }

    // MARK: On the driving thread

    func schedule(_ timer: LoopTimer, key: UInt64? = nil, ready: Bool = true) {
        timer.order = time.schedule(dueUs: timer.dueUs, key: key, ready: ready)
        timers[timer.order] = timer
    }

    func cancel(_ timer: LoopTimer) {
        time.cancel(timer.order)
        timers[timer.order] = nil
    }

    /// What was reserved has come. A loop that ends waits for no time any more.
    func complete(_ timer: LoopTimer, _ body: @escaping () -> Void) {
        guard timers[timer.order] === timer else {
            if timer.loop.isStopping { body() }
            return
        }
        timer.body = body
        time.ready(timer.order)
    }

    private func drive() {
        driver.store(UInt(pthread_self()), ordering: .relaxed)
        while admit() {
            runWork()
            if endStopped() { continue }
            if pollSockets() || takeMail() { continue }
            switch time.next(heldBy: tokens.load(ordering: .acquiring)) {
            case .fire(let order): fire(order)
            case .awaitCompletion, .held, .idle: sleep()
            }
        }
    }

    /// Takes in loops that begin to run. False when none is left: the thread ends.
    private func admit() -> Bool {
        shared.withLock { shared in
            // What was sent to them before they were here is mail still.
            if !shared.joining.isEmpty { shared.hasMail = true }
            loops.append(contentsOf: exchange(&shared.joining, with: []))
            if loops.isEmpty {
                shared.hasDriver = false
                driver.store(0, ordering: .relaxed)
            }
            return !loops.isEmpty
        }
    }

    private func inside(_ loop: EventLoop, _ body: () -> Void) {
        loop.enter()
        body()
        loop.leave()
    }

    private func fire(_ order: UInt64) {
        nowUs.store(time.nowUs, ordering: .relaxed)
        guard let timer = timers.removeValue(forKey: order), let body = timer.body else { return }
        if timer.periodUs == 0 {
            timer.body = nil
        } else {
            timer.dueUs &+= timer.periodUs
            schedule(timer, key: time.key)
        }
        inside(timer.loop) { body() }
    }

    /// Runs everything that is left to compute.
    private func runWork() {
        var rounds = 0
        var isBusy = true
        while isBusy && rounds < Self.workRoundsMax {
            isBusy = false
            rounds += 1
            for loop in loops where loop.hasWork {
                isBusy = true
                inside(loop) {
                    loop.runRing()
                    loop.flushStreams()
                }
            }
        }
        if isBusy { _ = takeMail(keepingKey: true) }
    }

    /// True when anything came.
    private func takeMail(keepingKey: Bool = false) -> Bool {
        guard shared.withLock({ exchange(&$0.hasMail, with: false) }) else { return false }
        if !keepingKey { time.outside() }
        for loop in loops { loop.takeMail(sleeping: false) }
        return true
    }

    /// Lets libuv see to the loops' sockets; true when anything happened there.
    private func pollSockets() -> Bool {
        var happened = false
        for loop in loops where loop.ownedHandles > 0 {
            let before = loop.activity
            inside(loop) { uv_run(loop.uv, UV_RUN_NOWAIT) }
            if loop.activity != before || loop.hasWork { happened = true }
        }
        return happened
    }

    /// True when a loop has ended: it may have told another.
    private func endStopped() -> Bool {
        var hasEnded = false
        for loop in loops where loop.isStopping {
            for order in timers.keys.sorted() where timers[order]?.loop === loop {
                guard let timer = timers[order] else { continue }
                cancel(timer)
                timer.body = nil
            }
            inside(loop) { LoopRun.drain(loop) }
            loops.removeAll { $0 === loop }
            loop.ended()
            hasEnded = true
        }
        return hasEnded
    }

    /// Waits for mail, for a token to be released, or for a socket.
    private func sleep() {
        let mayWait = shared.withLock { shared in
            guard !shared.hasMail && shared.joining.isEmpty else { return false }
            shared.isAsleep = true
            return true
        }
        guard mayWait else { return }
        var descriptors = [pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        var waitMs: Int32 = -1
        for loop in loops where loop.ownedHandles > 0 {
            descriptors.append(pollfd(fd: uv_backend_fd(loop.uv), events: Int16(POLLIN), revents: 0))
            // Handles that are about to close need no event to do so.
            if uv_backend_timeout(loop.uv) == 0 { waitMs = 0 }
        }
        poll(&descriptors, nfds_t(descriptors.count), waitMs)
        shared.withLock { $0.isAsleep = false }
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
    }
}
