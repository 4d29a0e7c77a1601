extension DialoguePolicy {
    public struct Fault: Sendable, Equatable {
        public var line: Int
        public var message: String
    }

    /// Where a state leads, with what the way is called.
    func ways(_ kind: Kind) -> [(name: String, to: String)] {
        switch kind {
        case .listen(let choices): choices.map { ($0.intent, $0.state) }
        case .ask(let slot, _, _, let next): [(slot.rawValue, next)]
        case .confirm(_, let yes, let no): [("yes", yes), ("no", no)]
        case .perform(_, _, let next): [("done", next)]
        case .say(_, let next): [("", next)]
        }
    }

    /// Targets that do not exist, states that nothing leads to, states from which the start cannot be reached again, rounds without a pause.
    public func faults() -> [Fault] {
        var faults: [Fault] = []
        guard let first = state(start) else { return [Fault(line: 0, message: "the start '\(start)' is no state")] }
        guard case .listen = first.kind else { return [Fault(line: first.line, message: "the start '\(start)' must listen (on:)")] }
        for state in states {
            for way in ways(state.kind) where self.state(way.to) == nil {
                faults.append(Fault(line: state.line, message: "'\(state.id)' leads to '\(way.to)', which is no state"))
            }
        }
        guard faults.isEmpty else { return faults }
        let reached = closure(from: [start]) { state in ways(state.kind).map(\.to) }
        let returning = closure(from: [start]) { state in states.filter { ways($0.kind).contains { $0.to == state.id } }.map(\.id) }
        for state in states {
            if !reached.contains(state.id) { faults.append(Fault(line: state.line, message: "nothing leads to '\(state.id)'")) }
            if !returning.contains(state.id) {
                faults.append(Fault(line: state.line, message: "'\(state.id)' is a dead end: nothing leads back to '\(start)'"))
            }
            if case .say = state.kind, isRound(state.id) {
                faults.append(Fault(line: state.line, message: "'\(state.id)' is in a round that never waits for the customer"))
            }
        }
        return faults
    }

    private func closure(from: [String], _ next: (State) -> [String]) -> Set<String> {
        var seen = Set(from)
        var open = from
        while let id = open.popLast() {
            guard let state = state(id) else { continue }
            for other in next(state) where seen.insert(other).inserted { open.append(other) }
        }
        return seen
    }

    private func isRound(_ id: String) -> Bool {
        var at = id
        for _ in 0...states.count {
            guard case .say(_, let next)? = state(at)?.kind else { return false }
            if next == id { return true }
            at = next
        }
        return true
    }

    /// The policy as text: one line a way.
    public func text() -> String {
        var lines: [String] = []
        for state in states {
            lines.append("\(state.id == start ? "▶ " : "  ")\(state.id): \(label(state.kind))")
            for way in ways(state.kind) { lines.append("      \(way.name.isEmpty ? "" : "\(way.name) ")→ \(way.to)") }
        }
        return lines.joined(separator: "\n")
    }

    /// In Graphviz's language.
    public func dot() -> String {
        var lines = ["digraph dialogue {", "  rankdir=LR; node [fontname=\"sans-serif\"];"]
        for state in states {
            let shape: String
            switch state.kind {
            case .listen: shape = "doublecircle"
            case .ask: shape = "box"
            case .confirm: shape = "diamond"
            case .perform: shape = "box, style=filled"
            case .say: shape = "plaintext"
            }
            lines.append("  \"\(state.id)\" [shape=\(shape), label=\"\(state.id)\\n\(label(state.kind))\"];")
            for way in ways(state.kind) { lines.append("  \"\(state.id)\" -> \"\(way.to)\" [label=\"\(way.name)\"];") }
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    private func label(_ kind: Kind) -> String {
        switch kind {
        case .listen: "listen"
        case .ask(let slot, let about, _, _): "ask \(slot.rawValue)\(about.isEmpty ? "" : " to \(about)")"
        case .confirm: "confirm"
        case .perform(let operation, _, _): "do \(operation)"
        case .say: "say"
        }
    }
}
