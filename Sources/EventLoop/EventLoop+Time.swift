import CLibuv
import Synchronization

extension EventLoop {
    /// The loop's clock in microseconds; never 0, never goes back. Any thread.
    ///
    /// On the loop it stands still during an iteration (see `refreshClock`); elsewhere a real clock is read afresh.
    public var nowUs: UInt64 {
        if mode == .virtual || isCurrent { return clockUs.load(ordering: .relaxed) }
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
        return schedule(dueUs: nowUs &+ us, order: nextOrder(), periodUs: 0, body)
    }

    /// Calls `body` every `us` microseconds (at least 1) until cancelled. Calls that were missed are not made up for. On the loop only.
    @discardableResult
    public func every(_ us: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        preconditionCurrent()
        refreshClock()
        let period = max(us, 1)
        return schedule(dueUs: nowUs &+ period, order: nextOrder(), periodUs: period, body)
    }

    /// An outside operation is under way: virtual time may not move until the token is released. Any thread.
    public func acquirePending(_ what: StaticString) -> PendingToken {
        pendingTokens.add(1, ordering: .acquiringAndReleasing)
        return PendingToken(what, loop: self)
    }

    /// Fixes when and in which order the completion of an outside operation reaches the loop. See `PendingDelivery`. Any thread, but
    /// deterministic only
    /// on the loop.
    /// - Parameter modelledCostUs: how long the operation takes on a virtual clock, in microseconds.
    public func expectDelivery(_ what: StaticString, modelledCostUs: UInt64 = 0) -> PendingDelivery {
        PendingDelivery(what, costUs: modelledCostUs, loop: self)
    }

    /// A generator of its own, split from the loop's. On the loop only.
    public func random() -> SeededRandom {
        preconditionCurrent()
        return generator.split()
    }

    func releasePending() {
        let left = pendingTokens.subtract(1, ordering: .acquiringAndReleasing).newValue
        precondition(left >= 0, "every token is released once")
        // A virtual clock may have waited for this.
        if left == 0 && mode == .virtual && !isCurrent { submit {} }
    }

    func nextOrder() -> UInt64 { orders.add(1, ordering: .relaxed).oldValue }

    @discardableResult
    func schedule(dueUs: UInt64, order: UInt64, periodUs: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(dueUs: dueUs, order: order, periodUs: periodUs, loop: self, body: body)
        // A loop that ends has no time left to wait for.
        if isStopping { timer.body = nil } else { timers.insert(timer) }
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
        let bound = orders.load(ordering: .relaxed)
        var postponed: [LoopTimer] = []
        while let first = timers.first, first.dueUs <= now {
            guard let timer = timers.popFirst() else { break }
            if timer.order >= bound { postponed.append(timer) } else { fire(timer, now: now) }
        }
        for timer in postponed where timer.isActive { timers.insert(timer) }
    }

    /// Moves virtual time to the earliest timer and runs it, if nothing else is left to do: no work, no token, and a whole poll saw nothing happen.
    func advanceVirtualTime() {
        guard ring.isEmpty && activity == activityBeforePoll && !isStopping else { return }
        // In this order: whoever releases a token has sent its result before.
        guard pendingTokens.load(ordering: .acquiring) == 0, mailbox.withLock({ $0.items.isEmpty }) else { return }
        guard let timer = timers.popFirst() else { return }
        let now = max(timer.dueUs, nowUs)
        clockUs.store(now, ordering: .relaxed)
        activity &+= 1
        fire(timer, now: now)
        runWork()
        flushStreams()
    }

    private func fire(_ timer: LoopTimer, now: UInt64) {
        guard let body = timer.body else { return }
        activity &+= 1
        if timer.periodUs == 0 {
            timer.body = nil
        } else {
            timer.dueUs = max(timer.dueUs &+ timer.periodUs, mode == .real ? now &+ 1 : timer.dueUs &+ timer.periodUs)
            timers.insert(timer)
        }
        body()
    }
}
