import Client
import EventLoop
import Sessions
import Testing
import Wire

@testable import Server

@Suite("Resuming a session")
struct ResumeTests {
    private func metadata(_ id: String, after: UInt64) -> [String: String] { ["vitrine-session-id": id, "vitrine-resume-after": "\(after)"] }

    @Test("After a lost connection the client gets what it missed and goes on, on whichever loop the session lives", arguments: [1, 2])
    func resumed(loops: Int) throws {
        let server = try TestServer(loops: loops)
        // Sessions are spread over the loops in turn, and every connection arrives at the first one.
        for _ in 0..<4 {
            let id: String
            do {
                let lost = try RawClient(server.address)
                id = try lost.converse().sessionID
                lost.say(1, .text("kept"))
                _ = try lost.messages { $0.problem != nil }
                lost.close()
            }
            let again = try RawClient(server.address)
            // A ping before, to see that a connection that has said something can change its loop too.
            again.send([Frame(kind: .ping(Ping(token: 3))), Frame(streamID: 1, kind: .open(.converse(metadata(id, after: 1))))])
            again.say(1, .audio([4, 2]))
            let messages = try again.messages { $0.audio != nil }
            let started = messages.compactMap(\.started)
            #expect(started.map(\.resumed) == [true])
            #expect(started.map(\.sessionID) == [id])
            #expect(messages.map(\.sequence) == messages.map(\.sequence).sorted(), "numbers only rise, so that a second loss loses nothing")
            #expect(messages.filter { $0.problem != nil }.count == 1, "the Problem that was sent before comes again")
            #expect(messages.last?.audio == [4, 2])
        }
        #expect(server.sessions == 4)
    }

    @Test("The Client module resumes after an abort")
    func client() throws {
        let server = try TestServer(loops: 2)
        for _ in 0..<2 {
            let first = try Talk(server.address)
            let id = try first.sessionID()
            first.act { (c) throws(RPCStatus) in try c.say("hello") }
            let after = try first.wait { $0.messages.contains { $0.problem != nil } }.messages.last?.sequence ?? 0
            try first.abort()
            first.end()
            let second = try Talk(server.address, resuming: (id, after))
            #expect(try second.wait { $0.messages.contains { $0.started != nil } }.messages.compactMap(\.started).map(\.resumed) == [true])
            second.act { $0.finish() }
            #expect(try second.wait { $0.status != nil }.status == .ok)
            second.end()
        }
        try server.waitForSessions(0)
    }

    @Test("A session that moves to a second stream ends on the first")
    func takenOver() throws {
        let server = try TestServer()
        let first = try RawClient(server.address)
        let id = try first.converse().sessionID
        let second = try RawClient(server.address)
        _ = try second.converse(1, metadata(id, after: 1))
        #expect(try first.status(of: 1) == RPCStatus(.aborted, "session \(id) was resumed on another stream"))
        second.say(1, .audio([5]))
        #expect(try second.messages { $0.audio != nil }.last?.audio == [5])
        #expect(server.sessions == 1)
    }

    @Test("Nobody resumes a session that is not there, that is over, or that is somebody else's: all look alike")
    func notFound() throws {
        let server = try TestServer(loops: 2, tokens: TestServer.tokens)
        let one = try RawClient(server.address)
        let own = ["authorization": "Bearer token-of-the-first-one"]
        let id = try one.converse(1, own).sessionID
        let thief = try RawClient(server.address)
        thief.send(1, .open(.converse(metadata(id, after: 0).merging(["authorization": "Bearer token-of-the-second-one"]) { $1 })))
        #expect(try thief.status(of: 1) == RPCStatus(.notFound, "there is no session '\(id)' to resume; open one without 'vitrine-session-id'"))
        one.say(1, .audio([5]))
        #expect(try one.messages { $0.audio != nil }.last?.audio == [5], "the owner did not notice")
        one.send(1, .halfClose(HalfClose()))
        #expect(try one.status(of: 1) == .ok)
        let late = try RawClient(server.address)
        late.send(1, .open(.converse(metadata(id, after: 0).merging(own) { $1 })))
        #expect(try late.status(of: 1)?.code == .notFound)
    }

    @Test("What is no longer kept is DATA_LOSS; the session it was about still ends with its window")
    func dataLoss() throws {
        let server = try TestServer {
            $0.sessionLimits.resumeBytesMax = 0
            $0.sessionLimits.resumeWindowMs = 300
        }
        let lost = try RawClient(server.address)
        let id = try lost.converse().sessionID
        lost.say(1, .text("x"))
        _ = try lost.messages { $0.problem != nil }
        lost.close()
        let again = try RawClient(server.address)
        again.send(1, .open(.converse(metadata(id, after: 1))))
        let status = try again.status(of: 1)
        #expect(status?.code == .dataLoss)
        #expect(status?.message.contains("messages after 1 are no longer kept") == true)
        again.send(2, .open(.converse(["vitrine-session-id": id, "vitrine-resume-after": "soon"])))
        #expect(try again.status(of: 2) == RPCStatus(.invalidArgument, "'vitrine-resume-after' is the sequence of the last message received"))
        try server.waitForSessions(0)
    }

    @Test("A session whose client does not come back is gone after its window")
    func window() throws {
        let server = try TestServer { $0.sessionLimits.resumeWindowMs = 100 }
        let lost = try RawClient(server.address)
        _ = try lost.converse()
        lost.say(1, .audio([1, 2]))
        _ = try lost.messages { $0.audio != nil }
        #expect(server.sessions == 1)
        lost.close()
        try server.waitForSessions(0)
    }

    @Test("A session in which nothing was said ends with its stream")
    func nothingSaid() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        for stream in UInt64(1)...20 {
            _ = try client.converse(stream)
            client.send(stream, .cancel(Cancel()))
            #expect(try client.status(of: stream)?.code == .cancelled)
        }
        try server.waitForSessions(0)
    }

    @Test("At the limit the session that has waited longest for its client makes room; one that is spoken in does not")
    func room() throws {
        let server = try TestServer { $0.limits.sessionsMax = 3 }
        let client = try RawClient(server.address)
        let ids = try (UInt64(1)...3).map { stream in
            let id = try client.converse(stream).sessionID
            client.say(stream, .audio([1, 2]))
            _ = try client.messages(of: stream) { $0.audio != nil }
            return id
        }
        for stream in [UInt64(2), 1] {
            client.send(stream, .cancel(Cancel()))
            _ = try client.status(of: stream)
        }
        _ = try client.converse(4)
        let again = try RawClient(server.address)
        again.send(1, .open(.converse(metadata(ids[1], after: 1))))
        #expect(try again.status(of: 1)?.code == .notFound, "it went first")
        #expect(try again.converse(2, metadata(ids[0], after: 2)).resumed)
        client.send(5, .open(.converse()))
        #expect(try client.status(of: 5)?.code == .resourceExhausted, "all three have a client")
    }
}
