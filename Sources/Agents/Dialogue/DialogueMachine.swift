import Wire

/// Where a dialogue stands, and where an event takes it: events in, actions out, no I/O.
struct DialogueMachine {
    enum Event: Equatable {
        case begin(intent: String, turnID: UInt64)
        case filled(DialoguePolicy.Slot, String)
        case yes, no, stop
        /// What nobody knows whether it was done is to be asked for again.
        case retry
        /// The operation that was asked for succeeded, or could not be done.
        case done, failed
    }

    enum Action: Equatable {
        case say(DialoguePolicy.Text)
        /// A slot is needed; the answer fills it.
        case ask(DialoguePolicy.Slot, about: String, DialoguePolicy.Text)
        case confirm(DialoguePolicy.Text)
        /// Answered with `done` or `failed` before the turn ends; with neither, what came of it is not known, and `retry` asks for it again.
        case perform(String, DialoguePolicy.Text)
    }

    /// States that one event may pass.
    static let stepsMax = 64

    let policy: DialoguePolicy
    private(set) var dialogue: Dialogue

    init(_ policy: DialoguePolicy, _ dialogue: Dialogue) {
        self.policy = policy
        self.dialogue = dialogue
        // A state that the policy no longer has: it was changed meanwhile.
        if !dialogue.state.isEmpty, policy.state(dialogue.state) == nil { reset() }
    }

    var isListening: Bool { dialogue.state.isEmpty }

    func slot(_ slot: DialoguePolicy.Slot) -> String? { value(slot.rawValue) }

    func value(_ name: String) -> String? { dialogue.slots.first { $0.name == name }?.value }

    /// Takes a value out; nil when there was none.
    mutating func forget(_ name: String) -> String? {
        let value = value(name)
        dialogue.slots.removeAll { $0.name == name }
        return value
    }

    /// What the dialogue waits for.
    var waiting: DialoguePolicy.Kind? { policy.state(dialogue.state)?.kind }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .begin(let intent, let turnID):
            guard let state = policy.begin(intent) else { return [] }
            reset()
            dialogue.actionTurn = turnID
            return enter(state)
        case .filled(let slot, let value):
            fill(slot, value)
            guard let waiting else { return [] }
            switch waiting {
            // Another slot than the one asked for: what was asked stands, and is asked again.
            case .ask: return enter(dialogue.state)
            // A correction: what was about to be confirmed is put anew.
            case .confirm: return enter(dialogue.state)
            default: return []
            }
        case .yes:
            guard case .confirm(_, let yes, _)? = waiting else { return [] }
            return enter(yes)
        case .retry:
            guard case .perform? = waiting else { return [] }
            return enter(dialogue.state)
        case .no:
            guard case .confirm(_, _, let no)? = waiting else { return [] }
            return enter(no)
        case .stop, .failed:
            reset()
            return []
        case .done:
            guard case .perform(_, let text, let next)? = waiting else { return [] }
            return [.say(text)] + enter(next)
        }
    }

    /// What is asked now, again.
    func again() -> [Action] {
        var copy = self
        return isListening ? [] : copy.enter(dialogue.state)
    }

    mutating func fill(_ slot: DialoguePolicy.Slot, _ value: String) { note(slot.rawValue, value) }

    /// Keeps a value for as long as the action is under way.
    mutating func note(_ name: String, _ value: String) {
        dialogue.slots.removeAll { $0.name == name }
        dialogue.slots.append(DialogueSlot(name: name, value: value))
    }

    private mutating func enter(_ id: String) -> [Action] {
        var actions: [Action] = []
        var at = id
        for _ in 0..<DialogueMachine.stepsMax {
            guard let state = policy.state(at) else { break }
            dialogue.state = at
            switch state.kind {
            case .listen:
                reset()
                return actions
            case .ask(let slot, let about, let text, let next):
                guard self.slot(slot) != nil else { return actions + [.ask(slot, about: about, text)] }
                at = next
            case .confirm(let text, _, _): return actions + [.confirm(text)]
            case .perform(let operation, let text, _): return actions + [.perform(operation, text)]
            case .say(let text, let next):
                actions.append(.say(text))
                at = next
            }
        }
        reset()
        return actions
    }

    private mutating func reset() {
        dialogue.state = ""
        dialogue.slots = []
        dialogue.actionTurn = 0
    }
}
