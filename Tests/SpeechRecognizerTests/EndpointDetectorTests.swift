import Testing

@testable import SpeechRecognizer

struct EndpointDetectorTests {
    private static let options = EndpointDetector.Options()

    private func events(_ track: [Float], _ options: EndpointDetector.Options = options) -> [EndpointDetector.Event] {
        var detector = EndpointDetector(options)
        return track.flatMap { detector.push($0) } + detector.finish()
    }

    private func track(_ parts: (Float, Int)...) -> [Float] { parts.flatMap { [Float](repeating: $0.0, count: $0.1) } }

    /// With pieces of 20 ms and a frame that began before the speech, somebody who interrupts is noticed 120 ms after they began at the latest.
    @Test func speechIsNoticedWithinTwoFrames() {
        var detector = EndpointDetector(SpeechOptions().endpoint)
        for _ in 0..<5 { #expect(detector.push(0.1).isEmpty) }
        let events = (0..<2).flatMap { _ in detector.push(0.9) }
        #expect(events == [.started(frame: 5, probability: 0.9)])
        #expect(2 * SpeechOptions.frameMs + SpeechOptions.frameMs + 20 <= 120)
    }

    @Test func silenceIsNoSpeech() {
        #expect(events(track((0.01, 1000))).isEmpty)
    }

    @Test func aClickShorterThanTheMinimumIsNoSpeech() {
        #expect(events(track((0, 20), (0.9, 2), (0, 40))).isEmpty)
    }

    @Test func anUtteranceHasItsRollsAndEndsAfterTheSilence() {
        let whole = EndpointDetector.Utterance(speech: 20..<50, audio: 10..<56)
        #expect(
            events(track((0, 20), (0.9, 30), (0, 40))) == [
                .started(frame: 20, probability: 0.9), .paused(whole), .ended(whole, probability: 0, forced: false),
            ])
    }

    @Test func theEndIsDecidedExactlyWhenTheSilenceHasLasted() {
        var detector = EndpointDetector(Self.options)
        for probability in track((0.9, 30), (0, 15)) {
            for event in detector.push(probability) { if case .ended = event { Issue.record("ended too early") } }
        }
        #expect(detector.push(0).count == 1)
    }

    @Test func whatSoundsCompleteEndsSooner() {
        var detector = EndpointDetector(Self.options)
        let spoken = EndpointDetector.Utterance(speech: 0..<30, audio: 0..<36)
        var last: [EndpointDetector.Event] = []
        for probability in track((0.9, 30), (0, 6)) { last = detector.push(probability) }
        #expect(last == [.paused(spoken)])
        detector.complete(EndpointDetector.Utterance(speech: 0..<29, audio: 0..<35))
        #expect(!detector.wantsToKnow)
        for _ in 0..<3 { #expect(detector.push(0).isEmpty) }
        #expect(detector.wantsToKnow, "the tenth frame decides")
        detector.complete(spoken)
        #expect(detector.push(0) == [.ended(spoken, probability: 0, forced: false)])
        #expect(detector.isQuiet && !detector.wantsToKnow)
        detector.complete(spoken)
        #expect(detector.isQuiet)
    }

    @Test func whatIsToldAfterTheSpeakerWentOnIsOfNoUse() {
        var detector = EndpointDetector(Self.options)
        let first = EndpointDetector.Utterance(speech: 0..<30, audio: 0..<36)
        for probability in track((0.9, 30), (0, 7), (0.9, 5), (0, 3)) { _ = detector.push(probability) }
        detector.complete(first)
        for _ in 0..<12 { for event in detector.push(0) { if case .ended = event { Issue.record("the new pause is another one") } } }
        #expect(detector.push(0).count == 1)
    }

    @Test func whatIsToldLateEndsWithTheNextFrame() {
        var detector = EndpointDetector(Self.options)
        for probability in track((0.9, 30), (0, 13)) { _ = detector.push(probability) }
        detector.complete(EndpointDetector.Utterance(speech: 0..<30, audio: 0..<36))
        #expect(detector.push(0).count == 1)
    }

    @Test func aShortPauseDoesNotEndAnUtteranceButTellsThatItBegan() {
        let first = EndpointDetector.Utterance(speech: 0..<30, audio: 0..<36)
        let whole = EndpointDetector.Utterance(speech: 0..<70, audio: 0..<76)
        #expect(
            events(track((0.9, 30), (0, 10), (0.9, 30), (0, 20))) == [
                .started(frame: 0, probability: 0.9), .paused(first), .resumed, .paused(whole), .ended(whole, probability: 0, forced: false),
            ])
    }

    @Test func betweenTheThresholdsSpeechGoesOn() {
        let spoken = EndpointDetector.Utterance(speech: 0..<90, audio: 0..<90)
        #expect(
            events(track((0.9, 30), (0.4, 60))) == [.started(frame: 0, probability: 0.9), .ended(spoken, probability: 0.4, forced: false)])
    }

    @Test func theSecondUtteranceNeverHearsTheFirst() {
        let ended = events(track((0.9, 10), (0, 16), (0.9, 10), (0, 16))).compactMap { event in
            if case .ended(let utterance, _, _) = event { utterance } else { nil }
        }
        #expect(ended.map(\.audio) == [0..<16, 16..<42])
    }

    @Test func tooLongAnUtteranceIsCutAtItsQuietestPlace() {
        var options = Self.options
        options.utteranceMax = 100
        let found = events(track((0.9, 70), (0.45, 3), (0.9, 60), (0, 30)), options)
        guard case .ended(let first, _, true)? = found.dropFirst().first else {
            Issue.record("no forced cut: \(found)")
            return
        }
        #expect(first.speech == 0..<71)
        #expect(found.dropFirst(2).first == .started(frame: 71, probability: 0.9))
    }

    /// Whatever the probabilities: starts and ends alternate, audio ranges follow each other without overlap, hold their
    /// speech and stay within the limit; what begins after a pause is either resumed or ended as it was.
    @Test(arguments: 0..<200) func holdsItsPromisesOnAnyTrack(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var options = Self.options
        options.utteranceMax = 60
        var detector = EndpointDetector(options)
        var level: Float = 0
        var speaking = false
        var begun: EndpointDetector.Utterance?
        var last = 0
        func check(_ events: [EndpointDetector.Event]) {
            for event in events {
                switch event {
                case .started:
                    #expect(!speaking)
                    speaking = true
                case .paused(let utterance):
                    #expect(speaking && begun == nil)
                    begun = utterance
                case .resumed:
                    #expect(begun != nil)
                    begun = nil
                case .ended(let utterance, _, let forced):
                    #expect(speaking)
                    if let begun, !forced { #expect(begun == utterance) }
                    begun = nil
                    speaking = false
                    #expect(utterance.audio.lowerBound >= last && utterance.audio.upperBound <= detector.frame)
                    #expect(utterance.audio.lowerBound <= utterance.speech.lowerBound && utterance.speech.upperBound <= utterance.audio.upperBound)
                    #expect(utterance.audio.count <= options.utteranceMax + options.silenceEnd)
                    last = utterance.audio.upperBound
                }
            }
        }
        for _ in 0..<600 {
            if random.next() % 12 == 0 { level = Float(random.next() % 1000) / 1000 }
            let needed = detector.neededFrom
            check(detector.push(level))
            #expect(detector.neededFrom >= needed)
        }
        check(detector.finish())
        #expect(!speaking)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): test inputs that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
