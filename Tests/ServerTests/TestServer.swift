import Client
import EventLoop
import Foundation
import TestSupport
import Testing
import Wire

@testable import Server

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        // Short: a Unix socket's path has at most 107 bytes.
        path = "/tmp/vitrine-server-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
    }

    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}

/// A server in this process whose graph needs no plugin: audio goes through three pass-through nodes and back.
///
/// It is stopped when the test lets go of it.
final class TestServer {
    let server: VitrineServer
    private let folder: TemporaryFolder
    private var isStopped = false

    static let graph = """
        graph: 1
        name: routing
        nodes:
          - {id: first, type: pass, in: [client.audio]}
          - {id: second, type: pass, in: [first]}
          - {id: third, type: pass, in: [second]}
          - {id: back, type: reply, in: [third]}
        """

    /// Two customers; no guests.
    static let tokens = """
        tokens:
          - {token: token-of-the-first-one, user: one}
          - {token: token-of-the-second-one, user: two}
        """

    init(loops: Int = 1, tokens: String? = nil, _ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        folder = try TemporaryFolder()
        var configuration = ServerConfiguration()
        configuration.listen = "127.0.0.1:0"
        configuration.loops = loops
        configuration.logLevel = .error
        configuration.graphFile = try folder.write("graph.yaml", TestServer.graph)
        configuration.modelsFolder = "/nowhere"
        configuration.runtimeFolder = "/nowhere"
        configuration.adminSocket = "\(folder.path)/admin.sock"
        configuration.limits.drainMsMax = 2_000
        if let tokens { configuration.tokensFile = try folder.write("tokens.yaml", tokens) }
        change(&configuration)
        server = try VitrineServer(configuration)
        try server.start()
    }

    var address: SocketAddress { server.address }
    var adminAddress: SocketAddress { .unix(path: server.configuration.adminSocket) }
    var sessions: Int { Int(server.health().sessions) }

    func stop() {
        guard !isStopped else { return }
        isStopped = true
        server.drain()
        server.waitUntilStopped()
    }

    deinit { stop() }

    /// Waits until what is counted has become so, at most 5 s.
    func waitForSessions(_ wanted: Int) throws {
        for _ in 0..<5_000 where sessions != wanted { usleep(1_000) }
        #expect(sessions == wanted)
    }
}

/// Nothing came in time.
struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// A socket that sends any bytes and reads frames, on the test's own thread.
final class RawClient {
    private let descriptor: Int32
    private var decoder = FrameDecoder(frameBytesMax: 16 << 20)
    private var frames: [Frame] = []

    init(_ address: SocketAddress) throws {
        switch address {
        case .tcp(_, let port):
            guard let connected = loopbackSocket(port: port) else { throw TimedOut(description: "nobody listens at port \(port)") }
            descriptor = connected
        case .unix(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var target = sockaddr_un()
            target.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            try RawClient.connect(descriptor, &target)
        }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    private var isClosed = false

    func close() {
        if !isClosed { Foundation.close(descriptor) }
        isClosed = true
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) throws {
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) }
        }
        if status != 0 { throw TimedOut(description: "connect: \(String(cString: strerror(errno)))") }
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // The server may have closed already; what it said is still to be read.
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }

    func send(_ frames: [Frame]) {
        var bytes: [UInt8] = []
        for frame in frames { FrameEncoder.frame(frame, into: &bytes) }
        send(bytes)
    }

    func send(_ stream: UInt64, _ kind: Frame.Kind) { send([Frame(streamID: stream, kind: kind)]) }

    func say(_ stream: UInt64, _ message: ClientMessage) { send(stream, .data(message.encoded())) }

    /// The next frame, or nil when the server has closed.
    func next() throws -> Frame? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while frames.isEmpty {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw TimedOut(description: "no frame came within 30 s") }
            var came: [Frame] = []
            try buffer[..<count].withUnsafeBytes { bytes in
                try decoder.feed(bytes) { (frame) throws(RPCStatus) in came.append(try Frame(decoding: frame)) }
            }
            frames = came
        }
        return frames.removeFirst()
    }

    /// The next frame of a stream that is not data or credit: what the server says of the stream itself.
    func status(of stream: UInt64) throws -> RPCStatus? {
        while let frame = try next() {
            if frame.streamID == stream, case .status(let status)? = frame.kind {
                return RPCStatus(StatusCode(rawValue: status.code) ?? .unknown, status.message)
            }
        }
        return nil
    }

    func goAway() throws -> RPCStatus? {
        while let frame = try next() {
            if case .goAway(let away)? = frame.kind { return RPCStatus(StatusCode(rawValue: away.code) ?? .unknown, away.message) }
        }
        return nil
    }

    /// Messages of a stream until one that is wanted has come.
    func messages(of stream: UInt64 = 1, until wanted: (ServerMessage) -> Bool) throws -> [ServerMessage] {
        var all: [ServerMessage] = []
        while let frame = try next() {
            guard frame.streamID == stream, case .data(let bytes)? = frame.kind else { continue }
            let message = try bytes.withUnsafeBytes { try ServerMessage(decoding: $0) }
            all.append(message)
            if wanted(message) { return all }
        }
        throw TimedOut(description: "the connection ended before the message came; these came: \(all)")
    }

    /// Opens a conversation and reads its first message.
    func converse(_ stream: UInt64 = 1, _ metadata: [String: String] = [:], timeoutUs: UInt64 = 0) throws -> SessionStarted {
        send(stream, .open(.converse(metadata, timeoutUs: timeoutUs)))
        let first = try messages(of: stream) { _ in true }
        guard case .session(let started)? = first.first?.kind else { throw TimedOut(description: "the first message is no SessionStarted: \(first)") }
        return started
    }

    func closesOrderly() throws -> Bool {
        while try next() != nil {}
        return true
    }
}

extension Open {
    static func converse(_ metadata: [String: String] = [:], timeoutUs: UInt64 = 0) -> Open {
        Open(
            method: MethodDescriptor.sessionsConverse.path,
            metadata: metadata.sorted { $0.key < $1.key }.map { MetadataEntry(key: $0.key, value: Array($0.value.utf8)) }, timeoutUs: timeoutUs)
    }
}

extension ClientMessage {
    static func audio(_ bytes: [UInt8], sequence: UInt64 = 0) -> ClientMessage {
        ClientMessage(sequence: sequence, kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: bytes)))
    }
    static func text(_ text: String, turnID: UInt64 = 0, endOfTurn: Bool = false) -> ClientMessage {
        ClientMessage(turnID: turnID, endOfTurn: endOfTurn, kind: .text(TextInput(text: text)))
    }
}

extension ServerMessage {
    var audio: [UInt8]? { if case .audio(let chunk)? = kind { chunk.samples } else { nil } }
    var problem: Problem? { if case .problem(let problem)? = kind { problem } else { nil } }
    var started: SessionStarted? { if case .session(let started)? = kind { started } else { nil } }
}

/// What the metrics endpoint answers.
func httpGet(_ path: String, _ port: UInt16) throws -> String {
    try #require(loopbackExchange(port: port, "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
}
