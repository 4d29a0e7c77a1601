import Testing

@testable import Fusion

/// A small generator of its own: properties are tried on the same cases each time.
private struct Cases: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

private func frame(_ ms: Int, _ values: [Float]? = nil) -> FrameTimeline.Frame {
    .init(capturedUs: UInt64(ms) * 1_000, feature: Feature(modality: "image", spaceID: "s", values: values ?? [Float(ms), 1]))
}

private func words(_ from: Int, _ to: Int, _ moment: Double = 0.5) -> FrameTimeline.Words {
    .init(fromUs: UInt64(from) * 1_000, toUs: UInt64(to) * 1_000, moment: moment)
}

@Suite("Frames beside words")
struct FrameTimelineTests {
    @Test("the frame nearest to the pointing word is meant, whenever its feature was ready")
    func nearest() {
        var timeline = FrameTimeline()
        // The ring was shown at 4.1 s, the hand at 5.0 s; "how much is THIS one" was said from 3.6 to 4.8 s. Features come in any order.
        for shot in [frame(5_000, [0, 1]), frame(3_000, [1, 1]), frame(4_100, [1, 0])] { timeline.add(shot) }
        #expect(timeline.chosen(for: words(3_600, 4_800))?.values == [1, 0])
        #expect(timeline.chosen(for: words(3_600, 4_800, 1))?.values == [0, 1])
        // Nobody said anything near: nothing is meant.
        #expect(timeline.chosen(for: words(20_000, 21_000)) == nil)
    }

    @Test(
        "the order in which features are ready changes nothing; what is kept is bounded and counts", arguments: FrameTimeline.Policy.Pointing.allCases
    )
    func orderOfArrival(_ pointing: FrameTimeline.Policy.Pointing) {
        var cases = Cases(state: 7)
        for _ in 0..<400 {
            let policy = FrameTimeline.Policy(
                beforeMs: Int.random(in: 0...2_000, using: &cases), afterMs: Int.random(in: 0...1_000, using: &cases), pointing: pointing,
                framesMax: Int.random(in: 1...8, using: &cases))
            let times = Set((0..<Int.random(in: 0...12, using: &cases)).map { _ in Int.random(in: 0...6_000, using: &cases) }).sorted()
            let from = Int.random(in: 0...6_000, using: &cases)
            let asked = words(from, from + Int.random(in: 0...2_000, using: &cases), Double.random(in: 0...1, using: &cases))
            var inOrder = FrameTimeline(policy: policy)
            var shuffled = FrameTimeline(policy: policy)
            for time in times { inOrder.add(frame(time)) }
            for time in times.shuffled(using: &cases) { shuffled.add(frame(time)) }
            #expect(inOrder == shuffled)
            #expect(inOrder.chosen(for: asked) == shuffled.chosen(for: asked))
            #expect(shuffled.frames.count == min(times.count, policy.framesMax))
            let counting = shuffled.frames.filter { shuffled.counts($0.capturedUs, with: asked) }
            guard let chosen = shuffled.chosen(for: asked) else {
                #expect(counting.isEmpty)
                continue
            }
            if pointing == .mean { continue }
            #expect(counting.contains { $0.feature.normalised() == chosen })
            if pointing == .nearest {
                func distance(_ us: UInt64) -> UInt64 { us > asked.momentUs ? us - asked.momentUs : asked.momentUs - us }
                let least = counting.map { distance($0.capturedUs) }.min()
                #expect(counting.contains { $0.feature.normalised() == chosen && distance($0.capturedUs) == least })
            }
        }
    }

    @Test("a frame that comes late takes the place of one that is farther off, and of nothing nearer")
    func late() {
        var cases = Cases(state: 3)
        for _ in 0..<300 {
            var timeline = FrameTimeline()
            for _ in 0..<5 { timeline.add(frame(Int.random(in: 0...4_000, using: &cases))) }
            let asked = words(2_000, 3_000)
            let before = timeline.chosen(for: asked)
            let late = Int.random(in: 0...4_000, using: &cases)
            timeline.add(frame(late))
            let after = timeline.chosen(for: asked)
            #expect(after == before || after == frame(late).feature.normalised())
        }
    }

    @Test("the mean is of the frames in the window alone, and of one space")
    func mean() {
        var timeline = FrameTimeline(policy: .init(beforeMs: 100, afterMs: 100, pointing: .mean))
        timeline.add(frame(1_000, [2, 0]))
        timeline.add(frame(1_100, [0, 3]))
        timeline.add(frame(5_000, [9, 9]))
        timeline.add(.init(capturedUs: 1_050_000, feature: Feature(modality: "image", spaceID: "other", values: [1, 1])))
        let half = Float(0.5).squareRoot()
        #expect(timeline.chosen(for: words(1_000, 1_100))?.values.elementsEqual([half, half]) { abs($0 - $1) < 1e-6 } == true)
    }

    @Test(
        "pointing words are found where they stand",
        arguments: [
            ("this", 0.5), ("how much is this one", 0.7), ("这个多少钱", 0.1), ("gold rings", nil), ("", nil), ("thistle", nil),
        ] as [(String, Double?)])
    func pointing(_ text: String, _ moment: Double?) {
        #expect(PointingWords.moment(in: text).map { ($0 * 1_000).rounded() } == moment.map { ($0 * 1_000).rounded() })
    }
}
