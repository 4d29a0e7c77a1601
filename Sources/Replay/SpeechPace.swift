/// When the pieces of a sound file are sent, counted from the first.
///
/// A recogniser lets a minute of audio wait, at most: what goes further ahead of the time it takes to be spoken would be dropped.
public struct SpeechPace: Sendable, Equatable {
    /// 0 = as soon as may be; else so many times as fast as it was spoken.
    public var pace: Double
    public var chunkMs: Int

    /// How far what is sent may be ahead of what a listener would have heard.
    public static let aheadMs = 50_000

    public init(pace: Double, chunkMs: Int) {
        self.pace = pace
        self.chunkMs = chunkMs
    }

    /// When piece `index` is due, microseconds.
    public func dueUs(_ index: Int) -> UInt64 {
        let paced = pace > 0 ? UInt64(Double(index * chunkMs) * 1_000 / pace) : 0
        return max(paced, UInt64(max(0, (index + 1) * chunkMs - Self.aheadMs)) * 1_000)
    }
}
