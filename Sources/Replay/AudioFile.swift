import CSndfile
public import Wire

#if canImport(Glibc)
    import Glibc
#endif

/// A sound file as it is sent: PCM16, channels mixed down to one, at the file's own rate.
public struct AudioFile: Sendable {
    public var sampleRateHz: Int
    public var samples: [Int16]

    public static let secondsMax = 3_600
    /// An hour at 48 kHz: how much there is of a signal is known when it is read, and a few bytes may stand for hours of silence.
    public static let samplesMax = secondsMax * 48_000

    public init(sampleRateHz: Int, samples: [Int16]) {
        self.sampleRateHz = sampleRateHz
        self.samples = samples
    }

    /// Reads WAV, FLAC, OGG, AIFF … whatever libsndfile reads. Throws NOT_FOUND or INVALID_ARGUMENT with libsndfile's reason, or because there is
    /// more than `secondsMax` or `samplesMax` of it.
    public static func read(_ path: String) throws(RPCStatus) -> AudioFile {
        var info = SF_INFO()
        guard let file = sf_open(path, Int32(SFM_READ), &info) else {
            let reason = sf_strerror(nil).map { String(cString: $0) } ?? "unknown"
            throw RPCStatus(access(path, F_OK) == 0 ? .invalidArgument : .notFound, "\(path): \(reason)")
        }
        defer { sf_close(file) }
        let channels = Int(info.channels)
        guard channels > 0, info.samplerate > 0 else {
            throw RPCStatus(.invalidArgument, "\(path): \(channels) channels at \(info.samplerate) Hz")
        }
        let framesMax = min(samplesMax, Int(info.samplerate) * secondsMax)
        var mono: [Int16] = []
        var block = [Float](repeating: 0, count: blockFrames * channels)
        // What the header says of the length is a promise at best: what is there counts.
        while true {
            // As whole numbers, libsndfile would give samples of floating point, which reach from -1 to 1, as 0.
            let count = block.withUnsafeMutableBufferPointer { sf_readf_float(file, $0.baseAddress, sf_count_t(blockFrames)) }
            guard count > 0 else { break }
            guard mono.count + Int(count) <= framesMax else {
                throw RPCStatus(
                    .invalidArgument, "\(path): more than \(framesMax) frames at \(info.samplerate) Hz; at most \(secondsMax) s are read")
            }
            for frame in 0..<Int(count) {
                mono.append(sample((0..<channels).reduce(Float(0)) { $0 + block[frame * channels + $1] } / Float(channels)))
            }
        }
        return AudioFile(sampleRateHz: Int(info.samplerate), samples: mono)
    }

    private static let blockFrames = 16_384

    /// Full scale is 1; what is louder is clipped, what is no number is silence.
    private static func sample(_ value: Float) -> Int16 {
        let scaled = (value * 32_768).rounded()
        if scaled.isNaN { return 0 }
        return Int16(max(-32_768, min(32_767, scaled)))
    }

    public var seconds: Double { Double(samples.count) / Double(sampleRateHz) }

    /// The file as chunks of `ms` milliseconds, the last one marked so.
    public func chunks(ms: Int) -> [AudioChunk] {
        let size = max(1, sampleRateHz * ms / 1_000)
        var chunks: [AudioChunk] = []
        var from = 0
        repeat {
            let to = min(from + size, samples.count)
            let bytes = samples[from..<to].withUnsafeBytes { Array($0) }
            chunks.append(
                AudioChunk(encoding: .pcm16le, sampleRateHz: UInt32(sampleRateHz), channels: 1, samples: bytes, last: to == samples.count))
            from = to
        } while from < samples.count
        return chunks
    }

    /// The loudest sample of each of `count` equal parts, 0 to 100.
    func peaks(_ count: Int) -> [Int] {
        guard !samples.isEmpty else { return [] }
        return (0..<count).map { bin in
            let part = samples[samples.count * bin / count..<max(samples.count * bin / count, samples.count * (bin + 1) / count)]
            return part.reduce(0) { max($0, abs(Int($1))) } * 100 / 32_768
        }
    }

    /// The same as a WAV file: RIFF, one chunk of format, one of samples.
    public func wav() -> [UInt8] {
        func little(_ value: Int, _ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let size = samples.count * 2
        let format =
            little(16, 4) + little(1, 2) + little(1, 2) + little(sampleRateHz, 4) + little(sampleRateHz * 2, 4) + little(2, 2) + little(16, 2)
        let head = Array("RIFF".utf8) + little(36 + size, 4) + Array("WAVEfmt ".utf8) + format + Array("data".utf8) + little(size, 4)
        return head + samples.flatMap { little(Int($0), 2) }
    }
}
