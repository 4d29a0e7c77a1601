import Synchronization

/// Says that an operation outside the loop (a compute job, an inference, another process) is under way.
///
/// While one is held, a loop with a virtual clock does not move time. Release it once what came of the operation has been handed to the loop
/// with `submit`: then that work, too, is done before time moves. Releasing twice is harmless; a token that is dropped releases itself.
public final class PendingToken: Sendable {
    /// What is pending, for diagnosis.
    public let what: StaticString
    private let loop: EventLoop
    private let released = Atomic<Bool>(false)

    init(_ what: StaticString, loop: EventLoop) {
        self.what = what
        self.loop = loop
    }

    deinit { release() }

    /// Any thread.
    public func release() {
        if !released.exchange(true, ordering: .acquiringAndReleasing) { loop.releasePending() }
    }
}

/// A completion that is expected from outside the loop, with its place in the loop's order fixed when the operation began.
///
/// On a real clock `deliver` is `submit`. On a virtual clock the body runs at (time of the reservation + modelled cost, order of reservation),
/// whenever
/// and on whatever thread the operation really ended, so that the same input gives the same order.
public final class PendingDelivery: Sendable {
    private let loop: EventLoop
    private let token: PendingToken
    private let dueUs: UInt64
    private let order: UInt64
    private let delivered = Atomic<Bool>(false)

    init(_ what: StaticString, costUs: UInt64, loop: EventLoop) {
        self.loop = loop
        token = loop.acquirePending(what)
        dueUs = loop.nowUs + costUs
        order = loop.nextOrder()
    }

    /// Runs `body` on the loop. Any thread; the second call of one delivery does nothing.
    public func deliver(_ body: @escaping @Sendable () -> Void) {
        if delivered.exchange(true, ordering: .acquiringAndReleasing) { return }
        switch loop.mode {
        case .real: loop.submit(body)
        case .virtual: loop.submit { [loop, dueUs, order] in loop.schedule(dueUs: dueUs, order: order, periodUs: 0, body) }
        }
        token.release()
    }

    /// Nothing will be delivered. Any thread.
    public func abandon() {
        if !delivered.exchange(true, ordering: .acquiringAndReleasing) { token.release() }
    }
}
