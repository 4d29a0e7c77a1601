import PluginKit
import Testing
import Wire

@testable import SpeechRecognizer

struct SpokenWordsTests {
    @Test func numbersAndUnitsAreWrittenOut() {
        #expect(
            SpokenWords.words(of: "A 16oz. Ring, 2-tone; 321 g") == [
                "a", "sixteen", "ounce", "ring", "two", "tone", "three", "hundred", "twenty", "one", "g",
            ])
        #expect(SpokenWords.words(of: "1000 x") == ["1000", "x"])
        #expect(SpokenWords.words(of: " … ") == [])
    }

    @Test func everyIdeographIsAWord() {
        #expect(SpokenWords.words(of: "大杯latte") == ["大", "杯", "latte"])
    }
}

struct SoundsLikeTests {
    private func likeness(_ a: String, _ b: String) -> Float { SoundsLike.likeness(SoundsLike.sounds(of: a), SoundsLike.sounds(of: b)) }

    @Test func spellingsOfOneSoundAreEqual() {
        #expect(likeness("cappuccino", "capuchino") == 1)
        #expect(likeness("quick", "kwik") > 0.7)
        #expect(likeness("", "") == 1)
    }

    @Test(arguments: [("matcha", "mocha"), ("skin", "skim"), ("kapuchino", "cappuccino"), ("americana", "americano"), ("rose", "roast")])
    func whatIsMisheardIsNear(heard: String, meant: String) {
        #expect(likeness(heard, meant) >= 0.7)
    }

    @Test(arguments: [("small", "large"), ("latte", "mocha"), ("single", "double"), ("light", "dark")])
    func whatMeansAnotherThingIsFar(heard: String, meant: String) {
        #expect(likeness(heard, meant) < 0.7)
    }

    @Test func theOrderDoesNotMatter() {
        for (a, b) in [("espresso", "expresso"), ("ring", "bracelet"), ("a", "")] { #expect(abs(likeness(a, b) - likeness(b, a)) < 1e-6) }
    }
}

struct SlotReaderTests {
    private func reader(_ json: String) throws -> SlotReader { try #require(try ExpectedSpeech(parsing: Array(json.utf8)).slots) }

    private func read(_ text: String) throws -> [String] {
        let menu = """
            {"slots": {"drink": ["coffee", "iced coffee", "mocha", "latte"], "size": ["small", "twelve ounce", "twenty ounce"],
             "milk": [" milk", "skim milk", "a bit of skim milk", "cream"]}}
            """
        return try reader(menu).read(text).map { "\($0.name)=\($0.value)" }
    }

    @Test func everySlotIsReadInTheOrderOfTheVocabulary() throws {
        #expect(
            try read("A 12oz iced coffee with a bit of skim milk, please") == ["drink=iced coffee", "size=twelve ounce", "milk=a bit of skim milk"])
    }

    @Test func whatWasMisheardIsRepaired() throws {
        #expect(try read("I'd like a smal matcha with skin milk") == ["drink=mocha", "size=small", "milk=skim milk"])
    }

    @Test func valuesAreToldWithoutSpacesAtTheirEnds() throws {
        #expect(try read("coffee with milk") == ["drink=coffee", "milk=milk"])
    }

    @Test func theLaterOfEqualsCounts() throws {
        #expect(try read("a latte no a mocha") == ["drink=mocha"])
    }

    @Test(arguments: ["", "what time do you close", "can I get the bill", "I want an answer now"]) func whatAsksForNothingHasNoSlots(text: String)
        throws
    {
        #expect(try read(text) == [])
    }

    @Test func aLongTranscriptTakesBoundedTime() throws {
        _ = try read(String(repeating: "twelve ounces of iced mocha ", count: 10_000))
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"slots\": 1}", "{\"slots\": {}}", "{\"slots\": {\"a\": 1}}", "{\"slots\": {\"a\": [1]}}", "{\"slots\": {\"a\": []}}",
        "{\"slots\": {\"a\": [\"x\"", "{\"words\": {}}", "{\"words\": []}", "{\"words\": {\"en\": \"ring\"}}",
        "{\"words\": {\"en\": [1]}}",
    ])
    func aFileThatIsNoVocabularyIsRefused(json: String) {
        do throws(PluginError) {
            _ = try ExpectedSpeech(parsing: Array(json.utf8))
            Issue.record("accepted \(json)")
        } catch {
            #expect(error.status.code == .invalidArgument)
        }
    }

