import CheckedYAML
import Foundation
import Testing
import Wire

@testable import Replay

/// Reads text as a script file of this name would be.
func scripts(_ text: String, file: String = "talks/gold.yaml", variables: [String: String] = [:]) throws(YAMLError) -> [Script] {
    try ScriptReader(cacheFolder: "/cache", variables: variables).read(YAMLValue.parse(text, file: file))
}

func step(_ text: String) throws -> Step {
    try #require(try scripts("conversation: c\nsteps:\n  - \(text)").first?.steps.first)
}

/// What is wrong with it.
func refusal(_ text: String, variables: [String: String] = [:]) -> String {
    do {
        _ = try scripts(text, variables: variables)
        return "it was read"
    } catch {
        return "\(error)"
    }
}

@Suite("A script")
struct ScriptTests {
    @Test("Everything a step may do is read, in the fixed order, with paths made whole")
    func actions() throws {
        let script = try #require(
            try scripts(
                """
                conversation: "Gold"
                token: secret
                tags: [smoke, gold]
                steps:
                  - {say: "hello", language: en, speak: a.wav, try_on: RING-1, selfie: "@samples/face.png", show: /tmp/ring.jpg}
                  - {behaviour: add_to_cart, product: RING-2, silence_ms: 250, barge_in: true, set_language: zh, resume: true}
                  - {consent: {record_audio: true}, turn: start, cancel: true, stop_reading_ms: 5}
                  - {disconnect: true, turn: end, video: [a.jpg, b.jpg]}
                """
            ).first)
        #expect(script.name == "Gold")
        #expect(script.token == "secret")
        #expect(script.tags == ["smoke", "gold"])
        #expect(script.file == "talks/gold.yaml")
        #expect(
            script.steps.map(\.actions) == [
                [
                    .show(file: "/tmp/ring.jpg"), .selfie(file: "/cache/samples/face.png"), .tryOn(TryOnRequest(productID: "RING-1")),
                    .speak(.file("talks/a.wav"), noise: nil, pace: 0), .say("hello", language: "en"),
                ],
                [.resume, .language("zh"), .bargeIn, .silence(ms: 250), .behaviour(.addToCart, product: "RING-2")],
                [.consent(Consent(recordAudio: true)), .turn(start: true), .stopReading(ms: 5), .cancel],
                [
                    .video(VideoSource(files: ["talks/a.jpg", "talks/b.jpg"], framesPerSecond: 5, purpose: .query)), .turn(start: false),
                    .disconnect,
                ],
            ])
        #expect(script.steps.map(\.line) == [5, 6, 7, 8])
    }

    @Test("Speech is a file or words to be synthesised, with a voice, noise and a pace")
    func speech() throws {
        #expect(try step("speak: {file: a.flac, pace: 1, noise: 10}").actions == [.speak(.file("talks/a.flac"), noise: Noise(snrDb: 10), pace: 1)])
        #expect(
            try step("speak: {say: gold rings, voice: en-gb+f2, words_per_minute: 180, noise: {snr_db: 5, kind: hum}}").actions
                == [
                    .speak(
                        .spoken(SpokenText(text: "gold rings", voice: "en-gb+f2", wordsPerMinute: 180)), noise: Noise(kind: .hum, snrDb: 5), pace: 0)
                ])
        #expect(try step("speak: {say: hi, noise: none}").actions == [.speak(.spoken(SpokenText(text: "hi")), noise: nil, pace: 0)])
    }

    @Test("A step begins when the one before is over, at a time, or after an event")
    func times() throws {
        let script = try #require(
            try scripts(
                """
                conversation: c
                steps:
                  - {say: a, delay_ms: 5}
                  - {say: b, at_ms: 1500}
                  - {barge_in: true, after: reply_start, delay_ms: 100}
                  - {barge_in: true, after: {event: turn_done, count: 2}}
                """
            ).first)
        #expect(
            script.steps.map(\.start) == [
                StepStart(delayMs: 5), StepStart(atMs: 1_500), StepStart(after: .replyStart, delayMs: 100),
                StepStart(after: .turnDone, afterCount: 2),
            ])
        #expect(script.steps.map(\.start.overlaps) == [false, true, true, true])
    }

    @Test(
        "A step waits for its turn unless it has none, or says that it goes on",
        arguments: [
            ("{say: x}", true), ("{say: x, continue: true}", false), ("{barge_in: true}", false), ("{show: a.jpg}", true),
            ("{behaviour: view, product: P}", false), ("{turn: start, say: x}", false), ("{turn: end}", true),

            ("{say: x, cancel: true}", false), ("{resume: true}", false), ("{expect: [reply: {}]}", false),
        ])
    func endsTurn(text: String, expected: Bool) throws {
        #expect(try step(text).endsTurn == expected)
        #expect(try step("{say: x}").withinMs == 20_000)
    }

    @Test("Impairments are read for the whole conversation")
    func impairments() throws {
        let script = try #require(
            try scripts(
                """
                conversation: c
                impairments:
                  noise: {snr_db: 12, kind: white}
                  delay_ms: 80
                  jitter_ms: 20
                  lose_connection_at_ms: [900, 100]
                  reconnect_ms: 50
                  reader_bytes_per_second: 4000
                  seed: 7
                steps: [{say: x}]
                """
            ).first)
        var expected = Impairments()
        expected.noise = Noise(kind: .white, snrDb: 12)
        expected.delayMs = 80
        expected.jitterMs = 20
        expected.lossesAtMs = [100, 900]
        expected.reconnectMs = 50
        expected.readerBytesPerSecond = 4_000
        expected.seed = 7
        #expect(script.impairments == expected)
    }

    @Test("A price limit is in whole units of money, and compared in the smallest")
    func price() throws {
        let step = try step("{say: x, expect: [{recommendations: {price_max: 499.99}}]}")
        guard case .recommendations(let check) = step.expectations[0].check else { Issue.record("no recommendations"); return }
        #expect(check.priceMinorMax == 49_999)
        #expect(check.countMin == 1)
        #expect(check.top == 5)
        #expect(check.sharesAddUp)
    }

    @Test("An expectation without fields is any of its kind; what the step speaks is what its transcript is compared with")
    func shortForms() throws {
        let step = try step("{speak: {say: gold rings}, expect: [reply, {recommendations: }, {transcript: {wer: 0.1}}]}")
        #expect(step.expectations.map(\.name) == ["reply", "recommendations", "transcript"])
        guard case .transcript(let check) = step.expectations[2].check else { Issue.record("no transcript"); return }
        #expect(check.wordErrors == TranscriptCheck.WordErrors(of: "gold rings", max: 0.1))
    }
}

