/// What of the replies is spoken, what of it the customer has heard, and what is still to come: a value, events in, answers out.
///
///     reply text ──sentence──▶ waiting ──speak──▶ speaking ──ended──▶ given ──Played──▶ heard
///                                 └── wait: the customer has enough to listen to
///
/// A unit is a sentence of a reply, counted from 1 in each turn. Speech is made only so far ahead of what is heard, since an interruption
/// makes the rest worthless.
struct SpeechQueue: Sendable, Equatable {
    struct Unit: Sendable, Equatable {
        var turnID: UInt64
        var revision: UInt32
        /// 1, 2, 3 … within the turn.
        var number: UInt32
        /// As in the reply, white space included.
        var text: String
        var language: String
        /// When the reply's piece that completed it was sent, on the loop's clock.
        var writtenUs: UInt64
        var state: State = .waiting
        /// Audio that was given, and how much of it was heard.
        var givenUs: UInt64 = 0
        var heardUs: UInt64 = 0
        /// When a player that plays what it gets has played it, on the loop's clock.
        var playsUntilUs: UInt64 = 0

        enum State: Sendable, Equatable {
            case waiting, speaking, given
            /// It stays text, which counts as delivered when written.
            case textOnly
        }

        var isHeard: Bool { state == .textOnly || (state == .given && heardUs + SpeechQueue.toleranceUs >= givenUs) }

        /// What the customer got of it, up to the last whole word.
        var heardText: String {
            if isHeard { return text }
            // How long a unit in the making will be is not known: about 15 characters a second.
            let share = state == .given ? Double(heardUs) / Double(max(1, givenUs)) : Double(heardUs) * 15e-6 / Double(max(1, text.count))
            let reached = text.prefix(Int(Double(text.count) * min(1, share)))
            guard reached.count < text.count else { return text }
            return String(reached.lastIndex(of: " ").map { reached[...$0] } ?? "")
        }
    }

    enum Next: Sendable, Equatable {
        case speak(Unit)
        /// Ask again after so many microseconds.
        case wait(us: UInt64)
    }

    /// Units that wait or may still be cut.
    static let unitsMax = 256
    /// Audio that may be given ahead of what is heard.
    static let aheadUsMax: UInt64 = 6_000_000
    /// Players report in steps.
    static let toleranceUs: UInt64 = 100_000
    /// How much later than the clock has it a player may be.
    static let lateUsMax: UInt64 = 500_000

    private(set) var units: [Unit] = []
    /// When the customer began to listen without a pause since, and what was given since then.
    private var talkSinceUs: UInt64 = 0
    private var talkUs: UInt64 = 0
    /// The client says what was played.
    private var isReported = false

    /// Something is being spoken or waits for it.
    var isBusy: Bool { units.contains { $0.state == .waiting || $0.state == .speaking } }

    /// Units that are to be spoken after all that are there.
    /// - Returns: false when there are too many.
    mutating func add(_ text: String, language: String, turnID: UInt64, revision: UInt32, nowUs: UInt64) -> Bool {
        // Turns before the last one that were played are over: nobody interrupts them any more.
        settle(before: turnID, nowUs: nowUs)
        units.removeAll { $0.turnID < turnID && $0.isHeard }
        guard units.count < Self.unitsMax else { return false }
        let number = (units.last { $0.turnID == turnID && $0.revision == revision }?.number ?? 0) + 1
        units.append(Unit(turnID: turnID, revision: revision, number: number, text: text, language: language, writtenUs: nowUs))
        return true
    }

    /// Counts as heard what the clock says was played: everything of a client that reports nothing, of another what is of earlier turns, since what
    /// it reports of the last one is truer.
    private mutating func settle(before turnID: UInt64, nowUs: UInt64) {
        for index in units.indices where units[index].state == .given && (!isReported || units[index].turnID < turnID) {
            if units[index].playsUntilUs + Self.lateUsMax <= nowUs { units[index].heardUs = units[index].givenUs }
        }
    }

