import CheckedYAML
import Foundation
import Recording
import Testing
import Wire

@testable import Replay

/// Writes a recording by hand.
private struct Tape {
    private var entries: [RecordedEntry] = []
    private var us: UInt64 = 0
    private var sequence: UInt64 = 0

    mutating func client(_ kind: ClientMessage.Kind, end: Bool = false, after ms: UInt64 = 100, withheld: Withheld = .nothing) {
        us += ms * 1_000
        let frame = Frame(streamID: 1, kind: .data(ClientMessage(endOfTurn: end, kind: kind).encoded()))
        entries.append(RecordedEntry(timeUs: us, what: .frame(.in, frame, withheld, withheldBytes: withheld == .nothing ? 0 : 640)))
    }

    mutating func server(_ turn: UInt64, _ kind: ServerMessage.Kind, after ms: UInt64 = 10) {
        us += ms * 1_000
        sequence += 1
        let frame = Frame(streamID: 1, kind: .data(ServerMessage(sequence: sequence, turnID: turn, kind: kind).encoded()))
        entries.append(RecordedEntry(timeUs: us, what: .frame(.out, frame, .nothing, withheldBytes: 0)))
    }

    mutating func control(_ kind: Frame.Kind) {
        us += 100_000
        entries.append(RecordedEntry(timeUs: us, what: .frame(.in, Frame(streamID: 1, kind: kind), .nothing, withheldBytes: 0)))
    }

    mutating func open(_ metadata: [String: String]) {
        let entries = metadata.map { MetadataEntry(key: $0.key, value: Array($0.value.utf8)) }
        control(.open(Open(method: MethodDescriptor.sessionsConverse.path, metadata: entries)))
    }

    mutating func state(_ turn: UInt64, _ state: TurnState) { server(turn, .turn(TurnEvent(state: state))) }

    var recording: Recording {
        Recording(header: RecordingHeader(sessionID: "5e55"), entries: entries, end: RecordingEnd(reason: .closed))
    }
}

@Suite("A script from a recording")
struct RecordedScriptTests {
    private func script(_ tape: Tape, token: String = "") throws -> (text: String, files: [RecordedScript.Media], read: Script) {
        let (text, files) = try RecordedScript(tape.recording, name: "From \"life\"", token: token).rendered(mediaFolder: "m")
        return (text, files, try #require(scripts(text, file: "s.yaml").first))
    }

    @Test("plays what the customer did and expects what was answered")
    func conversation() throws {
        var tape = Tape()
        tape.client(.behaviour(BehaviourEvent(behaviour: .view, productID: "R-1")))
        tape.client(.text(TextInput(text: "gold rings \"now\"\nplease")), end: true)
        tape.state(1, .deciding)
        tape.server(
            1,
            .recommendations(
                Recommendations(
                    items: ["R-1", "R-2", "R-3", "R-4"].map { Recommendation(productID: $0) },
                    filters: [AppliedFilter(field: "material", operator: "=", value: "gold")])))
        tape.server(1, .reply(ReplyDelta(text: "Here are", language: "en")))
        tape.server(
            1,
            .reply(
                ReplyDelta(text: " some", language: "en", last: true, replyKind: .answer, sources: [Source(kind: "order", id: "VT-1")], intent: "x")))
        tape.state(1, .done)
        tape.client(.image(ImagePart(purpose: .selfie, imageID: 1, part: 0, data: [0xff, 0xd8])))
        tape.client(.image(ImagePart(purpose: .selfie, imageID: 1, part: 1, last: true, data: [0xff, 1])))
        let request = TryOnRequest(productID: "E-1", preview: .png, previewSidePxMax: 640, live: true)
        tape.client(.control(Control(kind: .tryOn(request))), end: true)
        tape.state(2, .deciding)
        tape.server(2, .tryOn(TryOn(productID: "E-1", overlays: [Overlay(), Overlay()])), after: 2_000)
        tape.state(2, .done)
        let (_, files, read) = try script(tape, token: "a-token-of-sixteen")
        #expect(read.name == "From \"life\"" && read.token == "a-token-of-sixteen" && read.tags == ["recorded"])
        #expect(
            read.steps.map(\.actions) == [
                [.behaviour(.view, product: "R-1"), .say("gold rings \"now\"\nplease", language: "")],
                [.selfie(file: "m/2-selfie0.jpg"), .tryOn(request)],
            ])
        #expect(files == [RecordedScript.Media(name: "2-selfie0.jpg", bytes: [0xff, 0xd8, 0xff, 1])])
        #expect(read.steps.map(\.withinMs) == [3_000, 8_500])
        guard case .recommendations(let found) = read.steps[0].expectations[0].check, case .reply(let reply) = read.steps[0].expectations[1].check,
            case .tryOn(let tryOn) = read.steps[1].expectations[0].check
        else {
            Issue.record("\(read.steps)")
            return
        }
        #expect(found.anyOf == ["R-1", "R-2", "R-3"] && found.top == 4 && found.filters.isEmpty)
        #expect(found.slots.map { "\($0.field) \($0.value)" } == ["material gold"])
        #expect(reply.source == "order:VT-1" && reply.intent == "x" && reply.kind == .answer && reply.language == "en")
        #expect(tryOn.product == "E-1" && tryOn.overlaysMin == 2)
    }

