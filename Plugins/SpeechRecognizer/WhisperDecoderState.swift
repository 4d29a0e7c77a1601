/// Whisper's decoding loop as a value: scores of the last step in, the next step out. No model in sight.
///
///     begin ──▶ [start of transcript] ──detection──▶ [language, transcribe, no timestamps] ──candidates──▶ tokens … ──▶ finished
///                                                                                            └─▶ check the draft ──▶ redo ─┘
///
/// A draft, what was written of the beginning of the same speech, is checked in one step instead of being written again token by token: it
/// stands as far as each of its tokens is the likeliest behind those before it ("speculative decoding", Leviathan et al. 2023, greedy).
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
        /// Run this and report `candidates` likeliest tokens behind each of its own.
        case check(Run, candidates: Int)
        /// As `decode`, in the place of what was checked: some of that does not stand.
        case redo(Run, candidates: Int)
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
        /// The first of them is spoken, and nobody doubts that it is speech.
        var isKnown = false
        /// Text that the decoder is led to believe came before; its words become likelier.
        var prompt: [Int] = []
        /// The same, for speech in one language: by the language's token. Where there is one, it takes the place of `prompt`.
        var prompts: [Int: [Int]] = [:]
        /// What may stand behind that which is settled. Of no use to a beam wider than 1.
        var draft: [Int] = []
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
    /// What is yet to be checked, or is being.
    private var draft: [Int]

    init(special: Vocabulary.Special, options: Options, forced: [Int] = []) {
        precondition((1...SpeechLimits.beamMax).contains(options.beam), "the beam is within its limit")
        precondition(options.tokensMax >= 1 && !options.languages.isEmpty, "there is something to decode")
        self.special = special
        self.options = options
        self.forced = forced
        draft = options.beam == 1 ? options.draft : []
        live[0].tokens = forced
    }

    /// Below it, writing is as fast as checking.
    static let draftTokensMin = 3

    /// Tokens that speech of this length can have at most.
    static func tokensMax(durationMs: Int) -> Int {
        min(SpeechLimits.tokensMax, SpeechLimits.tokensBase + durationMs * SpeechLimits.tokensPerSecondMax / 1000)
    }

    /// The same for a partial transcript: what the one before had (`known`), and what fits into the `freshMs` since. Half a word at the end of
    /// what was said so far makes the decoder go round in circles, which take as long as words do; what is really there comes with the next one.
    static func tokensMax(durationMs: Int, known: Int, freshMs: Int) -> Int {
        min(tokensMax(durationMs: durationMs), known + SpeechLimits.partialTokensBase + freshMs * SpeechLimits.partialTokensPerSecondMax / 1000)
    }

    mutating func begin() -> Step {
        let before = (options.prompt.isEmpty ? [] : [special.startOfPrevious] + options.prompt) + [special.startOfTranscript]
        guard options.isKnown else { return .detect(Run(tokens: before, parent: nil), languages: options.languages) }
        return heard(TokenScores.Detection(noSpeech: 0, language: options.languages[0], languageProbability: 1), behind: before)
    }

    mutating func detected(_ detection: TokenScores.Detection) -> Step { heard(detection, behind: []) }

    /// - Parameter before: what the decoder has not seen yet; [] = it has seen all before the language.
    private mutating func heard(_ detection: TokenScores.Detection, behind before: [Int]) -> Step {
        self.detection = detection
        guard detection.noSpeech <= options.noSpeechMax || !forced.isEmpty else { return finish(Hypothesis()) }
        let start = [detection.language, special.transcribe, special.noTimestamps]
        if let listed = options.prompts[detection.language], !listed.isEmpty {
            // Anew: a list that the language was to be found behind would have said which it is.
            let list = [special.startOfPrevious] + listed + [special.startOfTranscript]
            return .decode([Run(tokens: list + start + forced, parent: nil)], candidates: options.beam + 1, first: forced.isEmpty)
        }
        let parent = before.isEmpty ? 0 : nil
        return .decode([Run(tokens: before + start + forced, parent: parent)], candidates: options.beam + 1, first: forced.isEmpty)
    }

    /// - Parameter scores: for each run of the step before, its likeliest tokens, the likeliest first.
    mutating func decoded(_ scores: [[TokenScores.Candidate]]) -> Step {
        let step = written(scores)
        guard case .decode(let runs, let candidates, _) = step, !draft.isEmpty else { return step }
        guard draft.count >= Self.draftTokensMin, runs == [Run(tokens: [draft[0]], parent: 0)] else {
            draft = []
            return step
        }
        return .check(Run(tokens: draft, parent: 0), candidates: candidates)
    }

    /// - Parameter scores: for each token of the draft, the likeliest behind it, the likeliest first.
    mutating func checked(_ scores: [[TokenScores.Candidate]]) -> Step {
        precondition(scores.count == draft.count, "there are scores for each token of the draft")
        let checked = exchange(&draft, with: [])
        for (index, candidates) in scores.enumerated() {
            let step = written([candidates])
            guard case .decode(let runs, let candidates, _) = step, index + 1 < checked.count else { return step }
            let token = runs[0].tokens[0]
            if token != checked[index + 1] { return .redo(Run(tokens: checked[...index] + [token], parent: 0), candidates: candidates) }
        }
        preconditionFailure("a draft that is checked is not empty")
    }

    /// Each hypothesis grows by a token, or ends.
    private mutating func written(_ scores: [[TokenScores.Candidate]]) -> Step {
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
