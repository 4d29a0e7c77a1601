import CheckedYAML
import Foundation
import Testing
import Yams

@testable import Replay

@Suite("The schema for editors")
struct SchemaTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func validator() throws -> SchemaValidator {
        let data = try Data(contentsOf: URL(fileURLWithPath: SchemaTests.root + "/docs/replay.schema.json"))
        return SchemaValidator(root: try #require(Self.plain(try JSONSerialization.jsonObject(with: data)) as? [String: Any]))
    }

    /// JSONSerialization's numbers and truths are one class; the validator tells them apart by type.
    private static func plain(_ value: Any) -> Any {
        switch value {
        case let object as [String: Any]: return object.mapValues(plain)
        case let list as [Any]: return list.map(plain)
        case let number as NSNumber where String(cString: number.objCType) == "c": return number.boolValue
        case let number as NSNumber where number.doubleValue == number.doubleValue.rounded() && abs(number.doubleValue) < 1e15: return number.intValue
        case let number as NSNumber: return number.doubleValue
        default: return value
        }
    }

    private func failure(_ yaml: String) throws -> String? {
        // For editors, which follow YAML 1.2, times are texts.
        let value = try #require(try Yams.load(yaml: yaml, Resolver.default.removing(.timestamp)))
        return try validator().failure(value)
    }

    @Test("accepts every shipped script, as the reader does")
    func shipped() throws {
        let examples = SchemaTests.root + "/examples"
        let files = try FileManager.default.subpathsOfDirectory(atPath: examples).filter { $0.hasSuffix(".yaml") && $0.contains("conversations/") }
        #expect(files.count >= 2)
        for file in files.sorted() {
            let text = try String(contentsOfFile: "\(examples)/\(file)", encoding: .utf8)
            #expect(try failure(text) == nil, "\(file)")
            guard !(file.split(separator: "/").last ?? "").hasPrefix("_") else { continue }
            #expect(throws: Never.self, "\(file)") { try ScriptReader(cacheFolder: "/cache").load("\(examples)/\(file)") }
        }
    }

    @Test("accepts what the reader accepts", arguments: Corpus.good)
    func good(text: String) throws {
        #expect(refusal(text) == "it was read")
        #expect(try failure(text) == nil)
    }

    @Test("refuses what the reader refuses, which says where and what is allowed", arguments: Corpus.bad)
    func bad(text: String, message: String) throws {
        #expect(refusal(text) == message)
        #expect(try failure(text) != nil)
    }
}

/// Scripts, right and wrong.
enum Corpus {
    static let good: [String] = [
        "conversation: c\nsteps: [{say: x}]",
        """
        conversation: everything
        description: for people
        token: t
        time: 2026-09-21T14:05:00+02:00
        tags: [a, b]
        variables: {n: 3, word: gold}
        matrix: {l: [en, zh], noise: [none, 10]}
        impairments: {
          noise: {snr_db: '${noise}', kind: pink}, delay_ms: 5, jitter_ms: 2, lose_connection_at_ms: [10], reconnect_ms: 9,
          reader_bytes_per_second: 100, seed: 1}
        steps:
          - {say: '${word}', language: '${l}', within_ms: '${n}', continue: true}
          - {speak: {file: a.wav, noise: none, pace: 1}, expect: [transcript]}
          - {speak: {say: hi, voice: en-gb+m3, words_per_minute: 200}, expect: [{transcript: {wer: 0.1, contains: hi, language: en}}]}
          - {show: a.jpg, video: {frames: [a.jpg, b.jpg], fps: 2.5, purpose: selfie, jpeg: 90}}
          - {video: clip.mjpeg, selfie: b.jpg, try_on: P, behaviour: view, product: P, set_language: zh}
          - {consent: {record_audio: true, record_faces: false, personalise: true}, turn: start, barge_in: true, silence_ms: 5, stop_reading_ms: 6}
          - {cancel: true, expect: [{status: {code: CANCELLED}}]}
          - {resume: true, at_ms: 100, expect: [{event: resumed, within_ms: 10}]}
          - {disconnect: true, after: reply_start, delay_ms: 3}
          - {turn: end, resume: true, after: {event: turn_done, count: 2}}
          - expect:
              - recommendations: {count_min: 1, count_max: 5, products: [a], any_of: b, none_of: c, top: 3, titles_contain: [x],
                  price_min: 1, price_max: 2.5,
                  filters: [a = b], slots: {material: gold, price: <= 500}, slots_absent: [gem], shares_add_up: false, modalities: text,
                  reasons: [{modality: image, share_min: 0.5, contains: [alike]}], in_stock: true, language: en}
                count: {min: 1, max: 2}
              - reply: {contains: a, any_of: [b], lacks: c, matches: '\\d+', similar: {to: x, min: 0.5}, language: en, intent: i,
                  agent: a, source: s, kind: answer}
                optional: true
              - {try_on: {product: p, overlays_min: 2, anchors: [{name: neck, x: 1, y: 2.5, within_px: 3}]}, not: true}
              - {problem: {code: NOT_FOUND, contains: x, similar: y}, absent: true}
              - {missing: [image], within_ms: 5}
              - {order: [transcript, {reply: {contains: x}}], within_ms: 9}
              - {turn_done: } 
        """.replacingOccurrences(of: "      - {turn_done: } \n", with: "").replacingOccurrences(of: "      - {turn_done: } ", with: ""),
        """
        conversation: c
        steps:
          - {say: x, capture: {order: {reply: 'VT-\\d+'}, ring: {product: 1}, size: {slot: size}, what: {transcript: '\\w+'}, why: {problem: .*}}}
          - {try_on: '${ring}', expect: [{reply: {contains: '${order}'}}], within_ms: '${size}000'}
        """,
        "conversation: c\nmatrix: [{a: 1}, {a: 2}]\nsteps:\n  - say: '${a}'\n    expect: [reply, {recommendations: }, {count: 2, event: reply}]",
    ]