    @Test("joins speech into files, turn by turn")
    func speech() throws {
        var tape = Tape()
        func chunk(_ value: UInt8, last: Bool = false) -> ClientMessage.Kind {
            .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [value, 0, value, 0], last: last))
        }
        tape.client(chunk(1), after: 20)
        tape.state(1, .collecting)
        tape.client(chunk(2), after: 20)
        tape.server(1, .transcript(Transcript(text: "Show me gold rings, please.", language: "en", final: true)))
        tape.state(1, .deciding)
        tape.state(1, .done)
        tape.client(chunk(3), after: 20)
        tape.client(chunk(4, last: true), after: 20)
        tape.state(2, .deciding)
        tape.state(2, .done)
        let (text, files, read) = try script(tape)
        #expect(files.map(\.name) == ["1-speech0.wav", "2-speech1.wav"])
        #expect(files.map { $0.bytes.suffix(8) } == [[1, 0, 1, 0, 2, 0, 2, 0], [3, 0, 3, 0, 4, 0, 4, 0]])
        let folder = NSTemporaryDirectory() + "vitrine-wav-\(UInt32.random(in: 0...(.max)))"
        try Data(files[0].bytes).write(to: URL(fileURLWithPath: folder))
        defer { unlink(folder) }
        let audio = try AudioFile.read(folder)
        #expect(audio.sampleRateHz == 16_000 && audio.samples == [1, 1, 2, 2])
        #expect(read.steps.count == 2, "\(text)")
        guard case .transcript(let heard) = read.steps[0].expectations.first?.check else {
            Issue.record("\(text)")
            return
        }
        #expect(heard.wordErrors == TranscriptCheck.WordErrors(of: "Show me gold rings, please.", max: 0.25) && heard.language == "en")
    }

    @Test("types what was said and not recorded, and leaves out what cannot be shown")
    func withheld() throws {
        var tape = Tape()
        tape.client(.audio(AudioChunk(sampleRateHz: 16_000, channels: 1)), withheld: .audio)
        tape.client(.audio(AudioChunk(sampleRateHz: 16_000, channels: 1, last: true)), withheld: .audio)
        tape.server(1, .transcript(Transcript(text: "银戒指", language: "zh", final: true)))
        tape.state(1, .done)
        tape.client(.image(ImagePart(purpose: .selfie, imageID: 1, last: true)), withheld: .face)
        tape.client(.control(Control(kind: .tryOn(TryOnRequest(productID: "E-1")))), end: true)
        tape.state(2, .done)
        let (text, files, read) = try script(tape)
        #expect(read.steps.map(\.actions) == [[.say("银戒指", language: "zh")]])
        #expect(read.steps[0].expectations.isEmpty && files.isEmpty)
        #expect(text.contains("# step 2: a picture was not recorded"))
    }

    @Test("interrupts as the customer did: after what had come by then")
    func interrupted() throws {
        var tape = Tape()
        tape.client(.text(TextInput(text: "one")), end: true)
        tape.state(1, .deciding)
        tape.server(1, .reply(ReplyDelta(text: "a")))
        tape.server(1, .reply(ReplyDelta(text: "b")))
        tape.client(.control(Control(kind: .bargeIn(BargeIn()))))
        tape.state(1, .interrupted)
        tape.client(.text(TextInput(text: "two")), end: true)
        tape.state(2, .deciding)
        tape.state(2, .done)
        let (text, _, read) = try script(tape)
        #expect(read.steps.map(\.actions) == [[.say("one", language: "")], [.bargeIn, .say("two", language: "")]], "\(text)")
        #expect(read.steps[1].start == StepStart(after: .replyStart, afterCount: 2, delayMs: 100))
        #expect(read.steps[0].expectations.map(\.text) == ["turn_interrupted"])
        #expect(read.steps.map(\.endsTurn) == [true, true])
    }

    @Test("says everything else in the script's words: consent, turns of several inputs, cameras, try-ons with their points, conditions")
    func words() throws {
        var tape = Tape()
        tape.open(["vitrine-consent": "faces, personalise", "vitrine-time": "2026-09-21T14:05:00Z"])
        tape.client(.control(Control(kind: .turnStart(TurnStart()))))
        tape.client(.text(TextInput(text: "$5", language: "en")))
        tape.client(.video(VideoFrame(purpose: .selfie, data: [0xff, 0xd8, 0xff, 0xd9])))
        tape.client(.video(VideoFrame(purpose: .selfie, data: [0xff, 0xd8, 0xff, 0xd9])), after: 250)
        tape.client(.control(Control(kind: .turnEnd(TurnEnd()))))
        tape.state(1, .deciding)
        let reasons = [Reason(modality: "text", share: 1)]
        tape.server(
            1,
            .recommendations(
                Recommendations(
                    items: [Recommendation(productID: "R-1", reasons: reasons), Recommendation(productID: "R-2", reasons: reasons)],
                    filters: ["price >= 10", "price <= 500", "gem != ruby"].map {
                        let parts = $0.split(separator: " ").map(String.init)
                        return AppliedFilter(field: parts[0], operator: parts[1], value: parts[2])
                    }, language: "en")))
        tape.server(1, .tryOn(TryOn(productID: "E", imageWidth: 900, anchors: [Anchor(name: "ear", x: 10.4, y: 5)], overlays: [Overlay()])))
        tape.state(1, .done)
        let (text, files, read) = try script(tape)
        #expect(
            read.steps.map(\.actions) == [
                [
                    .consent(Consent(recordFaces: true, personalise: true)), .turn(start: true),
                    .video(VideoSource(files: ["m/1-camera0.mjpeg"], framesPerSecond: 4, purpose: .selfie)), .say("$5", language: "en"),
                ],
                [.turn(start: false)],
            ], "\(text)")
        #expect(files.map(\.bytes.count) == [8])
        #expect(read.time == "2026-09-21T14:05:00Z" && read.steps.map(\.endsTurn) == [false, true])
        #expect(
            read.steps[1].expectations.map(\.text) == [
                "recommendations: {any_of: [R-1, R-2], top: 2, slots: {gem: \"!= ruby\"}, filters: [\"price >= 10\", price <= 500], "
                    + "modalities: [text], language: en}",
                "try_on: {product: E, overlays_min: 1, anchors: [{name: ear, x: 10.0, y: 5.0, within_px: 9}]}",
            ])
    }

    @Test("loses the connection and resumes where the customer's was lost, and expects there what came afterwards")
    func resumed() throws {
        var tape = Tape()
        tape.open([:])
        tape.client(.text(TextInput(text: "one")), end: true)
        tape.state(1, .deciding)
        tape.control(.cancel(Cancel()))
        tape.open(["vitrine-session-id": "5e55"])
        tape.server(0, .session(SessionStarted(sessionID: "5e55", resumed: true)))
        tape.server(1, .reply(ReplyDelta(text: "b", language: "en", last: true, intent: "x")))
        tape.state(1, .done)
        tape.client(.text(TextInput(text: "two")), end: true)
        tape.state(2, .done)
        tape.control(.cancel(Cancel()))
        let (text, _, read) = try script(tape)
        #expect(
            read.steps.map(\.actions) == [[.say("one", language: "")], [.disconnect], [.resume], [.say("two", language: "")]], "\(text)")
        #expect(read.steps.map(\.endsTurn) == [false, false, false, true])
        #expect(read.steps[1].start == StepStart(after: .turnDeciding, delayMs: 100))
        #expect(read.steps[2].expectations.map(\.text) == ["resumed", "reply: {language: en, intent: x}", "turn_done"])
    }

    @Test("is refused when the recording is sealed or empty")
    func refused() throws {
        #expect(throws: RPCStatus.self) { try RecordedScript(Tape().recording, name: "x") }
        var sealed = Tape().recording
        sealed.entries = [RecordedEntry(timeUs: 1, what: .sealed(.in, bytes: 9))]
        #expect(throws: RPCStatus.self) { try RecordedScript(sealed, name: "x") }
        #expect(throws: RPCStatus.self) { try RecordedInputs(sealed) }
    }
}

