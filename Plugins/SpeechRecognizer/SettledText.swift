import ChineseScript
import PluginKit
import Wire

/// The beginning of an utterance's text that was told as settled. It never changes: whatever is told later begins with it.
///
/// Tokens are settled when two partial transcripts in a row agree on them ("LocalAgreement-2", Liu et al. 2020), except the last
/// `wordsOpen` words, which may still turn into others, and nothing that repeats itself: half a word at the end of what was said so far makes
/// the decoder go round in circles.
struct SettledText: Equatable, Sendable {
    static let wordsOpen = 3

    /// What the decoder is held to.
    private(set) var tokens: [Int] = []
    /// As it was told.
    private(set) var text = ""
    /// BCP 47; "" while nothing is settled.
    private(set) var language = ""
    /// The partial transcript before.
    private var latest: [Int] = []

    /// What the partial transcript before had behind that which is settled: the next one may have it too.
    var draft: [Int] { Array(latest.dropFirst(tokens.count)) }

    /// Takes in a partial transcript, which was told as `partial.text`.
    /// - Parameter promises: false where nothing more can be promised.
    /// - Throws: INTERNAL when Chinese text cannot be converted.
    mutating func agree(_ partial: Transcription.Words, _ recognizer: some TextMaking, promises: Bool = true) throws(PluginError) {
        var common = zip(latest, partial.tokens).prefix { $0 == $1 }.count
        latest = partial.tokens
        guard promises else { return }
        for _ in 0..<Self.wordsOpen where common > tokens.count {
            repeat { common -= 1 } while common > tokens.count && !recognizer.beginsWord(partial.tokens[common])
        }
        guard common > tokens.count else { return }
        let head = Array(partial.tokens[..<common])
        guard !Repetition.stutters(head) else { return }
        let told = try whole(head, language: partial.language, recognizer)
        guard partial.text.utf8.starts(with: told.utf8), !endsWithinWord(told, of: partial.text) else { return }
        tokens = head
        text = told
        language = partial.language
    }

    /// The text goes on with a letter: the rest of a word that was repaired as a whole.
    private func endsWithinWord(_ told: String, of text: String) -> Bool {
        guard let next = text.utf8.dropFirst(told.utf8.count).first else { return false }
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(next | 0x20)
    }

    /// The text of `tokens`, which begin with the settled ones: those as they were told, then the rest.
    func whole(_ tokens: [Int], language: String, _ recognizer: some TextMaking) throws(PluginError) -> String {
        let rest = Array(tokens.dropFirst(self.tokens.count))
        guard language == "zh" else { return TokenText.trimmed(text + recognizer.repaired(recognizer.text(of: rest), language: language)) }
        return TokenText.trimmed(TokenText.withoutSpacesBetweenHan(text + (try recognizer.simplified(recognizer.text(of: rest)))))
    }
}

/// What turns tokens into text.
protocol TextMaking {
    /// White space at the ends included.
    func text(of tokens: [Int]) -> String
    /// The token begins a word, or a character of a script without spaces.
    func beginsWord(_ token: Int) -> Bool
    /// - Throws: INTERNAL when it cannot be converted.
    func simplified(_ text: String) throws(PluginError) -> String
    /// With the words that are expected in the place of what sounds like them.
    func repaired(_ text: String, language: String) -> String
}

extension Recognizer: TextMaking {
    func text(of tokens: [Int]) -> String { TokenText.text(of: tokens, in: vocabulary) }
    func beginsWord(_ token: Int) -> Bool { vocabulary.beginsWord(token) }
    func repaired(_ text: String, language: String) -> String { repairs[language]?.repaired(text) ?? text }
    /// Whether it speaks of what is expected in its language; nil = nothing is.
    func isOfNames(_ text: String, language: String) -> Bool? { repairs[language]?.isOfNames(text) }
    func simplified(_ text: String) throws(PluginError) -> String {
        do throws(ChineseScriptError) {
            return try script.simplified(text)
        } catch {
            throw PluginError(.internalError, error.message)
        }
    }
}
