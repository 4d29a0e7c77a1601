/// Whisper's decoding loop as a value: scores of the last step in, the next step out. No model in sight.
///
///     begin ──▶ [start of transcript] ──detection──▶ [language, transcribe, no timestamps] ──candidates──▶ tokens … ──▶ finished
///
/// Beam search as in Radford et al. 2022, section 4.5 (beam 1 is greedy): hypotheses are ranked by the mean of their
/// tokens' log-probabilities. Guards against hallucination: P(no speech), a cap by duration, and loops.
struct WhisperDecoderState {
    /// Feed `tokens` after what hypothesis `parent` of the step before has seen; nil: after nothing.
    struct Run: Equatable {
        var tokens: [Int]
        var parent: Int?
    }

    enum Step: Equatable {
        /// Run this and report `TokenScores.Detection`.
        case detect(Run, languages: [Int])
        /// Run these and report `candidates` likeliest tokens of each. `first`: they begin the text.
        case decode([Run], candidates: Int, first: Bool)
        case finished(Outcome)
    }

    struct Outcome: Equatable {
        var tokens: [Int] = []
        var language: Int
        var noSpeech: Float
        /// Mean of the tokens' log-probabilities, the end of text included.
        var averageLogProbability: Float = 0
        /// Mean of the tokens' probabilities, 0 to 1.
        var confidence: Float = 0
        /// It went round in circles and was cut there.
        var looped = false
    }

    struct Options: Equatable {
        var beam = 1
        var tokensMax = SpeechLimits.tokensMax
        var noSpeechMax: Float = 0.6
        /// Tokens of the languages that may be spoken; not empty.
        var languages: [Int]
        /// Text that the decoder is led to believe came before; its words become likelier.
        var prompt: [Int] = []
        /// The same, for speech in one language: by the language's token. Where there is one, it takes the place of `prompt`.
        var prompts: [Int: [Int]] = [:]
    }

    private struct Hypothesis {
        var tokens: [Int] = []
        var logSum: Float = 0
        var probabilitySum: Float = 0
        var scored = 0
        var looped = false

        var mean: Float { logSum / Float(max(1, scored)) }

        func adding(_ candidate: TokenScores.Candidate, token: Int?) -> Hypothesis {
            var next = self
            if let token { next.tokens.append(token) }
            next.logSum += candidate.logProbability
            next.probabilitySum += exponential(candidate.logProbability)
            next.scored += 1
            return next
        }
    }

    private let special: Vocabulary.Special
    private let options: Options
    /// What the transcript begins with whatever the scores say.
    private let forced: [Int]
    private var detection: TokenScores.Detection?
    private var live = [Hypothesis()]
    private var done: [Hypothesis] = []

    init(special: Vocabulary.Special, options: Options, forced: [Int] = []) {
        precondition((1...SpeechLimits.beamMax).contains(options.beam), "the beam is within its limit")
        precondition(options.tokensMax >= 1 && !options.languages.isEmpty, "there is something to decode")
        self.special = special
        self.options = options
        self.forced = forced
        live[0].tokens = forced
    }

    /// Tokens that speech of this length can have at most.
    static func tokensMax(durationMs: Int) -> Int {
        min(SpeechLimits.tokensMax, SpeechLimits.tokensBase + durationMs * SpeechLimits.tokensPerSecondMax / 1000)
    }

    func begin() -> Step {
        let before = options.prompt.isEmpty ? [] : [special.startOfPrevious] + options.prompt
        return .detect(Run(tokens: before + [special.startOfTranscript], parent: nil), languages: options.languages)
    }

    mutating func detected(_ detection: TokenScores.Detection) -> Step {
        self.detection = detection
        guard detection.noSpeech <= options.noSpeechMax || !forced.isEmpty else { return finish(Hypothesis()) }
        let start = [detection.language, special.transcribe, special.noTimestamps]
        if let listed = options.prompts[detection.language], !listed.isEmpty {
            // Anew: a list that the language was to be found behind would have said which it is.
            let before = [special.startOfPrevious] + listed + [special.startOfTranscript]
            return .decode([Run(tokens: before + start + forced, parent: nil)], candidates: options.beam + 1, first: forced.isEmpty)
        }
        return .decode([Run(tokens: start + forced, parent: 0)], candidates: options.beam + 1, first: forced.isEmpty)
    }

    /// - Parameter scores: for each run of the step before, its likeliest tokens, the likeliest first.
    mutating func decoded(_ scores: [[TokenScores.Candidate]]) -> Step {
        precondition(scores.count == live.count, "there are scores for each hypothesis")
        var all: [(parent: Int, candidate: TokenScores.Candidate, total: Float)] = []
        for (parent, candidates) in scores.enumerated() {
            for candidate in candidates { all.append((parent, candidate, live[parent].logSum + candidate.logProbability)) }
        }
        // Stable order among equals: by hypothesis, then as the scores came.
        let ranked = all.indices.sorted { all[$0].total == all[$1].total ? $0 < $1 : all[$0].total > all[$1].total }
        var next: [Hypothesis] = []
        var runs: [Run] = []
        for index in ranked where next.count < options.beam {
            let (parent, candidate, _) = all[index]
            if candidate.token == special.endOfText {
                done.append(live[parent].adding(candidate, token: nil))
                if options.beam == 1 { break }
                continue
            }
            var grown = live[parent].adding(candidate, token: candidate.token)
            if let length = Repetition.loopLength(grown.tokens), grown.tokens.count - length >= forced.count {
                grown.tokens.removeLast(length)
                grown.looped = true
                done.append(grown)
            } else {
                next.append(grown)
                runs.append(Run(tokens: [candidate.token], parent: parent))
            }
        }
        guard !next.isEmpty, next[0].tokens.count < options.tokensMax, !isDecided(against: next) else {
            if done.isEmpty { done = next }
            return finish(best())
        }
        live = next
        return .decode(runs, candidates: options.beam + 1, first: false)
    }

    /// Enough hypotheses have ended, and none that goes on is likelier so far: without the second, a full stop at the end would lose to
    /// poorer endings without one, which come a step earlier.
    private func isDecided(against live: [Hypothesis]) -> Bool {
        guard done.count >= options.beam else { return false }
        if options.beam == 1 { return true }
        let going = live.reduce(-Float.infinity) { max($0, $1.mean) }
        return done.contains { !$0.looped && $0.mean >= going }
    }

    /// What did not loop before what did; then the highest mean; then the earliest.
    private func best() -> Hypothesis {
        guard var best = done.first else { return Hypothesis() }
        for other in done.dropFirst() where (other.looped ? 0 : 1, other.mean) > (best.looped ? 0 : 1, best.mean) { best = other }
        return best
    }

    private func finish(_ found: Hypothesis) -> Step {
        guard let detection else { preconditionFailure("nothing is decoded before the language is known") }
        var hypothesis = found
        if Repetition.isMonotonous(hypothesis.tokens) {
            hypothesis.tokens = Repetition.beforeFirstRepeat(hypothesis.tokens, keeping: forced.count)
            hypothesis.looped = true
        }
        return .finished(
            Outcome(
                tokens: hypothesis.tokens, language: detection.language, noSpeech: detection.noSpeech,
                averageLogProbability: hypothesis.mean,
                confidence: hypothesis.probabilitySum / Float(max(1, hypothesis.scored)), looped: hypothesis.looped))
    }
}
