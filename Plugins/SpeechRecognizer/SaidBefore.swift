/// What was said last: a pause may have cut a sentence in two, and who has heard its beginning understands the rest.
///
/// Whisper was trained with the text before a piece of speech in front of it (Radford et al. 2022, section 2.3).
struct SaidBefore: Equatable {
    /// Its token.
    var language: Int
    var tokens: [Int]
    /// When it ended, on the session's time line.
    var endUs: UInt64

    /// The end of a longer text is kept.
    static let tokensMax = 48
    /// After a longer pause something else is spoken of.
    static let pauseUsMax: UInt64 = 2_000_000

    /// Of speech that begins at `startUs`; nil when nothing was said right before it.
    func before(startUs: UInt64) -> SaidBefore? { startUs < endUs + Self.pauseUsMax ? self : nil }
}
