import EventLoop
import Router
import TestSupport
import Testing
import Wire

@testable import Fusion
@testable import Sessions

@Suite("A turn that a network decides")
struct NetworkDecisionTests {
    private static func plan(late: AlignPolicy.Late = .amend) throws -> GraphPlan {
        func port(_ name: String, _ columns: Int) -> OnnxInterface.Port { .init(name: name, isFloat: true, shape: [nil, columns]) }
        let network = try DecisionNetwork(
            OnnxInterface(
                inputs: [port("text", 1), port("photo", 1), port("present", 2)], outputs: [port("probabilities", 2)],
                texts: ["classes": "echo\nother"]), path: "n.onnx")
        return GraphPlan(
            name: "test",
            streams: [
                StreamNode(id: "read", kind: .plugin("text-encoder"), modality: "text"),
                StreamNode(id: "see", kind: .plugin("slow-encoder"), modality: "photo"),
            ], ingress: [.text: [0, 1]], align: AlignPolicy(deadlineMs: 20, decideMs: 100, late: late),
            steps: [
                FusionStep(id: "query", operation: .concatenation, inputs: ["text"], weights: [1]),
                FusionStep(id: "what", operation: .network(network), inputs: ["text", "photo"], weights: [1, 1]),
            ],
            agents: [AgentNode(id: "echo", agent: "echo", query: "query", when: "what")])
    }

    /// - Parameter photoMs: when the second modality is there; far beyond the turn = it never is.
    private static func harness(_ networks: FakeNetworks, photoMs: Int = 5, late: AlignPolicy.Late = .amend) throws -> SessionHarness {
        let harness = try SessionHarness(agent: DecisionAgent(), plan: plan(late: late), networks: networks)
        harness.router.install(DelayedTextNode(loop: harness.loop, delayMs: photoMs, name: "slow-encoder"))
        return harness
    }

    @Test("is decided when the network has answered, with what each modality contributed; to the client it was deciding all the while")
    func decided() throws {
        let networks = FakeNetworks()
        let harness = try Self.harness(networks)
        try harness.run(forMs: 500, [(1, { try harness.say("hello") })])
        #expect(networks.asked.map(\.rows) == [3])
        #expect(harness.replies == ["hello echo 0.75 text,photo"])
        #expect(harness.turnStates(1) == [.collecting, .awaiting, .deciding, .answering, .done])
        #expect(harness.problems.isEmpty && networks.cancelled.isEmpty)
    }

    @Test("is decided without a network that does not answer in time, which is told; the next turn is not held up")
    func tooLate() throws {
        let networks = FakeNetworks(delaysMs: [400, 30])
        let harness = try Self.harness(networks)
        try harness.run(forMs: 900, [(1, { try harness.say("first") }), (2, { try harness.say("second") })])
        #expect(
            harness.problems.map(\.message) == [
                "the network of 'what' has not answered within 100 ms; decided without it", "no agent of this server answers such a turn",
            ])
        #expect(networks.cancelled == [1])
        #expect(harness.replies == ["second echo 0.75 text,photo"])
        #expect(harness.turnStates(1).last == .done && harness.turnStates(2).last == .done)
    }

    @Test("turns are asked about in their order, one after the other")
    func order() throws {
        let networks = FakeNetworks(delaysMs: [80, 5])
        let harness = try Self.harness(networks)
        try harness.run(forMs: 900, [(1, { try harness.say("first") }), (2, { try harness.say("second") })])
        #expect(harness.replies == ["first echo 0.75 text,photo", "second echo 0.75 text,photo"])
    }

    @Test("an interruption ends the asking; an answer that comes all the same changes nothing")
    func interrupted() throws {
        let networks = FakeNetworks(delaysMs: [50])
        let harness = try Self.harness(networks)
        try harness.run(forMs: 500, [(1, { try harness.say("hello") }), (20, { harness.session.interruptAnswers() })])
        #expect(networks.cancelled == [1])
        #expect(harness.turnStates(1) == [.collecting, .awaiting, .deciding, .interrupted])
        #expect(harness.replies.isEmpty && harness.problems.isEmpty)
    }

    @Test("a late feature asks again with it; the first answer is not looked at")
    func amended() throws {
        let networks = FakeNetworks(delaysMs: [60, 60])
        let harness = try Self.harness(networks, photoMs: 40)
        try harness.run(forMs: 500, [(1, { try harness.say("hello") })])
        #expect(networks.asked.map(\.rows) == [1, 3])
        #expect(networks.cancelled == [1])
        #expect(harness.replies == ["hello echo 0.75 text,photo"])
    }

    @Test("a network that fails, or says no probabilities, is told of and done without")
    func refused() throws {
        for (answer, words) in [([Float(0.5), 0.4], "add up to 1"), ([], "the model broke")] {
            let networks = FakeNetworks(row: answer)
            let harness = try Self.harness(networks)
            try harness.run(forMs: 500, [(1, { try harness.say("hello") })])
            #expect(harness.problems.first?.message.contains(words) == true)
            #expect(harness.turnStates(1).last == .done && harness.replies.isEmpty)
        }
    }

    @Test("without an inference service the turn is over all the same, and says why")
    func without() throws {
        let harness = try SessionHarness(agent: DecisionAgent(), plan: Self.plan())
        harness.router.install(DelayedTextNode(loop: harness.loop, delayMs: 5, name: "slow-encoder"))
        try harness.run(forMs: 500, [(1, { try harness.say("hello") })])
        #expect(harness.problems.first?.message == "the network of 'what': no inference service runs the network of 'what'")
        #expect(harness.turnStates(1).last == .done)
    }
}

/// Answers each question after a while with one row again and again; an empty row is a failure. On the harness's loop alone.
final class FakeNetworks: DecisionNetworks, @unchecked Sendable {
    private let row: [Float]
    private let delaysMs: [Int]
    private(set) var asked: [NetworkRun] = []
    private(set) var cancelled: [UInt64] = []

    init(row: [Float] = [0.75, 0.25], delaysMs: [Int] = []) {
        (self.row, self.delaysMs) = (row, delaysMs)
    }

    func ask(
        _ run: NetworkRun, session: UInt64, deadlineUs: UInt64, on loop: EventLoop, done: @escaping (Result<[Float], RPCStatus>) -> Void
    ) throws(RPCStatus) -> UInt64 {
        let delayMs = asked.count < delaysMs.count ? delaysMs[asked.count] : 10
        asked.append(run)
        loop.after(UInt64(delayMs) * 1_000) { [row] in
            done(row.isEmpty ? .failure(RPCStatus(.internalError, "the model broke")) : .success((0..<run.rows).flatMap { _ in row }))
        }
        return UInt64(asked.count)
    }

    func cancel(_ question: UInt64) { cancelled.append(question) }
}

/// Says the words back, with what was decided and which modalities contributed.
private struct DecisionAgent: Agent {
    let name = "echo"
    func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let winner = turn.decision?.classes.first
        let told = "\(winner?.name ?? "-") \(winner?.probability ?? 0) \(turn.decision?.contributions.map(\.name).joined(separator: ",") ?? "")"
        reply.send(.reply(ReplyDelta(text: "\(turn.words) \(told)", language: turn.language, last: true)))
    }
}
