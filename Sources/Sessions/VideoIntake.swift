/// Which camera pictures are looked at: the newest one, one at a time, and no more than a rate. What it replaces is gone, never queued.
///
/// A value: pictures, answers and the time in, what to do out. The rate is kept as by the generic cell rate algorithm (ITU-T I.371): a picture
/// may come up to one interval early, so that a camera's jitter costs none.
struct VideoIntake<Frame> {
    enum Action {
        /// Give it to the nodes that take video.
        case send(Frame)
        /// Call `due` after so many microseconds.
        case wait(us: UInt64)
    }

    /// Microseconds between two pictures on the long run.
    let intervalUs: UInt64
    private(set) var waiting: Frame?
    /// Pictures that a newer one replaced before anybody looked at them.
    private(set) var replaced: UInt64 = 0
    private(set) var isInFlight = false
    /// When the next picture would come if all came in time.
    private var expectedUs: UInt64 = 0
    private var isTimed = false

    init(framesPerSecondMax: Int) {
        precondition(framesPerSecondMax >= 1, "a camera may show a picture a second at least")
        intervalUs = 1_000_000 / UInt64(framesPerSecondMax)
    }

    mutating func came(_ frame: Frame, nowUs: UInt64) -> Action? {
        if waiting != nil { replaced += 1 }
        waiting = frame
        return next(nowUs)
    }

    /// The picture that was sent is answered, or nobody will answer it.
    mutating func answered(nowUs: UInt64) -> Action? {
        isInFlight = false
        return next(nowUs)
    }

    /// The picture that was sent will not be answered: whoever had it is gone, or it never reached anybody.
    mutating func forget() { isInFlight = false }

    /// The time asked for has passed.
    mutating func due(nowUs: UInt64) -> Action? {
        isTimed = false
        return next(nowUs)
    }

    private mutating func next(_ nowUs: UInt64) -> Action? {
        guard !isInFlight, let frame = waiting else { return nil }
        let allowedUs = expectedUs - min(expectedUs, intervalUs)
        if nowUs < allowedUs {
            if isTimed { return nil }
            isTimed = true
            return .wait(us: allowedUs - nowUs)
        }
        expectedUs = max(expectedUs, nowUs) + intervalUs
        waiting = nil
        isInFlight = true
        return .send(frame)
    }
}
