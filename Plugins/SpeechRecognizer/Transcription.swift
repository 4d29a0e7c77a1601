import PluginKit
import Wire

/// Words for one piece of speech, on their way: front end → encoder → decoder steps → text. Everything heavy runs in the host;
/// this only hands results from one job to the next, on the loop.
///
/// The decoder's caches go from output to input as they are; the hypotheses of the beam are its rows.
final class Transcription {
    /// What is wanted.
    struct Request {
        /// 16 kHz.
        var samples: [Float]
        /// The language's token; nil = one of those that the operator allows.
        var language: Int?
        var beam = 1
        /// Text that the decoder is led to believe came before.
        var prompt: [Int] = []
        /// What the same voice said right before, of which this may be the rest.
        var before: SaidBefore?
        /// What was already told of this utterance and cannot be taken back.
        var settled = SettledText()
        /// One of the results that the next one replaces.
        var isPartial = false
        /// Milliseconds at its end that the partial transcript before has not heard.
        var freshMs = 0
        /// The words that are expected are told to the decoder first.
        var isListed = true
        /// What does not speak of them, or does, is decoded once more the other way.
        var mayRepeat = true
    }

    struct Words: Equatable, Sendable {
        /// "" when nobody spoke.
        var text = ""
        /// BCP 47; "" when `text` is empty.
        var language = ""
        var confidence: Float = 0
        var tokens: [Int] = []
        /// What they ask for, of a final transcript.
        var slots: [Slot] = []
        /// It speaks of what is expected; nil = nothing is, or nobody spoke.
        var isOfNames: Bool?
    }

    /// Below this mean log-probability a transcript is tried again in the longest picture; if it stays there and the
    /// decoder also doubts that it heard speech, it is dropped (Radford et al. 2022, section 4.5).
    private static let averageLogProbabilityMin: Float = -1
    private static let noSpeechDoubt: Float = 0.3

    private let stream: PluginStream
    private let recognizer: Recognizer
    private let request: Request
    private var options: WhisperDecoderState.Options
    /// The words that are expected were told to the decoder.
    private var isListed: Bool
    private var then: ((Result<Words, PluginError>) -> Void)?

    private var state: WhisperDecoderState
    private var cross: [(String, Tensor)] = []
    private var past: [Tensor] = []
    /// `past` of before the draft was checked.
    private var pastBefore: [Tensor] = []
    private var frames: Int
    /// What was found in a shorter picture.
    private var earlier: WhisperDecoderState.Outcome?
    /// Found with the words that are expected, or without them, before it was decoded the other way: the second stands, unless it is empty.
    private var first: Words?

    /// - Parameter then: called once on the loop, unless the transcription is cancelled before.
    init(
        _ request: Request, recognizer: Recognizer, stream: PluginStream, then: @escaping (Result<Words, PluginError>) -> Void
    ) {
        self.request = request
        self.recognizer = recognizer
        self.stream = stream
        self.then = then
        let durationMs = request.samples.count / (SpeechLimits.sampleRateHz / 1000)
        isListed = request.isListed && !recognizer.wordPrompts.isEmpty
        let settled = request.settled
        options = WhisperDecoderState.Options(
            beam: request.beam, tokensMax: WhisperDecoderState.tokensMax(durationMs: durationMs),
            languages: request.language.map { [$0] } ?? recognizer.languages, prompt: request.prompt,
            prompts: Self.prompts(listing: isListed ? recognizer.wordPrompts : [:], or: request.prompt, before: request.before),
            draft: settled.draft)
        if request.isPartial {
            let known = settled.tokens.count + settled.draft.count
            options.tokensMax = WhisperDecoderState.tokensMax(durationMs: durationMs, known: known, freshMs: request.freshMs)
            // Found by the partial transcripts before; only the final one may doubt it.
            if let language = recognizer.vocabulary.token(ofLanguage: settled.language) {
                options.languages = [language]
                options.isKnown = true
            }
        }
        // What was promised stands: the decoder finds what comes behind it.
        state = WhisperDecoderState(special: recognizer.vocabulary.special, options: options, forced: request.settled.tokens)
        frames =
            request.isPartial ? Recognizer.partialFrames(samples: request.samples.count) : Recognizer.pictureFrames(samples: request.samples.count)
    }

    /// Nothing more is wanted of it. What runs now runs to its end unheard.
    func cancel() {
        then = nil
        cross = []
        past = []
        pastBefore = []
    }

    func start() {
        let samples = request.samples
        compute {
            SpeechLevel.normalised(samples)
        } then: { [self] in
            listen(to: $0)
        }
    }

