import PluginKit

/// Words for one utterance, on their way: front end → encoder → decoder steps → text. Everything heavy runs in the host;
/// this only hands results from one job to the next, on the loop.
///
/// The decoder's caches go from output to input as they are; each hypothesis of the beam has its own.
final class Transcription {
    struct Words: Equatable, Sendable {
        /// "" when nobody spoke.
        var text = ""
        /// BCP 47; "" when `text` is empty.
        var language = ""
        var confidence: Float = 0
    }

    private typealias Cache = [Tensor]

    /// Below this mean log-probability a transcript is tried again in the longest picture; if it stays there and the
    /// decoder also doubts that it heard speech, it is dropped (Radford et al. 2022, section 4.5).
    private static let averageLogProbabilityMin: Float = -1
    private static let noSpeechDoubt: Float = 0.3

    private let stream: PluginStream
    private let recognizer: Recognizer
    private let samples: [Float]
    private let options: WhisperDecoderState.Options
    private var then: ((Result<Words, PluginError>) -> Void)?

    private var state: WhisperDecoderState
    private var cross: [(String, Tensor)] = []
    private var caches: [Cache] = []
    private var frames: Int
    private var earlier: WhisperDecoderState.Outcome?

    /// - Parameter then: called once on the loop, unless the transcription is cancelled before.
    init(
        of samples: [Float], language: Int?, beam: Int, recognizer: Recognizer, stream: PluginStream,
        then: @escaping (Result<Words, PluginError>) -> Void
    ) {
        self.samples = samples
        self.recognizer = recognizer
        self.stream = stream
        self.then = then
        let durationMs = samples.count / (SpeechLimits.sampleRateHz / 1000)
        options = WhisperDecoderState.Options(
            beam: beam, tokensMax: WhisperDecoderState.tokensMax(durationMs: durationMs), languages: language.map { [$0] } ?? recognizer.languages)
        state = WhisperDecoderState(special: recognizer.vocabulary.special, options: options)
        frames = Recognizer.pictureFrames(samples: samples.count)
    }

    /// Nothing more is wanted of it. What runs now runs to its end unheard.
    func cancel() {
        then = nil
        cross = []
        caches = []
    }

    func start() {
        let audio: Tensor
        do throws(PluginError) {
            audio = try stream.tensor(dtype: .f32, shape: [1, frames * 160]) { target in
                samples.prefix(frames * 160).withUnsafeBytes { target.copyMemory(from: $0) }
            }
        } catch { return finish(.failure(error)) }
        infer(recognizer.frontEnd, [("audio", audio)], ["mel"]) { [self] mel in
            infer(recognizer.encoder, [("mel", mel[0])], recognizer.caches.cross) { [self] heard in
                cross = Array(zip(recognizer.caches.cross, heard))
                perform(state.begin())
            }
        }
    }

    private func perform(_ step: WhisperDecoderState.Step) {
        switch step {
        case .detect(let run, let languages):
            decode([run]) { [self] logits in
                let noSpeech = recognizer.vocabulary.special.noSpeech
                compute {
                    logits[0].withFloats { TokenScores.detect($0, noSpeech: noSpeech, languages: languages) }
                } then: { [self] in
                    perform(state.detected($0))
                }
            }
        case .decode(let runs, let candidates, let first):
            decode(runs) { [self] logits in
                let bias = first ? recognizer.vocabulary.firstBias : recognizer.vocabulary.bias
                compute {
                    logits.map { $0.withFloats { TokenScores.best(candidates, of: $0, bias: bias) } }
                } then: { [self] in
                    perform(state.decoded($0))
                }
            }
        case .finished(let outcome): judge(outcome)
        }
    }

    /// Runs the decoder for every hypothesis, one after the other, and keeps their caches for the next step.
    private func decode(_ runs: [WhisperDecoderState.Run], logits: [Tensor] = [], next: [Cache] = [], then: @escaping ([Tensor]) -> Void) {
        guard next.count < runs.count else {
            caches = next
            return then(logits)
        }
        let run = runs[next.count]
        let names = recognizer.caches
        let ids: Tensor
        let past: Cache
        do throws(PluginError) {
            ids = try stream.tensor([1, run.tokens.count], run.tokens.map(Int64.init))
            if let parent = run.parent {
                past = caches[parent]
            } else {
                let empty = try stream.zero(shape: [1, names.heads, 0, names.headSize])
                past = names.past.map { _ in empty }
            }
        } catch { return finish(.failure(error)) }
        infer(recognizer.decoder, [("input_ids", ids)] + Array(zip(names.past, past)) + cross, ["logits"] + names.present) { [self] outputs in
            decode(runs, logits: logits + [outputs[0]], next: next + [Array(outputs[1...])], then: then)
        }
    }

    private func judge(_ outcome: WhisperDecoderState.Outcome) {
        let poor = outcome.looped || outcome.averageLogProbability < Self.averageLogProbabilityMin
        if poor, frames < Recognizer.pictureFramesMax {
            // Once more, with all the context Whisper was trained on.
            earlier = outcome
            frames = Recognizer.pictureFramesMax
            state = WhisperDecoderState(special: recognizer.vocabulary.special, options: options)
            caches = []
            return start()
        }
        var best = outcome
        if let earlier, (earlier.looped ? 0 : 1, earlier.averageLogProbability) > (best.looped ? 0 : 1, best.averageLogProbability) { best = earlier }
        if best.noSpeech > Self.noSpeechDoubt, best.averageLogProbability < Self.averageLogProbabilityMin { best.tokens = [] }
        guard !best.tokens.isEmpty else { return finish(.success(Words())) }
        let recognizer = recognizer
        let chosen = best
        compute { () throws(PluginError) -> Words in
            var text = TokenText.text(of: chosen.tokens, in: recognizer.vocabulary)
            let language = recognizer.vocabulary.code(ofLanguage: chosen.language)
            if language == "zh" { text = TokenText.withoutSpacesBetweenHan(try recognizer.script.simplified(text)) }
            return text.isEmpty ? Words() : Words(text: text, language: language, confidence: min(1, chosen.confidence))
        } then: { [self] in
            finish(.success($0))
        }
    }

    private func infer(_ model: ModelHandle, _ inputs: [(String, Tensor)], _ outputs: [String], then next: @escaping ([Tensor]) -> Void) {
        stream.infer(model, inputs: inputs, outputs: outputs, priority: .final) { [self] result in
            guard then != nil else { return }
            switch result {
            case .success(let tensors): next(tensors)
            case .failure(let error): finish(.failure(error))
            }
        }
    }

    private func compute<T: Sendable>(_ job: @escaping @Sendable () throws(PluginError) -> T, then next: @escaping (T) -> Void) {
        stream.compute(job) { [self] result in
            guard then != nil else { return }
            switch result {
            case .success(let value): next(value)
            case .failure(let error): finish(.failure(error))
            }
        }
    }

    private func finish(_ result: Result<Words, PluginError>) {
        guard let then else { return }
        cancel()
        then(result)
    }
}
