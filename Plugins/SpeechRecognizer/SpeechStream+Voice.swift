import PluginKit
import Wire

/// Voice activity: probabilities from the model, events from the detector.
extension SpeechStream {
    private var nextFrameStart: Int { detector.frame * SpeechLimits.frameSamples }

    /// Brings the detector up to the newest whole frame, then calls `done`.
    func listen(then done: @escaping () -> Void) {
        guard buffer.end - nextFrameStart >= SpeechLimits.frameSamples else {
            forget()
            return done()
        }
        // Whether the sentence is complete counts from here on, and must not depend on how fast the audio comes.
        guard pausesInWork == 0 || !detector.wantsToKnow else {
            heldUp = { [self] in listen(then: done) }
            return
        }
        let window = buffer[nextFrameStart - SpeechLimits.contextSamples..<nextFrameStart + SpeechLimits.frameSamples]
        let input: Tensor
        let state: Tensor
        do throws(PluginError) {
            input = try stream.tensor([1, window.count], window)
            if let voiceState { state = voiceState } else { state = try stream.zero(shape: SpeechHandOver.voiceShape) }
        } catch { return fail(error) }
        stream.infer(
            recognizer.voice, inputs: [("input", input), ("state", state)], outputs: ["output", "stateN"], priority: .interactive
        ) { [self] result in
            switch result {
            case .success(let outputs):
                do throws(PluginError) {
                    try ModelOutputs.check(values: outputs[0].count, are: 1, of: "the voice activity model's output \"output\"")
                    try ModelOutputs.check(outputs[1].shape, is: SpeechHandOver.voiceShape, of: "the voice activity model's output \"stateN\"")
                } catch { return fail(error) }
                voiceState = outputs[1]
                handle(detector.push(outputs[0].withFloats { $0[0] }))
                considerPartial()
                listen(then: done)
            case .failure(let error): fail(error)
            }
        }
    }

    func handle(_ events: [EndpointDetector.Event]) {
        // Who hears of an event may be the last output that is taken: the stream is over then, and nothing more begins on it.
        for event in events where !stream.isClosed {
            switch event {
            case .started(let frame, let probability):
                tell(.start, sample: frame * SpeechLimits.frameSamples, probability)
                if !stream.isClosed { beginPartials() }
            case .paused(let utterance):
                if options.mode == .live { begin(utterance) }
                if !stream.isClosed { listenForCompleteness(utterance) }
            case .resumed: dropUnconfirmed()
            case .ended(let utterance, let probability, _):
                tell(.end, sample: utterance.speech.upperBound * SpeechLimits.frameSamples, probability)
                utterancesSinceBeginning += 1
                if !stream.isClosed { confirm(utterance) }
                endPartials()
            }
        }
    }

    private func tell(_ event: SpeechEventKind, sample: Int, _ probability: Float) {
        let us = timeline.us(at: sample)
        give(.speech(SpeechEvent(event: event, atUs: us, decidedUs: arrivedUs, probability: probability)), atUs: us)
    }

    /// Lets go of samples that can be in no utterance any more.
    private func forget() {
        let needed = min(detector.neededFrom * SpeechLimits.frameSamples, nextFrameStart) - SpeechLimits.contextSamples
        buffer.discard(before: needed)
        timeline.discard(before: needed)
    }
}
