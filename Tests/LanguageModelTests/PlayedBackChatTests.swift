import Agents
import Catalog
import EventLoop
import Locks
import Testing

@testable import LanguageModel

/// Says some words at given times, as a model does.
private struct Model: ChatModel {
    var words: [(us: UInt64, text: String)]
    var end: ChatEnd = .complete

    nonisolated(nonsending) func complete(_ prompt: ChatPrompt, onText: @escaping (String) -> Bool) async -> ChatEnd {
        for word in words {
            await EventLoop.current?.pass(us: word.us)
            guard onText(word.text) else { return .stopped }
        }
        return end
    }
}

@Suite("A language model's words in a recording")
struct PlayedBackChatTests {
    private let prompt = ChatPrompt(system: "s", user: "u", tokensMax: 10, budgetMs: 2_000)

    /// What came of a question under virtual time, each piece with its time.
    private struct Heard: Sendable, Equatable {
        var pieces: [String] = []
        var end: ChatEnd?
        var tookUs: UInt64 = 0
    }

    private final class Pieces {
        var all: [String] = []
    }

    private nonisolated(nonsending) static func ask(_ model: any ChatModel, _ prompt: ChatPrompt, enough: Int = .max) async -> Heard {
        guard let loop = EventLoop.current else { return Heard() }
        let beganUs = loop.nowUs
        let pieces = Pieces()
        let end = await model.complete(prompt) { text in
            pieces.all.append("\(loop.nowUs - beganUs) \(text)")
            return pieces.all.count < enough
        }
        return Heard(pieces: pieces.all, end: end, tookUs: loop.nowUs - beganUs)
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let loop = try EventLoop(name: "chat-recording-test", clock: .virtual)
        loop.start()
        let value: Result<Value, any Error> = await withCheckedContinuation { continuation in
            loop.submit {
                Task(executorPreference: loop) {
                    do { continuation.resume(returning: .success(try await body())) } catch { continuation.resume(returning: .failure(error)) }
                }
            }
        }
        loop.stop()
        loop.join()
        return try value.get()
    }

    /// The answer as a recording has it.
    private func recorded(_ model: Model, enough: Int = .max) async throws -> (heard: Heard, said: [SaidByModel]) {
        try await onLoop { [prompt] in
            let noted = Lock<[SaidByModel]>([])
            let note = StoreReads.Note { note in
                guard case .outside(SaidByModel.outsideName, let text) = note, let said = try? SaidByModel(recorded: Array(text.utf8)) else { return }
                noted.withLock { $0.append(said) }
            }
            let heard = await StoreReads.$note.withValue(note) { await Self.ask(ToldChat(model), prompt, enough: enough) }
            return (heard, noted.withLock { $0 })
        }
    }

    @Test("comes again, piece by piece at the same times, as often as it is asked for")
    func again() async throws {
        let (heard, said) = try await recorded(Model(words: [(40_000, "Wipe it "), (5_000, "with a cloth."), (0, " 好")], end: .cutOff))
        #expect(heard == Heard(pieces: ["40000 Wipe it ", "45000 with a cloth.", "45000  好"], end: .cutOff, tookUs: 45_000))
        #expect(said.count == 1)
        let prompt = prompt
        let again = try await onLoop {
            let played = PlayedBackChat(said)
            return [await Self.ask(played, prompt), await Self.ask(played, prompt)]
        }
        #expect(again == [heard, heard])
    }

    @Test("is missing where something else is asked, which is told")
    func other() async throws {
        let said = try await recorded(Model(words: [(1, "x")])).said
        let misses = Lock(0)
        let heard = try await onLoop {
            await Self.ask(
                PlayedBackChat(said) { _ in misses.withLock { $0 += 1 } }, ChatPrompt(system: "s", user: "other", tokensMax: 10, budgetMs: 2_000))
        }
        #expect(heard.pieces == [] && heard.end == .failed("the recording has no answer to this") && misses.withLock { $0 } == 1)
    }

    @Test("is not said to be whole when nobody had heard it to its end")
    func broken() async throws {
        let (heard, said) = try await recorded(Model(words: [(10, "one"), (10, "two")]), enough: 1)
        #expect(heard.pieces == ["10 one"] && heard.end == .stopped)
        let prompt = prompt
        let again = try await onLoop { (await Self.ask(PlayedBackChat(said), prompt, enough: 1), await Self.ask(PlayedBackChat(said), prompt)) }
        #expect(again.0 == heard)
        #expect(again.1.end == .failed("the recorded answer was not heard to its end"))
    }

    @Test("and a failure fails again; nothing is kept when nobody records")
    func failure() async throws {
        let (heard, said) = try await recorded(Model(words: [], end: .failed("gone")))
        let prompt = prompt
        #expect(try await onLoop { await Self.ask(PlayedBackChat(said), prompt) } == heard)
        #expect(try await onLoop { await Self.ask(ToldChat(Model(words: [(7, "x")])), prompt) }.pieces == ["7 x"])
        #expect(throws: StoreError.self) { _ = try SaidByModel(recorded: Array("{}".utf8)) }
    }
}
