import Catalog
import Foundation
import Recording
import Sessions
import Testing
import Wire

@testable import Server

@Suite("A server that records")
struct ServerRecordingTests {
    private let folder: TemporaryFolder
    private var recordings: RecordingFolder { RecordingFolder(folder.path + "/recordings") }

    init() throws { folder = try TemporaryFolder() }

    private func server(loops: Int = 1, all: Bool = true, _ change: @escaping (inout RecordingLimits) -> Void = { _ in }) throws -> TestServer {
        try TestServer(loops: loops, tokens: TestServer.tokens) { configuration in
            var limits = RecordingLimits()
            change(&limits)
            configuration.recording = RecordingChoice(folder: recordings.path, recordsAll: all, limits: limits)
        }
    }

    private static func metadata(_ more: [String: String] = [:]) -> [String: String] {
        more.merging(["authorization": "Bearer token-of-the-first-one"]) { $1 }
    }

    /// Holds a short conversation: text, two pieces of audio that come back, half-close.
    private func converse(_ server: TestServer, _ metadata: [String: String], consent: Consent? = nil) throws -> String {
        let client = try RawClient(server.address)
        let started = try client.converse(1, metadata)
        client.say(1, .text("hello", endOfTurn: true))
        client.say(1, .audio([UInt8](repeating: 1, count: 640)))
        if let consent { client.say(1, ClientMessage(kind: .control(Control(kind: .consent(consent))))) }
        client.say(1, .audio([UInt8](repeating: 2, count: 640)))
        _ = try client.messages { $0.audio?.first == 2 }
        client.send(1, .halfClose(HalfClose()))
        #expect(try client.status(of: 1)?.code == .ok)
        return started.sessionID
    }

    private func recording(_ session: String) throws -> Recording {
        let recording = try Recording.load(recordings.file(session: session), keys: recordings.keys)
        #expect(recording.damages == [])
        return recording
    }

    /// First bytes of the samples that were recorded in one direction; 0 = withheld.
    private func samples(_ recording: Recording, _ wanted: Direction) -> [UInt8] {
        recording.entries.compactMap { entry in
            guard case .frame(wanted, _, let withheld, let bytes) = entry.what else { return nil }
            let chunk: AudioChunk
            switch entry.message {
            case .client(let message):
                guard case .audio(let audio)? = message.kind else { return nil }
                chunk = audio
            case .server(let message):
                guard case .audio(let audio)? = message.kind else { return nil }
                chunk = audio
            default: return nil
            }
            #expect((withheld == .audio) == chunk.samples.isEmpty && (withheld == .audio) == (bytes == 640))
            return chunk.samples.first ?? 0
        }
    }

    @Test("keeps every frame of a conversation in both directions, and what answered it")
    func everything() throws {
        let server = try server()
        let session = try converse(server, Self.metadata(["vitrine-consent": "audio, faces"]))
        server.stop()
        let recording = try recording(session)
        #expect(recording.end?.reason == .closed)
        #expect(recording.header.sessionID == session && recording.header.serverVersion == ServerVersion.text)
        #expect(recording.header.graph?.name == "routing" && recording.header.graph?.sha256.count == 64)
        #expect(!recording.header.instructionSet.isEmpty && recording.header.seed != 0)
        #expect(recording.header.consent == ConsentGiven(audio: true, faces: true))
        #expect(samples(recording, .in) == [1, 2] && samples(recording, .out) == [1, 2])
        let frames = recording.entries.compactMap { entry -> String? in
            guard case .control(let kind)? = entry.message else { return nil }
            return "\(kind)".prefix { $0 != "(" }.description
        }
        #expect(frames == ["open", "halfClose", "status"])
        guard case .control(.open(let open))? = recording.entries[0].message else { throw TimedOut(description: "no Open: \(recording.entries[0])") }
        #expect(open.metadata.first { $0.key == "authorization" }?.value == [], "a token is never recorded")
        let sequences = recording.entries.compactMap { entry -> UInt64? in
            if case .server(let message)? = entry.message { message.sequence } else { nil }
        }
        #expect(sequences == (1...UInt64(sequences.count)).map { $0 })
    }

    @Test("leaves out speech until the customer agrees, and from when they do no longer")
    func consent() throws {
        let server = try server()
        let never = try converse(server, Self.metadata())
        let later = try converse(server, Self.metadata(), consent: Consent(recordAudio: true))
        let withdrawn = try converse(server, Self.metadata(["vitrine-consent": "audio"]), consent: Consent())
        server.stop()
        #expect(try samples(recording(never), .in) == [0, 0] && samples(recording(never), .out) == [0, 0])
        #expect(try samples(recording(later), .in) == [0, 2] && samples(recording(later), .out).last == 2)
        #expect(try samples(recording(withdrawn), .in) == [1, 0])
        let markers = try recording(later).entries.compactMap { if case .marker(let marker) = $0.what { marker } else { nil } }
        #expect(markers == [RecordingMarker(kind: .consent, consent: ConsentGiven(audio: true))])
        let file = try Data(contentsOf: URL(fileURLWithPath: recordings.file(session: never)))
        #expect(file.range(of: Data(repeating: 1, count: 32)) == nil)
    }

