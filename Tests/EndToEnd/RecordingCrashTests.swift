import Foundation
import TestSupport
import Testing
import Wire

/// A server process that records, whose graph needs no models: audio goes through and comes back.
private final class RecordingServer {
    let folder: String
    let process = Process()
    let port: UInt16

    /// - Parameter fileKiBMax: what the system lets it write into one file; nil = as much as it likes.
    init(fileKiBMax: Int? = nil) throws {
        folder = NSTemporaryDirectory() + "vitrine-crash-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let graph = """
            graph: 1
            name: routing
            nodes: [{id: first, type: pass, in: [client.audio]}, {id: back, type: reply, in: [first]}]
            """
        try graph.write(toFile: folder + "/graph.yaml", atomically: true, encoding: .utf8)
        let configuration = "listen: 127.0.0.1:0\nlog: {level: error}\ngraph: graph.yaml\nrecording: {folder: recordings}\n"
        try configuration.write(toFile: folder + "/server.yaml", atomically: true, encoding: .utf8)
        let serve = "exec '\(ShopProcess.build)/vitrine' serve --config '\(folder)/server.yaml' --address-file '\(folder)/address'"
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", (fileKiBMax.map { "ulimit -f \($0); " } ?? "") + serve]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        var found = ""
        for _ in 0..<2_000 where found.isEmpty && process.isRunning {
            found = ((try? String(contentsOfFile: folder + "/address", encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
            if found.isEmpty { usleep(5_000) }
        }
        port = try #require(UInt16(found.split(separator: ":").last ?? ""), "the server did not start")
    }

    var recordings: String { folder + "/recordings" }

    /// Waits until the recording has not grown for a while: whatever was said before is in it, however busy the machine is.
    func waitUntilWritten() throws {
        var size: Int64 = -1
        var looks = 0
        for _ in 0..<500 {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: recordings)) ?? []
            var now: Int64 = 0
            for name in names where name.hasSuffix(".vrec") {
                now += (try FileManager.default.attributesOfItem(atPath: "\(recordings)/\(name)")[.size] as? Int64) ?? 0
            }
            // The writer hands over up to a megabyte at once: one look that finds nothing new says little.
            looks = now > 0 && now == size ? looks + 1 : 0
            if looks == 6 { return }
            size = now
            usleep(60_000)
        }
        Issue.record("the recording grows although nobody says anything")
    }

    func end(_ signal: Int32) {
        kill(process.processIdentifier, signal)
        while process.isRunning { usleep(1_000) }
    }

    deinit {
        if process.isRunning { end(SIGKILL) }
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) was not removed: \(error)") }
    }
}

/// A customer who agrees to be recorded and speaks without a pause, on a socket of the test's own.
private final class Speaker {
    private let descriptor: Int32
    private var decoder = FrameDecoder(frameBytesMax: 1 << 20)
    private(set) var sent = 0
    private(set) var received = 0

    init(port: UInt16) throws {
        descriptor = try #require(loopbackSocket(port: port), "the server takes connections")
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let open = Open(
            method: MethodDescriptor.sessionsConverse.path, metadata: [MetadataEntry(key: "vitrine-consent", value: Array("audio".utf8))])
        _ = send(Frame(streamID: 1, kind: .open(open)))
    }

    deinit { close(descriptor) }

    private func send(_ frame: Frame) -> Bool {
        var bytes: [UInt8] = []
        FrameEncoder.frame(frame, into: &bytes)
        return bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } == bytes.count
    }

    /// Says something and waits for it to come back. False when the server is gone.
    func exchange() throws -> Bool {
        let message = ClientMessage(kind: .audio(AudioChunk(samples: [UInt8](repeating: UInt8(truncatingIfNeeded: sent), count: 640))))
        guard send(Frame(streamID: 1, kind: .data(message.encoded()))) else { return false }
        sent += 1
        let wanted = received + 1
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while received < wanted {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            try buffer[..<count].withUnsafeBytes { bytes in
                try decoder.feed(bytes) { (bytes) throws(RPCStatus) in
                    guard case .data(let payload)? = try Frame(decoding: bytes).kind, case .audio? = try ServerMessage(decoding: payload).kind else {
                        return
                    }
                    received += 1
                }
            }
        }
        return true
    }
}

@Suite("Recordings of a server process", .serialized)
struct RecordingCrashTests {
    private struct Findings: Decodable {
        struct Damage: Decodable { var what: String }
        var ok: Bool
        var end: String
        var records: Int
        var damages: [Damage]
    }

    private func verify(_ server: RecordingServer) throws -> [Findings] {
        let verified = try ShopProcess.run(["recording", "verify", "--json", server.recordings])
        return try verified.output.split(separator: "\n").map { try JSONDecoder().decode(Findings.self, from: Data($0.utf8)) }
    }

    @Test("are whole up to the last record, at whichever moment the process is killed", .timeLimit(.minutes(10)))
    func killed() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<24 {
            let server = try RecordingServer()
            let speaker = try Speaker(port: server.port)
            let stop = Date(timeIntervalSinceNow: Double.random(in: 0.005...0.25, using: &random))
            while Date() < stop, try speaker.exchange() { usleep(2_000) }
            let old = speaker.received
            try server.waitUntilWritten()
            let alive = Date(timeIntervalSinceNow: Double.random(in: 0...0.02, using: &random))
            while Date() < alive { guard try speaker.exchange() else { break } }
            server.end(SIGKILL)
            let findings = try verify(server)
            try #require(findings.count == 1)
            #expect(findings[0].damages.count == 1 && findings[0].end == "")
            #expect(findings[0].damages[0].what.contains("cut off"), "\(findings[0].damages)")
            // Open, SessionStarted, and both ways of everything that was heard by then.
            #expect(findings[0].records >= 2 + 2 * old, "\(findings[0].records) records after \(old) exchanges")
        }
    }

    @Test(
        "end with a marker when the disk takes no more, and the conversation goes on",
        .disabled(if: isSanitized, "a sanitizer's own files are larger than the limit"), .timeLimit(.minutes(10)))
    func fullDisk() throws {
        let server = try RecordingServer(fileKiBMax: 64)
        let speaker = try Speaker(port: server.port)
        for _ in 0..<400 { #expect(try speaker.exchange()) }
        #expect(speaker.received == 400, "every word is answered")
        #expect(server.process.isRunning)
        server.end(SIGTERM)
        let findings = try verify(server)
        #expect(findings.map(\.end) == ["disk_full"] && findings.allSatisfy(\.ok))
        #expect(findings[0].records > 20 && findings[0].records < 200)
    }
}
