import PluginKit
import Testing
import Wire

@testable import SpeechRecognizer

/// Token n is the text of `pieces[n]`.
private struct Pieces: TextMaking {
    var pieces: [String]
    var replacements: [Character: Character] = [:]

    func text(of tokens: [Int]) -> String { tokens.map { pieces[$0] }.joined() }
    func beginsWord(_ token: Int) -> Bool { pieces[token].first.map { $0 == " " || !$0.isASCII } ?? true }
    func simplified(_ text: String) throws(PluginError) -> String { String(text.map { replacements[$0] ?? $0 }) }

    func repaired(_ text: String, language: String) -> String { language == "en" ? text.replacing(" lat te", with: " latte") : text }

    func words(_ tokens: [Int], after settled: SettledText, language: String = "en") throws -> Transcription.Words {
        Transcription.Words(text: try settled.whole(tokens, language: language, self), language: language, confidence: 1, tokens: tokens)
    }
}

struct SettledTextTests {
    private let english = Pieces(pieces: [" I", " want", " a", " late", " lat", "te", " please", " now"])

    private func tell(_ partials: [[Int]], _ pieces: Pieces, language: String = "en") throws -> [(text: String, settled: String)] {
        var settled = SettledText()
        return try partials.map { tokens in
            let words = try pieces.words(tokens, after: settled, language: language)
            try settled.agree(words, pieces)
            return (words.text, settled.text)
        }
    }

    @Test func nothingIsSettledByOnePartial() throws {
        #expect(try tell([[0, 1, 2, 3]], english)[0].settled == "")
    }

    @Test func whatTwoAgreeOnIsSettledButForTheLastWords() throws {
        let told = try tell([[0, 1, 2, 3], [0, 1, 2, 4, 5], [0, 1, 2, 4, 5, 6], [0, 1, 2, 4, 5, 6, 7], [0, 1, 2, 4, 5, 6, 7, 7]], english)
        #expect(told.map(\.settled) == ["", "", "I", "I want", "I want a"])
        for (text, settled) in told { #expect(text.hasPrefix(settled)) }
    }

    @Test(
        "What goes round in circles is not settled, however often it is said; what stood before it stays",
        arguments: [
            [0, 1, 2, 3, 5, 0, 1, 2, 3, 6, 7, 6], [0, 1, 2, 3, 6, 6, 6, 7, 7, 3], [0, 1, 2, 5, 6, 5, 6, 5, 6, 7, 3, 4],
        ])
    func circles(tokens: [Int]) throws {
        let told = try tell([Array(tokens[..<6]), Array(tokens[..<6]), tokens, tokens, tokens], english)
        #expect(told[1].settled.isEmpty == false && told.last?.settled == told[1].settled)
        let straight = [0, 1, 2, 5, 5, 6, 7, 3, 4, 1, 2, 5]
        #expect(try tell([straight, straight], english)[1].settled.hasSuffix("late"), "twice is no circle")
    }

    @Test func whatIsSettledNeverChanges() throws {
        var random = SplitMix(state: 3)
        for _ in 0..<200 {
            var settled = SettledText()
            for _ in 0..<12 {
                let before = settled
                let tokens = settled.tokens + (0..<Int(random.next() % 7)).map { _ in Int(random.next() % 8) }
                let words = try english.words(tokens, after: settled)
                #expect(words.text.hasPrefix(before.text))
                try settled.agree(words, english)
                #expect(settled.tokens.starts(with: before.tokens) && settled.text.hasPrefix(before.text) && words.text.hasPrefix(settled.text))
            }
        }
    }

    @Test func whatIsRepairedIsSettledAsItWasTold() throws {
        let pieces = Pieces(pieces: [" I", " want", " lat", " te", " please", " now", " or"])
        let told = try tell([[0, 1, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6, 6]], pieces)
        #expect(told.map(\.text) == ["I want latte", "I want latte please", "I want latte please now or", "I want latte please now or or"])
        for (text, settled) in told { #expect(text.hasPrefix(settled)) }
        #expect(told.last?.settled == "I want latte")
    }

    @Test func chineseIsSettledAsItWasTold() throws {
        let chinese = Pieces(pieces: ["我", "想", "買", "戒", "指", "項"], replacements: ["買": "买", "項": "项"])
        let told = try tell([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 3]], chinese, language: "zh")
        #expect(told[2].text == "我想买戒指项戒")
        #expect(told[2].settled == "我想买")
    }
}
