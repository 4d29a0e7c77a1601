import ChineseScript
import PluginKit
import Testing
import Wire

@testable import SpeechRecognizer

/// A vocabulary of 12 tokens: 0 "a", 1 " b", 2 and 3 the halves of "é", 4 suppressed, 5 not at the beginning, 6 end, 7 start,
/// 8 "en", 9 "zh", 10 transcribe and no speech, 11 no timestamps.
enum Fixture {
    static let tokens: [UInt8] = {
        var file: [UInt8] = [12, 0, 0, 0]
        for text in [[0x61], [0x20, 0x62], [0xc3], [0xa9], [0x78], [0x79]] as [[UInt8]] { file += [UInt8(text.count), 0] + text }
        for _ in 0..<6 { file += [0xff, 0xff, 2, 0, 0x3c, 0x3e] }
        return file
    }()

    static let settings = Array(
        """
        {"special": {"end_of_text": 6, "start_of_transcript": 7, "start_of_previous": 11, "transcribe": 10, "no_speech": 10, "no_timestamps": 11},
         "languages": {"8": "en", "9": "zh"}, "suppress": [4], "suppress_begin": [5, 6], "step": 0.02}
        """.utf8)

    static func vocabulary() throws -> Vocabulary { try Vocabulary(tokens: tokens, settings: settings) }
}

struct VocabularyTests {
    @Test func tokensHaveTheirBytesAndSpecialOnesNone() throws {
        let vocabulary = try Fixture.vocabulary()
        #expect(vocabulary.count == 12)
        #expect(Array(vocabulary.bytes(of: 1)) == [0x20, 0x62])
        #expect(vocabulary.bytes(of: 7).isEmpty && vocabulary.bytes(of: 99).isEmpty && vocabulary.bytes(of: -1).isEmpty)
    }

    @Test func languagesAreFoundByTheirPrimarySubtag() throws {
        let vocabulary = try Fixture.vocabulary()
        #expect(vocabulary.token(ofLanguage: "zh-Hans-CN") == 9)
        #expect(vocabulary.token(ofLanguage: "EN") == 8)
        #expect(vocabulary.token(ofLanguage: "") == nil)
        #expect(vocabulary.code(ofLanguage: 9) == "zh")
    }

    @Test func whatMayNotBeChosenIsRuledOut() throws {
        let vocabulary = try Fixture.vocabulary()
        #expect((0..<12).filter { vocabulary.bias[$0] == 0 } == [0, 1, 2, 3, 5, 6])
        #expect((0..<12).filter { vocabulary.firstBias[$0] == 0 } == [0, 1, 2, 3])
    }

    @Test func aCutOffFileIsRefusedWhereverItEnds() {
        for length in 0..<Fixture.tokens.count {
            #expect(throws: PluginError.self) { try Vocabulary(tokens: Array(Fixture.tokens[..<length]), settings: Fixture.settings) }
        }
        for length in 0..<Fixture.settings.count {
            #expect(throws: PluginError.self) { try Vocabulary(tokens: Fixture.tokens, settings: Array(Fixture.settings[..<length])) }
        }
    }

    @Test func deepNestingIsRefused() {
        let text = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: SmallJSONError.self) { try SmallJSON(parsing: text) }
    }
}

struct TokenTextTests {
    @Test func aCharacterMayBeSpreadOverTokens() throws {
        #expect(TokenText.text(of: [0, 2, 3, 1], in: try Fixture.vocabulary()) == "aé b")
    }

    @Test func anUnfinishedCharacterIsLeftOut() throws {
        let vocabulary = try Fixture.vocabulary()
        #expect(TokenText.text(of: [0, 2], in: vocabulary) == "a")
        #expect(TokenText.text(of: [0, 3, 1], in: vocabulary) == "a b")
    }

    @Test func theEndsAreTrimmed() throws {
        #expect(TokenText.trimmed(TokenText.text(of: [1, 0], in: try Fixture.vocabulary())) == "ba")
        #expect(TokenText.trimmed(" \n") == "")
    }

    @Test func spacesGoBetweenHanOnly() {
        #expect(TokenText.withoutSpacesBetweenHan("广州市 房地产 in 上海 ，好") == "广州市房地产 in 上海，好")
    }
}

struct TokenScoresTests {
    private func best(_ count: Int, _ logits: [Float], _ bias: [Float]) -> [TokenScores.Candidate] {
        logits.withUnsafeBufferPointer { TokenScores.best(count, of: $0, bias: bias) }
    }

