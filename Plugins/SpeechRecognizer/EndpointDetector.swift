/// Finds utterances in the voice activity model's probabilities, one a frame of 32 ms.
///
///     quiet ──p ≥ threshold──▶ maybe ──speechMin──▶ speaking ──p < negative──▶ pausing ──silenceEnd──▶ quiet
///       ▲                        │ dips                ▲                          │
///       └────────────────────────┘                     └──────p ≥ threshold───────┘
///
/// Between the two thresholds the state stays what it is. A pause of `postRoll` completes the utterance's audio: `paused`
/// lets the recogniser begin before the pause has lasted `silenceEnd`; `resumed` says that it began in vain. Who has heard meanwhile that the
/// sentence is complete says so (`complete`): then the pause need only last `silenceEndComplete`.
struct EndpointDetector {
    /// All lengths in frames.
    struct Options: Equatable {
        var threshold: Float = 0.5
        var negativeThreshold: Float = 0.35
        var speechMin = 3
        var silenceEnd = 16
        /// At most `silenceEnd`.
        var silenceEndComplete = 10
        /// Frames kept before the first and after the last speech frame.
        var preRoll = 10
        var postRoll = 6
        var utteranceMax = 875
    }

    struct Utterance: Equatable {
        /// Frames from the first to past the last one with speech.
        var speech: Range<Int>
        /// Frames for the recogniser: `speech` with its rolls; never overlaps the utterance before.
        var audio: Range<Int>
    }

    enum Event: Equatable {
        case started(frame: Int, probability: Float)
        case paused(Utterance)
        case resumed
        /// `forced` when it was cut at `utteranceMax`; in the middle of speech, the next one begins at once.
        case ended(Utterance, probability: Float, forced: Bool)
    }

    private enum State: Equatable {
        case quiet
        case maybe(start: Int, loud: Int, dips: Int)
        case speaking(start: Int)
        case pausing(start: Int, since: Int, isComplete: Bool)
    }

    private let options: Options
    private var state = State.quiet
    /// Number of frames seen.
    private(set) var frame = 0
    /// Frames up to here belong to an utterance that has ended.
    private(set) var spent = 0
    /// Probabilities since the utterance began, to find the best place for a forced cut.
    private var track: [Float] = []

    init(_ options: Options = Options()) {
        precondition(options.postRoll <= options.silenceEnd, "the audio of an utterance is complete before it ends")
        precondition(options.silenceEndComplete <= options.silenceEnd, "what is complete ends no later")
        precondition(options.utteranceMax > 2 * options.silenceEnd, "an utterance is longer than the pauses in it")
        self.options = options
    }

    /// Goes on in silence where another one was.
    /// - Parameters:
    ///   - frame: frames that count as seen.
    ///   - spent: frames of them that belong to an utterance that has ended.
    init(_ options: Options, frame: Int, spent: Int) {
        self.init(options)
        precondition(0 <= spent && spent <= frame, "only frames that were seen are spent")
        self.frame = frame
        self.spent = spent
    }

    /// Nothing has begun that is not over.
    var isQuiet: Bool { state == .quiet }

    /// The first frame of the utterance under way while somebody speaks, with its pre-roll; nil in silence, and in pauses that may soon be
    /// told of.
    var speakingFrom: Int? {
        switch state {
        case .quiet, .maybe: nil
        case .speaking(let start): max(spent, start - options.preRoll)
        case .pausing(let start, let since, _): frame - since < options.postRoll / 2 ? max(spent, start - options.preRoll) : nil
        }
    }

    /// The first frame that may still become part of an utterance.
    var neededFrom: Int {
        switch state {
        case .quiet: max(spent, frame - options.preRoll)
        case .maybe(let start, _, _), .speaking(let start), .pausing(let start, _, _): max(spent, start - options.preRoll)
        }
    }

