import Synchronization

/// Says that an operation outside the loops (another process, a name lookup) is under way that has no modelled cost.
///
/// While one is held, a virtual clock does not move: nothing more happens than what comes from outside. Release it once what came of the
/// operation has been handed to the loop with `submit`: then that work, too, is done before time moves. Releasing twice is harmless; a token that
/// is dropped releases itself. What has a modelled cost is a `PendingDelivery` instead: only that is in the same order on every run.
public final class PendingToken: Sendable {
    /// What is pending, for diagnosis.
    public let what: StaticString
    private let clock: VirtualClock?
    private let released = Atomic<Bool>(false)

    init(_ what: StaticString, clock: VirtualClock?) {
        self.what = what
        self.clock = clock
    }

    deinit { release() }

    /// Any thread.
    public func release() {
        if !released.exchange(true, ordering: .acquiringAndReleasing) { clock?.letGo() }
    }
}

/// A completion that is expected from outside the loop, with its place in the order of everything fixed when the operation began.
///
/// On a real clock `deliver` is `submit`. On a virtual clock the body runs at (time of the reservation + modelled cost, session, order of
/// reservation), whenever and on whatever thread the operation really ended, so that the same input gives the same order. Until then other events
/// go on; time does not pass the reservation.
public final class PendingDelivery: Sendable {
    private let loop: EventLoop
    private let place: Place
    private let delivered = Atomic<Bool>(false)

    private enum Place {
        case real
        case measured(OperationTimes, OperationTimes.Kind, beganUs: UInt64)
        case reserved(LoopBound<LoopTimer>, VirtualClock)
        /// Begun by a thread that is none of the clock's: the order among its like is that of their ends.
        case unordered(PendingToken, dueUs: UInt64)
    }

    init(_ what: StaticString, of which: String, costUs: UInt64, loop: EventLoop) {
        self.loop = loop
        guard let clock = loop.virtualClock else {
            place =
                loop.operationTimes.map {
                    .measured($0, OperationTimes.Kind(what: "\(what)", of: which, modelledUs: costUs), beganUs: LoopClock.realUs())
                } ?? .real
            return
        }
        guard clock.isDriver, !loop.isStopping else {
            place = .unordered(loop.acquirePending(what), dueUs: loop.nowUs &+ costUs)
            return
        }
        let timer = LoopTimer(dueUs: loop.nowUs &+ costUs, order: 0, periodUs: 0, loop: loop, body: {})
        clock.schedule(timer, ready: false)
        place = .reserved(LoopBound(timer, loop: loop), clock)
    }

    deinit { withdraw() }

    /// Runs `body` on the loop. Any thread; the second call of one delivery does nothing.
    public func deliver(_ body: @escaping @Sendable () -> Void) {
        if delivered.exchange(true, ordering: .acquiringAndReleasing) { return }
        switch place {
        case .real: loop.submit(body)
        case .measured(let times, let kind, let beganUs):
            times.note(kind, us: LoopClock.realUs() - beganUs)
            loop.submit(body)
        case .reserved(let timer, let clock): loop.submit { clock.complete(timer.value, body) }
        case .unordered(let token, let dueUs):
            loop.submit { [loop] in
                if loop.isStopping { body() } else { loop.schedule(dueUs: dueUs, periodUs: 0, body) }
            }
            token.release()
        }
    }

    /// Nothing will be delivered; a delivery that is dropped does the same. Any thread.
    public func abandon() { withdraw() }

    private func withdraw() {
        if delivered.exchange(true, ordering: .acquiringAndReleasing) { return }
        switch place {
        case .real, .measured: break
        case .reserved(let timer, _): loop.submit { timer.value.cancel() }
        case .unordered(let token, _): token.release()
        }
    }
}
