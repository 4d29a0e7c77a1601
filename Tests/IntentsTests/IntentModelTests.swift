import Testing

@testable import Intents

@Suite("Learning intents")
struct IntentModelTests {
    private static let examples: [Utterance] = [
        ("where is my parcel", "track"), ("has my parcel been sent", "track"), ("track my parcel please", "track"), ("我的包裹到哪了", "track"),
        ("包裹什么时候到", "track"), ("i want to send it back", "return"), ("how do i return this", "return"), ("return my ring please", "return"),
        ("我想退货", "return"), ("怎么退货", "return"),
    ].map { Utterance(text: $0.0, intent: $0.1) }

    private func trained(_ examples: [Utterance] = IntentModelTests.examples, threads: Int = 2) throws -> IntentModel {
        var options = IntentTrainer.Options()
        options.threads = threads
        return try IntentTrainer(options).train(examples, spaceID: "")
    }

    @Test("Sentences that were never seen are named by their words and letters, in both languages")
    func named() throws {
        let model = try trained()
        #expect(model.guess(Utterance(text: "parcels tracking")).intent == "track")
        #expect(model.guess(Utterance(text: "returning it")).intent == "return")
        #expect(model.guess(Utterance(text: "可以退货吗")).intent == "return")
        #expect(model.guess(Utterance(text: "包裹到了吗")).intent == "track")
    }

    @Test("Probabilities add up to 1 and the embedding counts beside the words")
    func embedding() throws {
        let examples = (0..<8).map { index in
            Utterance(text: "same words", embedding: index % 2 == 0 ? [1, 0] : [0, 1], intent: index % 2 == 0 ? "a" : "b")
        }
        let model = try trained(examples)
        let guess = model.guess(Utterance(text: "same words", embedding: [0, 1]))
        #expect(guess.intent == "b")
        #expect(abs(guess.all.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
    }

    @Test("The same examples give the same bytes, whatever the number of threads, and a file gives the same model back")
    func deterministic() throws {
        let bytes = try trained(threads: 1).encoded()
        #expect(try trained(threads: 4).encoded() == bytes)
        #expect(try IntentModel(decoding: bytes).guess(Utterance(text: "send back")) == trained().guess(Utterance(text: "send back")))
    }

    @Test("What is like no example falls below the threshold")
    func outOfScope() throws {
        var examples = IntentModelTests.examples
        for index in 0..<6 {
            examples.append(Utterance(text: "weather \(["rain", "snow", "sun", "fog", "wind", "hail"][index]) today", intent: "oos"))
        }
        let model = try trained(examples)
        #expect(model.inScopeCount == 2)
        #expect(!model.guess(Utterance(text: "weather today sun")).isInScope)
        #expect(model.guess(Utterance(text: "where is my parcel")).isInScope)
    }

    @Test("A file that is cut off, of another kind or of another version says so")
    func damaged() throws {
        let bytes = try trained().encoded()
        #expect(throws: IntentError.self) { try IntentModel(decoding: Array(bytes.dropLast(3))) }
        #expect(throws: IntentError("no intent model: it does not begin with VTINTENT")) { try IntentModel(decoding: Array("VTSOMETHINGELSE".utf8)) }
        var other = bytes
        other[8] = 9
        #expect(throws: IntentError("an intent model of version 9; this one reads 2")) { try IntentModel(decoding: other) }
    }

    @Test("One intent is none to choose from")
    func tooFew() {
        #expect(throws: IntentError("at least two intents are needed; the examples name 1")) {
            try trained([Utterance(text: "a", intent: "x"), Utterance(text: "b", intent: "x")])
        }
    }

    @Test("CSV: quotes, commas, line breaks, CRLF and a byte order mark")
    func csv() throws {
        let table = try CSVTable("\u{FEFF}text,intent\r\n\"a, \"\"b\"\"\nc\",x\r\nd,y\n")
        #expect(table.header == ["text", "intent"])
        #expect(table.rows == [["a, \"b\"\nc", "x"], ["d", "y"]])
        #expect(throws: IntentError("line 2: 1 fields, the header has 2")) { try CSVTable("text,intent\nonly\n") }
        #expect(throws: IntentError("line 2: a quoted field does not end")) { try CSVTable("text,intent\n\"open,x\n") }
    }
}