    mutating func push(_ probability: Float) -> [Event] {
        defer { frame += 1 }
        switch state {
        case .quiet:
            guard probability >= options.threshold else { return [] }
            state = .maybe(start: frame, loud: 0, dips: 0)
            return grow(probability)
        case .maybe: return grow(probability)
        case .speaking(let start):
            track.append(probability)
            if probability < options.negativeThreshold { state = .pausing(start: start, since: frame, isComplete: false) }
            return settle(probability)
        case .pausing(let start, let since, _):
            track.append(probability)
            guard probability >= options.threshold else { return settle(probability) }
            state = .speaking(start: start)
            return (frame - since >= options.postRoll ? [.resumed] : []) + settle(probability)
        }
    }

    /// The signal is over: what was said last ends here.
    mutating func finish() -> [Event] {
        defer {
            state = .quiet
            spent = frame
            track = []
        }
        switch state {
        case .quiet, .maybe: return []
        case .speaking(let start): return [.ended(utterance(start..<frame, end: frame), probability: track.last ?? 0, forced: false)]
        case .pausing(let start, let since, _):
            return [.ended(utterance(start..<since, end: frame), probability: track.last ?? 0, forced: false)]
        }
    }

    /// In a pause whose next frame ends the utterance if that is complete.
    var wantsToKnow: Bool {
        guard case .pausing(_, let since, _) = state else { return false }
        return frame + 1 - since == options.silenceEndComplete
    }

    /// What was said before the pause that was told of with `utterance` sounds complete. Nothing happens when that pause is over.
    mutating func complete(_ utterance: Utterance) {
        guard case .pausing(let start, utterance.speech.upperBound, _) = state else { return }
        state = .pausing(start: start, since: utterance.speech.upperBound, isComplete: true)
    }

    /// In `maybe`: enough loud frames begin an utterance, twice as many that are not end the hope.
    private mutating func grow(_ probability: Float) -> [Event] {
        guard case .maybe(let start, var loud, var dips) = state else { return [] }
        track.append(probability)
        if probability >= options.threshold { loud += 1 } else { dips += 1 }
        if loud >= options.speechMin {
            state = .speaking(start: start)
            return [.started(frame: start, probability: probability)]
        }
        guard dips < 2 * options.speechMin else {
            state = .quiet
            track = []
            return []
        }
        state = .maybe(start: start, loud: loud, dips: dips)
        return []
    }

    /// What the frame just taken in completes: the audio, the utterance, or the longest utterance allowed.
    private mutating func settle(_ probability: Float) -> [Event] {
        let now = frame + 1
        if case .pausing(let start, let since, let isComplete) = state {
            let whole = utterance(start..<since, end: now)
            if now - since >= (isComplete ? options.silenceEndComplete : options.silenceEnd) {
                state = .quiet
                spent = whole.audio.upperBound
                track = []
                return [.ended(whole, probability: probability, forced: false)]
            }
            if now - since == options.postRoll { return [.paused(whole)] }
        }
        return now - neededFrom >= options.utteranceMax ? cut(probability) : []
    }

    /// Ends the utterance that has become too long: at the pause it is in, else at its best pause: where three frames are
    /// quietest, in its second half.
    private mutating func cut(_ probability: Float) -> [Event] {
        switch state {
        case .quiet, .maybe: preconditionFailure("only an utterance can be too long")
        case .pausing(let start, let since, _):
            let whole = utterance(start..<since, end: frame + 1)
            state = .quiet
            spent = whole.audio.upperBound
            track = []
            return [.ended(whole, probability: probability, forced: true)]
        case .speaking(let start):
            var best = track.count - 1
            var least = Float.infinity
            for index in max(1, track.count / 2)..<track.count - 1 {
                let sum = track[index - 1] + track[index] + track[index + 1]
                if sum <= least { (least, best) = (sum, index) }
            }
            let place = start + best
            let ended = Utterance(speech: start..<place, audio: max(spent, start - options.preRoll)..<place)
            spent = place
            track.removeFirst(best)
            state = .speaking(start: place)
            return [.ended(ended, probability: probability, forced: true), .started(frame: place, probability: probability)]
        }
    }

    private func utterance(_ speech: Range<Int>, end: Int) -> Utterance {
        Utterance(
            speech: speech,
            audio: max(spent, speech.lowerBound - options.preRoll)..<max(speech.upperBound, min(end, speech.upperBound + options.postRoll)))
    }
}