    private func listen(to samples: [Float]) {
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
            decode([run], scored: 1) { [self] logits in
                let noSpeech = recognizer.vocabulary.special.noSpeech
                compute {
                    logits.withFloats { TokenScores.detect($0, noSpeech: noSpeech, languages: languages) }
                } then: { [self] in
                    perform(state.detected($0))
                }
            }
        case .decode(let runs, let candidates, let first):
            pastBefore = []
            score(runs, scored: 1, candidates, bias: first ? recognizer.vocabulary.firstBias : recognizer.vocabulary.bias) { [self] in
                perform(state.decoded($0))
            }
        case .check(let run, let candidates):
            pastBefore = past
            score([run], scored: run.tokens.count, candidates, bias: recognizer.vocabulary.bias) { [self] in perform(state.checked($0)) }
        case .redo(let run, let candidates):
            past = pastBefore
            score([run], scored: 1, candidates, bias: recognizer.vocabulary.bias) { [self] in perform(state.decoded($0)) }
        case .finished(let outcome): ended(outcome)
        }
    }

    /// Runs the decoder and gives the `candidates` likeliest tokens of each hypothesis, or behind each of the last `scored` tokens of the only one.
    private func score(
        _ runs: [WhisperDecoderState.Run], scored: Int, _ candidates: Int, bias: [Float], then: @escaping ([[TokenScores.Candidate]]) -> Void
    ) {
        decode(runs, scored: scored) { [self] logits in
            compute {
                logits.withFloats { all in TokenScores.rows(of: all, width: bias.count).map { TokenScores.best(candidates, of: $0, bias: bias) } }
            } then: {
                then($0)
            }
        }
    }

    /// Runs the decoder once, a row for each hypothesis, and keeps its caches for the next step.
    /// - Parameter scored: so many of the last tokens of each.
    private func decode(_ runs: [WhisperDecoderState.Run], scored: Int, then: @escaping (Tensor) -> Void) {
        let names = recognizer.caches
        let width = runs.first?.tokens.count ?? 0
        precondition(width > 0 && runs.allSatisfy { $0.tokens.count == width }, "all hypotheses grow by as many tokens")
        let ids: Tensor
        let parents: Tensor
        let places: Tensor
        do throws(PluginError) {
            ids = try stream.tensor([runs.count, width], runs.flatMap { $0.tokens.map(Int64.init) })
            parents = try stream.tensor([runs.count], runs.map { Int64($0.parent ?? 0) })
            places = try stream.tensor([scored], (0..<scored).map { Int64($0 - scored) })
            // After nothing: what was decoded before does not count.
            if past.isEmpty || runs[0].parent == nil {
                let empty = try stream.zero(shape: [1, names.heads, 0, names.headSize])
                past = names.past.map { _ in empty }
            }
        } catch { return finish(.failure(error)) }
        let inputs = [("input_ids", ids), ("parents", parents), ("scored", places)] + Array(zip(names.past, past)) + cross
        infer(recognizer.decoder, inputs, ["logits"] + names.present) { [self] outputs in
            let expected = runs.count * scored * recognizer.vocabulary.bias.count
            do throws(PluginError) {
                try ModelOutputs.check(values: outputs[0].count, are: expected, of: "the decoder's output \"logits\"")
            } catch { return finish(.failure(error)) }
            past = Array(outputs[1...])
            then(outputs[0])
        }
    }

    private func ended(_ outcome: WhisperDecoderState.Outcome) {
        if request.isPartial { return outcome.averageLogProbability < Self.averageLogProbabilityMin ? finish(.success(Words())) : tell(outcome) }
        let poor = outcome.looped || outcome.averageLogProbability < Self.averageLogProbabilityMin
        if poor, frames < Recognizer.pictureFramesMax {
            // Once more, with all the context Whisper was trained on.
            earlier = outcome
            frames = Recognizer.pictureFramesMax
            again()
            return start()
        }
        var best = better(outcome, earlier)
        if best.noSpeech > Self.noSpeechDoubt, best.averageLogProbability < Self.averageLogProbabilityMin { best.tokens = request.settled.tokens }
        tell(best)
    }

    /// What did not loop before what did; then the likelier; then the newer.
    private func better(_ newer: WhisperDecoderState.Outcome, _ older: WhisperDecoderState.Outcome?) -> WhisperDecoderState.Outcome {
        guard let older else { return newer }
        return (older.looped ? 0 : 1, older.averageLogProbability) > (newer.looped ? 0 : 1, newer.averageLogProbability) ? older : newer
    }

    /// The decoding begins anew.
    private func again() {
        state = WhisperDecoderState(special: recognizer.vocabulary.special, options: options, forced: request.settled.tokens)
        past = []
    }

    private func tell(_ outcome: WhisperDecoderState.Outcome) {
        let settled = request.settled
        guard !outcome.tokens.isEmpty else { return finish(.success(first ?? Words())) }
        let recognizer = recognizer
        let reader = request.isPartial ? nil : recognizer.slots
        compute { () throws(PluginError) -> Words in
            let language = recognizer.vocabulary.code(ofLanguage: outcome.language)
            let text = try settled.whole(outcome.tokens, language: language, recognizer)
            guard !text.isEmpty else { return Words() }
            return Words(
                text: text, language: language, confidence: min(1, outcome.confidence), tokens: outcome.tokens, slots: reader?.read(text) ?? [],
                isOfNames: recognizer.isOfNames(text, language: language))
        } then: { [self] words in
            if words.text.isEmpty, let first { return finish(.success(first)) }
            guard !request.isPartial, request.mayRepeat, first == nil, let isOfNames = words.isOfNames, isOfNames != isListed else {
                return finish(.success(words))
            }
            first = words
            decodeOtherwise(listed: isOfNames)
        }
    }

    /// A list of words helps who speaks of them and harms who does not: what was heard says which it is.
    private func decodeOtherwise(listed: Bool) {
        isListed = listed
        options.prompts = Self.prompts(listing: listed ? recognizer.wordPrompts : [:], or: request.prompt, before: request.before)
        earlier = nil
        again()
        perform(state.begin())
    }

    /// The words that are expected, and last what was said before, in its language alone.
    /// - Parameter prompt: what is expected in a language without a list of its own.
    static func prompts(listing words: [Int: [Int]], or prompt: [Int], before: SaidBefore?) -> [Int: [Int]] {
        guard let before, !before.tokens.isEmpty else { return words }
        var prompts = words
        let expected = words[before.language] ?? prompt
        prompts[before.language] = expected.suffix(max(0, SpeechLimits.promptTokensMax - before.tokens.count)) + before.tokens
        return prompts
    }

    private func infer(_ model: ModelHandle, _ inputs: [(String, Tensor)], _ outputs: [String], then next: @escaping ([Tensor]) -> Void) {
        stream.infer(model, inputs: inputs, outputs: outputs, priority: request.isPartial ? .partial : .final) { [self] result in
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
