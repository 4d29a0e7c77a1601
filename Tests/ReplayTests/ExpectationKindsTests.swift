import Testing
import Wire

@testable import Replay

/// Knows how near a few sentences are.
final class FixedSimilarity: TextSimilarity {
    func similarity(of first: String, and second: String) throws(RPCStatus) -> Double {
        if second == "broken" { throw RPCStatus(.unavailable, "no model") }
        return first == second ? 1 : second == "send it back" ? 0.8 : 0.1
    }
}

private func reply(_ text: String, last: Bool = true, turn: UInt64 = 1) -> ReceivedMessage {
    received(.reply(ReplyDelta(text: text, language: "en", last: last, replyKind: .answer, intent: "returns", agent: "service")), turn: turn)
}

private func transcript(_ text: String) -> ReceivedMessage { received(.transcript(Transcript(text: text, language: "en", final: true))) }

private func state(_ state: TurnState) -> ReceivedMessage { received(.turn(TurnEvent(state: state))) }

private let ordered = received(
    .transcript(
        Transcript(text: "a twelve ounce latte", language: "en", final: true, slots: [Slot(name: "size", value: "twelve ounce", confidence: 1)])))

private let ended = ReceivedMessage(ended: RPCStatus(.resourceExhausted, "too many sessions"), afterMs: 20)

private let rings = received(
    .recommendations(
        Recommendations(
            items: [
                Recommendation(
                    productID: "A", title: "Gold ring", price: Money(amountMinor: 40_000, currency: "USD"),
                    reasons: [
                        Reason(modality: "text", share: 0.4, text: "fits your words"), Reason(modality: "image", share: 0.6, text: "looks alike"),
                    ],
                    inStock: true),
                Recommendation(
                    productID: "B", title: "Gold band", price: Money(amountMinor: 30_000, currency: "USD"),
                    reasons: [Reason(modality: "text", share: 1, text: "fits your words")], inStock: true),
            ],
            filters: [AppliedFilter(field: "material", operator: "=", value: "gold"), AppliedFilter(field: "price", operator: "<=", value: "500")],
            language: "en")))

/// What meets an expectation and what does not, each with the reason that is given.
enum KindCases {
    static let met: [(String, [ReceivedMessage])] = [
        ("event: speech_start", [received(.speech(SpeechEvent(event: .start)))]), ("event: turn_interrupted", [state(.interrupted)]),
        ("event: reply_start", [reply("You", last: false)]), ("event: status", [ended]),
        ("event: resumed", [received(.session(SessionStarted(sessionID: "s", resumed: true)))]),
        ("reply: {matches: '(?i)order VT-\\d+'}", [reply("Your ORDER VT-10023 is here")]),
        ("reply: {similar: send it back}", [reply("Return it.")]),
        ("reply: {similar: {to: send it back, min: 0.8}}", [reply("Return it.")]), ("reply: {agent: service}", [reply("x")]),
        ("transcript: {any_of: [rings, bands], lacks: silver}", [transcript("gold rings")]),
        ("transcript: {slots: {size: Twelve ounce}}", [ordered]),
        ("transcript: {wer: {of: 'Show me, gold rings!', max: 0}}", [transcript("Show me"), transcript("gold rings.")]),
        ("transcript: {wer: {of: 我想要一个金戒指, max: 0.13}}", [transcript("我想要一个银戒指")]),
        ("recommendations: {products: [B, A], none_of: [C], count_max: 2, price_min: 300}", [rings]),
        ("recommendations: {slots: {material: gold, price: <= 500}, slots_absent: [gem]}", [rings]),
        ("recommendations: {reasons: [{modality: text, share_min: 0.4, contains: your words}], in_stock: true, language: en}", [rings]),
        ("status: {code: RESOURCE_EXHAUSTED, contains: too many}", [ended]),
        ("order: [transcript, {recommendations: }, {reply: {contains: two}}]", [transcript("x"), rings, reply("one"), reply("two")]),
        ("reply: {contains: a}, count: 2", [reply("a"), reply("b", turn: 2), reply("ab", turn: 3)]), ("event: reply, count: {max: 1}", []),
        ("event: reply, count: {min: 1}", [reply("a"), reply("b")]), ("reply: {contains: silver}, not: true", [reply("gold"), reply("ruby")]),
        ("reply: {contains: gold}, optional: true", []), ("reply: {contains: gold}, optional: true", [reply("gold")]),
        ("missing: [image]", [received(.turn(TurnEvent(state: .done, missing: ["image"])))]),
        ("problem: {matches: 'at most \\d+'}", [received(.problem(Problem(code: 8, message: "at most 5 are allowed")))]),
    ]

