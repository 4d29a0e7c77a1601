public import Agents
import EventLoop
import Locks

/// Answers as a language model did in a recorded conversation, each piece when it came then; nobody is spoken with.
///
/// Each recorded answer is given once, in its order; what is asked more often than then gets the last one again. To what was not asked then, there is
/// no answer. A task that is cancelled learns it when the next piece is due.
public final class PlayedBackChat: ChatModel, Sendable {
    private struct State {
        var left: [SaidByModel]
        var used: [SaidByModel] = []
    }

    private let state: Lock<State>
    private let onMiss: @Sendable (String) -> Void

    /// - Parameter onMiss: told of each question that the recording has no answer to.
    public init(_ said: [SaidByModel], onMiss: @escaping @Sendable (String) -> Void = { _ in }) {
        state = Lock(State(left: said))
        self.onMiss = onMiss
    }

    nonisolated(nonsending) public func complete(_ prompt: ChatPrompt, onText: @escaping (String) -> Bool) async -> ChatEnd {
        guard let loop = EventLoop.current else { preconditionFailure("invariant: a language model is asked on a loop") }
        guard let said = next(prompt) else {
            onMiss("the language model was not asked this when it was recorded, and is played as one that does not answer")
            return .failed("the recording has no answer to this")
        }
        var pastUs: UInt64 = 0
        for piece in said.pieces {
            await loop.pass(us: piece.us - min(pastUs, piece.us))
            pastUs = max(pastUs, piece.us)
            guard !Task.isCancelled, onText(piece.text) else { return .stopped }
        }
        await loop.pass(us: said.tookUs - min(pastUs, said.tookUs))
        if Task.isCancelled { return .stopped }
        // Somebody had heard enough then; who listens now has not.
        return said.chatEnd == .stopped ? .failed("the recorded answer was not heard to its end") : said.chatEnd
    }

    private func next(_ prompt: ChatPrompt) -> SaidByModel? {
        state.withLock { state in
            guard let index = state.left.firstIndex(where: { $0.answers(prompt) }) else { return state.used.last { $0.answers(prompt) } }
            let said = state.left.remove(at: index)
            state.used.append(said)
            return said
        }
    }
}
