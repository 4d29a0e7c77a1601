import CheckedYAML
import Testing
import Wire

@testable import Replay

@Suite("Captured values")
struct CaptureTests {
    private let shown = received(
        .recommendations(Recommendations(items: [Recommendation(productID: "R-1", title: "Ring"), Recommendation(productID: "R-2", title: "Band")])))
    private let order = [
        received(.reply(ReplyDelta(text: "Your order vt-", language: "en", agent: "service"))),
        received(.reply(ReplyDelta(text: "10023 is on its way.", language: "en", last: true, agent: "service"))),
    ]
    private let heard = received(
        .transcript(Transcript(text: "size seven", language: "en", final: true, slots: [Slot(name: "size", value: "seven", confidence: 1)])))

    private func value(_ capture: String, _ messages: [ReceivedMessage]) throws -> Result<String, CaptureFailure> {
        let step = try step("{say: x, capture: {it: {\(capture)}}}")
        return try #require(step.captures.first).value(in: messages)
    }

    @Test("are what a pattern finds in a whole reply, its first group before all of it; a product's id; a slot")
    func values() throws {
        #expect(try value("reply: 'VT-\\d+'", order) == .success("vt-10023"))
        #expect(try value("reply: 'VT-(\\d+)'", order) == .success("10023"))
        #expect(try value("reply: '(nothing)?VT-(\\d+)'", order) == .success("10023"))
        #expect(try value("product: 2", [shown]) == .success("R-2"))
        #expect(try value("slot: size", [heard]) == .success("seven"))
        #expect(try value("transcript: 'size (\\w+)'", [heard]) == .success("seven"))
        #expect(try value("problem: '\\d+'", [received(.problem(Problem(code: 8, message: "at most 5")))]) == .success("5"))
    }

    @Test("that are not there say what came instead")
    func missing() throws {
        func why(_ capture: String, _ messages: [ReceivedMessage]) throws -> String? {
            if case .failure(let failure) = try value(capture, messages) { failure.why } else { nil }
        }
        #expect(try why("reply: 'VT-\\d+'", []) == "no reply came")
        #expect(try why("reply: 'XX'", order) == "/XX/ is not in the reply: \"Your order vt-10023 is on its way.\"")
        #expect(try why("product: 3", [shown]) == "2 products came: [\"R-1\", \"R-2\"]")
        #expect(try why("product: 1", order) == "no products came")
        #expect(try why("slot: color", [heard]) == "the slot 'color' was not heard; heard were [\"size\"]")
    }

    @Test("stand in later steps, in what is said and in what is expected, with the lines of the file")
    func bound() throws {
        let script = try #require(
            try scripts(
                """
                conversation: c
                variables: {verb: Cancel}
                steps:
                  - say: Where is it?
                    capture: {order: {reply: 'VT-\\d+'}, most: {reply: '\\d+'}}
                  - say: "${verb} ${order}, not $${order}"
                    expect:
                      - reply: {contains: ["${order}: {done}"], language: en}
                      - recommendations: {price_max: "${most}"}
                """
            ).first)
        #expect(script.steps[0].deferred == nil)
        let step = try script.steps[1].bound(["order": "VT-10023", "most": "7"])
        #expect(step.actions == [.say("Cancel VT-10023, not ${order}", language: "")])
        #expect(step.line == 6)
        #expect(step.expectations.map(\.line) == [8, 9])
        guard case .reply(let reply) = step.expectations[0].check, case .recommendations(let found) = step.expectations[1].check else {
            Issue.record("\(step)")
            return
        }
        #expect(reply.text.contains == ["VT-10023: {done}"])
        #expect(found.priceMinorMax == 700)
        #expect(throws: YAMLError.self) { try script.steps[1].bound(["order": "VT-10023", "most": "many"]) }
        #expect(throws: YAMLError.self) { try script.steps[1].bound([:]) }
    }

    @Test("are refused where they cannot be: before they are captured, under a variable's name, in what is spoken or shown")
    func refused() {
        let capture = "  - {say: x, capture: {a: {slot: b}}}\n"
        #expect(
            refusal("conversation: c\nsteps:\n  - say: '${a}'\n" + capture)
                == "talks/gold.yaml:3: steps[0]: the variable 'a' is not defined; defined are none")
        #expect(
            refusal("conversation: c\nvariables: {a: 1}\nsteps:\n" + capture)
                == "talks/gold.yaml:4: 'a' is a variable already: capture another name")
        #expect(
            refusal("conversation: c\nsteps:\n" + capture + "  - speak: {say: 'size ${a}'}\n")
                == "talks/gold.yaml:4: steps[1]: what is spoken and shown is prepared before the conversation begins: no captured value may be in it")
    }
}
