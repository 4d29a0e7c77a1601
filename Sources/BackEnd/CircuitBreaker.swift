/// Keeps from calling what has failed again and again. A value: events in, decisions out, no clock of its own.
///
///     closed ──failuresMax in a row──▶ open ──openUs later, the next call──▶ probing ──success──▶ closed
///       ▲                               ▲                                       │
///       └────── success                 └────────────── failure ────────────────┘
///
/// While probing one call is under way and the others are refused. What a call that began in an earlier state comes to changes nothing.
package struct CircuitBreaker: Equatable {
    enum State: Equatable {
        case closed(failuresInRow: Int)
        case open(untilUs: UInt64)
        case probing
    }

    /// That a call may be made; handed back with what came of it.
    package struct Permit: Equatable {
        fileprivate var epoch: UInt64
    }

    let failuresMax: Int
    let openUs: UInt64
    private(set) var state = State.closed(failuresInRow: 0)
    /// Raised by every change of state that makes older calls meaningless.
    private var epoch: UInt64 = 0

    package init(failuresMax: Int, openUs: UInt64) {
        self.failuresMax = failuresMax
        self.openUs = openUs
    }

    /// nil = not now.
    package mutating func admit(nowUs: UInt64) -> Permit? {
        switch state {
        case .closed: return Permit(epoch: epoch)
        case .probing: return nil
        case .open(let untilUs):
            guard nowUs >= untilUs else { return nil }
            change(.probing)
            return Permit(epoch: epoch)
        }
    }

    package mutating func ended(_ permit: Permit, isFailure: Bool, nowUs: UInt64) {
        guard permit.epoch == epoch else { return }
        switch state {
        case .closed(let failures):
            if !isFailure {
                state = .closed(failuresInRow: 0)
            } else if failures + 1 >= failuresMax {
                change(.open(untilUs: nowUs &+ openUs))
            } else {
                state = .closed(failuresInRow: failures + 1)
            }
        case .probing: change(isFailure ? .open(untilUs: nowUs &+ openUs) : .closed(failuresInRow: 0))
        case .open: break
        }
    }

    /// Whoever asked did not wait for what would come of it.
    package mutating func abandoned(_ permit: Permit, nowUs: UInt64) {
        // The next call may try in its place.
        if permit.epoch == epoch, state == .probing { change(.open(untilUs: nowUs)) }
    }

    private mutating func change(_ next: State) {
        state = next
        epoch &+= 1
    }
}
