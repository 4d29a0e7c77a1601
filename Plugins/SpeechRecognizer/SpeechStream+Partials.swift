import PluginKit
import Wire

/// How much the streams of one instance have in hand. Confined to the instance's loop.
final class InstanceLoad {
    /// Streams on which somebody speaks.
    var speaking = 0
    /// Transcriptions in work that somebody waits for.
    var finals = 0

    /// While so many others are in work, words are decoded once, whether they turn out to speak of what is expected or not: nobody shall wait for
    /// the best words of all.
    static let crowdedFinalsMin = 3

    var isCrowded: Bool { finals >= Self.crowdedFinalsMin }
}

/// One stream's transcripts in the making.
struct PartialsInWork {
    /// From START to END.
    var isSpeaking = false
    var settled = SettledText()
    /// The newest one spoke of what is expected; nil = there was none.
    var isOfNames: Bool?
    var transcription: Transcription?
    /// Detector's frame at which the newest one began, and the host's clock then.
    var beganFrame = 0
    var beganUs: UInt64 = 0
    /// Place in the signal up to which the newest with words has heard; nil = there was none.
    var heardTo: Int?
    /// How long the newest one took.
    var tookUs: UInt64 = 0
}

/// Transcripts while somebody still speaks.
///
/// One begins each `partial_interval_ms` of speech (the first after half of that), unless (the rule by which they thin out under load)
/// * the one before is still in work,
/// * words that somebody waits for are in work on any stream of the instance,
/// * less time has passed since the one before began than it took, times the streams on which somebody speaks,
/// * or more than a second of audio waits.
/// Final transcripts are never left out, and go first in the host's queue. In a pause what may become the final one is told as a partial one.
extension SpeechStream {
    /// Ends the stream from the plugin's side, which nobody cancels then: what it has in hand holds up the others no more.
    func fail(_ error: PluginError) {
        release()
        stream.close(error.status)
    }

    /// Nothing that is in work is wanted any more.
    func release() {
        endPartials()
        for utterance in utterances { stop(utterance) }
        utterances = []
        heldUp = nil
    }

    private static let waitingSamplesMax = SpeechLimits.sampleRateHz

    func beginPartials() {
        endPartials()
        partials.isSpeaking = true
        // The first one comes sooner: whoever speaks sees that somebody listens.
        partials.beganFrame = detector.frame - options.partialIntervalMs / SpeechOptions.frameMs / 2
        load.speaking += 1
    }

    func endPartials() {
        stopPartial()
        if partials.isSpeaking { load.speaking -= 1 }
        partials = PartialsInWork()
    }

    /// The utterance may be over: its words come from the final transcription.
    func stopPartial() {
        partials.transcription?.cancel()
        partials.transcription = nil
    }

    /// After each frame.
    func considerPartial() {
        guard !stream.isClosed, options.mode == .live, options.partialIntervalMs > 0, let from = detector.speakingFrom, partials.transcription == nil,
            (detector.frame - partials.beganFrame) * SpeechOptions.frameMs >= options.partialIntervalMs, waitingSamples <= Self.waitingSamplesMax,
            load.finals == 0, host.nowUs >= partials.beganUs + partials.tookUs * UInt64(max(0, load.speaking))
        else { return }
        let place = from * SpeechLimits.frameSamples
        let end = detector.frame * SpeechLimits.frameSamples
        let request = Transcription.Request(
            samples: buffer[place..<end], language: recognizer.vocabulary.token(ofLanguage: stream.language), prompt: recognizer.prompt,
            before: said?.before(startUs: timeline.us(at: place)), settled: partials.settled, isPartial: true,
            freshMs: (end - max(place, partials.heardTo ?? place)) / (SpeechLimits.sampleRateHz / 1000), isListed: partials.isOfNames ?? false)
        let transcription = Transcription(request, recognizer: recognizer, stream: stream) { [weak self] result in
            self?.partial(result, samples: place..<end)
        }
        partials.beganFrame = detector.frame
        partials.beganUs = host.nowUs
        partials.transcription = transcription
        transcription.start()
    }

    private func partial(_ result: Result<Transcription.Words, PluginError>, samples: Range<Int>) {
        partials.transcription = nil
        partials.tookUs = host.nowUs - min(host.nowUs, partials.beganUs)
        // One that fails is replaced by the next; the final one reports what is wrong.
        guard case .success(let words) = result, !words.text.isEmpty else { return }
        partials.isOfNames = words.isOfNames
        partials.heardTo = samples.upperBound
        // An utterance that becomes too long is cut in its second half: nothing is promised about that.
        let promises = samples.count * 2 < options.utteranceMsMax * (SpeechLimits.sampleRateHz / 1000)
        do throws(PluginError) { try partials.settled.agree(words, recognizer, promises: promises) } catch { return problem(error) }
        tell(words, startUs: timeline.us(at: samples.lowerBound), endUs: timeline.us(at: samples.upperBound))
    }

    /// What was understood in a pause in which nothing has been decided yet.
    func tell(unconfirmed words: Transcription.Words, of utterance: UtteranceInWork) {
        guard options.partialIntervalMs > 0, partials.isSpeaking, !words.text.isEmpty else { return }
        tell(words, startUs: utterance.audioStartUs, endUs: utterance.endUs)
    }

    private func tell(_ words: Transcription.Words, startUs: UInt64, endUs: UInt64) {
        give(
            .transcript(
                Transcript(
                    text: words.text, language: words.language, final: false, confidence: words.confidence, startUs: startUs, endUs: endUs,
                    stableBytes: UInt32(partials.settled.text.utf8.count))),
            atUs: startUs)
    }
}
