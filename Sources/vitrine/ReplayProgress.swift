import Foundation
import Replay

/// One line on the terminal that says how far a run is; nothing where nobody looks.
final class ReplayProgress {
    private let isShown: Bool
    private var failed = 0
    private var isDirty = false

    init(isShown: Bool = isatty(2) == 1) { self.isShown = isShown }

    func preparing(_ done: Int, of all: Int) { show("reading \(bar(done, all)) \(done)/\(all) steps") }

    func played(_ result: ConversationResult, _ done: Int, of all: Int) {
        if !result.passed { failed += 1 }
        show("playing \(bar(done, all)) \(done)/\(all)" + (failed > 0 ? ", \(failed) not as expected" : "") + "  \(result.name)")
    }

    func loading(_ text: String) { show(text) }

    /// Takes the line away.
    func clear() {
        guard isDirty else { return }
        isDirty = false
        write("\r\u{1B}[K", to: 2)
    }

    private func show(_ text: String) {
        guard isShown else { return }
        isDirty = true
        write("\r\u{1B}[K" + String(text.prefix(110)), to: 2)
    }

    private func bar(_ done: Int, _ all: Int) -> String {
        let full = all == 0 ? 20 : min(20, done * 20 / all)
        return "[" + String(repeating: "█", count: full) + String(repeating: "·", count: 20 - full) + "]"
    }
}