@Suite("Answers of two versions")
struct AnswerDifferenceTests {
    private func tape(_ reply: String, _ products: [String], x: Float = 10) -> Recording {
        var tape = Tape()
        tape.client(.text(TextInput(text: "rings")), end: true)
        tape.state(1, .deciding)
        tape.server(1, .recommendations(Recommendations(items: products.map { Recommendation(productID: $0) })))
        tape.server(1, .reply(ReplyDelta(text: reply, language: "en", last: true)))
        tape.server(1, .tryOn(TryOn(productID: "E", anchors: [Anchor(name: "ear", x: x, y: 5)])))
        tape.state(1, .done)
        return tape.recording
    }

    @Test("are the same when only numbers after the comma moved, and else are told apart field by field")
    func differences() throws {
        var timed = Tape()
        timed.open(["vitrine-time": "2026-09-21T14:05:00Z"])
        timed.client(.text(TextInput(text: "rings")), end: true)
        #expect(try RecordedInputs(timed.recording).localTime == "2026-09-21T14:05:00Z")
        let was = try RecordedInputs(tape("Here", ["R-1", "R-2"])).answers
        #expect(was.count == 1 && was[0].tookUs == 50_000)
        #expect(AnswerDifference.between(was, try RecordedInputs(tape("Here", ["R-1", "R-2"], x: 11)).answers) == [])
        let other = try RecordedInputs(tape("There", ["R-2"], x: 40)).answers
        let found = AnswerDifference.between(was, other)
        #expect(found.map(\.what) == ["reply", "products", "try-on"])
        #expect(found[1] == AnswerDifference(turn: 1, what: "products", was: "R-1, R-2", now: "R-2"))
        #expect(AnswerDifference.between(was, []).map(\.what) == ["turn"])
    }
}