    private static let stepKeys =
        "say, language, speak, show, selfie, video, try_on, behaviour, product, set_language, consent, turn, barge_in, silence_ms, stop_reading_ms, "
        + "cancel, disconnect, resume, at_ms, after, delay_ms, expect, capture, within_ms, continue"
    private static let kinds = "event, recommendations, reply, transcript, try_on, problem, missing, status, order"
    private static let nothing =
        "a step does something (say, speak, show, selfie, video, try_on, behaviour, set_language, consent, turn, barge_in, silence_ms, "
        + "stop_reading_ms, cancel, disconnect, resume) or expects something"
    private static let captured = "a value comes from one of reply, transcript, problem (what a pattern finds), product (a place), slot (a name)"
    private static let events = EventKind.allCases.map(\.rawValue).joined(separator: ", ")

    private static func inStep(_ step: String, _ message: String) -> (String, String) {
        ("conversation: c\nsteps:\n  - \(step)", "talks/gold.yaml:3: \(message)")
    }

    private static func expecting(_ expectation: String, _ message: String) -> (String, String) {
        ("conversation: c\nsteps:\n  - say: x\n    expect:\n      - \(expectation)", "talks/gold.yaml:5: steps[0].expect[0]\(message)")
    }

    static let bad: [(String, String)] = [
        (
            "conversation: c\nstep: []",
            "talks/gold.yaml:2: unknown key 'step'; allowed: conversation, description, token, time, tags, variables, matrix, impairments, steps"
        ),
        (
            "conversation: c\ntime: yesterday\nsteps: [{say: x}]",
            "talks/gold.yaml:2: time: a time like 2026-09-21T14:05:00+02:00 is needed here, not 'yesterday'"
        ),
        ("conversation: c\nsteps: []", "talks/gold.yaml:2: steps: from 1 to 1000 steps are needed"),
        inStep("sing: y", "steps[0]: unknown key 'sing'; allowed: \(stepKeys)"), inStep("within_ms: 5", "steps[0]: \(nothing)"),
        inStep("{}", "steps[0]: \(nothing)"),
        inStep(
            "{behaviour: steal, product: P}", "steps[0].behaviour: one of view, click, like, dislike, buy, add_to_cart is needed here, not 'steal'"),
        inStep("{behaviour: view}", "steps[0].product: a text is needed here"),
        inStep("{say: x, within_ms: 0}", "steps[0].within_ms: a whole number from 1 to 600000 is needed here, not '0'"),
        inStep("{say: x, continue: maybe}", "steps[0].continue: true or false is needed here, not 'maybe'"),
        inStep("{say: [x]}", "steps[0].say: a text is needed here"),
        inStep("{speak: {voice: en-us}}", "steps[0].speak: either a 'file' is spoken or 'say' says what"),
        inStep("{speak: {file: a, say: b}}", "steps[0].speak: either a 'file' is spoken or 'say' says what"),
        inStep(
            "{speak: {say: b, voice: fr}}",
            "steps[0].speak.voice: an English voice of espeak-ng is needed here, such as en-us, en-gb or en-us+f2, not 'fr'"),
        inStep("{speak: {say: b, pace: -1}}", "steps[0].speak.pace: a number from 0.0 to 100.0 is needed here, not '-1'"),
        inStep("{speak: {file: b, noise: {kind: loud}}}", "steps[0].speak.noise.kind: one of white, pink, hum is needed here, not 'loud'"),
        inStep("{speak: {file: b, noise: {kind: hum, file: x}}}", "steps[0].speak.noise: noise is either of a kind or from a file, not both"),
        inStep("{speak: {file: b, noise: 200}}", "steps[0].speak.noise: a number from -20.0 to 100.0 is needed here, not '200'"),
        inStep("{video: {fps: 3}}", "steps[0].video: either 'frames' lists pictures or 'file' names a .mjpeg file"),
        inStep("{video: {file: a.mjpeg, jpeg: 0}}", "steps[0].video.jpeg: a whole number from 1 to 100 is needed here, not '0'"),
        inStep("{video: {file: a.mjpeg, fps: 0}}", "steps[0].video.fps: a number from 0.1 to 120.0 is needed here, not '0'"),
        inStep("{consent: {all: true}}", "steps[0].consent: unknown key 'all'; allowed: record_audio, record_faces, personalise"),
        inStep("{turn: stop}", "steps[0].turn: one of start, end is needed here, not 'stop'"),
        inStep("{say: x, after: never}", "steps[0].after: one of \(events) is needed here, not 'never'"),
        inStep("{say: x, after: {count: 2}}", "steps[0].after.event: one of \(events) is needed here; nothing was found"),
        inStep("{say: x, at_ms: 5, after: reply}", "steps[0]: a step begins 'at_ms' a time or 'after' an event, not both"),
        inStep("{say: x, capture: {order: {}}}", "steps[0].capture.order: \(captured)"),
        inStep("{say: x, capture: {order: {reply: a, slot: b}}}", "steps[0].capture.order: \(captured)"),
        inStep("{say: x, capture: {a-b: {slot: b}}}", "steps[0].capture.a-b: a variable's name has letters, digits and '_', not 'a-b'"),
        inStep("{say: x, capture: {a: {product: 0}}}", "steps[0].capture.a.product: a whole number from 1 to 100 is needed here, not '0'"),
        inStep("{say: x, capture: {a: {title: 1}}}", "steps[0].capture.a: unknown key 'title'; allowed: reply, transcript, problem, product, slot"),
        inStep("{include: x.yaml, say: y}", "steps[0]: unknown key 'say'; allowed: include, with"),
        (
            "conversation: c\nimpairments: {loss: 5}\nsteps: [{say: x}]",
            "talks/gold.yaml:2: impairments: unknown key 'loss'; allowed: noise, delay_ms, jitter_ms, lose_connection_at_ms, reconnect_ms, "
                + "reader_bytes_per_second, seed"
        ),
        expecting("{absent: true}", ": expect one of \(kinds)"), expecting("{reply: {}, transcript: {}}", ": expect one of \(kinds)"),
        expecting("sunshine", ": one of \(events) is needed here, not 'sunshine'"),
        expecting(
            "reply: {says: hi}",
            ".reply: unknown key 'says'; allowed: contains, any_of, lacks, matches, similar, language, intent, agent, source, kind"),
        expecting("reply: {kind: shout}", ".reply.kind: one of answer, clarify, no_answer is needed here, not 'shout'"),
        expecting("reply: {similar: {min: 0.5}}", ".reply.similar.to: a text is needed here"),
        expecting("reply: {similar: {to: x, min: 2}}", ".reply.similar.min: a number from -1.0 to 1.0 is needed here, not '2'"),
        expecting(
            "recommendations: {count: 3}",
            ".recommendations: unknown key 'count'; allowed: count_min, count_max, products, any_of, none_of, top, titles_contain, price_min, "
                + "price_max, "
                + "filters, slots, slots_absent, shares_add_up, modalities, reasons, in_stock, language"),
        expecting(
            "recommendations: {reasons: [{share: 1}]}", ".recommendations.reasons[0]: unknown key 'share'; allowed: modality, share_min, contains"),
        expecting("transcript: {wer: {of: x}}", ".transcript.wer.max: a number from 0.0 to 10.0 is needed here; nothing was found"),
        expecting("try_on: {anchors: [{name: neck, x: 1, y: 2, px: 3}]}", ".try_on.anchors[0]: unknown key 'px'; allowed: name, x, y, within_px"),
        expecting("try_on: {anchors: [{name: neck, x: 1}]}", ".try_on.anchors[0].y: a number from 0.0 to 100000.0 is needed here; nothing was found"),
        expecting(
            "problem: {code: GONE}",
            ".problem.code: one of OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, "
                + "RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, "
                + "UNAUTHENTICATED is "
                + "needed here, not 'GONE'"),
        expecting("{reply: {}, absent: true, optional: true}", ": at most one of absent, not, optional and count may be said"),
        expecting("{reply: {}, count: -1}", ".count: a whole number from 0 to 10000 is needed here, not '-1'"),
        expecting("{reply: {}, absent: false, not: true}", ": at most one of absent, not, optional and count may be said"),
        expecting("order: [reply]", ".order: at least two things are in order"),
        expecting("{order: [reply, transcript], count: 2}", ": an order comes or does not: beside it, within_ms, absent and not are allowed"),
        expecting("{order: [reply, transcript], optional: false}", ": an order comes or does not: beside it, within_ms, absent and not are allowed"),
        expecting(
            "order: [reply, {transcript: {}, absent: true}]",
            ".order[1]: what comes in order comes: absent, not, optional and count are not allowed"),
        expecting("order: [reply, {order: [reply, transcript]}]", ".order[1]: an order has no order within"),
    ]
}