    /// What to do now, if anything.
    /// - Parameter isPaced: false when nobody can interrupt any more, so that nothing is gained by waiting.
    mutating func next(nowUs: UInt64, isPaced: Bool = true) -> Next? {
        guard !units.contains(where: { $0.state == .speaking }), let index = units.firstIndex(where: { $0.state == .waiting }) else { return nil }
        let ahead = aheadUs(nowUs)
        if isPaced, ahead > Self.aheadUsMax { return .wait(us: ahead - Self.aheadUsMax) }
        units[index].state = .speaking
        return .speak(units[index])
    }

    /// By the clock when nothing is reported, else by what was reported.
    private func aheadUs(_ nowUs: UInt64) -> UInt64 {
        let played = nowUs - min(nowUs, talkSinceUs)
        let unheard = units.reduce(UInt64(0)) { $0 + ($1.givenUs - min($1.givenUs, $1.heardUs)) }
        return min(talkUs - min(talkUs, played), unheard)
    }

    /// A piece of audio of the unit in the making goes to the customer.
    /// - Returns: whether it is the unit's first.
    mutating func gave(us: UInt64, nowUs: UInt64) -> Bool {
        guard let index = units.firstIndex(where: { $0.state == .speaking }) else { return false }
        if aheadUs(nowUs) == 0 { (talkSinceUs, talkUs) = (nowUs, 0) }
        talkUs += us
        let isFirst = units[index].givenUs == 0
        units[index].givenUs += us
        units[index].playsUntilUs = talkSinceUs + talkUs
        return isFirst
    }

    /// The unit in the making is complete.
    mutating func ended() {
        guard let index = units.firstIndex(where: { $0.state == .speaking }) else { return }
        units[index].state = .given
    }

    /// The unit in the making cannot be spoken: it and what follows it in its turn are text alone.
    mutating func failed() -> Unit? {
        guard let index = units.firstIndex(where: { $0.state == .speaking }) else { return nil }
        let failed = units[index]
        for other in index..<units.count where units[other].turnID == failed.turnID { units[other].state = .textOnly }
        return failed
    }

    /// What the customer heard, as their player says. Beyond what was given it counts for nothing.
    mutating func played(turnID: UInt64, unit: UInt32, upToUs: UInt64) {
        isReported = true
        guard let heard = units.firstIndex(where: { $0.turnID == turnID && $0.number == unit }) else { return }
        for index in units.indices where units[index].turnID == turnID && index < heard { units[index].heardUs = units[index].givenUs }
        units[heard].heardUs = max(units[heard].heardUs, min(upToUs, units[heard].givenUs))
    }

    struct Cut: Sendable, Equatable {
        var turnID: UInt64
        var revision: UInt32
        /// The first unit that was not heard to its end.
        var unit: UInt32
        /// What of the turn's reply was delivered.
        var delivered: String
    }

    /// The customer interrupts: what was not heard is cut off and forgotten.
    mutating func interrupt(nowUs: UInt64) -> [Cut] {
        settle(before: units.last?.turnID ?? 0, nowUs: nowUs)
        var cuts: [Cut] = []
        for unit in units where !unit.isHeard && cuts.last?.turnID != unit.turnID {
            let turn = units.filter { $0.turnID == unit.turnID }
            cuts.append(
                Cut(turnID: unit.turnID, revision: unit.revision, unit: unit.number, delivered: turn.map(\.heardText).joined()))
        }
        units.removeAll()
        (talkSinceUs, talkUs) = (0, 0)
        return cuts
    }

    /// An amended reply takes the place of an earlier revision's.
    /// - Returns: whether there was anything of it.
    mutating func forget(turnID: UInt64, before revision: UInt32) -> Bool {
        let count = units.count
        units.removeAll { $0.turnID == turnID && $0.revision < revision }
        return units.count < count
    }
}
