import CheckedYAML
import Foundation
import Testing
import Wire

@testable import Replay

@Suite("The tests of expectations")
struct ExpectationCoverageTests {
    /// The keys of a kind's own mapping in the schema for editors, and in lists of mappings within.
    private func keys(_ schema: Any, _ path: [String] = []) -> [[String]] {
        guard let object = schema as? [String: Any] else { return [] }
        var found: [[String]] = []
        for (name, value) in object["properties"] as? [String: Any] ?? [:] { found += [path + [name]] + keys(value, path + [name]) }
        if let items = object["items"] { found += keys(items, path) }
        for choice in object["anyOf"] as? [Any] ?? [] { found += keys(choice, path) }
        return found
    }

    private func contains(_ value: YAMLValue, _ path: ArraySlice<String>) -> Bool {
        guard let first = path.first else { return true }
        if value.isList { return ((try? value.items()) ?? []).contains { contains($0, path) } }
        guard value.isMapping, value[first].exists || value[first].isEmptyValue else { return false }
        return contains(value[first], path.dropFirst())
    }

    @Test("have a case that is met and one that is not for every key that an expectation may have")
    func complete() throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: SchemaTests.root + "/docs/replay.schema.json"))
        let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let definitions = try #require(schema["$defs"] as? [String: Any])
        let wanted = keys(try #require(definitions["expectation"])).filter { $0 != ["event"] }
        #expect(wanted.count > 40)
        func parsed(_ texts: [String]) throws -> [YAMLValue] { try texts.map { try YAMLValue.parse("{\($0)}", file: "case") } }
        let met = try parsed(KindCases.met.map(\.0) + FieldCases.met.map(\.0) + ExpectationCoverageTests.elsewhere.map(\.met))
        let failed = try parsed(KindCases.failed.map(\.0) + FieldCases.failed.map(\.0) + ExpectationCoverageTests.elsewhere.map(\.failed))
        for path in wanted.sorted(by: { $0.joined(separator: ".") < $1.joined(separator: ".") }) {
            #expect(met.contains { contains($0, path[...]) }, "nothing meets \(path.joined(separator: "."))")
            #expect(failed.contains { contains($0, path[...]) }, "nothing fails \(path.joined(separator: "."))")
        }
    }

    /// Cases that are statements of their own beside the tables: "What comes too late", "What must be absent", "Shares that do not add up"; and
    /// those below.
    private static let elsewhere: [(met: String, failed: String)] =
        [
            ("transcript: {}, within_ms: 301", "transcript: {}, within_ms: 300"),
            ("problem: {code: NOT_FOUND}, absent: true", "problem: {code: RESOURCE_EXHAUSTED}, absent: true"),
            ("recommendations: {shares_add_up: false}", "recommendations: {shares_add_up: true}"),
        ] + texts.map { (met: $0.met, failed: $0.failed) } + places.map { (met: $0.met, failed: $0.failed) }

    private static let said = "send it back for free"
    private static let carriers: [(kind: String, message: ReceivedMessage)] = [
        ("reply", received(.reply(ReplyDelta(text: said, last: true)))), ("transcript", received(.transcript(Transcript(text: said, final: true)))),
        ("problem", received(.problem(Problem(code: 3, message: said)))),
        ("status", ReceivedMessage(ended: RPCStatus(.invalidArgument, said), afterMs: 1)),
    ]

    /// Every key about texts, for everything that has a text.
    private static let texts: [(met: String, failed: String, message: ReceivedMessage)] = carriers.flatMap { carrier in
        [
            ("contains: [FREE, back]", "contains: [free, silver]"), ("any_of: [silver, free]", "any_of: [silver, gold]"),
            ("lacks: [silver]", "lacks: [silver, free]"), ("matches: 'b.ck'", "matches: 'b.k'"),
            ("similar: {to: send it back, min: 0.8}", "similar: {to: send it back, min: 0.81}"),
        ].map { (met: "\(carrier.kind): {\($0.0)}", failed: "\(carrier.kind): {\($0.1)}", message: carrier.message) }
    }

    private static let shown = received(
        .recommendations(
            Recommendations(items: [
                Recommendation(productID: "A", reasons: [Reason(modality: "text", share: 1, text: "fits your words")]),
                Recommendation(productID: "B", reasons: [Reason(modality: "text", share: 1, text: "fits your words")]),
            ])))
    private static let worn = received(
        .tryOn(
            TryOn(
                productID: "A", anchors: [Anchor(name: "neck", x: 10, y: 20)], overlays: [Overlay(), Overlay()], preview: [0xFF, 0xD8, 0xFF],
                previewFormat: .jpeg)))

    private static let places: [(met: String, failed: String, message: ReceivedMessage)] = [
        ("recommendations: {any_of: [B], top: 2}", "recommendations: {any_of: [B], top: 1}", shown),
        ("recommendations: {reasons: [{share_min: 1}]}", "recommendations: {reasons: [{modality: text, share_min: 1, contains: gold}]}", shown),
        ("try_on: {overlays_min: 2}", "try_on: {overlays_min: 3}", worn),
        ("try_on: {anchors: [{name: neck, x: 13, y: 20, within_px: 3}]}", "try_on: {anchors: [{name: neck, x: 14, y: 20, within_px: 3}]}", worn),
        ("try_on: {preview: jpeg}", "try_on: {preview: png}", worn),
        ("recommendations: {}, count: {min: 1, max: 1}", "recommendations: {}, count: {min: 0, max: 0}", shown),
        ("recommendations: {}, count: 1", "recommendations: {}, count: 2", shown),
    ]

    @Test("judge texts alike wherever they come from, and places and numbers at their limits")
    func limits() throws {
        for (met, failed, message) in Self.texts + Self.places {
            #expect(try expectation("{\(met)}").failure(in: [message], similarity: FixedSimilarity()) == nil, "\(met)")
            #expect(try expectation("{\(failed)}").failure(in: [message], similarity: FixedSimilarity()) != nil, "\(failed)")
        }
    }

    @Test("know every kind of event by what it is, and by nothing else", arguments: EventKind.allCases)
    func events(kind: EventKind) throws {
        let own = try #require(ExpectationCoverageTests.messages.first { $0.kind == kind }?.message)
        #expect(try expectation("{event: \(kind.rawValue)}").failure(in: [own]) == nil)
        // A resumed session is a session; the last piece of a reply is one of its pieces.
        let kin: [EventKind] = kind == .session ? [.resumed] : kind == .replyStart ? [.reply] : []
        for other in ExpectationCoverageTests.messages where other.kind != kind && !kin.contains(other.kind) {
            #expect(try expectation("{event: \(kind.rawValue)}").failure(in: [other.message]) == "no \(kind.rawValue) came", "\(other.kind)")
        }
    }

    private static let messages: [(kind: EventKind, message: ReceivedMessage)] = [
        (.session, received(.session(SessionStarted(sessionID: "s")))),
        (.resumed, received(.session(SessionStarted(sessionID: "s", resumed: true)))),
        (.speechStart, received(.speech(SpeechEvent(event: .start)))), (.speechEnd, received(.speech(SpeechEvent(event: .end)))),
        (.partialTranscript, received(.transcript(Transcript(text: "a", final: false)))),
        (.transcript, received(.transcript(Transcript(text: "a", final: true)))), (.recommendations, received(.recommendations(Recommendations()))),
        (.replyStart, received(.reply(ReplyDelta(text: "a")))), (.reply, received(.reply(ReplyDelta(text: "a", last: true)))),
        (.tryOn, received(.tryOn(TryOn()))), (.progress, received(.progress(Progress()))), (.problem, received(.problem(Problem()))),
        (.trace, received(.trace(Trace()))), (.audio, received(.audio(AudioChunk()))),
        (.turnCollecting, received(.turn(TurnEvent(state: .collecting)))), (.turnAwaiting, received(.turn(TurnEvent(state: .awaiting)))),
        (.turnDeciding, received(.turn(TurnEvent(state: .deciding)))), (.turnAnswering, received(.turn(TurnEvent(state: .answering)))),
        (.turnDone, received(.turn(TurnEvent(state: .done)))), (.turnInterrupted, received(.turn(TurnEvent(state: .interrupted)))),
        (.turnExpired, received(.turn(TurnEvent(state: .expired)))), (.status, ReceivedMessage(ended: .ok, afterMs: 1)),
    ]
}
