import CheckedYAML
import Testing
import Wire

@testable import Replay

/// Reads one expectation as a script would have it.
func expectation(_ text: String) throws -> Replay.Expectation {
    try #require(try step("{say: x, expect: [\(text)]}").expectations.first)
}

func received(_ kind: ServerMessage.Kind, turn: UInt64 = 1, revision: UInt32 = 0, afterMs: Double = 10) -> ReceivedMessage {
    ReceivedMessage(message: ServerMessage(turnID: turn, revision: revision, kind: kind), afterMs: afterMs)
}

private let two = received(
    .recommendations(
        Recommendations(
            items: [
                Recommendation(
                    productID: "A", title: "Gold ring", price: Money(amountMinor: 45_000, currency: "USD"),
                    reasons: [Reason(modality: "text", share: 0.25), Reason(modality: "image", share: 0.75)]),
                Recommendation(
                    productID: "B", title: "Ring of GOLD and pearl", price: Money(amountMinor: 60_000, currency: "USD"),
                    reasons: [Reason(modality: "text", share: 0.5), Reason(modality: "image", share: 0.5)]),
            ], filters: [AppliedFilter(field: "material", operator: "=", value: "gold")])))

private let reply = received(
    .reply(
        ReplyDelta(
            text: "You may send it back.", language: "en", last: true, replyKind: .answer, sources: [Source(kind: "policy", id: "returns")],
            intent: "policy_returns", agent: "customer_service")))

private let transcript = received(.transcript(Transcript(text: "Show me rings", language: "en", final: true)))

private let tryOn = received(
    .tryOn(TryOn(productID: "A", anchors: [Anchor(name: "neck", x: 103, y: 204)], overlays: [Overlay(anchor: "neck")])))

private let problem = received(.problem(Problem(code: StatusCode.resourceExhausted.rawValue, message: "the text has 20000 bytes")))

private let done = received(.turn(TurnEvent(state: .done, missing: ["image"])))

/// What meets an expectation and what does not, each with the reason that is given.
enum FieldCases {
    static let met: [(String, ReceivedMessage)] = [
        (
            "recommendations: {count_min: 2, any_of: [B], titles_contain: [gold], price_max: 600, filters: ['material = gold'], modalities: [text, image]}",
            two
        ),
        ("reply: {contains: ['SEND it'], any_of: [nothing, back], lacks: [keep], language: en, intent: policy_returns, kind: answer}", reply),
        ("reply: {source: policy}", reply), ("reply: {source: returns}", reply), ("reply: {source: 'policy:returns'}", reply),
        ("transcript: {contains: [RINGS], language: en}", transcript),
        ("try_on: {product: A, anchors: [{name: neck, x: 100, y: 200, within_px: 5}]}", tryOn),
        ("problem: {code: RESOURCE_EXHAUSTED, contains: ['20000 bytes']}", problem), ("missing: [image]", done),
    ]

