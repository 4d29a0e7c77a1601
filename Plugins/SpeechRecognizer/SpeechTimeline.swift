/// Where samples lie on the session's time line: the capture time of the first piece, then the count of samples, and a new
/// start after every gap in the signal. Capture times that fall behind the count (a file sent faster than it plays)
/// are not believed.
struct SpeechTimeline: Equatable {
    private struct Anchor: Equatable {
        var sample: Int
        var us: UInt64
    }

    private var anchors: [Anchor] = []

    /// A piece that begins with `sample` was captured at `us`; a `fresh` one begins a signal of its own.
    mutating func note(sample: Int, capturedUs us: UInt64, fresh: Bool) {
        if fresh || us >= self.us(at: sample) + SpeechLimits.captureGapUsMin { anchors.append(Anchor(sample: sample, us: us)) }
    }

    /// Microseconds on the session's time line of `sample`; 0 before the first piece.
    func us(at sample: Int) -> UInt64 {
        guard let anchor = anchors.last(where: { $0.sample <= sample }) ?? anchors.first else { return 0 }
        let offset = (sample - anchor.sample) * 1_000_000 / SpeechLimits.sampleRateHz
        return offset >= 0 ? anchor.us + UInt64(offset) : anchor.us - min(anchor.us, UInt64(-offset))
    }

    /// Samples before `place` will not be asked for any more.
    mutating func discard(before place: Int) {
        guard let last = anchors.lastIndex(where: { $0.sample <= place }), last > 0 else { return }
        anchors.removeFirst(last)
    }
}
