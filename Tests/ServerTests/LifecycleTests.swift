import Client
import EventLoop
import Foundation
import Testing
import Wire

@testable import Server

@Suite("Starting and stopping")
struct LifecycleTests {
    @Test("Drain: clients are told, sessions end well, the server stops, the port is free again")
    func drain() throws {
        let server = try TestServer(loops: 2)
        let client = try RawClient(server.address)
        _ = try client.converse()
        let address = server.address
        server.server.drain()
        #expect(try client.goAway() == RPCStatus(.unavailable, "the server is going away"))
        #expect(try client.status(of: 1) == .ok)
        #expect(try client.next() == nil)
        server.stop()
        #expect(throws: TimedOut.self) { try RawClient(address) }
    }

    @Test("A client that goes on talking does not hold a drain up beyond its limit")
    func drainLimit() throws {
        let server = try TestServer { $0.limits.drainMsMax = 300 }
        let admin = try RawClient(server.adminAddress)
        let client = try RawClient(server.address)
        // A connection without a session, and one with a stream: neither may keep the server.
        let idle = try RawClient(server.address)
        _ = try client.converse()
        let began = ContinuousClock.now
        server.stop()
        #expect(ContinuousClock.now - began < .seconds(3))
        #expect(try client.closesOrderly() && idle.closesOrderly() && admin.closesOrderly())
    }

    @Test("A client that vanished is asked and let go; one that answers stays, and so does one that goes on talking")
    func silence() throws {
        let server = try TestServer { $0.limits.silenceMsMax = 400 }
        let (vanished, quiet) = (try RawClient(server.address), try RawClient(server.address))
        _ = try vanished.converse()
        _ = try quiet.converse()
        for _ in 0..<3 {
            guard case .ping(let ping)? = try quiet.next()?.kind else { throw TimedOut(description: "something else than a Ping came") }
            quiet.send(0, .pong(Pong(token: ping.token)))
        }
        let reason = try vanished.goAway()
        #expect(reason?.code == .deadlineExceeded && reason?.message.contains("not even an answer to a Ping") == true, "\(reason as Any)")
        #expect(try vanished.next() == nil)
        quiet.say(1, .audio([7, 7]))
        #expect(try quiet.messages { $0.audio != nil }.last?.audio == [7, 7])
        try server.waitForSessions(1)
    }

    @Test("A port that is taken is named, with what to do; the server that failed leaves nothing running")
    func busyPort() throws {
        let first = try TestServer()
        do {
            _ = try TestServer { $0.listen = "\(first.address)" }
            Issue.record("two servers on one port")
        } catch let error as ServerError {
            #expect(error.message.contains("\(first.address)"))
            #expect(error.message.contains("address already in use"))
            #expect(error.message.contains("choose another address or stop the program that listens there"))
        }
    }

    @Test("Beyond the loopback it is refused, unless it was said twice", arguments: ["0.0.0.0:0", "[::]:0"])
    func insecure(address: String) throws {
        #expect {
            _ = try TestServer { $0.listen = address }
        } throws: { error in
            "\(error)".contains("the protocol is not encrypted: listen on 127.0.0.1, or say --insecure")
        }
        let open = try TestServer {
            $0.listen = address
            $0.isInsecure = true
        }
        if case .tcp(_, let port) = open.address { #expect(port != 0) }
    }

    @Test("An address that is none, and a graph that is not there, are named")
    func wrongConfiguration() throws {
        #expect { _ = try TestServer { $0.listen = "nowhere" } } throws: { "\($0)".contains("\"nowhere\" is no address") }
        #expect { _ = try TestServer { $0.graphFile = "/nowhere/graph.yaml" } } throws: {
            "\($0)" == "/nowhere/graph.yaml: no such file, or it cannot be read"
        }
    }
}

@Suite("The admin socket")
struct AdminTests {
    private func call<Reply>(
        _ server: TestServer, _ method: MethodDescriptor, _ request: [UInt8], _ decode: (UnsafeRawBufferPointer) throws -> Reply
    ) throws -> Reply {
        let client = try RawClient(server.adminAddress)
        client.send([
            Frame(streamID: 1, kind: .open(Open(method: method.path))), Frame(streamID: 1, kind: .data(request)),
            Frame(streamID: 1, kind: .halfClose(HalfClose())),
        ])
        guard case .data(let bytes)? = try client.next()?.kind else { throw TimedOut(description: "no reply came") }
        let reply = try bytes.withUnsafeBytes(decode)
        #expect(try client.status(of: 1) == .ok)
        return reply
    }

    @Test("is for the server's own user: 0600")
    func mode() throws {
        let server = try TestServer()
        let attributes = try FileManager.default.attributesOfItem(atPath: server.server.configuration.adminSocket)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("Health tells what is open")
    func health() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse()
        let health = try call(server, .adminHealth, HealthRequest().encoded()) { try HealthReply(decoding: $0) }
        #expect(health.ready)
        #expect(health.notReady == [])
        #expect(health.version == ServerVersion.text)
        #expect(health.sessions == 1)
        #expect(health.connections == 2)
    }

    @Test("ListPlugins is empty when there are none")
    func plugins() throws {
        let server = try TestServer()
        #expect(try call(server, .adminListPlugins, ListPluginsRequest().encoded()) { try ListPluginsReply(decoding: $0) }.plugins.isEmpty)
    }

    @Test("Drain answers how many sessions are left, and the server goes away")
    func drain() throws {
        let server = try TestServer()
        let client = try RawClient(server.address)
        _ = try client.converse()
        #expect(try call(server, .adminDrain, DrainRequest().encoded()) { try DrainReply(decoding: $0) }.sessionsLeft == 1)
        #expect(try client.status(of: 1) == .ok)
        server.server.waitUntilStopped()
    }

    @Test("No request, two requests and conversations are refused there")
    func wrongUse() throws {
        let server = try TestServer()
        let client = try RawClient(server.adminAddress)
        client.send(1, .open(Open(method: MethodDescriptor.adminHealth.path)))
        client.send(1, .halfClose(HalfClose()))
        #expect(try client.status(of: 1) == RPCStatus(.invalidArgument, "the method needs one request; none was sent"))
        client.send(2, .open(Open(method: MethodDescriptor.adminHealth.path)))
        for _ in 0..<2 { client.send(2, .data([])) }
        #expect(try client.status(of: 2) == RPCStatus(.invalidArgument, "a second request on a method that takes one"))
        client.send(3, .open(.converse()))
        #expect(try client.status(of: 3)?.code == .unimplemented)
    }
}

@Suite("The metrics endpoint")
struct MetricsTests {
    @Test("counts sessions and frames in Prometheus text, and says whether it is ready")
    func metrics() throws {
        let server = try TestServer { $0.metrics = "127.0.0.1:0" }
        let port = try #require(server.server.metricsPort)
        let client = try RawClient(server.address)
        _ = try client.converse()
        let text = try httpGet("/metrics", port)
        #expect(text.contains("\nvitrine_sessions 1\n"))
        #expect(text.contains("\nvitrine_connections 1\n"))
        #expect(text.contains("\nvitrine_frames_received_total 1\n"))
        #expect(try httpGet("/readyz", port).hasPrefix("HTTP/1.1 200"))
    }
}
