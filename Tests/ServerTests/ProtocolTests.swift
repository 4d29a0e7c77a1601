import EventLoop
import Sessions
import Testing
import Wire

@testable import Server

private func prefixed(_ payload: [UInt8], flag: UInt8 = 0, length: Int? = nil) -> [UInt8] {
    let count = UInt32(length ?? payload.count)
    return [flag] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + payload
}

private func frame(_ stream: UInt64, _ kind: Frame.Kind) -> [UInt8] {
    var bytes: [UInt8] = []
    FrameEncoder.frame(Frame(streamID: stream, kind: kind), into: &bytes)
    return bytes
}

private let opened = frame(1, .open(.converse()))

/// Bytes that a client may send, and the reason with which its connection ends; OK = it does not.
struct Breach: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var code: StatusCode
    var message = ""
    var testDescription: String { name }

    static let all = [
        Breach(
            name: "compressed", bytes: prefixed([1, 2], flag: 1), code: .unimplemented,
            message: "compressed frames are not supported: send flag byte 0"),
        Breach(name: "flag", bytes: prefixed([1, 2], flag: 2), code: .invalidArgument, message: "flag byte 2 of a frame: only 0 is allowed"),
        Breach(
            name: "length", bytes: prefixed([], length: 4_194_305), code: .resourceExhausted,
            message: "a frame of 4194305 bytes: at most 4194304 are allowed"),
        Breach(name: "HTTP", bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8), code: .unimplemented, message: "compressed frames are not supported"),
        Breach(name: "garbage", bytes: prefixed([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), code: .invalidArgument, message: "Frame, byte"),
        Breach(
            name: "no body", bytes: prefixed([]), code: .invalidArgument,
            message: "a frame has one of open, data, half_close, cancel, credit, ping, pong, go_away"),
        Breach(
            name: "status", bytes: frame(1, .status(Status())), code: .invalidArgument,
            message: "a client ends a stream with half_close or cancel, not with a status"),
        Breach(name: "data, not opened", bytes: frame(7, .data([])), code: .invalidArgument, message: "stream 7 was never opened"),
        Breach(name: "data, stream 0", bytes: frame(0, .data([])), code: .invalidArgument, message: "stream 0 was never opened"),
        Breach(
            name: "half-close, not opened", bytes: frame(3, .halfClose(HalfClose())), code: .invalidArgument, message: "stream 3 was never opened"),
        Breach(name: "cancel, not opened", bytes: frame(3, .cancel(Cancel())), code: .invalidArgument, message: "stream 3 was never opened"),
        Breach(
            name: "id used again", bytes: opened + opened, code: .invalidArgument,
            message: "stream 1 was opened after stream 1; ids grow, from 1, and are used once"),
        Breach(
            name: "id 0", bytes: frame(0, .open(.converse())), code: .invalidArgument,
            message: "stream 0 was opened after stream 0; ids grow, from 1, and are used once"),
        Breach(
            name: "id went down", bytes: frame(5, .open(.converse())) + frame(4, .open(.converse())), code: .invalidArgument,
            message: "stream 4 was opened after stream 5; ids grow, from 1, and are used once"),
        Breach(name: "late data", bytes: opened + frame(1, .halfClose(HalfClose())) + frame(1, .data([])), code: .ok),
    ]
}

@Suite("The protocol on a connection")
struct ProtocolTests {
    @Test("What breaks it ends that connection with a GoAway that says why, and nobody else's", arguments: Breach.all)
    func broken(breach: Breach) throws {
        let server = try TestServer { $0.sessionLimits.resumeWindowMs = 0 }
        let other = try RawClient(server.address)
        _ = try other.converse()
        let client = try RawClient(server.address)
        client.send(breach.bytes)
        if breach.code == .ok {
            // Data for a stream that has ended is late, not wrong.
            #expect(try client.status(of: 1) == .ok)
            _ = try client.converse(2)
        } else {
            let reason = try #require(try client.goAway())
            #expect(reason.code == breach.code)
            #expect(reason.message.contains(breach.message), "\(reason.message)")
            #expect(try client.next() == nil, "the connection is closed")
            try server.waitForSessions(1)
        }
        other.say(1, .audio([9, 9]))
        #expect(try other.messages { $0.audio != nil }.last?.audio == [9, 9])
    }

