import PluginKit
import Wire

/// An utterance on its way to words.
final class UtteranceInWork {
    let utterance: EndpointDetector.Utterance?
    /// 16 kHz, rolls included.
    let samples: [Float]
    /// Of `samples`, and of the speech in them.
    let audioStartUs: UInt64
    let startUs: UInt64
    let endUs: UInt64
    /// What was told of it while it was spoken.
    let settled: SettledText
    /// What was told spoke of what is expected; nil = nothing was told.
    let isOfNames: Bool?
    /// The detector has said that it is over; until then speech may go on and the work be in vain.
    var isConfirmed = false
    var transcription: Transcription?
    var words: Result<Transcription.Words, PluginError>?

    init(
        _ utterance: EndpointDetector.Utterance?, samples: [Float], audioStartUs: UInt64, startUs: UInt64, endUs: UInt64,
        settled: SettledText = SettledText(), isOfNames: Bool? = nil
    ) {
        self.utterance = utterance
        self.settled = settled
        self.isOfNames = isOfNames
        self.samples = samples
        self.audioStartUs = audioStartUs
        self.startUs = startUs
        self.endUs = endUs
    }
}

/// Words: one transcription of the stream at a time, given in the order of speaking, each after its END.
extension SpeechStream {
    /// The audio of `utterance` is complete: begin, in the hope that the speaker has finished.
    func begin(_ utterance: EndpointDetector.Utterance) {
        stopPartial()
        utterances.append(make(utterance))
        advance()
    }

    /// The speaker goes on: what was begun is of no use.
    func dropUnconfirmed() {
        guard let last = utterances.last, !last.isConfirmed else { return }
        stop(last)
        utterances.removeLast()
        host.count("speculations_dropped")
    }

    /// The utterance is over: give its words as soon as they are there.
    func confirm(_ utterance: EndpointDetector.Utterance) {
        if let last = utterances.last, !last.isConfirmed, last.utterance != utterance { dropUnconfirmed() }
        if utterances.last?.isConfirmed ?? true { utterances.append(make(utterance)) }
        utterances[utterances.count - 1].isConfirmed = true
        describe(utterances[utterances.count - 1])
        advance()
    }

    /// The signal is over without an utterance in it. Whoever waits for words is told that there are none.
    func nobodySpoke() {
        let us = timeline.us(at: buffer.end)
        let nothing = UtteranceInWork(nil, samples: [], audioStartUs: us, startUs: us, endUs: us)
        nothing.isConfirmed = true
        nothing.words = .success(Transcription.Words())
        utterances.append(nothing)
        advance()
    }

    /// Its words are not wanted any more.
    func stop(_ utterance: UtteranceInWork) {
        guard let transcription = utterance.transcription, utterance.words == nil else { return }
        transcription.cancel()
        load.finals -= 1
    }

    private func make(_ utterance: EndpointDetector.Utterance) -> UtteranceInWork {
        func samples(_ frames: Range<Int>) -> Range<Int> {
            frames.lowerBound * SpeechLimits.frameSamples..<frames.upperBound * SpeechLimits.frameSamples
        }
        let speech = samples(utterance.speech)
        return UtteranceInWork(
            utterance, samples: buffer[samples(utterance.audio)], audioStartUs: timeline.us(at: samples(utterance.audio).lowerBound),
            startUs: timeline.us(at: speech.lowerBound),
            endUs: timeline.us(at: speech.upperBound), settled: partials.settled, isOfNames: partials.isOfNames)
    }

    /// Gives what is ready in front, then starts the next transcription unless one runs.
    private func advance() {
        while let first = utterances.first, first.isConfirmed, let words = first.words {
            utterances.removeFirst()
            give(words, of: first)
        }
        guard !stream.isClosed, !utterances.contains(where: { $0.transcription != nil && $0.words == nil }),
            let next = utterances.first(where: { $0.transcription == nil && $0.words == nil })
        else { return work() }
        let request = Transcription.Request(
            samples: next.samples, language: recognizer.vocabulary.token(ofLanguage: stream.language), beam: options.beam,
            prompt: recognizer.prompt, before: said?.before(startUs: next.startUs), settled: next.settled,
            isListed: next.isOfNames ?? true, mayRepeat: !load.isCrowded)
        let transcription = Transcription(request, recognizer: recognizer, stream: stream) { [weak self, weak next] words in
            guard let self else { return }
            next?.words = words
            load.finals -= 1
            if let next, !next.isConfirmed, case .success(let words) = words { tell(unconfirmed: words, of: next) }
            advance()
        }
        next.transcription = transcription
        load.finals += 1
        transcription.start()
    }

    private func give(_ result: Result<Transcription.Words, PluginError>, of utterance: UtteranceInWork) {
        var words = Transcription.Words()
        switch result {
        case .success(let found):
            words = found
            if let language = recognizer.vocabulary.token(ofLanguage: found.language), !found.tokens.isEmpty {
                said = SaidBefore(language: language, tokens: found.tokens.suffix(SaidBefore.tokensMax), endUs: utterance.endUs)
            }
        case .failure(let error): problem(error)
        }
        give(
            .transcript(
                Transcript(
                    text: words.text, language: words.language, final: true, confidence: words.confidence, startUs: utterance.startUs,
                    endUs: utterance.endUs, stableBytes: UInt32(words.text.utf8.count), slots: words.slots)),
            atUs: utterance.startUs)
    }
}