    @Test func probabilitiesAreOfWhatMayBeChosen() {
        let found = best(2, [1, 3, 9, 2], [0, 0, -.infinity, 0])
        #expect(found.map(\.token) == [1, 3])
        // 1 / (1 + e⁻¹ + e⁻²)
        #expect(abs(exponential(found[0].logProbability) - 0.66524) < 1e-4)
    }

    @Test func theLowerTokenWinsATie() {
        #expect(best(3, [1, 1, 1, 1], [0, 0, 0, 0]).map(\.token) == [0, 1, 2])
    }

    @Test func nothingIsFoundWhereNothingMayBeChosen() {
        #expect(best(1, [1, 2], [-.infinity, -.infinity]).isEmpty)
    }

    @Test func theLikeliestOfTheLanguagesAskedForIsDetected() {
        let logits: [Float] = [0, 5, 2, 1, 4]
        let found = logits.withUnsafeBufferPointer { TokenScores.detect($0, noSpeech: 4, languages: [2, 3]) }
        #expect(found.language == 2)
        #expect(abs(found.languageProbability - 0.73106) < 1e-4)
        #expect(abs(found.noSpeech - 0.25370) < 1e-2)
    }
}

struct WhisperDecoderStateTests {
    private static let special = Vocabulary.Special(
        endOfText: 6, startOfTranscript: 7, startOfPrevious: 11, transcribe: 10, noSpeech: 10, noTimestamps: 11)
    private typealias Candidate = TokenScores.Candidate

    private func machine(beam: Int = 1, tokensMax: Int = 20) -> WhisperDecoderState {
        WhisperDecoderState(special: Self.special, options: .init(beam: beam, tokensMax: tokensMax, languages: [8, 9]))
    }

    private let heard = TokenScores.Detection(noSpeech: 0.01, language: 9, languageProbability: 0.9)

    @Test func thePromptNamesTheLanguageAndFollowsTheDetection() {
        var state = machine()
        #expect(state.begin() == .detect(.init(tokens: [7], parent: nil), languages: [8, 9]))
        #expect(state.detected(heard) == .decode([.init(tokens: [9, 10, 11], parent: 0)], candidates: 2, first: true))
    }

    @Test func withoutSpeechNothingIsDecoded() {
        var state = machine()
        _ = state.begin()
        guard case .finished(let outcome) = state.detected(.init(noSpeech: 0.8, language: 8, languageProbability: 1)) else {
            Issue.record("decodes silence")
            return
        }
        #expect(outcome.tokens.isEmpty && outcome.noSpeech == 0.8)
    }