    static let failed: [(String, [ReceivedMessage], String)] = [
        ("event: speech_start", [received(.speech(SpeechEvent(event: .end)))], "no speech_start came"),
        ("event: turn_interrupted", [state(.done)], "no turn_interrupted came"),
        ("event: status", [state(.done)], "no status came"),
        ("reply: {matches: 'VT-\\d{6}'}", [reply("Your VT-10023")], #"the reply does not match /VT-\d{6}/: "Your VT-10023""#),
        ("reply: {similar: a ring}", [reply("Return it.")], #"the reply is as near as 0.1 to "a ring"; 0.6 was expected: "Return it.""#),
        ("reply: {similar: broken}", [reply("Return it.")], #"the reply could not be compared with "broken": UNAVAILABLE: no model"#),
        ("reply: {agent: recommendation}", [reply("x")], #"the agent was 'service', not 'recommendation': "x""#),
        ("transcript: {lacks: silver}", [transcript("silver rings")], #"the transcript must not have "silver": "silver rings""#),
        (
            "transcript: {wer: {of: show me gold rings, max: 0.2}}", [transcript("show gold wings")],
            #"2 of 4 words are wrong (50.0 %; 20.0 % were allowed): "show gold wings" instead of "show me gold rings""#
        ),
        (
            "transcript: {slots: {size: ten}}", [ordered],
            #"the slot 'size = ten' was not heard; heard were ["size = twelve ounce"]: "a twelve ounce latte""#
        ), ("recommendations: {products: [B, C]}", [rings], #"C is not among the first 5: ["A", "B"]"#),
        ("recommendations: {none_of: [B]}", [rings], #"B must not be shown: ["A", "B"]"#),
        ("recommendations: {count_max: 1}", [rings], "2 products came; at most 1 were expected"),
        ("recommendations: {price_min: 350}", [rings], "B costs 30000 minor units; at least 35000 were expected"),
        (
            "recommendations: {slots: {gem: ruby}}", [rings],
            #"the slot 'gem = ruby' was not filled; filled were ["material = gold", "price <= 500"]"#
        ),
        (
            "recommendations: {slots_absent: [price]}", [rings],
            #"the slot 'price' must be empty; filled were ["material = gold", "price <= 500"]"#
        ),
        (
            "recommendations: {reasons: [{modality: image}]}", [rings],
            #"B lacks the reason (image of at least 0.0); it has ["text 1.0: fits your words"]"#
        ), ("recommendations: {in_stock: false}", [rings], "A is in stock"),
        ("recommendations: {language: zh}", [rings], "the products are described in 'en', not 'zh'"),
        ("status: {code: CANCELLED}", [ended], "the status is RESOURCE_EXHAUSTED, not CANCELLED: too many sessions"),
        (
            "order: [{recommendations: }, transcript]", [transcript("x"), rings],
            "transcript did not come after recommendations: it came before; the order was transcript, recommendations"
        ), ("order: [transcript, reply]", [transcript("x")], "reply did not come after transcript: no reply came; the order was transcript"),
        (
            "reply: {contains: a}, count: 1", [reply("a"), reply("ab", turn: 2), reply("c", turn: 3)],
            #"2 came as described; expected were 1. Not so: the reply lacks "a": "c""#
        ), ("event: reply, count: {min: 1, max: 2}", [], "0 came as described; expected were 1 to 2"),
        ("reply: {contains: silver}, not: true", [], "no reply came"),
        ("reply: {contains: gold}, optional: true", [reply("silver")], #"the reply lacks "gold": "silver""#),
        (
            "problem: {matches: 'at least'}", [received(.problem(Problem(code: 8, message: "at most 5")))],
            "the problem does not match /at least/: \"at most 5\""
        ),
    ]
}

@Suite("Every kind of expectation")
struct ExpectationKindsTests {
    private func failure(_ text: String, _ messages: [ReceivedMessage]) throws -> String? {
        try expectation("{\(text)}").failure(in: messages, similarity: FixedSimilarity())
    }

    @Test(
        "is met by what it describes",
        arguments: KindCases.met)
    func met(text: String, messages: [ReceivedMessage]) throws {
        #expect(try failure(text, messages) == nil)
    }

    @Test(
        "fails for the reason that it says",
        arguments: KindCases.failed)
    func failed(text: String, messages: [ReceivedMessage], reason: String) throws {
        #expect(try failure(text, messages) == reason)
    }

    @Test("What must not be so is named when it is")
    func never() throws {
        #expect(
            try failure("reply: {contains: silver}, not: true", [reply("gold"), reply("silver")])?.hasPrefix("it must not be so, and is: ") == true)
        #expect(try failure("event: reply, absent: true", [reply("gold")])?.hasPrefix("this must not come, and did: ") == true)
    }

    @Test("Without an encoder meanings are not compared, and that is said")
    func noEncoder() throws {
        #expect(
            try expectation("{reply: {similar: x}}").failure(in: [reply("y")]) == "no sentence encoder is there to compare the reply with \"x\"")
    }

    @Test("Only what must not come has to wait for the end of its step")
    func wholeStep() throws {
        #expect(try !expectation("{reply: {}}").needsWholeStep)
        #expect(try !expectation("{reply: {}, count: {min: 2}}").needsWholeStep)
        for text in ["absent: true", "not: true", "optional: true", "count: 2"] { #expect(try expectation("{reply: {}, \(text)}").needsWholeStep) }
    }
}

@Suite("Word errors")
struct WordErrorRateTests {
    @Test(
        "are the least number of edits",
        arguments: [
            ("", "", 0, 0), ("a b c", "a b c", 0, 3), ("a c", "a b c", 1, 3), ("a x c", "a b c", 1, 3), ("a b b c", "a b c", 1, 3), ("", "a b", 2, 2),
            ("It's Gold!", "its gold", 0, 2), ("金戒指", "金 戒指。", 0, 3), ("a 金", "a 银", 1, 2), ("$500", "500", 0, 1),
        ])
    func errors(heard: String, said: String, errors: Int, words: Int) {
        let rate = WordErrorRate(of: heard, against: said)
        #expect(rate.errors == errors)
        #expect(rate.words == words)
    }
}
