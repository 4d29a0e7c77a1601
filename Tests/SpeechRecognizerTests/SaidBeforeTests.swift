import Testing

@testable import SpeechRecognizer

@Suite("What was said right before")
struct SaidBeforeTests {
    private let said = SaidBefore(language: 50_259, tokens: [1, 2, 3], endUs: 3_000_000)

    @Test("speech after a short pause may be the rest of a sentence", arguments: [3_000_000, 3_500_000, 4_999_999] as [UInt64])
    func rest(startUs: UInt64) { #expect(said.before(startUs: startUs) == said) }

    @Test("speech after a longer pause is heard without it")
    func another() { #expect(said.before(startUs: 5_000_000) == nil) }

    @Test("it comes last in what the decoder is told, in its own language alone, and what is expected gives way to it")
    func prompts() {
        #expect(Transcription.prompts(listing: [:], or: [7], before: nil).isEmpty)
        #expect(Transcription.prompts(listing: [50_259: [9], 50_260: [8]], or: [7], before: said) == [50_259: [9, 1, 2, 3], 50_260: [8]])
        #expect(Transcription.prompts(listing: [50_260: [8]], or: [7], before: said) == [50_259: [7, 1, 2, 3], 50_260: [8]])
        let long = Transcription.prompts(listing: [50_259: Array(repeating: 9, count: SpeechLimits.promptTokensMax)], or: [7], before: said)
        #expect(long[50_259]?.count == SpeechLimits.promptTokensMax && long[50_259]?.suffix(4) == [9, 1, 2, 3])
        var nothing = said
        nothing.tokens = []
        #expect(Transcription.prompts(listing: [50_260: [8]], or: [7], before: nothing) == [50_260: [8]])
    }
}
