import Client
import EventLoop
import Foundation
import Replay
import Testing
import Wire

@testable import Server

@Suite("A conversation over a real socket")
struct ConversationTests {
    @Test("Audio comes back through three pass-through nodes: every byte, in order, numbered, beyond the first window of credit")
    func echo() throws {
        let server = try TestServer()
        let talk = try Talk(server.address)
        defer { talk.end() }
        let chunks = (0..<600).map { n in (0..<670).map { UInt8(truncatingIfNeeded: n &* 31 &+ $0) } }
        talk.act { conversation throws(RPCStatus) in
            for chunk in chunks {
                try conversation.speak(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: chunk))
            }
        }
        let messages = try talk.wait { $0.messages.count >= 601 }.messages
        #expect(messages.compactMap(\.audio) == chunks)
        #expect(messages.map(\.sequence) == Array(1...601))
    }

    @Test("Half-close after everything was said ends the stream well", arguments: [0, 3])
    func halfClose(chunks: Int) throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse()
        for _ in 0..<chunks { client.say(1, .audio([1, 2])) }
        client.send(1, .halfClose(HalfClose()))
        #expect(try client.status(of: 1) == .ok)
        try server.waitForSessions(0)
    }

    @Test("Cancel ends the stream at once")
    func cancel() throws {
        let server = try TestServer()
        let talk = try Talk(server.address)
        defer { talk.end() }
        _ = try talk.sessionID()
        talk.act { $0.cancel() }
        #expect(try talk.wait { $0.status != nil }.status?.code == .cancelled)
    }

    @Test("What the graph does not take is a Problem, and the conversation goes on")
    func notTaken() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse()
        client.say(1, .text("hello"))
        let problem = try client.messages { $0.problem != nil }.last?.problem
        #expect(problem?.code == StatusCode.unimplemented.rawValue)
        client.say(1, .audio([5]))
        #expect(try client.messages { $0.audio != nil }.last?.audio == [5])
    }

    @Test("A stream's time is up: DEADLINE_EXCEEDED; the longest time is no time at all")
    func deadline() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse(1, timeoutUs: 50_000)
        #expect(try client.status(of: 1) == RPCStatus(.deadlineExceeded, "the stream's time of 50000 µs is over"))
        _ = try client.converse(2, timeoutUs: .max)
        usleep(50_000)
        client.say(2, .audio([5]))
        #expect(try client.messages(of: 2) { $0.audio != nil }.last?.audio == [5])
    }

    @Test("Two streams of one connection are two sessions")
    func twoStreams() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        let first = try client.converse(1)
        let second = try client.converse(2)
        #expect(first.sessionID != second.sessionID)
        client.say(2, .audio([2]))
        client.say(1, .audio([1]))
        #expect(try client.messages(of: 2) { $0.audio != nil }.last?.audio == [2])
        #expect(try client.messages(of: 1) { $0.audio != nil }.last?.audio == [1])
    }

    @Test("Audio without credit ends that stream with RESOURCE_EXHAUSTED and how much there was; another one goes on")
    func credit() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse(1)
        _ = try client.converse(2)
        client.say(1, .audio(Array(repeating: 0, count: 262_144)))
        let status = try client.status(of: 1)
        #expect(status?.code == .resourceExhausted)
        #expect(status?.message.hasSuffix("bytes sent on the audio lane with 262144 bytes of credit left (window 262144)") == true)
        client.say(2, .audio([5]))
        #expect(try client.messages(of: 2) { $0.audio != nil }.last?.audio == [5])
    }

    @Test("A gap in the client's numbering ends the stream")
    func gap() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse()
        client.say(1, .audio([1], sequence: 1))
        client.say(1, .audio([3], sequence: 3))
        #expect(try client.status(of: 1) == RPCStatus(.invalidArgument, "message 3 came where 2 was due"))
    }

    @Test("The largest turn number is refused; nobody can count the server over the edge")
    func turnNumbers() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse()
        for turn in [UInt64.max, 1 << 62, 0] { client.say(1, .text("x", turnID: turn, endOfTurn: true)) }
        client.say(1, .audio([5]))
        let problems = try client.messages { $0.audio != nil }.compactMap(\.problem)
        #expect(problems.first?.message == "turn 18446744073709551615: turns are counted from 1, up to 4611686018427387904")
        #expect(problems.count >= 3)
    }

    @Test("A replayed script sees what the server says, also when more comes after its last step")
    func replay() throws {
        let server = try TestServer()
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "talk.yaml",
            """
            conversation: "Deaf"
            steps:
              - {say: "one", expect: [{problem: {code: UNIMPLEMENTED}}], continue: true}
              - {say: "two", expect: [{problem: {code: UNIMPLEMENTED}}], continue: true}
            """)
        let result = try run(#require(ScriptReader(cacheFolder: "").load(path).first), server.address)
        #expect(result.error == nil)
        #expect(result.passed)
        #expect(result.steps.count == 2)
    }

    @Test("A script whose expectation does not come fails at its line, and stops there")
    func replayFails() throws {
        let server = try TestServer()
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "talk.yaml",
            """
            conversation: "Deaf"
            steps:
              - say: "one"
                expect: [{reply: {contains: [hello]}}]
              - say: "two"
            """)
        let result = try run(#require(ScriptReader(cacheFolder: "").load(path).first), server.address)
        #expect(!result.passed)
        #expect(result.steps.map(\.failures) == [["line 4: reply: no reply came"]])
    }

    private func run(_ script: Script, _ address: SocketAddress) throws -> ConversationResult {
        let loop = try EventLoop(name: "replay")
        let player = Player()
        loop.submit { player.play(script, loop, address) }
        loop.run()
        return try #require(player.result)
    }

    private final class Player: @unchecked Sendable {
        // Invariant: touched by the calling thread alone, which is the loop's while it runs.
        private var runner: ConversationRunner?
        private(set) var result: ConversationResult?

        func play(_ script: Script, _ loop: EventLoop, _ address: SocketAddress) {
            loop.after(10_000_000) { loop.stop() }
            runner = ConversationRunner(script: script, target: SocketTarget(address, loop: loop), assets: ScriptAssets()) { [self] result in
                self.result = result
                loop.stop()
            }
            runner?.start()
        }
    }
}
