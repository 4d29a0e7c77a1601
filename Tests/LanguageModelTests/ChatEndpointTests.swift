import Agents
import Catalog
import EventLoop
import Testing

@testable import LanguageModel

/// An endpoint on the test's own loop that writes what it is told to, some milliseconds after each request.
private final class FakeEndpoint {
    private var listener: SocketListener?
    private let loop: EventLoop
    private let script: [(ms: UInt64, text: String)]
    private var streams: [ByteStream] = []
    private(set) var requests: [String] = []
    private(set) var closed = 0
    var connections: Int { streams.count }

    init(loop: EventLoop, script: [(ms: UInt64, text: String)]) throws {
        self.loop = loop
        self.script = script
        listener = try SocketListener.listen(try SocketAddress(parsing: "127.0.0.1:0"), loop: loop) { [weak self] in self?.accept($0) }
    }

    var url: String { "http://\(listener?.boundAddress.description ?? "")/v1" }

    func stop() {
        listener?.close()
        for stream in streams { stream.close() }
    }

    private func accept(_ stream: ByteStream) {
        streams.append(stream)
        var read: [UInt8] = []
        // What comes when the test is over is nobody's.
        stream.onBytes = { [weak self] bytes in
            guard let self else { return }
            read += Array(bytes)
            // The body is JSON of one line.
            guard read.last == UInt8(ascii: "}") else { return }
            requests.append(String(decoding: read, as: UTF8.self))
            read = []
            for (ms, text) in script {
                loop.after(ms * 1_000) { if stream.isOpen { stream.write { $0 += Array(text.utf8) } } }
            }
        }
        stream.onClose = { [weak self] _ in self?.closed += 1 }
        stream.startReading()
    }
}

