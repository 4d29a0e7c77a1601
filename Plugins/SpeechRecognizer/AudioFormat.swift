import PluginKit
import Wire

/// How the samples of one microphone are laid out. Only formats that can be read exist.
struct AudioFormat: Equatable, Sendable {
    var encoding: AudioEncoding
    var sampleRateHz: Int
    var channels: Int

    /// - Throws: INVALID_ARGUMENT that says what is allowed.
    init(encoding: AudioEncoding, sampleRateHz: Int, channels: Int) throws(PluginError) {
        guard encoding == .pcm16le || encoding == .f32le || encoding == .opus else {
            throw PluginError(.invalidArgument, "audio needs an encoding: PCM16LE, F32LE, OPUS or FILE")
        }
        guard (SpeechLimits.sampleRateHzMin...SpeechLimits.sampleRateHzMax).contains(sampleRateHz) else {
            throw PluginError(
                .invalidArgument,
                "audio at \(sampleRateHz) Hz; allowed are \(SpeechLimits.sampleRateHzMin) to \(SpeechLimits.sampleRateHzMax) Hz")
        }
        guard (1...SpeechLimits.channelsMax).contains(channels) else {
            throw PluginError(.invalidArgument, "audio with \(channels) channels; allowed are 1 to \(SpeechLimits.channelsMax)")
        }
        if encoding == .opus {
            guard OpusPackets.ratesHz.contains(sampleRateHz), channels <= 2 else {
                throw PluginError(
                    .invalidArgument,
                    "Opus at \(sampleRateHz) Hz with \(channels) channels; allowed are "
                        + "\(OpusPackets.ratesHz.map(String.init).joined(separator: ", ")) Hz and 1 or 2 channels")
            }
        }
        self.encoding = encoding
        self.sampleRateHz = sampleRateHz
        self.channels = channels
    }

    /// Of PCM; Opus has none.
    var bytesPerSample: Int { encoding == .pcm16le ? 2 : 4 }

    /// Bytes of one sample of every channel.
    var bytesPerFrame: Int { bytesPerSample * channels }

    /// How long `bytes` last, in samples of one channel at the format's rate.
    /// - Throws: INVALID_ARGUMENT when they end within a sample, or are no Opus packet.
    func frames(in bytes: UnsafeRawBufferPointer) throws(PluginError) -> Int {
        if encoding == .opus { return try OpusPackets.samples(of: bytes, rateHz: sampleRateHz) }
        try checkLength(bytes.count)
        return bytes.count / bytesPerFrame
    }

    /// - Throws: INVALID_ARGUMENT when `byteCount` ends within a sample.
    func checkLength(_ byteCount: Int) throws(PluginError) {
        guard byteCount % bytesPerFrame == 0 else {
            throw PluginError(
                .invalidArgument,
                "audio of \(byteCount) bytes ends within a sample; allowed are multiples of \(bytesPerFrame) "
                    + "(\(bytesPerSample) bytes times \(channels) channels)")
        }
    }

    /// The mean of the channels, full scale ±1. Float samples beyond full scale are clipped.
    /// - Throws: INVALID_ARGUMENT when a length is wrong or a float sample is not a finite number.
    func mono(_ bytes: UnsafeRawBufferPointer) throws(PluginError) -> [Float] {
        try checkLength(bytes.count)
        let count = bytes.count / bytesPerFrame
        let scale = 1 / Float(channels)
        var result = [Float](repeating: 0, count: count)
        for frame in 0..<count {
            var sum: Float = 0
            for channel in 0..<channels { sum += sample(bytes, at: (frame * channels + channel) * bytesPerSample) }
            guard sum.isFinite else {
                throw PluginError(.invalidArgument, "audio sample \(frame) is not a finite number; allowed are floats from -1 to 1")
            }
            result[frame] = max(-1, min(1, sum * scale))
        }
        return result
    }

    /// The mean of interleaved channels.
    static func mono(_ interleaved: ArraySlice<Float>, channels: Int) -> [Float] {
        guard channels > 1 else { return Array(interleaved) }
        let scale = 1 / Float(channels)
        return stride(from: interleaved.startIndex, to: interleaved.endIndex, by: channels).map { start in
            interleaved[start..<start + channels].reduce(0, +) * scale
        }
    }

    private func sample(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Float {
        switch encoding {
        case .pcm16le: Float(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))) / 32768
        default: Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
    }
}