@Suite("Variables, matrices and includes")
struct ScriptVariantsTests {
    private func texts(_ script: Script) -> [String] {
        script.steps.flatMap(\.actions).compactMap { if case .say(let text, _) = $0 { text } else { nil } }
    }

    @Test("Variables are put in, from outside before the script's own; $$ is a dollar")
    func variables() throws {
        let text = "conversation: about ${metal}\nvariables: {metal: gold, price: 500}\nsteps: [{say: '${metal} under $${price} or $5'}]"
        let own = try #require(try scripts(text).first)
        #expect(own.name == "about gold")
        #expect(texts(own) == ["gold under ${price} or $5"])
        let given = try #require(try scripts(text, variables: ["metal": "silver"]).first)
        #expect(texts(given) == ["silver under ${price} or $5"])
    }

    @Test("Numbers may come from variables")
    func numbers() throws {
        let script = try #require(
            try scripts(
                "conversation: c\nvariables: {n: 7}\nsteps: [{say: x, within_ms: '${n}', continue: '${yes}'}]",
                variables: ["yes": "true"]
            ).first)
        #expect(script.steps[0].withinMs == 7)
        #expect(!script.steps[0].endsTurn)
    }

    @Test("A matrix makes a conversation of every combination, and names it")
    func matrix() throws {
        let text = "conversation: c\nmatrix: {metal: [gold, silver], noise: [none, 10]}\nsteps: [{speak: {say: '${metal}', noise: '${noise}'}}]"
        let all = try scripts(text)
        #expect(
            all.map(\.name) == [
                "c [metal=gold noise=none]", "c [metal=gold noise=10]", "c [metal=silver noise=none]", "c [metal=silver noise=10]",
            ])
        #expect(all[3].steps[0].actions == [.speak(.spoken(SpokenText(text: "silver")), noise: Noise(snrDb: 10), pace: 0)])
        #expect(try scripts(text, variables: ["noise": "10"]).map(\.name) == ["c [metal=gold noise=10]", "c [metal=silver noise=10]"])
        #expect(refusal(text, variables: ["noise": "3"]) == "talks/gold.yaml:2: matrix: no row of the matrix has the values that were asked for")
    }

    @Test("A matrix of rows pairs what belongs together")
    func rows() throws {
        let all = try scripts("conversation: c\nmatrix: [{l: en, t: ring}, {l: zh, t: 戒指}]\nsteps: [{say: '${t}', language: '${l}'}]")
        #expect(all.map { $0.steps[0].actions } == [[.say("ring", language: "en")], [.say("戒指", language: "zh")]])
    }

    @Test("Steps are included with values of their own, and keep their own file and line")
    func include() throws {
        let folder = NSTemporaryDirectory() + "vitrine-scripts-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder + "/parts", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ name: String, _ text: String) throws { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        try write(
            "parts/_hello.yaml", "variables: {who: nobody, tone: warm}\nsteps:\n  - say: 'hello ${who}, ${tone} from ${shop}'\n  - show: x.jpg\n")
        try write(
            "a.yaml", "conversation: c\nvariables: {shop: ours}\nsteps:\n  - include: parts/_hello.yaml\n    with: {who: '${shop}'}\n  - say: bye\n")
        let script = try #require(try ScriptReader(cacheFolder: "").load("\(folder)/a.yaml").first)
        #expect(texts(script) == ["hello ours, warm from ours", "bye"])
        #expect(script.steps.map { String($0.file.dropFirst(folder.count + 1)) } == ["parts/_hello.yaml", "parts/_hello.yaml", "a.yaml"])
        #expect(script.steps[1].actions == [.show(file: "\(folder)/parts/x.jpg")])
        try write("b.yaml", "conversation: c\nsteps:\n  - include: loop.yaml\n")
        try write("loop.yaml", "steps:\n  - say: x\n  - include: loop.yaml\n")
        let chain = ["b", "loop", "loop"].map { "\(folder)/\($0).yaml" }.joined(separator: " → ")
        let circle = YAMLError(file: "\(folder)/loop.yaml", line: 3, message: "steps[1].include: \(folder)/loop.yaml includes itself: \(chain)")
        #expect(throws: circle) { try ScriptReader(cacheFolder: "").load("\(folder)/b.yaml") }
    }

    @Test(
        "What cannot be put in is refused",
        arguments: [
            ("conversation: c\nsteps:\n  - say: '${what}'", "talks/gold.yaml:3: steps[0]: the variable 'what' is not defined; defined are none"),
            (
                "conversation: c\nvariables: {a: x}\nsteps:\n  - say: '${b'",
                "talks/gold.yaml:4: steps[0]: '${' without its '}'; a dollar sign alone is written $$"
            ),
            (
                "conversation: c\nmatrix: {a: []}\nsteps: [{say: x}]",
                "talks/gold.yaml:2: matrix.a: a matrix makes from 1 to 1000 conversations, not 0"
            ),
            (
                "conversation: c\nsteps:\n  - include: nowhere.yaml",
                "talks/gold.yaml:3: steps[0].include: talks/nowhere.yaml: no such file, or it cannot be read"
            ),
            (
                "conversation: c\nvariables: {a-b: x}\nsteps: [{say: x}]",
                "talks/gold.yaml:2: variables.a-b: a variable's name has letters, digits and '_', not 'a-b'"
            ),
        ])
    func refused(text: String, message: String) {
        #expect(refusal(text) == message)
    }
}