@Suite("A chat endpoint", .serialized)
struct ChatEndpointTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    private static func delta(_ text: String) -> String { "data: {\"choices\":[{\"delta\":{\"content\":\"\(text)\"}}]}\n\n" }
    private static let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
    private let prompt = ChatPrompt(system: "s", user: "u", tokensMax: 10, budgetMs: 2_000)

    /// What came of the calls that `ask` makes against an endpoint with a script.
    private struct Outcome: Sendable {
        var ends: [ChatEnd] = []
        var text: [String] = []
        var requests: [String] = []
        var closed = 0
        var connections = 0
        var tookMs: UInt64 = 0
    }

    private func run(
        _ script: [(ms: UInt64, text: String)], change: @escaping @Sendable (inout ChatChoice) -> Void = { _ in },
        _ ask: @escaping @Sendable (ChatEndpoint, @escaping (String) -> Void) async -> [ChatEnd]
    ) async throws -> Outcome {
        let loop = try EventLoop(name: "chat-endpoint-test")
        loop.start()
        let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
            loop.submit {
                Task(executorPreference: loop) {
                    var outcome = Outcome()
                    guard let endpoint = try? FakeEndpoint(loop: loop, script: script) else { return continuation.resume(returning: outcome) }
                    var choice = ChatChoice(url: endpoint.url)
                    choice.model = "tiny"
                    change(&choice)
                    loop.refreshClock()
                    let beganUs = loop.nowUs
                    let said = Said()
                    outcome.ends = await ask(ChatEndpoint(choice)) { said.pieces.append($0) }
                    loop.refreshClock()
                    outcome.tookMs = (loop.nowUs - beganUs) / 1_000
                    // The end of a connection is seen a moment later, and on a busy machine later than that.
                    for _ in 0..<20 {
                        await withCheckedContinuation { (later: CheckedContinuation<Void, Never>) in loop.after(50_000) { later.resume() } }
                        if endpoint.closed == endpoint.connections { break }
                    }
                    (outcome.text, outcome.requests, outcome.closed) = (said.pieces, endpoint.requests, endpoint.closed)
                    outcome.connections = endpoint.connections
                    endpoint.stop()
                    continuation.resume(returning: outcome)
                }
            }
        }
        loop.stop()
        loop.join()
        return outcome
    }

    private final class Said {
        var pieces: [String] = []
    }

    @Test("An answer is heard piece by piece, as it is made")
    func streamed() async throws {
        let prompt = prompt
        let outcome = try await run([(0, Self.head + Self.delta("Yes, ")), (30, Self.delta("we do.")), (60, Self.end)]) { endpoint, hear in
            [
                await endpoint.complete(prompt) {
                    hear($0)
                    return true
                }
            ]
        }
        #expect(outcome.ends == [.complete] && outcome.text == ["Yes, ", "we do."])
        #expect(outcome.requests.first?.hasPrefix("POST /v1/chat/completions HTTP/1.1") == true)
        #expect(outcome.requests.first?.contains("\"model\":\"tiny\"") == true)
    }

    @Test("Who has heard enough is told no more, and the connection is closed")
    func enough() async throws {
        let prompt = prompt
        let outcome = try await run([(0, Self.head + Self.delta("one") + Self.delta("two")), (400, Self.delta("three"))]) { endpoint, hear in
            [
                await endpoint.complete(prompt) {
                    hear($0)
                    return false
                }
            ]
        }
        #expect(outcome.ends == [.stopped] && outcome.text == ["one"])
        #expect(outcome.tookMs < 300 && outcome.closed == 1)
    }

    @Test("A cancelled task ends the answer at once")
    func cancelled() async throws {
        let prompt = prompt
        let outcome = try await run([(0, Self.head + Self.delta("one")), (1_000, Self.delta("two"))]) { endpoint, hear in
            guard let loop = EventLoop.current else { return [] }
            let bound = LoopBound((endpoint: endpoint, hear: hear), loop: loop)
            let task = Task(executorPreference: loop) {
                await bound.value.endpoint.complete(prompt) {
                    bound.value.hear($0)
                    return true
                }
            }
            loop.after(100_000) { task.cancel() }
            return [await task.value]
        }
        #expect(outcome.ends == [.stopped] && outcome.text == ["one"])
        #expect(outcome.tookMs < 500 && outcome.closed == 1)
    }

    @Test("An endpoint that refuses, breaks off or talks nonsense has failed, and why is said")
    func failures() async throws {
        let scripts: [(script: [(ms: UInt64, text: String)], why: String)] = [
            ([(0, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")], "503"),
            ([(0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")], "broke off"), ([(0, Self.head + "data: <p>\n\n")], "no chat completion"),
        ]
        for (script, why) in scripts {
            let prompt = ChatPrompt(system: "s", user: "u", tokensMax: 10, budgetMs: 300)
            let outcome = try await run(script) { endpoint, _ in [await endpoint.complete(prompt) { _ in true }] }
            guard case .failed(let reason)? = outcome.ends.first else { Issue.record("\(outcome.ends) for \(why)"); continue }
            #expect(reason.contains(why), "\(reason)")
            #expect(outcome.tookMs < 1_500)
        }
    }

    @Test("An endpoint that does not come to an end is late, whether it has said something or not")
    func late() async throws {
        for script in [[(ms: UInt64(0), text: Self.head + Self.delta("a"))], [(ms: UInt64(0), text: "")]] {
            let prompt = ChatPrompt(system: "s", user: "u", tokensMax: 10, budgetMs: 300)
            let outcome = try await run(script) { endpoint, _ in [await endpoint.complete(prompt) { _ in true }] }
            #expect(outcome.ends == [.late])
            #expect(outcome.tookMs < 1_500 && outcome.closed == 1)
        }
    }

    @Test("The turn's end comes before the budget's")
    func turnsEnd() async throws {
        let prompt = ChatPrompt(system: "s", user: "u", tokensMax: 10, budgetMs: 5_000)
        let outcome = try await run([(ms: 0, text: Self.head + Self.delta("a"))]) { endpoint, _ in
            guard let loop = EventLoop.current else { return [] }
            loop.refreshClock()
            return await StoreDeadline.$us.withValue(loop.nowUs + 200_000) {
                let first = await endpoint.complete(prompt) { _ in true }
                return [first, await endpoint.complete(prompt) { _ in true }]
            }
        }
        #expect(outcome.ends == [.late, .late])
        #expect(outcome.tookMs < 1_500 && outcome.requests.count == 1)
    }

    @Test("What the turn's end cuts short says nothing against the endpoint")
    func cutShort() async throws {
        let prompt = ChatPrompt(system: "s", user: "u", tokensMax: 10, budgetMs: 5_000)
        let outcome = try await run([(ms: 150, text: Self.head + Self.delta("a") + Self.end)]) { endpoint, _ in
            guard let loop = EventLoop.current else { return [] }
            var ends: [ChatEnd] = []
            for _ in 0..<ChatChoice.failuresMax {
                loop.refreshClock()
                ends.append(await StoreDeadline.$us.withValue(loop.nowUs + 50_000) { await endpoint.complete(prompt) { _ in true } })
            }
            return ends + [await endpoint.complete(prompt) { _ in true }]
        }
        #expect(outcome.ends == [.late, .late, .late, .complete])
    }

    @Test("Answers that follow each other come over one connection")
    func connection() async throws {
        let prompt = prompt
        let body = Self.delta("a") + Self.end
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        // What follows the last piece comes a little later, as "[DONE]" and usage do.
        let script = [(ms: UInt64(0), text: head + body.dropLast(14)), (ms: UInt64(20), text: String(body.suffix(14)))]
        let outcome = try await run(script) { endpoint, _ in
            var ends: [ChatEnd] = []
            for _ in 0..<3 {
                ends.append(await endpoint.complete(prompt) { _ in true })
                guard let loop = EventLoop.current else { return [] }
                await withCheckedContinuation { (later: CheckedContinuation<Void, Never>) in loop.after(60_000) { later.resume() } }
            }
            return ends
        }
        #expect(outcome.ends == [.complete, .complete, .complete])
        #expect(outcome.connections == 1 && outcome.requests.count == 3)
    }

    @Test("An exchange that does not end behind its answer is given up; whoever asked does not wait for that")
    func lingering() async throws {
        let prompt = prompt
        let outcome = try await run([(0, Self.head + Self.delta("a") + Self.end)]) { endpoint, _ in
            guard let loop = EventLoop.current else { return [] }
            loop.refreshClock()
            let beganUs = loop.nowUs
            let end = await endpoint.complete(prompt) { _ in true }
            loop.refreshClock()
            let tookUs = loop.nowUs - beganUs
            await withCheckedContinuation { (later: CheckedContinuation<Void, Never>) in loop.after(2 * ChatChoice.restUs) { later.resume() } }
            return tookUs < ChatChoice.restUs ? [end] : []
        }
        #expect(outcome.ends == [.complete] && outcome.closed == 1)
    }

    @Test("No more answers are under way than the configuration allows")
    func callsMax() async throws {
        let prompt = prompt
        let script = [(ms: UInt64(100), text: Self.head + Self.delta("a") + Self.end)]
        let outcome = try await run(script, change: { $0.callsMax = 1 }) { endpoint, _ in
            guard let loop = EventLoop.current else { return [] }
            let bound = LoopBound(endpoint, loop: loop)
            let first = Task(executorPreference: loop) { await bound.value.complete(prompt) { _ in true } }
            await withCheckedContinuation { (later: CheckedContinuation<Void, Never>) in loop.after(20_000) { later.resume() } }
            let second = await endpoint.complete(prompt) { _ in true }
            return [second, await first.value]
        }
        #expect(outcome.ends == [.failed("1 answers are under way, which is the limit"), .complete])
        #expect(outcome.requests.count == 1)
    }

    @Test("After three failures in a row the endpoint is left alone for a while")
    func leftAlone() async throws {
        let prompt = prompt
        let outcome = try await run([(0, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")]) { endpoint, _ in
            var ends: [ChatEnd] = []
            for _ in 0..<5 { ends.append(await endpoint.complete(prompt) { _ in true }) }
            return ends
        }
        #expect(outcome.requests.count == 3)
        guard case .failed(let reason)? = outcome.ends.last else { Issue.record("\(outcome.ends)"); return }
        #expect(reason.contains("left alone"))
    }
}
