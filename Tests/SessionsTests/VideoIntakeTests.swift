import Testing

@testable import Sessions

@Suite("Which camera pictures are looked at")
struct VideoIntakeTests {
    private func sent(_ action: VideoIntake<Int>.Action?) -> Int? {
        if case .send(let frame) = action { return frame }
        return nil
    }

    private func wait(_ action: VideoIntake<Int>.Action?) -> UInt64? {
        if case .wait(let us) = action { return us }
        return nil
    }

    @Test("one at a time, and of what comes meanwhile only the newest")
    func newest() {
        var intake = VideoIntake<Int>(framesPerSecondMax: 100)
        #expect(sent(intake.came(1, nowUs: 1_000_000)) == 1)
        for frame in 2...50 { #expect(intake.came(frame, nowUs: 1_000_000 + UInt64(frame)) == nil) }
        #expect(intake.replaced == 48 && intake.waiting == 50)
        #expect(sent(intake.answered(nowUs: 1_200_000)) == 50)
        #expect(intake.waiting == nil && intake.answered(nowUs: 1_300_000) == nil)
    }

    @Test("no more than the rate, however fast they are answered")
    func rate() throws {
        var intake = VideoIntake<Int>(framesPerSecondMax: 10)
        var looked: [(frame: Int, us: UInt64)] = []
        var timer: UInt64?
        func take(_ action: VideoIntake<Int>.Action?, _ nowUs: UInt64) {
            if let us = wait(action) { timer = nowUs + us }
            guard let frame = sent(action) else { return }
            looked.append((frame, nowUs))
            take(intake.answered(nowUs: nowUs), nowUs)
        }
        // 250 pictures a second for two seconds.
        for frame in 0..<500 {
            let nowUs = 5_000_000 + UInt64(frame) * 4_000
            if let due = timer, due <= nowUs {
                timer = nil
                take(intake.due(nowUs: due), due)
            }
            take(intake.came(frame, nowUs: nowUs), nowUs)
        }
        #expect((20...22).contains(looked.count), "\(looked.count) in two seconds at ten a second")
        // The second may come an interval early; from then on they keep the distance.
        for (one, next) in zip(looked, looked.dropFirst()).dropFirst(2) { #expect(next.us - one.us >= 99_999) }
        // Each was the newest of its moment; a timer comes before a picture of the same moment.
        for (frame, us) in looked { #expect(UInt64(frame) * 4_000 + 5_000_000 + 4_000 >= us) }
    }

    @Test("a camera at the rate loses no picture to its jitter")
    func jitter() {
        var intake = VideoIntake<Int>(framesPerSecondMax: 30)
        let jitter: [UInt64] = [0, 9_000, 2_000, 7_000, 0, 5_000]
        for frame in 0..<300 {
            let nowUs = 1_000_000 + UInt64(frame) * 33_334 + jitter[frame % jitter.count]
            #expect(sent(intake.came(frame, nowUs: nowUs)) == frame)
            #expect(intake.answered(nowUs: nowUs + 10) == nil)
        }
        #expect(intake.replaced == 0)
    }

    @Test("after a pause nothing is caught up on")
    func pause() {
        var intake = VideoIntake<Int>(framesPerSecondMax: 10)
        #expect(sent(intake.came(1, nowUs: 0)) == 1)
        _ = intake.answered(nowUs: 1)
        #expect(sent(intake.came(2, nowUs: 60_000_000)) == 2)
        _ = intake.answered(nowUs: 60_000_001)
        #expect(sent(intake.came(3, nowUs: 60_000_002)) == 3)
        _ = intake.answered(nowUs: 60_000_003)
        #expect(wait(intake.came(4, nowUs: 60_000_004)) == 99_996)
        #expect(intake.came(5, nowUs: 60_000_005) == nil)
        #expect(sent(intake.due(nowUs: 60_100_000)) == 5)
    }

    @Test("a picture whose nodes are gone holds nothing up")
    func forgotten() {
        var intake = VideoIntake<Int>(framesPerSecondMax: 10)
        #expect(sent(intake.came(1, nowUs: 0)) == 1)
        intake.forget()
        #expect(sent(intake.came(2, nowUs: 200_000)) == 2)
    }
}