    @Test("A frame that comes byte by byte is a frame")
    func torn() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        for byte in opened { client.send([byte]) }
        #expect(try client.messages { _ in true }.first?.started != nil)
    }

    @Test("A method that is not there is UNIMPLEMENTED; the connection goes on")
    func unknownMethod() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        client.send(1, .open(Open(method: "/vitrine.v1.Sessions/Sing")))
        #expect(try client.status(of: 1) == RPCStatus(.unimplemented, "there is no method '/vitrine.v1.Sessions/Sing' on this socket"))
        _ = try client.converse(2)
    }

    @Test("Admin methods are not served where customers connect")
    func adminElsewhere() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        client.send(1, .open(Open(method: MethodDescriptor.adminDrain.path)))
        #expect(try client.status(of: 1)?.code == .unimplemented)
    }

    @Test("Without a token that is known, UNAUTHENTICATED; with one, a session")
    func authentication() throws {
        let server = try TestServer(tokens: TestServer.tokens)
        let client = try RawClient(server.address)
        client.send(1, .open(.converse()))
        #expect(try client.status(of: 1) == RPCStatus(.unauthenticated, "metadata 'authorization: Bearer TOKEN' is needed"))
        client.send(2, .open(.converse(["authorization": "Bearer wrong"])))
        #expect(try client.status(of: 2) == RPCStatus(.unauthenticated, "the token is not known here"))
        #expect(try !client.converse(3, ["authorization": "Bearer token-of-the-first-one"]).sessionID.isEmpty)
    }

    @Test("A ping is answered with its token, before and after a stream is opened", arguments: [1, 2])
    func ping(loops: Int) throws {
        let server = try TestServer(loops: loops)
        // With two loops every second connection changes its loop at the Open.
        for _ in 0..<loops {
            let client = try RawClient(server.address)
            client.send([
                Frame(kind: .ping(Ping(token: 41))), Frame(streamID: 1, kind: .open(.converse())), Frame(kind: .ping(Ping(token: .max))),
            ])
            let frames = try (0..<3).map { _ in try client.next() }
            #expect(frames[0]?.kind == .pong(Pong(token: 41)))
            #expect(frames[2]?.kind == .pong(Pong(token: .max)))
            client.send(1, .halfClose(HalfClose()))
            #expect(try client.status(of: 1) == .ok, "nothing was answered twice")
        }
    }

    @Test("A client that says that it goes away opens nothing more")
    func clientGoesAway() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        client.send(0, .goAway(GoAway()))
        client.send(1, .open(.converse()))
        #expect(try client.status(of: 1)?.code == .unavailable)
    }
}

@Suite("The server's limits")
struct LimitTests {
    @Test("Streams of a connection")
    func streams() throws {
        let server = try TestServer { $0.limits.streamsPerConnectionMax = 2 }
        let client = try RawClient(server.address)
        _ = try client.converse(1)
        _ = try client.converse(2)
        client.send(3, .open(.converse()))
        #expect(try client.status(of: 3) == RPCStatus(.resourceExhausted, "2 streams are open on this connection; at most 2 may be"))
        client.send(1, .halfClose(HalfClose()))
        _ = try client.status(of: 1)
        _ = try client.converse(4)
    }

    @Test("Sessions of the server")
    func sessions() throws {
        let server = try TestServer { $0.limits.sessionsMax = 1 }
        let client = try RawClient(server.address)
        _ = try client.converse(1)
        client.send(2, .open(.converse()))
        #expect(try client.status(of: 2) == RPCStatus(.resourceExhausted, "1 sessions are open, which is this server's limit"))
    }

    @Test("Connections of the server: one too many is told so and closed")
    func connections() throws {
        let server = try TestServer { $0.limits.connectionsMax = 2 }
        let clients = try (0..<2).map { _ in try RawClient(server.address) }
        for client in clients { _ = try client.converse() }
        // An optimised build would let go of those that are open once they are not used any more.
        try withExtendedLifetime(clients) {
            let third = try RawClient(server.address)
            #expect(try third.goAway() == RPCStatus(.resourceExhausted, "the server has 2 connections, which is its limit"))
            #expect(try third.next() == nil)
        }
        let admin = try RawClient(server.adminAddress)
        admin.send(0, .ping(Ping(token: 6)))
        #expect(try admin.next()?.kind == .pong(Pong(token: 6)), "the operator gets in all the same")
    }

    @Test("Metadata of an Open")
    func metadata() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        client.send(1, .open(.converse(["x": String(repeating: "y", count: 9_000)])))
        #expect(
            try client.status(of: 1)
                == RPCStatus(.resourceExhausted, "1 metadata entries of 9001 bytes; at most 32 of 8192 bytes are allowed"))
        let many = (0..<33).map { ("k\($0)", "") }
        client.send(2, .open(.converse(Dictionary(uniqueKeysWithValues: many))))
        #expect(try client.status(of: 2)?.code == .resourceExhausted)
        client.send(3, .open(.converse(["vitrine-time": "noon"])))
        #expect(
            try client.status(of: 3)
                == RPCStatus(.invalidArgument, "'vitrine-time' is the customer's time, like 2026-09-21T14:05:00+02:00, and not 'noon'"))
        #expect(server.sessions == 0)
        client.send(4, .open(.converse(["vitrine-time": "2026-09-21T14:05:00+02:00"])))
        try server.waitForSessions(1)
    }

    @Test("A connection that says nothing is closed with the reason; one that has said something may be silent")
    func firstFrame() throws {
        let server = try TestServer { $0.limits.firstFrameMsMax = 100 }
        let talking = try RawClient(server.address)
        _ = try talking.converse()
        let silent = try RawClient(server.address)
        #expect(try silent.goAway() == RPCStatus(.deadlineExceeded, "no whole frame came within 100 ms"))
        talking.say(1, .audio([5]))
        #expect(try talking.messages { $0.audio != nil }.last?.audio == [5])
    }

    @Test("A client that does not read its answers loses its connection, not the server its memory")
    func unread() throws {
        let server = try TestServer { $0.limits.outputBytesMax = 64 << 10 }
        let client = try RawClient(server.address)
        _ = try client.converse()
        let many = (0..<1_000).map { _ in Frame(kind: .ping(Ping(token: 1))) }
        var closed = false
        // The kernel's buffers take some megabytes before the server's own limit counts.
        for _ in 0..<2_000 where !closed {
            client.send(many)
            closed = server.server.health().connections == 0
        }
        #expect(closed)
    }
}
