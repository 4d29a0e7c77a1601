/// One session's way to the store: a value, events in, actions out.
///
///     save ──▶ writing ──wrote──▶ at rest, or the newest state is written
///                └──failed──▶ pausing ──due──▶ writing …       at most `attemptsMax` times in a row, each pause twice the one before
///
/// One write is under way at a time, and always the newest state is written next. What could not be written is not forgotten while trying
/// again may help.
struct SessionWrites: Equatable {
    enum Action: Equatable {
        case put([UInt8], expectedVersion: Int64)
        case remove
        case pause(us: UInt64)
        /// What was to be written is given up.
        case lose
        /// Nothing more comes of this session.
        case forget
    }

    private enum Phase: Equatable { case resting, writing, pausing }

    /// Attempts in a row.
    static let attemptsMax = 6
    /// Before the second attempt.
    static let pauseUs: UInt64 = 250_000

    /// Of the stored state; 0 = nothing is stored.
    private(set) var version: Int64
    /// The newest state that is not written yet.
    private var next: [UInt8]?
    private var underWay: [UInt8]?
    private var phase = Phase.resting
    private var failures = 0
    private var isRemoved = false
    private var isLeft = false

    init(version: Int64) { self.version = version }

    /// Something is to be written, or tried again.
    var isBusy: Bool { phase != .resting }

    /// A write is under way.
    var isWriting: Bool { phase == .writing }

    /// What the session is now is to be kept.
    mutating func save(_ state: [UInt8]) -> [Action] {
        guard !isRemoved else { return [] }
        next = state
        return phase == .resting ? begin() : []
    }

    /// The session is over, and what is stored of it is to go.
    mutating func remove() -> [Action] {
        (next, isRemoved) = (nil, true)
        return phase == .resting ? begin() : []
    }

    /// The session is over here; what is stored of it stays.
    mutating func leave() -> [Action] {
        isLeft = true
        return phase == .resting ? [.forget] : []
    }

    /// What was put is stored, under this version.
    mutating func wrote(_ version: Int64) -> [Action] {
        self.version = version
        (underWay, failures) = (nil, 0)
        return begin()
    }

    mutating func removed() -> [Action] {
        phase = .resting
        return [.forget]
    }

    /// - Parameter mayHelp: whether trying again may.
    mutating func failed(mayHelp: Bool) -> [Action] {
        failures += 1
        guard mayHelp, failures < Self.attemptsMax else { return giveUp() }
        next = isRemoved ? nil : next ?? underWay
        underWay = nil
        phase = .pausing
        return [.pause(us: Self.pauseUs << UInt64(failures - 1))]
    }

    mutating func due() -> [Action] { phase == .pausing ? begin() : [] }

    private mutating func giveUp() -> [Action] {
        (next, underWay, failures, phase) = (nil, nil, 0, .resting)
        return isRemoved || isLeft ? [.lose, .forget] : [.lose]
    }

    private mutating func begin() -> [Action] {
        phase = .writing
        if let state = next.take() {
            underWay = state
            return [.put(state, expectedVersion: version)]
        }
        if isRemoved { return [.remove] }
        phase = .resting
        return isLeft ? [.forget] : []
    }
}
