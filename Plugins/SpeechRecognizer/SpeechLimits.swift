/// Limits and defaults of the plugin, in one place.
enum SpeechLimits {
    static let sampleRateHz = 16_000
    static let sampleRateHzMin = 8_000
    static let sampleRateHzMax = 192_000
    static let channelsMax = 8
    /// Samples of one voice activity frame (32 ms), and how many of the samples before it the model sees as well.
    static let frameSamples = 512
    static let contextSamples = 64
    /// Longest piece given to the recogniser at once; Whisper sees at most 30 s.
    static let utteranceMsMax = 28_000
    /// Whisper emits at most about 12 tokens a second of speech, in the densest scripts.
    static let tokensPerSecondMax = 15
    static let tokensBase = 12
    static let tokensMax = 200
    /// Of what a partial transcript adds to the one before: more would seldom be words.
    static let partialTokensPerSecondMax = 10
    static let partialTokensBase = 4
    static let beamMax = 8
    /// A jump of capture time beyond what the samples account for is a gap in the signal.
    static let captureGapUsMin: UInt64 = 500_000
    /// Pieces of audio, and whole files, that may wait on a stream, however short they are: an hour in pieces of half a second has 7,200.
    static let piecesMax = 8_192
    /// A whole sound file.
    static let fileBytesMax = 32 << 20
    static let slotFileBytesMax = 1 << 20
    /// Whisper's context for what came before is half of its 448 positions.
    static let promptTokensMax = 160
    static let vocabularyBytesMax = 8 << 20
}
