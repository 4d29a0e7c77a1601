import Foundation
import Locks
import Replay

/// One line on the terminal that says how far a run is; nothing where nobody looks. Any thread.
final class ReplayProgress: Sendable {
    private struct State {
        var played = 0
        var failed = 0
        var isDirty = false
    }

    private let isShown: Bool
    private let state = Lock(State())

    init(isShown: Bool = isatty(2) == 1) { self.isShown = isShown }

    func preparing(_ done: Int, of all: Int) { show { _ in "reading \(bar(done, all)) \(done)/\(all) steps" } }

    func played(_ result: ConversationResult, of all: Int) {
        show { state in
            state.played += 1
            if !result.passed { state.failed += 1 }
            return "playing \(bar(state.played, all)) \(state.played)/\(all)"
                + (state.failed > 0 ? ", \(state.failed) not as expected" : "") + "  \(result.name)"
        }
    }

    func loading(_ text: String) { show { _ in text } }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            if state.isDirty { write("\r\u{1B}[K", to: 2) }
            state.isDirty = false
        }
    }

    private func show(_ make: (inout State) -> String) {
        guard isShown else { return }
        state.withLock { state in
            let text = make(&state)
            state.isDirty = true
            write("\r\u{1B}[K" + String(text.prefix(110)), to: 2)
        }
    }

    private func bar(_ done: Int, _ all: Int) -> String {
        let full = all == 0 ? 20 : min(20, done * 20 / all)
        return "[" + String(repeating: "█", count: full) + String(repeating: "·", count: 20 - full) + "]"
    }
}
