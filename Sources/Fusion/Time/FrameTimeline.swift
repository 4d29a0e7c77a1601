/// Which of the camera's frames a customer means who says "this one": what a turn takes from a video beside its words.
///
/// A value: frames go in by their capture times, in whatever order their features are ready, and a choice comes out. The order of arrival changes
/// nothing: kept are the `framesMax` frames captured last. Times are microseconds on the session's time line.
public struct FrameTimeline: Sendable, Equatable {
    /// What the graph's align node says about frames.
    public struct Policy: Sendable, Equatable {
        public enum Pointing: String, Sendable, CaseIterable {
            /// The frame captured nearest to the moment that the words point at; of two equally near the later.
            case nearest
            /// The mean of the frames in the window, each of length 1.
            case mean
            /// The last frame in the window.
            case last
        }
        /// Frames this long before the words began count, milliseconds.
        public var beforeMs: Int
        /// Frames this long after the words ended count, milliseconds.
        public var afterMs: Int
        public var pointing: Pointing
        /// Frames that are remembered.
        public var framesMax: Int

        public init(beforeMs: Int = 2_000, afterMs: Int = 500, pointing: Pointing = .nearest, framesMax: Int = 32) {
            self.beforeMs = beforeMs
            self.afterMs = afterMs
            self.pointing = pointing
            self.framesMax = framesMax
        }
    }

    public struct Frame: Sendable, Equatable {
        public var capturedUs: UInt64
        public var feature: Feature

        public init(capturedUs: UInt64, feature: Feature) {
            self.capturedUs = capturedUs
            self.feature = feature
        }
    }

    /// When words were said, and the moment in them that points at something.
    public struct Words: Sendable, Equatable {
        public var fromUs: UInt64
        public var toUs: UInt64
        public var momentUs: UInt64

        /// - Parameter moment: from 0 (their beginning) to 1 (their end), as `PointingWords` finds it.
        public init(fromUs: UInt64, toUs: UInt64, moment: Double = 0.5) {
            precondition(moment >= 0 && moment <= 1, "a moment of words is from 0 to 1")
            self.fromUs = fromUs
            self.toUs = max(fromUs, toUs)
            momentUs = fromUs + UInt64(Double(max(fromUs, toUs) - fromUs) * moment)
        }
    }

    public let policy: Policy
    /// By capture time, oldest first.
    public private(set) var frames: [Frame] = []

    public init(policy: Policy = Policy()) { self.policy = policy }

    /// A frame's feature is ready. One that was captured at the same time as another is the same frame, amended.
    public mutating func add(_ frame: Frame) {
        let place = frames.firstIndex { $0.capturedUs >= frame.capturedUs } ?? frames.count
        if place < frames.count, frames[place].capturedUs == frame.capturedUs {
            frames[place] = frame
        } else {
            frames.insert(frame, at: place)
        }
        if frames.count > policy.framesMax { frames.removeFirst(frames.count - policy.framesMax) }
    }

    /// Whether a frame captured then counts with words said then.
    public func counts(_ capturedUs: UInt64, with words: Words) -> Bool {
        let from = words.fromUs - min(words.fromUs, UInt64(policy.beforeMs) * 1_000)
        return capturedUs >= from && capturedUs <= words.toUs + UInt64(policy.afterMs) * 1_000
    }

    /// What the words point at; nil when no frame counts with them: what was not seen is not guessed.
    public func chosen(for words: Words) -> Feature? {
        let counting = frames.filter { counts($0.capturedUs, with: words) }
        guard let last = counting.last else { return nil }
        switch policy.pointing {
        case .last: return last.feature.normalised()
        case .nearest:
            func distance(_ frame: Frame) -> UInt64 {
                frame.capturedUs > words.momentUs ? frame.capturedUs - words.momentUs : words.momentUs - frame.capturedUs
            }
            return counting.reduce(last) { distance($1) < distance($0) ? $1 : $0 }.feature.normalised()
        case .mean:
            // Frames of another space than the last one's came from another generation of the plugin.
            let alike = counting.filter { $0.feature.spaceID == last.feature.spaceID && $0.feature.values.count == last.feature.values.count }
            var sum = last.feature
            sum.values = [Float](repeating: 0, count: sum.values.count)
            for frame in alike { for (i, value) in frame.feature.normalised().values.enumerated() { sum.values[i] += value } }
            return sum.normalised()
        }
    }
}
