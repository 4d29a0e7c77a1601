/// The newest samples of a stream, addressed by their place since the stream began.
struct SampleBuffer {
    /// The place of the first sample that is kept.
    private(set) var start = 0
    private var samples: [Float] = []

    var end: Int { start + samples.count }

    mutating func append(_ more: [Float]) { samples.append(contentsOf: more) }

    /// Samples before `place` are not needed any more. Memory is moved only when that frees half of it.
    mutating func discard(before place: Int) {
        let count = min(place, end) - start
        guard count > 0, count * 2 >= samples.count else { return }
        samples.removeFirst(count)
        start += count
    }

    /// The samples of `range`; zeros where nothing is known (before the beginning, after the end).
    subscript(range: Range<Int>) -> [Float] {
        let known = range.clamped(to: start..<end)
        var result = [Float](repeating: 0, count: range.count)
        guard !known.isEmpty else { return result }
        result.replaceSubrange(
            known.lowerBound - range.lowerBound..<known.upperBound - range.lowerBound,
            with: samples[known.lowerBound - start..<known.upperBound - start])
        return result
    }
}
