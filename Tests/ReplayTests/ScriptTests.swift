import CheckedYAML
import Testing
import Wire

@testable import Replay

@Suite("A script")
struct ScriptTests {
    private func read(_ text: String) throws(YAMLError) -> Script {
        try Script.read(YAMLValue.parse(text, file: "talks/gold.yaml"), cacheFolder: "/cache")
    }

    @Test("Everything a step may do is read, in the fixed order, with paths made whole")
    func actions() throws {
        let script = try read(
            """
            conversation: "Gold"
            token: secret
            tags: [smoke, gold]
            steps:
              - {say: "hello", language: en, speak: a.wav, try_on: RING-1, selfie: "@samples/face.png", show: /tmp/ring.jpg}
              - {behaviour: add_to_cart, product: RING-2, silence_ms: 250, barge_in: true, set_language: zh}
            """)
        #expect(script.name == "Gold")
        #expect(script.token == "secret")
        #expect(script.tags == ["smoke", "gold"])
        #expect(script.file == "talks/gold.yaml")
        #expect(
            script.steps.map(\.actions) == [
                [
                    .show(file: "/tmp/ring.jpg"), .selfie(file: "/cache/samples/face.png"), .tryOn(product: "RING-1"), .speak(file: "talks/a.wav"),
                    .say("hello", language: "en"),
                ],
                [.language("zh"), .bargeIn, .silence(ms: 250), .behaviour(.addToCart, product: "RING-2")],
            ])
        #expect(script.steps.map(\.line) == [5, 6])
    }

    @Test(
        "A step waits for its turn unless it has none, or says that it goes on",
        arguments: [
            ("{say: x}", true), ("{say: x, continue: true}", false), ("{barge_in: true}", false), ("{show: a.jpg}", true),
            ("{behaviour: view, product: P}", false),
        ])
    func endsTurn(step: String, expected: Bool) throws {
        let script = try read("conversation: c\nsteps:\n  - \(step)")
        #expect(script.steps[0].endsTurn == expected)
        #expect(script.steps[0].withinMs == 20_000)
    }

    @Test(
        "What cannot be read is refused with file, line, and what is allowed",
        arguments: [
            (
                "conversation: c\nstep: []",
                "talks/gold.yaml:2: unknown key 'step'; allowed: conversation, token, tags, steps"
            ),
            ("conversation: c\nsteps: []", "talks/gold.yaml:2: steps: from 1 to 1000 steps are needed"),
            ("steps:\n  - say: x", "talks/gold.yaml:1: conversation: a text is needed here"),
            (
                "conversation: c\nsteps:\n  - say: x\n  - sing: y",
                "talks/gold.yaml:4: steps[1]: unknown key 'sing'; allowed: say, language, speak, show, selfie, try_on, behaviour, product, set_language, "
                    + "barge_in, silence_ms, expect, within_ms, continue"
            ),
            (
                "conversation: c\nsteps:\n  - within_ms: 5",
                "talks/gold.yaml:3: steps[0]: a step does something: say, speak, show, selfie, try_on, behaviour, set_language, barge_in or silence_ms"
            ),
            (
                "conversation: c\nsteps:\n  - {behaviour: steal, product: P}",
                "talks/gold.yaml:3: steps[0].behaviour: one of view, click, like, dislike, buy, add_to_cart is needed here, not 'steal'"
            ),
            (
                "conversation: c\nsteps:\n  - {say: x, within_ms: 0}",
                "talks/gold.yaml:3: steps[0].within_ms: a whole number from 1 to 600000 is needed here, not '0'"
            ),
            (
                "conversation: c\nsteps:\n  - say: x\n    expect:\n      - {absent: true}",
                "talks/gold.yaml:5: steps[0].expect[0]: expect one of recommendations, reply, transcript, try_on, problem, missing"
            ),
            (
                "conversation: c\nsteps:\n  - say: x\n    expect:\n      - reply: {says: hi}",
                "talks/gold.yaml:5: steps[0].expect[0].reply: unknown key 'says'; allowed: contains, any_of, lacks, language, intent, source, kind"
            ),
            (
                "conversation: c\nsteps:\n  - say: x\n    expect:\n      - recommendations: {count: 3}",
                "talks/gold.yaml:5: steps[0].expect[0].recommendations: unknown key 'count'; allowed: count_min, any_of, top, titles_contain, price_max, "
                    + "filters, shares_add_up, modalities"
            ),
            (
                "conversation: c\nsteps:\n  - say: x\n    expect:\n      - try_on: {anchors: [{name: neck, x: 1, y: 2, px: 3}]}",
                "talks/gold.yaml:5: steps[0].expect[0].try_on.anchors[0]: unknown key 'px'; allowed: name, x, y, within_px"
            ),
            (
                "conversation: c\nsteps:\n  - say: x\n    expect:\n      - reply: {kind: shout}",
                "talks/gold.yaml:5: steps[0].expect[0].reply.kind: one of answer, clarify, no_answer is needed here, not 'shout'"
            ),
        ])
    func refused(text: String, message: String) throws {
        do {
            _ = try read(text)
            Issue.record("it was read")
        } catch {
            #expect("\(error)" == message)
        }
    }

    @Test("A price limit is in whole units of money, and compared in the smallest")
    func price() throws {
        let script = try read("conversation: c\nsteps:\n  - say: x\n    expect: [{recommendations: {price_max: 499.99}}]")
        guard case .recommendations(let check) = script.steps[0].expectations[0].check else { Issue.record("no recommendations"); return }
        #expect(check.priceMinorMax == 49_999)
        #expect(check.countMin == 1)
        #expect(check.top == 5)
        #expect(check.sharesAddUp)
    }
}