    @Test func greedyTakesTheLikeliestUntilTheEnd() {
        var state = machine()
        _ = state.begin()
        _ = state.detected(heard)
        #expect(
            state.decoded([[.init(token: 0, logProbability: -0.1), .init(token: 1, logProbability: -3)]])
                == .decode([.init(tokens: [0], parent: 0)], candidates: 2, first: false))
        guard case .finished(let outcome) = state.decoded([[.init(token: 6, logProbability: -0.3), .init(token: 1, logProbability: -3)]]) else {
            Issue.record("does not end")
            return
        }
        #expect(outcome.tokens == [0] && outcome.language == 9 && !outcome.looped)
        #expect(abs(outcome.averageLogProbability + 0.2) < 1e-6)
    }

    @Test func aBeamFindsWhatGreedyMisses() {
        var state = machine(beam: 2)
        _ = state.begin()
        _ = state.detected(heard)
        _ = state.decoded([[.init(token: 0, logProbability: -0.5), .init(token: 1, logProbability: -0.9)]])
        let step = state.decoded([
            [.init(token: 2, logProbability: -2), .init(token: 3, logProbability: -2.1)],
            [.init(token: 5, logProbability: -0.1), .init(token: 3, logProbability: -4)],
        ])
        // The second hypothesis goes on first: it is now the likelier one.
        #expect(step == .decode([.init(tokens: [5], parent: 1), .init(tokens: [2], parent: 0)], candidates: 3, first: false))
        _ = state.decoded([[.init(token: 6, logProbability: -0.1)], [.init(token: 6, logProbability: -0.1)]])
        // Both hypotheses have ended.
    }

    /// Poorer endings that come a step earlier do not end the search while a likelier hypothesis goes on.
    @Test func aLikelierHypothesisIsHeardOut() {
        var state = machine(beam: 2)
        _ = state.begin()
        _ = state.detected(heard)
        _ = state.decoded([[.init(token: 0, logProbability: -0.1), .init(token: 1, logProbability: -2)]])
        let step = state.decoded([
            [.init(token: 0, logProbability: -0.1), .init(token: 6, logProbability: -3)],
            [.init(token: 6, logProbability: -0.5), .init(token: 1, logProbability: -5)],
        ])
        #expect(step == .decode([.init(tokens: [0], parent: 0), .init(tokens: [1], parent: 1)], candidates: 3, first: false))
        let last = state.decoded([
            [.init(token: 6, logProbability: -0.1), .init(token: 1, logProbability: -4)], [.init(token: 2, logProbability: -1)],
        ])
        guard case .finished(let outcome) = last else {
            Issue.record("goes on though nothing likelier is left")
            return
        }
        #expect(outcome.tokens == [0, 0])
    }

    @Test func whatIsExpectedComesBeforeTheTranscript() {
        var state = WhisperDecoderState(special: Self.special, options: .init(languages: [8], prompt: [3, 4]))
        #expect(state.begin() == .detect(.init(tokens: [11, 3, 4, 7], parent: nil), languages: [8]))
    }

    @Test func wordsOfALanguageAreExpectedOnceItIsKnown() {
        var state = WhisperDecoderState(special: Self.special, options: .init(languages: [8, 9], prompts: [9: [3, 4]]))
        #expect(state.begin() == .detect(.init(tokens: [7], parent: nil), languages: [8, 9]))
        #expect(
            state.detected(.init(noSpeech: 0, language: 9, languageProbability: 1))
                == .decode([.init(tokens: [11, 3, 4, 7, 9, 10, 11], parent: nil)], candidates: 2, first: true))
        // Of the other language none are named: it goes on behind what was heard.
        #expect(
            state.detected(.init(noSpeech: 0, language: 8, languageProbability: 1))
                == .decode([.init(tokens: [8, 10, 11], parent: 0)], candidates: 2, first: true))
    }

    @Test func aLanguageThatIsKnownIsNotLookedFor() {
        var plain = WhisperDecoderState(special: Self.special, options: .init(languages: [9], isKnown: true, prompt: [3, 4]), forced: [2])
        #expect(plain.begin() == .decode([.init(tokens: [11, 3, 4, 7, 9, 10, 11, 2], parent: nil)], candidates: 2, first: false))
        var listed = WhisperDecoderState(special: Self.special, options: .init(languages: [9], isKnown: true, prompts: [9: [3]]), forced: [2])
        #expect(listed.begin() == .decode([.init(tokens: [11, 3, 7, 9, 10, 11, 2], parent: nil)], candidates: 2, first: false))
    }

    @Test func whatWasSettledStaysAtTheBeginning() {
        var state = WhisperDecoderState(special: Self.special, options: .init(languages: [8]), forced: [2, 3])
        _ = state.begin()
        // Even when the decoder doubts that it hears speech.
        #expect(
            state.detected(.init(noSpeech: 0.9, language: 8, languageProbability: 1))
                == .decode([.init(tokens: [8, 10, 11, 2, 3], parent: 0)], candidates: 2, first: false))
        guard case .finished(let outcome) = state.decoded([[.init(token: 6, logProbability: -0.1)]]) else {
            Issue.record("does not end")
            return
        }
        #expect(outcome.tokens == [2, 3])
    }

    @Test func theTokenCapEndsTheTranscript() {
        var state = machine(tokensMax: 3)
        _ = state.begin()
        var step = state.detected(heard)
        var steps = 0
        while case .decode = step {
            step = state.decoded([[.init(token: steps % 2, logProbability: -0.1), .init(token: 2, logProbability: -5)]])
            steps += 1
            guard steps < 10 else { break }
        }
        guard case .finished(let outcome) = step else {
            Issue.record("never ends")
            return
        }
        #expect(outcome.tokens == [0, 1, 0])
    }

    @Test func aLoopIsCutToWhatWasSaidOnce() {
        var state = machine(tokensMax: 100)
        _ = state.begin()
        var step = state.detected(heard)
        var steps = 0
        while case .decode = step, steps < 90 {
            step = state.decoded([[.init(token: steps % 3, logProbability: -0.1), .init(token: 5, logProbability: -5)]])
            steps += 1
        }
        guard case .finished(let outcome) = step else {
            Issue.record("never ends")
            return
        }
        #expect(outcome.looped && outcome.tokens == [0, 1, 2])
    }

    @Test func theCapGrowsWithTheAudio() {
        #expect(WhisperDecoderState.tokensMax(durationMs: 0) == 12)
        #expect(WhisperDecoderState.tokensMax(durationMs: 2_000) == 42)
        #expect(WhisperDecoderState.tokensMax(durationMs: 60_000) == 200)
        // A partial transcript adds what fits into what is new.
        #expect(WhisperDecoderState.tokensMax(durationMs: 6_000, known: 20, freshMs: 300) == 27)
        #expect(WhisperDecoderState.tokensMax(durationMs: 6_000, known: 100, freshMs: 6_000) == 102)
    }

    /// Whatever the scores: it ends within the cap, and every run continues a hypothesis of the step before.
    @Test(arguments: 0..<100) func alwaysEnds(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let beam = 1 + seed % 5
        var state = machine(beam: beam, tokensMax: 30)
        _ = state.begin()
        var step = state.detected(heard)
        var width = 1
        var steps = 0
        while case .decode(let runs, let candidates, _) = step {
            #expect(runs.count <= beam && runs.allSatisfy { ($0.parent ?? 0) < width })
            width = runs.count
            let scores = runs.map { _ in
                (0..<candidates).map { index in
                    Candidate(token: Int(random.next() % 7), logProbability: -Float(random.next() % 1000) / 500 - Float(index))
                }
            }
            step = state.decoded(scores)
            steps += 1
            guard steps <= 31 else {
                Issue.record("goes on beyond the cap")
                return
            }
        }
        guard case .finished(let outcome) = step else { return }
        #expect(outcome.tokens.count <= 30 && outcome.confidence >= 0 && outcome.confidence <= 1)
        #expect(!outcome.tokens.contains(6))
    }
}

