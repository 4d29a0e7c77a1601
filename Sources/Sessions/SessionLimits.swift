/// Everything a session bounds, with its unit in the name.
public struct SessionLimits: Sendable, Equatable {
    public var textBytesMax = 16 << 10
    /// Of one photo, whole; what telephones of 48 megapixels write has a dozen MiB.
    public var imageBytesMax = 16 << 20
    /// Sound files that are not transcribed yet, whole and unfinished ones together.
    public var soundFilesBytesMax = 64 << 20
    public var imagePixelsMax: UInt64 = 40_000_000
    public var frameBytesMax = 4 << 20
    /// Turns that were sealed and wait for the one before them.
    public var turnsWaitingMax = 4
    /// Without another input for so long, a turn that nobody ended is sealed.
    public var turnQuietMs = 800
    /// What agents ask outside (a back end, a language model) for one answer ends so long after they began.
    public var answerMsMax = 10_000
    /// Unacknowledged server messages kept for a client that resumes.
    public var resumeBytesMax = 64 << 10
    /// A session whose connection is gone is kept for so long.
    public var resumeWindowMs = 60_000
    /// Behaviour events remembered.
    public var behaviourEventsMax = 64
    /// Control messages a second, with bursts of twice as many.
    public var controlMessagesPerSecondMax = 50
    /// The newest camera picture counts for a turn when it is at most so old.
    public var videoFreshMs = 2_000
    /// Camera pictures a second that are looked at; of what comes faster only the newest counts.
    public var videoFramesPerSecondMax = 30
    public var windows = LaneWindows()

    public init() {}
}
