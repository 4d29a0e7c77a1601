// Languages: which language a short text is in, of those that the text encoder knows (Universal Sentence Encoder Multilingual's sixteen, Chinese
// counted once for its two scripts).
//
// It owns tables of words, endings and letters. It must never keep a text, and reads at most its beginning.

/// A language with how sure it is.
public struct LanguageGuess: Equatable, Sendable {
    /// ISO 639-1.
    public var code: String
    /// 0 to 1; of all guesses about a text they add up to 1.
    public var confidence: Float
}

/// Tells languages apart: by their scripts, and those in Latin letters by small words, words of shopping, letters and endings.
///
/// A sentence of a customer has few words, so none of them decides alone: each adds to the languages that have it, the more the fewer they are,
/// and the sums become shares by softmax. Without any sign of another language Latin letters are English.
public enum Languages {
    /// Scalars that are read.
    static let scalarsMax = 2_000
    /// In the order in which equals are told.
    public static let known = ["en", "zh", "ja", "ko", "ar", "ru", "th"] + LatinWords.languages.dropFirst()

    /// The likeliest first; empty for a text without letters.
    public static func guesses(of text: String) -> [LanguageGuess] {
        let signs = ScriptSigns(text.unicodeScalars.prefix(scalarsMax))
        guard let script = signs.script else { return [] }
        guard script == .latin else { return [LanguageGuess(code: signs.language(of: script), confidence: signs.share(of: script))] }
        return LatinWords.guesses(of: signs.words)
    }

    /// The likeliest; nil for a text without letters.
    public static func guess(_ text: String) -> String? { guesses(of: text).first?.code }
}
