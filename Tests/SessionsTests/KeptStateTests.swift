import Catalog
import EventLoop
import Fusion
import Router
import TestSupport
import Testing
import Wire

@testable import Sessions

@Suite("A session that another process had")
struct KeptStateTests {
    private let log = SessionLog()

    private func session(_ loop: EventLoop, user: String = "ann") -> Session {
        let plan = GraphPlan(name: "none", streams: [], ingress: [:], align: AlignPolicy(), steps: [], agents: [])
        let deployment = Deployment(number: 1, plan: plan, generations: [], agents: [], classifier: nil, catalogueHash: "")
        return Session(
            id: "s1", key: 1, principal: Principal(user: user, shop: "gold"), loop: loop, router: Router(), limits: SessionLimits(),
            observer: log, seed: 7, deployment: { deployment })
    }

    private var stored: SessionState {
        SessionState(
            version: 1, sessionID: "s1", user: "ann", shop: "gold", language: "zh", nextServerSequence: 12, turnID: 3,
            turns: [TurnRecord(turnID: 3, said: "the second one")], consentAudio: true, shownProducts: ["A", "B"], focusedProduct: "B",
            viewedProducts: ["C"], dialogue: Dialogue(state: "sure", slots: [DialogueSlot(name: "order", value: "VT-1")], actionTurn: 2),
            dislikedProducts: ["D"])
    }

    /// Takes up what is stored, with the client having got everything up to `after`, and gives what it is told.
    private func taken(_ state: SessionState, after: UInt64, user: String = "ann") throws -> (session: Session, told: [ServerMessage]) {
        let loop = try EventLoop(name: "kept", clock: .virtual)
        let made = session(loop, user: user)
        nonisolated(unsafe) var failure: (any Error)?
        nonisolated(unsafe) let (own, to) = (made, log)
        loop.submit {
            do {
                try own.take(up: state, clientHas: after)
                try own.attach(to, resumeAfter: after)
            } catch { failure = error }
            loop.stop()
        }
        loop.run()
        if let failure { throw failure }
        return (made, log.messages)
    }

    @Test("goes on where it was: what was shown and meant, what is under way, language, consent, numbers")
    func goesOn() throws {
        let (session, told) = try taken(stored, after: 11)
        #expect(session.context.shownProducts == ["A", "B"] && session.context.focusedProduct == "B")
        #expect(session.context.dialogue == stored.dialogue)
        #expect(
            session.context.behaviour == [
                BehaviourEvent(behaviour: .view, productID: "C"), BehaviourEvent(behaviour: .dislike, productID: "D"),
            ])
        #expect(session.consent.recordAudio && session.lastTurnID == 3)
        #expect(told.map(\.sequence) == [12])
        guard case .session(let started)? = told.first?.kind else { throw RPCStatus(.unknown, "no SessionStarted") }
        #expect(started.resumed && started.sessionID == "s1")
        var again = session.state
        again.nextServerSequence = stored.nextServerSequence
        again.lastClientSequence = stored.lastClientSequence
        #expect(again == stored, "what is kept next is what was kept, with its numbers gone on")
    }

    @Test("says which messages were lost, and goes on all the same")
    func lost() throws {
        let told = try taken(stored, after: 8).told
        #expect(told.map(\.sequence) == [12, 13])
        guard case .problem(let problem)? = told.last?.kind else { throw RPCStatus(.unknown, "no Problem") }
        #expect(problem.code == StatusCode.dataLoss.rawValue)
        #expect(problem.message == "messages 9 to 11 were lost with the server; the conversation goes on")
    }

    @Test("believes a client that has more than was kept, and numbers on from there")
    func ahead() throws { #expect(try taken(stored, after: 20).told.map(\.sequence) == [21]) }

    @Test("survives any number that a client may name")
    func anyNumber() throws {
        let refusal = #expect(throws: RPCStatus.self) { _ = try taken(stored, after: .max) }
        #expect(refusal?.code == .dataLoss, "nobody has got that many")
        #expect(try taken(stored, after: 1 << 62).told.map(\.sequence) == [(1 << 62) + 1])
    }

    @Test("survives any number that a stored state may hold")
    func anyStoredNumber() throws {
        var odd = stored
        odd.nextServerSequence = .max
        #expect(try taken(odd, after: 11).told.count == 2)
    }

    @Test("is with a person as long as the ticket is taken, whatever was kept", arguments: [true, false])
    func ticket(withPerson: Bool) {
        var dialogue = Dialogue(misses: 2, handoff: 7, withPerson: withPerson)
        dialogue.follow(.taken)
        #expect(dialogue == Dialogue(misses: 2, handoff: 7, withPerson: true))
        dialogue.follow(.waiting)
        #expect(dialogue == Dialogue(misses: 2, handoff: 7))
        dialogue.follow(.released)
        #expect(dialogue == Dialogue())
    }

    @Test("is its customer's alone, and of a layout that is known")
    func refused() throws {
        #expect(throws: RPCStatus.self) { _ = try taken(stored, after: 11, user: "bob") }
        var other = stored
        other.version = 9
        #expect(throws: RPCStatus.self) { _ = try taken(other, after: 11) }
    }
}