@Suite("A draft of what was said")
struct DraftTests {
    private static let special = Vocabulary.Special(
        endOfText: 6, startOfTranscript: 7, startOfPrevious: 11, transcribe: 10, noSpeech: 10, noTimestamps: 11)

    /// What a decoder writes that goes on with `next` behind what was written: the outcome, and how often the decoder ran.
    private func written(
        draft: [Int], forced: [Int] = [], beam: Int = 1, _ next: ([Int]) -> Int
    ) throws -> (tokens: [Int], probability: Float, runs: Int) {
        var state = WhisperDecoderState(
            special: Self.special, options: .init(beam: beam, tokensMax: 30, languages: [8], draft: draft), forced: forced)
        func scores(_ text: [Int]) -> [TokenScores.Candidate] {
            let best = next(text)
            return [.init(token: best, logProbability: -0.1), .init(token: best == 0 ? 1 : 0, logProbability: -3)]
        }
        _ = state.begin()
        var step = state.detected(.init(noSpeech: 0, language: 8, languageProbability: 1))
        var seen: [[Int]] = []
        var before: [Int] = []
        var runs = 0
        while true {
            runs += 1
            switch step {
            case .decode(let given, _, _):
                seen = given.map { run in
                    let new = runs == 1 ? Array(run.tokens.dropFirst(3)) : run.tokens
                    return (runs == 1 ? [] : seen[run.parent ?? 0]) + new
                }
                step = state.decoded(seen.map(scores))
            case .check(let run, _):
                before = seen[0]
                seen = [before + run.tokens]
                step = state.checked((1...run.tokens.count).map { scores(before + run.tokens[..<$0]) })
            case .redo(let run, _):
                seen = [before + run.tokens]
                step = state.decoded(seen.map(scores))
            case .finished(let outcome): return (outcome.tokens, outcome.averageLogProbability, runs - 1)
            case .detect: throw RPCStatus(.internalError, "detects twice")
            }
        }
    }

    @Test("that stands is checked in one step, and the words behind it are written")
    func stands() throws {
        let text = [0, 1, 2, 3, 5, 0, 2]
        func next(_ written: [Int]) -> Int { written.count < text.count ? text[written.count] : 6 }
        let plain = try written(draft: [], next)
        let checked = try written(draft: Array(text[..<5]), next)
        #expect(plain.tokens == text && plain.runs == 8)
        // The first token, the check, which gives the sixth, and what follows.
        #expect(checked.tokens == text && checked.probability == plain.probability && checked.runs == 4)
        #expect(try written(draft: text, next).runs == 2)
        #expect(try written(draft: text + [1, 2], next).tokens == text)
        #expect(try written(draft: Array(text[2...]), forced: Array(text[..<2]), next).tokens == text)
    }

