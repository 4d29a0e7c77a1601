import CLibuv
import Synchronization

extension EventLoop {
    /// The loop's clock in microseconds; never 0, never goes back. Any thread.
    ///
    /// On the loop it stands still during an iteration (see `refreshClock`); elsewhere a real clock is read afresh.
    public var nowUs: UInt64 {
        if let virtualClock { return virtualClock.nowUs.load(ordering: .relaxed) }
        if isCurrent { return clockUs.load(ordering: .relaxed) }
        return LoopClock.realUs()
    }

    /// Reads the real clock again, after work that took long. On the loop only; a virtual clock stays.
    public func refreshClock() {
        if mode == .real { clockUs.store(LoopClock.realUs(), ordering: .relaxed) }
    }

    /// Something from outside has come: the poll may have slept, so the clock is read again before anybody asks for the time.
    func noteActivity() {
        activity &+= 1
        refreshClock()
    }

    /// Calls `body` once, `us` microseconds from now. On the loop only.
    @discardableResult
    public func after(_ us: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionCurrent()
        refreshClock()
        return schedule(dueUs: nowUs &+ us, periodUs: 0, body)
    }

    /// Calls `body` every `us` microseconds (at least 1) until cancelled. Calls that were missed are not made up for. On the loop only.
    @discardableResult
    public func every(_ us: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionCurrent()
        refreshClock()
        let period = max(us, 1)
        return schedule(dueUs: nowUs &+ period, periodUs: period, body)
    }

    /// Begins something that belongs to the session `key`: what follows from `body`, on any loop of the same virtual clock, comes in the order
    /// of that key among what is due at the same time. Never runs `body` before returning. On this loop, or on another of its clock.
    public func begin(key: UInt64, _ body: @escaping @Sendable () -> Void) {
        guard let virtualClock else { return submit(body) }
        guard virtualClock.isDriver else { return submit { [self] in begin(key: key, body) } }
        guard !isStopping else { return }
        virtualClock.schedule(LoopTimer(dueUs: nowUs, order: 0, periodUs: 0, loop: self, body: body), key: key)
    }

    /// An outside operation without a modelled cost is under way: virtual time may not move until the token is released. Any thread.
    public func acquirePending(_ what: StaticString) -> PendingToken {
        virtualClock?.hold()
        return PendingToken(what, clock: virtualClock)
    }

    /// Fixes when and in which order the completion of an outside operation reaches the loop. See `PendingDelivery`. Any thread, but
    /// deterministic only
    /// on the loop.
    /// - Parameters:
    ///   - which: which of the operations of that kind it is, for measurements: a model's name.
    ///   - modelledCostUs: how long the operation takes on a virtual clock, in microseconds.
    public func expectDelivery(_ what: StaticString, of which: String = "", modelledCostUs: UInt64 = 0) -> PendingDelivery {
        PendingDelivery(what, of: which, costUs: modelledCostUs, loop: self)
    }

    /// Lets `us` microseconds pass for a task of this loop; on it only. Goes on at once when the loop ends.
    nonisolated(nonsending) public func pass(us: UInt64) async {
        guard !isStopping else { return }
        await withCheckedContinuation { (waiting: CheckedContinuation<Void, Never>) in
            // A loop that ends drops its timers.
            let continuation = CertainContinuation<Void>(waiting, otherwise: ())
            after(us) { continuation.resume(returning: ()) }
        }
    }

    /// A generator of its own, split from the loop's. On the loop only. What belongs to a session takes its chance from the session's seed instead.
    public func random() -> SeededRandom {
        preconditionCurrent()
        return generator.split()
    }

    @discardableResult
    func schedule(dueUs: UInt64, periodUs: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(dueUs: dueUs, order: orders, periodUs: periodUs, loop: self, body: body)
        orders &+= 1
        if isStopping {
            // A loop that ends has no time left to wait for.
            timer.body = nil
        } else if let virtualClock {
            virtualClock.schedule(timer)
        } else {
            timers.insert(timer)
        }
        return timer
    }

    /// Sets libuv's one timer to the earliest of ours; called once before each poll, however many timers came and went.
    func armTimer() {
        guard let first = timers.first else {
            if armedMs != 0 {
                handles.disarm()
                armedMs = 0
            }
            return
        }
        let dueMs = LoopClock.timerMs(atUs: first.dueUs)
        guard dueMs != armedMs else { return }
        let nowMs = uv_now(uv)
        handles.arm(ms: dueMs > nowMs ? dueMs - nowMs : 0)
        armedMs = dueMs
    }

    /// libuv's timer fired: runs what is due by now, but nothing that the callbacks add.
    func timersDue() {
        armedMs = 0
        refreshClock()
        let now = nowUs
        let bound = orders
        var postponed: [LoopTimer] = []
        while let first = timers.first, first.dueUs <= now {
            guard let timer = timers.popFirst() else { break }
            if timer.order >= bound { postponed.append(timer) } else { fire(timer, now: now) }
        }
        for timer in postponed where timer.isActive { timers.insert(timer) }
    }

    private func fire(_ timer: LoopTimer, now: UInt64) {
        guard let body = timer.body else { return }
        if timer.periodUs == 0 {
            timer.body = nil
        } else {
            timer.dueUs = max(timer.dueUs &+ timer.periodUs, now &+ 1)
            timers.insert(timer)
        }
        body()
    }
}
