import Foundation
import Wire

@testable import Recording

/// A folder that is gone after the test.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectory())/vitrine-recording-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
    }
}

/// SplitMix64: the same numbers in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension Frame {
    static func client(_ kind: ClientMessage.Kind, turnID: UInt64 = 0, end: Bool = false) -> Frame {
        Frame(streamID: 1, kind: .data(ClientMessage(turnID: turnID, endOfTurn: end, kind: kind).encoded()))
    }

    static func server(_ kind: ServerMessage.Kind, turnID: UInt64 = 1, sequence: UInt64 = 1) -> Frame {
        Frame(streamID: 1, kind: .data(ServerMessage(sequence: sequence, turnID: turnID, kind: kind).encoded()))
    }

    static var opening: Frame { Frame(streamID: 1, kind: .open(Open(method: "/vitrine.v1.Sessions/Converse"))) }
}

extension RecordedEntry {
    static func heard(_ us: UInt64, _ frame: Frame, withheld: Withheld = .nothing, bytes: UInt64 = 0) -> RecordedEntry {
        RecordedEntry(timeUs: us, what: .frame(.in, frame, withheld, withheldBytes: bytes))
    }

    static func said(_ us: UInt64, _ frame: Frame) -> RecordedEntry {
        RecordedEntry(timeUs: us, what: .frame(.out, frame, .nothing, withheldBytes: 0))
    }

    /// The same without its place in a file.
    var unplaced: RecordedEntry { RecordedEntry(timeUs: timeUs, what: what) }
}

extension Recording {
    /// A short conversation with every kind of record.
    static var example: Recording {
        let entries: [RecordedEntry] = [
            .heard(10, .opening),
            .said(20, .server(.session(SessionStarted(sessionID: "5e55")), turnID: 0)),
            .heard(1_000_000, .client(.text(TextInput(text: "Where is my order VT-10023?")), end: true)),
            RecordedEntry(timeUs: 1_000_500, what: .read(StoreRead(store: "orders", key: "VT-10023", sha256: "00", value: "{\"id\":\"VT-10023\"}"))),
            RecordedEntry(timeUs: 1_000_600, what: .outside("courier", Array("GET /parcel".utf8), .nothing)),
            .said(1_200_000, .server(.reply(ReplyDelta(text: "It was sent on Monday.", language: "en", last: true)))),
            RecordedEntry(
                timeUs: 1_300_000, what: .marker(RecordingMarker(kind: .consent, consent: ConsentGiven(audio: true)))),
            .said(1_300_100, .server(.turn(TurnEvent(state: .done)))),
        ]
        return Recording(
            header: RecordingHeader(sessionID: "5e55", seed: 7, serverVersion: "0.1.0", consent: ConsentGiven()), entries: entries,
            end: RecordingEnd(reason: .closed))
    }

    func bytes(key: RecordingKey?) -> [UInt8] {
        var encoder = RecordingEncoder(header, key: key)
        var output: [UInt8] = []
        encoder.begin(into: &output)
        for entry in entries { encoder.entry(entry, into: &output) }
        if let end { encoder.end(timeUs: durationUs, end.reason, end.message, into: &output) }
        return output
    }
}
