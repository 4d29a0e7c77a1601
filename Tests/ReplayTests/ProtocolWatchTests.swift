import Testing
import Wire

@testable import Replay

@Suite("What every server must keep to")
struct ProtocolWatchTests {
    private func message(_ sequence: UInt64, _ kind: ServerMessage.Kind, turn: UInt64 = 0, revision: UInt32 = 0) -> ServerMessage {
        ServerMessage(sequence: sequence, turnID: turn, revision: revision, kind: kind)
    }
    private func state(_ sequence: UInt64, _ state: TurnState, turn: UInt64 = 1, revision: UInt32 = 0) -> ServerMessage {
        message(sequence, .turn(TurnEvent(state: state)), turn: turn, revision: revision)
    }
    private func reply(_ sequence: UInt64, last: Bool = false, turn: UInt64 = 1, revision: UInt32 = 0) -> ServerMessage {
        message(sequence, .reply(ReplyDelta(text: "x", last: last, agent: "a")), turn: turn, revision: revision)
    }
    private var start: ServerMessage { message(1, .session(SessionStarted(sessionID: "s"))) }

    private func findings(_ messages: [ServerMessage]) -> [String] {
        var watch = ProtocolWatch()
        return messages.flatMap { watch.see($0) }
    }

    @Test("A conversation as it should be has no findings, amended or interrupted")
    func good() {
        #expect(
            findings([
                start, state(2, .collecting), state(3, .deciding), state(4, .answering), reply(5), reply(6, last: true), state(7, .done),
                message(8, .trace(Trace()), turn: 1), state(9, .deciding, revision: 1), state(10, .answering, revision: 1),
                reply(11, last: true, revision: 1), state(12, .done, revision: 1), state(13, .collecting, turn: 2), state(14, .interrupted, turn: 2),
            ]) == [])
    }

    @Test("A resumed conversation may skip numbers, but not go back")
    func resumed() {
        let again = message(9, .session(SessionStarted(sessionID: "s", resumed: true)))
        #expect(findings([start, state(2, .collecting), again, state(12, .deciding)]) == [])
        #expect(findings([start, again, state(5, .collecting)]) == ["message 5 came after message 9"])
    }

    @Test("What is lost, repeated or out of turn is found")
    func bad() {
        #expect(findings([state(1, .collecting)]) == ["the first message is turn_collecting, not the session's start"])
        #expect(findings([start, state(3, .collecting)]) == ["message 3 came where 2 was due: a message was lost"])
        #expect(findings([start, state(2, .collecting), state(2, .deciding)]) == ["message 2 came after message 2"])
        #expect(findings([start, state(2, .answering), state(3, .deciding)]) == ["turn 1 went from answering to deciding"])
        #expect(findings([start, state(2, .interrupted), reply(3)]) == ["turn 1 is over (interrupted), and reply_start came for it"])
        #expect(findings([start, reply(2, last: true), reply(3)]) == ["turn 1: the reply of 'a' was closed, and more of it came"])
        #expect(
            findings([start, reply(2, revision: 1), reply(3)]) == ["turn 1: reply_start of revision 0 came after revision 1"])
    }
}