    static let failed: [(String, ReceivedMessage, String)] = [
        ("recommendations: {count_min: 3}", two, "2 products came; at least 3 were expected"),
        ("recommendations: {any_of: [B], top: 1}", two, #"none of ["B"] is among the first 1: ["A"]"#),
        ("recommendations: {titles_contain: [pearl]}", two, #""Gold ring" contains none of ["pearl"]"#),
        ("recommendations: {price_max: 599.99}", two, "B costs 60000 minor units; at most 59999 were expected"),
        ("recommendations: {filters: ['gem = ruby']}", two, #"the filter 'gem = ruby' was not understood; understood were ["material = gold"]"#),
        ("recommendations: {modalities: [audio]}", two, #"A has no reason from audio; it has ["text", "image"]"#),
        ("reply: {contains: [keep]}", reply, #"the reply lacks "keep": "You may send it back.""#),
        ("reply: {any_of: [keep, hold]}", reply, #"the reply has none of ["keep", "hold"]: "You may send it back.""#),
        ("reply: {lacks: [BACK]}", reply, #"the reply must not have "BACK": "You may send it back.""#),
        ("reply: {language: zh}", reply, #"the reply's language is 'en', not 'zh': "You may send it back.""#),
        ("reply: {intent: greeting}", reply, #"the intent was 'policy_returns', not 'greeting': "You may send it back.""#),
        ("reply: {kind: clarify}", reply, #"the reply's kind is answer, not clarify: "You may send it back.""#),
        ("reply: {source: shipping}", reply, #"the source shipping is not named; named are ["policy:returns"]"#),
        ("transcript: {contains: [necklace]}", transcript, #"the transcript lacks "necklace": "Show me rings""#),
        ("transcript: {language: zh}", transcript, #"the transcript's language is 'en', not 'zh': "Show me rings""#),
        ("try_on: {product: B}", tryOn, "the try-on shows A, not B"),
        ("try_on: {overlays_min: 2}", tryOn, "1 overlays came; at least 2 were expected"),
        ("try_on: {anchors: [{name: wrist, x: 0, y: 0}]}", tryOn, #"there is no anchor 'wrist'; there are ["neck"]"#),
        (
            "try_on: {anchors: [{name: neck, x: 100, y: 200, within_px: 4}]}", tryOn,
            "anchor 'neck' is at (103.0, 204.0), 5.0 px from (100.0, 200.0); 4.0 px were allowed"
        ), ("problem: {code: NOT_FOUND}", problem, "the problem is RESOURCE_EXHAUSTED, not NOT_FOUND: the text has 20000 bytes"),
        ("problem: {contains: [image]}", problem, #"the problem lacks "image": "the text has 20000 bytes""#),
        ("missing: []", done, #"missing were ["image"], not []"#),
    ]
}

@Suite("An expectation")
struct ExpectationTests {
    @Test(
        "is met by what it describes",
        arguments: FieldCases.met)
    func met(text: String, message: ReceivedMessage) throws {
        #expect(try expectation("{\(text)}").failure(in: [message]) == nil)
    }

    @Test(
        "says what was expected and what came instead",
        arguments: FieldCases.failed)
    func failed(text: String, message: ReceivedMessage, reason: String) throws {
        #expect(try expectation("{\(text)}").failure(in: [message]) == reason)
    }

    @Test("Shares that do not add up are found, unless nobody asks")
    func shares() throws {
        let odd = received(
            .recommendations(Recommendations(items: [Recommendation(productID: "A", reasons: [Reason(modality: "text", share: 0.5)])])))
        #expect(try expectation("{recommendations: {}}").failure(in: [odd]) == "the shares of A's reasons add up to 0.5")
        #expect(try expectation("{recommendations: {shares_add_up: false}}").failure(in: [odd]) == nil)
    }

    @Test("When nothing of its kind came, it says so", arguments: ["recommendations", "reply", "transcript", "try_on", "problem"])
    func nothing(kind: String) throws {
        #expect(try expectation("{\(kind): {}}").failure(in: [done]) == "no \(kind) came")
    }

    @Test("What is not final is not looked at: interim transcripts, pieces of a reply, turns that go on")
    func interim() throws {
        let messages = [
            received(.transcript(Transcript(text: "Show", language: "en", final: false))), received(.reply(ReplyDelta(text: "You", last: false))),
            received(.turn(TurnEvent(state: .deciding, missing: ["image"]))),
        ]
        for kind in ["transcript: {}", "reply: {}", "missing: [image]"] { #expect(try expectation("{\(kind)}").failure(in: messages) != nil) }
    }

    @Test("One of several messages is enough; when none will do, every reason is given")
    func several() throws {
        let other = received(.transcript(Transcript(text: "two", language: "en", final: true)))
        #expect(try expectation("{transcript: {contains: [two]}}").failure(in: [transcript, other]) == nil)
        #expect(
            try expectation("{transcript: {contains: [three]}}").failure(in: [transcript, other])
                == #"the transcript lacks "three": "Show me rings"; the transcript lacks "three": "two""#)
    }

    @Test("What must be absent fails when it comes, and is met when it does not")
    func absent() throws {
        let text = "{problem: {code: RESOURCE_EXHAUSTED}, absent: true}"
        #expect(try expectation(text).failure(in: []) == nil)
        #expect(try expectation("{problem: {code: NOT_FOUND}, absent: true}").failure(in: [problem]) == nil)
        #expect(try expectation(text).failure(in: [problem])?.hasPrefix("this must not come, and did: ") == true)
    }

    @Test("What comes too late is not what was expected")
    func late() throws {
        let slow = received(.transcript(Transcript(text: "late", final: true)), afterMs: 301)
        #expect(try expectation("{transcript: {}, within_ms: 300}").failure(in: [slow]) == "it came after 301 ms; 300 ms were allowed")
        #expect(try expectation("{transcript: {}, within_ms: 301}").failure(in: [slow]) == nil)
    }
}

@Suite("A reply in pieces")
struct WholeReplyTests {
    private func piece(_ text: String, last: Bool = false, turn: UInt64 = 1, revision: UInt32 = 0, agent: String = "") -> ReceivedMessage {
        received(.reply(ReplyDelta(text: text, last: last, agent: agent)), turn: turn, revision: revision)
    }

    @Test("is joined by turn and revision before it is judged")
    func joined() throws {
        let messages = [
            piece("former ", revision: 0), piece("other ", turn: 2), piece("gold ", revision: 1), piece("rings", last: true, revision: 1),
        ]
        #expect(try expectation("{reply: {contains: ['gold rings'], lacks: [former, other]}}").failure(in: messages) == nil)
        #expect(try expectation("{reply: {contains: [former]}}").failure(in: messages) == #"the reply lacks "former": "gold rings""#)
    }

    @Test("Two agents that answer at once are two replies")
    func agents() throws {
        let messages = [
            piece("rings ", agent: "recommendation"), piece("returns ", agent: "customer_service"),
            piece("for you", last: true, agent: "recommendation"),
            piece("are free", last: true, agent: "customer_service"),
        ]
        #expect(try expectation("{reply: {contains: ['rings for you'], lacks: [returns]}}").failure(in: messages) == nil)
        #expect(try expectation("{reply: {contains: ['returns are free'], lacks: [rings]}}").failure(in: messages) == nil)
    }
}

@Suite("How an order, a time and a negation go together")
struct OrderAndTimeTests {
    private let reply = received(.reply(ReplyDelta(text: "Gold rings.", language: "en", last: true)), afterMs: 900)
    private let cards = received(.recommendations(Recommendations(items: [Recommendation(productID: "A")])), afterMs: 300)

    @Test("an order that must not come fails when it came, and not when another did")
    func absentOrder() throws {
        for word in ["absent", "not"] {
            let never = try expectation("{order: [recommendations, reply], \(word): true}")
            #expect(never.failure(in: [cards, reply])?.contains("this order must not come, and did") == true)
            #expect(never.failure(in: [reply, cards]) == nil)
        }
    }

    @Test("an order's last member comes in time")
    func orderInTime() throws {
        let late = try expectation("{order: [recommendations, reply], within_ms: 500}").failure(in: [cards, reply])
        #expect(late == "it came after 900 ms; 500 ms were allowed")
        #expect(try expectation("{order: [recommendations, reply], within_ms: 1000}").failure(in: [cards, reply]) == nil)
    }

    @Test("an order is not counted, nor optional", arguments: ["count: 2", "optional: true"])
    func refused(_ word: String) {
        #expect(throws: YAMLError.self) { _ = try expectation("{order: [recommendations, reply], \(word)}") }
    }

    @Test("what must not be so is not excused by coming late; what is not so must still come in time")
    func negationAndTime() throws {
        let never = try expectation("{reply: {contains: gold}, not: true, within_ms: 500}")
        #expect(never.failure(in: [reply])?.contains("it must not be so, and is") == true)
        let other = try expectation("{reply: {contains: silver}, not: true, within_ms: 500}")
        #expect(other.failure(in: [reply]) == "it came after 900 ms; 500 ms were allowed")
        #expect(try expectation("{reply: {contains: silver}, not: true, within_ms: 1000}").failure(in: [reply]) == nil)
    }
}