    @Test("records what it is asked to, and nothing against a client's wish")
    func choice() throws {
        let all = try server()
        let refused = try converse(all, Self.metadata(["vitrine-record": "off"]))
        all.stop()
        let asked = try server(all: false)
        let silent = try converse(asked, Self.metadata())
        let wanted = try converse(asked, Self.metadata(["vitrine-record": "on"]))
        let client = try RawClient(asked.address)
        client.send(1, .open(.converse(Self.metadata(["vitrine-record": "maybe"]))))
        #expect(try client.status(of: 1)?.code == .invalidArgument)
        client.send(2, .open(.converse(Self.metadata(["vitrine-consent": "everything"]))))
        #expect(try client.status(of: 2)?.code == .invalidArgument)
        #expect(asked.sessions == 0)
        asked.stop()
        let files = try recordings.files()
        #expect(files == [recordings.file(session: wanted)], "neither \(refused) nor \(silent)")
    }

    @Test("goes on with the recording when the session is resumed")
    func resume() throws {
        let server = try server()
        let first = try RawClient(server.address)
        let started = try first.converse(1, Self.metadata(["vitrine-consent": "audio"]))
        first.say(1, .audio([UInt8](repeating: 1, count: 640)))
        _ = try first.messages { $0.audio != nil }
        first.close()
        let second = try RawClient(server.address)
        _ = try second.converse(1, Self.metadata(["vitrine-session-id": started.sessionID, "vitrine-resume-after": "1"]))
        second.say(1, .audio([UInt8](repeating: 2, count: 640)))
        _ = try second.messages { $0.audio != nil }
        second.send(1, .halfClose(HalfClose()))
        _ = try second.status(of: 1)
        server.stop()
        let recording = try recording(started.sessionID)
        #expect(samples(recording, .in) == [1, 2])
        let opens = recording.entries.filter { if case .control(.open)? = $0.message { true } else { false } }
        #expect(opens.count == 2 && recording.end?.reason == .closed)
    }

    @Test("is forgotten with the rest of what is stored about a customer; what others said stays")
    func erased() throws {
        let server = try server()
        let own = try converse(server, Self.metadata())
        let other = try converse(server, ["authorization": "Bearer token-of-the-second-one"])
        server.stop()
        var configuration = ServerConfiguration()
        configuration.databaseFile = folder.path + "/shop.sqlite"
        configuration.recording = RecordingChoice(folder: recordings.path)
        try SQLiteStores(path: configuration.databaseFile, shop: configuration.shop).close()
        let data = try PersonalData(configuration)
        defer { data.close() }
        let first = try #require(try data.eraseRecordings("one"))
        #expect(first.erased.keyDestroyed && first.erased.files == 1 && !first.isReadable)
        #expect(try recordings.files() == [recordings.file(session: other)], "not \(own)")
        let again = try #require(try data.eraseRecordings("one"))
        #expect(!again.erased.keyDestroyed && again.erased.files == 0 && !again.isReadable)
        configuration.recording = nil
        let bare = try PersonalData(configuration)
        defer { bare.close() }
        let nothing = try bare.eraseRecordings("one")
        #expect(nothing == nil)
    }

    @Test("answers as ever when nothing can be written")
    func noDisk() throws {
        try Data().write(to: URL(fileURLWithPath: recordings.path))
        let server = try server()
        _ = try converse(server, Self.metadata())
        server.stop()
    }

    @Test("ends a recording at its limit, and the conversation goes on")
    func tooLarge() throws {
        let server = try server { $0.fileBytesMax = 2_000 }
        let session = try converse(server, Self.metadata(["vitrine-consent": "audio"]))
        server.stop()
        #expect(try recording(session).end?.reason == .tooLarge)
    }

    @Test("erases a customer by their key, and no other")
    func erasure() throws {
        let server = try server(loops: 2)
        let mine = try converse(server, Self.metadata())
        let other = try converse(server, ["authorization": "Bearer token-of-the-second-one"])
        // The writer has its own pace.
        for _ in 0..<500 where (try? Recording.load(recordings.file(session: mine)).end) == nil { usleep(10_000) }
        #expect(try recordings.erase(.user("one", shop: "default")).keyDestroyed)
        let again = try converse(server, Self.metadata())
        server.stop()
        #expect(try Set(recordings.files()) == [recordings.file(session: other), recordings.file(session: again)], "\(mine) is gone")
        #expect(try !recording(again).isSealed && !recording(other).isSealed)
    }
}
