import Foundation
import Locks
import Testing
import Wire

@testable import Recording

/// Remembers what the writer says.
final class Observer: RecordingObserver {
    struct Seen {
        var ended: [String: EndReason] = [:]
        var refused = 0
        var bytes = 0
        var records = 0
    }
    private let seen = Lock(Seen())
    func recordingBegan(session: String) {}
    func recordingRefused(session: String, message: String) { seen.withLock { $0.refused += 1 } }
    func recordingWrote(records: Int, bytes: Int) {
        seen.withLock {
            $0.records += records
            $0.bytes += bytes
        }
    }
    func recordingEnded(session: String, reason: EndReason, message: String) { seen.withLock { $0.ended[session] = reason } }
    var all: Seen { seen.withLock { $0 } }
}

/// A disk that waits before each write, or takes so many bytes and no more.
final class DifficultDisk: RecordingOutput {
    private let file: FileOutput
    private let waitUs: UInt32
    private let bytesMax: Int
    private var size = 0

    init(_ path: String, waitUs: UInt32 = 0, bytesMax: Int = .max) throws(RPCStatus) {
        file = try FileOutput(creating: path)
        self.waitUs = waitUs
        self.bytesMax = bytesMax
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> (written: Int, error: Int32) {
        usleep(waitUs)
        let taken = min(bytes.count, bytesMax - size)
        let (written, error) = file.write(UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        size += written
        return (written, error == 0 && written < bytes.count ? ENOSPC : error)
    }

    func truncate(to size: UInt64) -> Bool {
        self.size = Int(size)
        return file.truncate(to: size)
    }

    func close() { file.close() }
}

@Suite("The writer of recordings")
struct WriterTests {
    private let observer = Observer()

    private func start(_ session: String, versions: RecordedVersions = RecordedVersions(serverVersion: "0.1.0")) -> RecordingStart {
        RecordingStart(
            sessionID: session, subject: .user("mei", shop: "jewelry"), seed: 7, consent: ConsentGiven(audio: true), versions: versions)
    }

    private func record(_ frame: Frame, _ us: UInt64, to recorder: Recorder) {
        recorder.frame(timeUs: us, .in, prefixBytes: 5) { FrameEncoder.frame(frame, into: &$0) }
    }

    @Test("writes what it is given, in order, for many at once")
    func writes() throws {
        let folder = try TemporaryFolder()
        let graph = folder.path + "/graph.yaml"
        try Data("abc".utf8).write(to: URL(fileURLWithPath: graph))
        let versions = RecordedVersions(
            serverVersion: "0.1.0", models: [RecordedFile(name: "gone", path: folder.path + "/gone")], graph: RecordedFile(name: "g", path: graph))
        let recordings = RecordingFolder(folder.path + "/recordings")
        let writer = RecordingWriter(folder: recordings, observer: observer)
        let recorders = try (0..<20).map { try #require(writer.begin(start("5e5\($0)", versions: versions))) }
        for number in 0..<200 {
            for recorder in recorders { record(.client(.text(TextInput(text: "\(number)"))), UInt64(number), to: recorder) }
        }
        recorders[0].read(timeUs: 300, store: "orders", key: "VT-1", value: "{}")
        recorders[0].deployment(timeUs: 301, versions)
        for recorder in recorders.dropLast() { recorder.end(timeUs: 302, .closed) }
        writer.close()
        for (index, recorder) in recorders.enumerated() {
            let read = try Recording.load(recordings.file(session: recorder.start.sessionID), keys: recordings.keys)
            #expect(read.damages == [])
            #expect(read.end?.reason == (index == 19 ? .serverStopped : .closed))
            let texts = read.entries.compactMap { entry -> String? in
                guard case .frame(.in, let frame, .nothing, _) = entry.what, case .data(let bytes)? = frame.kind,
                    case .text(let input)? = try? ClientMessage(decoding: bytes).kind
                else { return nil }
                return input.text
            }
            #expect(texts == (0..<200).map { "\($0)" })
            // SHA-256 of "abc", from FIPS 180-2.
            #expect(read.header.graph?.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            #expect(read.header.models == [NamedHash(name: "gone")])
            #expect(read.header.consent?.audio == true && read.header.seed == 7)
        }
        let first = try Recording.load(recordings.file(session: "5e50"), keys: recordings.keys)
        #expect(first.entries.suffix(2).map(\.timeUs) == [300, 301])
        let seen = observer.all
        #expect(seen.ended.count == 20 && seen.refused == 0)
        #expect(seen.records >= 20 * 201)
    }

    @Test("never overwrites a recording, and says so")
    func twice() throws {
        let folder = try TemporaryFolder()
        let recordings = RecordingFolder(folder.path)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: recordings.file(session: "5e5")))
        let writer = RecordingWriter(folder: recordings, observer: observer)
        let recorder = try #require(writer.begin(start("5e5")))
        record(.opening, 1, to: recorder)
        writer.close()
        #expect(recorder.isStopped)
        #expect(observer.all.ended == ["5e5": .failed])
        #expect(try String(contentsOfFile: recordings.file(session: "5e5"), encoding: .utf8) == "mine")
    }

    @Test("refuses more than it may write at once")
    func many() throws {
        let folder = try TemporaryFolder()
        var limits = RecordingLimits()
        limits.recordingsMax = 2
        let writer = RecordingWriter(folder: RecordingFolder(folder.path), limits: limits, observer: observer)
        let first = writer.begin(start("a"))
        #expect(first != nil && writer.begin(start("b")) != nil && writer.begin(start("c")) == nil)
        #expect(observer.all.refused == 1)
        first?.end(timeUs: 1, .closed)
        for _ in 0..<500 where observer.all.ended.isEmpty { usleep(10_000) }
        #expect(writer.begin(start("d")) != nil)
        writer.close()
    }

    @Test("ends a recording with a marker on a full disk, wherever that comes, and keeps every whole record before it")
    func fullDisk() throws {
        let folder = try TemporaryFolder()
        var reasons: [EndReason?] = []
        for room in stride(from: 300, through: 900, by: 7) {
            let recordings = RecordingFolder("\(folder.path)/\(room)", keys: folder.path + "/keys")
            let writer = RecordingWriter(folder: recordings, limits: RecordingLimits(), observer: observer) { (path) throws(RPCStatus) in
                try DifficultDisk(path, bytesMax: room)
            }
            let recorder = try #require(writer.begin(start("5e5\(room)")))
            for number in 0..<60 { record(.client(.text(TextInput(text: "number \(number)"))), UInt64(number), to: recorder) }
            writer.close()
            #expect(recorder.isStopped)
            let read = try Recording.load(recordings.file(session: "5e5\(room)"), keys: recordings.keys)
            #expect(read.damages == [], "room for \(room) bytes")
            #expect(read.entries.map(\.timeUs) == Array(0..<UInt64(read.entries.count)))
            #expect(read.fileBytes <= room && read.fileBytes > room - 200, "of \(room) bytes, \(read.fileBytes) are used")
            reasons.append(read.end?.reason)
        }
        #expect(Set(reasons) == [.diskFull])
        #expect(Set(observer.all.ended.values) == [.diskFull])
    }

    @Test("stops recording when the disk is too slow, without making anybody wait")
    func slowDisk() throws {
        let folder = try TemporaryFolder()
        var limits = RecordingLimits()
        limits.queueBytesMax = 64 << 10
        let recordings = RecordingFolder(folder.path)
        let writer = RecordingWriter(folder: recordings, limits: limits, observer: observer) { (path) throws(RPCStatus) in
            try DifficultDisk(path, waitUs: 100_000)
        }
        let recorder = try #require(writer.begin(start("5e5")))
        let frame = Frame.client(.audio(AudioChunk(samples: [UInt8](repeating: 1, count: 640))))
        var longest = Duration.zero
        var given: UInt64 = 0
        while !recorder.isStopped {
            let took = ContinuousClock().measure { record(frame, given, to: recorder) }
            longest = max(longest, took)
            given += 1
            try #require(given < 100_000)
        }
        writer.close()
        // A write takes 100 ms: had anybody waited for one, it would show.
        #expect(longest < .milliseconds(80))
        let read = try Recording.load(recordings.file(session: "5e5"), keys: recordings.keys)
        #expect(read.damages == [] && read.end?.reason == .diskSlow)
        #expect(UInt64(read.entries.count) >= given - 2, "what was taken is there")
        #expect(observer.all.ended == ["5e5": .diskSlow])
    }

    @Test("ends a recording that has grown too large")
    func tooLarge() throws {
        let folder = try TemporaryFolder()
        var limits = RecordingLimits()
        limits.fileBytesMax = 100_000
        let recordings = RecordingFolder(folder.path)
        let writer = RecordingWriter(folder: recordings, limits: limits, observer: observer)
        let recorder = try #require(writer.begin(start("5e5")))
        let frame = Frame.client(.audio(AudioChunk(samples: [UInt8](repeating: 1, count: 640))))
        for number in 0..<1_000 { record(frame, UInt64(number), to: recorder) }
        writer.close()
        let read = try Recording.load(recordings.file(session: "5e5"), keys: recordings.keys)
        #expect(read.damages == [] && read.end?.reason == .tooLarge)
        #expect(read.fileBytes > 100_000 && read.fileBytes < 101_000)
    }
}
