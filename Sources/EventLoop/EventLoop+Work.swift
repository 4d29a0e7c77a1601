import CLibuv
import Glibc
import Locks
import Synchronization

/// Something to run on the loop.
enum Work {
    case body(() -> Void)
    case job(UnownedJob)
}

/// What other threads have sent and the loop has not taken yet.
struct Mailbox {
    var items: [Work] = []
    /// The loop waits in poll, or is about to, and needs a wake to see new items.
    var needsWake = true
    var isClosed = false
}

extension EventLoop {
    /// Items run in a row before sockets and timers get their turn.
    static let workItemsMax = 4096
    /// Room for items that is kept between wakes; what a flood needed beyond that is freed.
    static let inboxItemsKept = 4096

    /// Runs `body` on the loop, in the order of submission per sender. Any thread. Never runs it before returning. Dropped if the loop has ended.
    public func submit(_ body: @escaping @Sendable () -> Void) { push(.body(body)) }

    /// Runs `body` after the current callback and before the loop waits again. On the loop only.
    public func nextTick(_ body: @escaping () -> Void) {
        preconditionCurrent()
        ring.append(.body(body))
    }

    @inline(__always)
    func push(_ work: Work) {
        if isCurrent {
            ring.append(work)
        } else if let virtualClock {
            pushVirtual(work, virtualClock)
        } else {
            send(work)
        }
    }

    /// From a loop of the same clock work comes at once, in the order of what it follows from.
    private func pushVirtual(_ work: Work, _ clock: VirtualClock) {
        if clock.isDriver {
            // A loop that has ended takes nothing.
            if !mailbox.withLock({ $0.isClosed }) { ring.append(work) }
        } else {
            let wasTaken = mailbox.withLock { box in
                if !box.isClosed { box.items.append(work) }
                return !box.isClosed
            }
            if wasTaken { clock.mailCame() }
        }
    }

    private func send(_ work: Work) {
        mailbox.withLock { box in
            guard !box.isClosed else { return }
            box.items.append(work)
            guard box.needsWake else { return }
            box.needsWake = false
            // Under the lock: a loop that ends closes the descriptor only after it has closed the mailbox.
            wake()
        }
    }

    func wake() {
        var one: UInt64 = 1
        // EAGAIN would mean that 2^64-2 wakes wait already: one of them is enough.
        _ = write(wakeDescriptor, &one, 8)
    }

    /// Another thread wrote to the eventfd.
    func woken() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
        noteActivity()
        runWork()
    }

    /// Moves what other threads have sent to the ring.
    /// - Parameter sleeping: the loop is about to wait in poll if nothing came.
    func takeMail(sleeping: Bool) {
        // Two arrays change places, so that neither is allocated again and no work is copied under the lock.
        let came = mailbox.withLock { box in
            if box.items.isEmpty {
                box.needsWake = sleeping
                return false
            }
            box.needsWake = false
            swap(&box.items, &inbox)
            return true
        }
        guard came else { return }
        for item in inbox { ring.append(item) }
        inbox.removeAll(keepingCapacity: inbox.capacity <= Self.inboxItemsKept)
    }

    /// Work that can be done now, mail aside.
    var hasWork: Bool { !ring.isEmpty || !unflushed.isEmpty }

    /// Runs work until none is left or the budget is spent; more may be left then.
    func runWork() {
        takeMail(sleeping: false)
        runRing()
    }

    /// The same without mail.
    func runRing() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var budget = Self.workItemsMax
        while let work = ring.popFirst() {
            switch work {
            case .body(let body): body()
            case .job(let job): job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            }
            budget -= 1
            if budget == 0 { return }
        }
    }

    /// libuv's prepare phase.
    func beforePoll() {
        runWork()
        flushStreams()
        if ring.isEmpty { takeMail(sleeping: true) }
        let busy = !ring.isEmpty
        if busy != isSpinning {
            handles.spin(busy)
            isSpinning = busy
        }
        armTimer()
    }

    /// libuv's check phase.
    func afterPoll() {
        refreshClock()
        runWork()
        flushStreams()
    }

    func flushStreams() {
        // Flushing calls nobody back, so the list does not grow meanwhile.
        guard !unflushed.isEmpty else { return }
        let streams = exchange(&unflushed, with: [])
        for stream in streams { stream.flush() }
    }
}

/// Puts a new value in a place and returns the old one.
@inline(__always)
func exchange<T>(_ place: inout T, with value: T) -> T {
    let old = place
    place = value
    return old
}
