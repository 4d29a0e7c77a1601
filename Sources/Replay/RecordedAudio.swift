public import Wire

/// Pieces of one microphone's signal, joined.
public struct RecordedAudio: Sendable, Equatable {
    public var encoding: AudioEncoding
    public var sampleRateHz: UInt32
    public var channels: UInt32
    public var samples: [UInt8]
    /// The microphone was switched off after it.
    public var isLast: Bool

    init(_ chunk: AudioChunk) {
        encoding = chunk.encoding
        sampleRateHz = chunk.sampleRateHz
        channels = chunk.channels
        samples = chunk.samples
        isLast = chunk.last
    }

    func continues(with next: RecordedAudio) -> Bool {
        !isLast && (encoding, sampleRateHz, channels) == (next.encoding, next.sampleRateHz, next.channels)
    }

    mutating func append(_ next: RecordedAudio) {
        samples += next.samples
        isLast = next.isLast
    }

    /// Nil for packets of Opus, which are no file by themselves.
    var file: (bytes: [UInt8], kind: String)? {
        switch encoding {
        case .opus: return nil
        case .file:
            let kinds = [("RIFF", "wav"), ("fLaC", "flac"), ("OggS", "ogg")]
            return (samples, kinds.first { samples.starts(with: $0.0.utf8) }?.1 ?? "bin")
        case .pcm16le, .f32le, .unspecified: return (wav, "wav")
        }
    }

    /// A WAV file: PCM16 or 32-bit floating point, as it was sent.
    private var wav: [UInt8] {
        let sampleBytes: UInt32 = encoding == .f32le ? 4 : 2
        func little(_ value: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) } }
        let count = UInt32(clamping: samples.count)
        let format =
            little(encoding == .f32le ? 3 : 1, 2) + little(channels, 2) + little(sampleRateHz, 4)
            + little(sampleRateHz &* channels &* sampleBytes, 4) + little(channels &* sampleBytes, 2) + little(8 * sampleBytes, 2)
        return Array("RIFF".utf8) + little(36 &+ count, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + format + Array("data".utf8) + little(count, 4)
            + samples
    }
}