    @Test("is written anew from where it does not stand")
    func falls() throws {
        let text = [0, 1, 2, 3, 5, 0, 2]
        func next(_ written: [Int]) -> Int { written.count < text.count ? text[written.count] : 6 }
        let redone = try written(draft: [0, 1, 2, 2, 2], next)
        #expect(redone.tokens == text && redone.runs == 6)
        // From its beginning: nothing is checked.
        #expect(try written(draft: [1, 1, 1, 1], next).runs == 8)
        // Shorter than it is worth, or for a wider beam.
        #expect(try written(draft: [0, 1], next).runs == 8)
        #expect(try written(draft: text, beam: 2, next).tokens == text)
    }

    @Test("changes nothing about what is written, whatever it says", arguments: 0..<200)
    func same(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let length = Int(random.next() % 25)
        let salt = random.next()
        func next(_ written: [Int]) -> Int {
            guard written.count < length else { return 6 }
            var hash = SplitMix(state: written.reduce(salt) { $0 &* 31 &+ UInt64($1) })
            return Int(hash.next() % 6)
        }
        let plain = try written(draft: [], next)
        var draft = plain.tokens
        for _ in 0..<Int(random.next() % 3) where !draft.isEmpty { draft[Int(random.next() % UInt64(draft.count))] = Int(random.next() % 6) }
        if random.next() % 2 == 0 { draft += [1, 2, 3] }
        let checked = try written(draft: draft, next)
        #expect(checked.tokens == plain.tokens && checked.probability == plain.probability, "\(draft)")
    }
}

struct RepetitionTests {
    @Test func peopleMayRepeatThemselves() {
        #expect(Repetition.loopLength([1, 1]) == nil)
        #expect(Repetition.loopLength([3, 1, 2, 1, 2, 1, 2, 1, 2]) == nil)
        #expect(Repetition.loopLength([Int](repeating: 5, count: 7)) == nil)
        #expect(Repetition.loopLength([1, 2, 3, 4, 1, 2, 3, 4]) == nil)
        #expect(Repetition.loopLength([]) == nil)
    }

    @Test func theLongerThePieceTheFewerRepeatsMakeALoop() {
        #expect(Repetition.loopLength([9, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) == 8)
        #expect(Repetition.loopLength([Int](repeating: 5, count: 8)) == 7)
        #expect(Repetition.loopLength([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]) == 8)
        let sentence = Array(0..<20)
        #expect(Repetition.loopLength([77] + sentence + sentence) == 20)
        let long = Array(0..<Repetition.pieceTokensMax)
        #expect(Repetition.loopLength(long + long) == Repetition.pieceTokensMax)
    }

    /// The same sentence again and again with a number that counts up: no two pieces are equal.
    @Test func aLoopThatChangesALittleIsMonotonous() {
        let counting = (0..<8).flatMap { [1, 2, 3, 4, 5, 6, 100 + $0] }
        #expect(Repetition.loopLength(counting) == nil)
        #expect(Repetition.isMonotonous(counting))
        #expect(Repetition.beforeFirstRepeat(counting, keeping: 0) == [1, 2, 3, 4, 5, 6, 100])
        #expect(Repetition.beforeFirstRepeat(counting, keeping: 9).count == 9)
        #expect(!Repetition.isMonotonous(Array(0..<60)))
    }

    /// Whatever loops the scores suggest, no transcript comes out with one in it.
    @Test(arguments: 1...60) func noTranscriptLoops(piece: Int) {
        var state = WhisperDecoderState(
            special: .init(endOfText: 100, startOfTranscript: 101, startOfPrevious: 102, transcribe: 103, noSpeech: 104, noTimestamps: 105),
            options: .init(beam: 1, tokensMax: 200, languages: [106]))
        _ = state.begin()
        var step = state.detected(.init(noSpeech: 0, language: 106, languageProbability: 1))
        var written = 0
        while case .decode = step {
            step = state.decoded([[.init(token: written % piece, logProbability: -0.1), .init(token: 99, logProbability: -9)]])
            written += 1
        }
        guard case .finished(let outcome) = step else {
            Issue.record("never ends")
            return
        }
        #expect(outcome.looped && outcome.tokens.count <= max(piece, 24))
        #expect(Repetition.loopLength(outcome.tokens) == nil && !Repetition.isMonotonous(outcome.tokens))
    }
}

struct ChineseScriptTests {
    @Test func traditionalBecomesSimplified() throws {
        let script = try Simplifier()
        #expect(try script.simplified("廣州市房地產仲介協會 necklace 脚") == "广州市房地产仲介协会 necklace 脚")
        #expect(try script.simplified("") == "")
    }
}