    @Test func tooManyValuesAreRefused() {
        let values = (0...SlotReader.valuesMax).map { "\"v\($0)\"" }.joined(separator: ",")
        #expect(throws: PluginError.self) { try reader("{\"slots\": {\"a\": [\(values)]}}") }
    }
}

struct WordRepairTests {
    private static let names = ["topaz", "peridot", "onyx", "signet", "ring", "opal", "lapis lazuli", "gold", "bracelet", "amethyst"]
    private static let common: Set<String> = [
        "perry", "dot", "cold", "a", "the", "in", "i", "have", "and", "bring", "me", "solitary", "rings", "show",
    ]

    private func repaired(_ text: String) -> String { WordRepair(Self.names, isKnown: { Self.common.contains($0) }).repaired(text) }

    @Test(arguments: [
        ("Show me the topus ring.", "Show me the topaz ring."), ("a Perry dot ring", "a Peridot ring"),
        ("Opel, and lapis lasuly!", "Opal, and lapis lazuli!"),
        ("the onyxsignet ring", "the onyx signet ring"), ("ammethists", "amethysts"),
    ])
    func whatSoundsLikeANameBecomesIt(heard: String, meant: String) {
        #expect(repaired(heard) == meant)
    }

    @Test(arguments: [
        "I have a cold, bring me rings", "bracelets and opals", "gold-rings", "", "  ", "Wolfgang Tchaikovsky", "onyx ring", "戒指 ring",
        "Lapis lazuli",
    ])
    func everythingElseStays(text: String) {
        #expect(repaired(text) == text)
    }

    @Test func aLongTranscriptTakesBoundedTime() {
        let many = WordRepair((0..<5_000).map { "n\($0 % 26)ame" + String(repeating: "xyz", count: $0 % 7) }, isKnown: { _ in false })
        _ = many.repaired(String(repeating: "unheardof words ", count: 20_000))
    }
}

struct ExpectedWordsTests {
    @Test func wordsAreReadByLanguage() throws {
        let expected = try ExpectedSpeech(parsing: Array(#"{"words": {"en": [" ring ", ""], "zh": ["戒指"]}}"#.utf8))
        #expect(expected.slots == nil)
        #expect(expected.words.map(\.language) == ["en", "zh"] && expected.words.map(\.words) == [["ring"], ["戒指"]])
    }
}

struct PromptTests {
    @Test func wordsAreJoinedByTheLowestRank() throws {
        // 0 "a", 1 " b" in the fixture; " " alone is none of its tokens.
        let encoder = Vocabulary.Encoder(try Fixture.vocabulary())
        #expect(encoder.tokens(ofWord: "ba") == [1, 0])
    }

    @Test func aPromptHasEachWordOnceAndAnEnd() throws {
        let vocabulary = try Fixture.vocabulary()
        let encoder = Vocabulary.Encoder(vocabulary)
        #expect(vocabulary.prompt(expecting: ["b a", "ba b"], encoder: encoder, tokensMax: 100) == [1, 0, 1, 0])
        #expect(vocabulary.prompt(expecting: ["b ba"], encoder: encoder, tokensMax: 2) == [1])
    }
}

struct JSONTests {
    @Test func escapesAreRead() throws {
        let json = try SmallJSON(parsing: Array(#"["a\n\"\\\/", "\u00e9\ud83d\ude00"]"#.utf8))
        #expect(json == .list([.string("a\n\"\\/"), .string("é😀")]))
    }

    @Test(arguments: [#"["\x"]"#, #"["\u12"]"#, #"["\ud83d"]"#, #"["\ud83dx"]"#, #"["\udc00"]"#, #"["\"#, #"["\u"#])
    func whatIsNoEscapeIsAnError(text: String) {
        #expect(throws: SmallJSONError.self) { try SmallJSON(parsing: Array(text.utf8)) }
    }
}
