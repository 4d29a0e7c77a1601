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

    public init(sampleRateHz: Int, samples: [Int16]) {
        self.sampleRateHz = sampleRateHz
        self.samples = samples
    }

    /// Reads WAV, FLAC, OGG, AIFF … whatever libsndfile reads. Throws NOT_FOUND or INVALID_ARGUMENT with libsndfile's reason.
    public static func read(_ path: String) throws(RPCStatus) -> AudioFile {
        var info = SF_INFO()
        guard let file = sf_open(path, Int32(SFM_READ), &info) else {
            let reason = sf_strerror(nil).map { String(cString: $0) } ?? "unknown"
            throw RPCStatus(access(path, F_OK) == 0 ? .invalidArgument : .notFound, "\(path): \(reason)")
        }
        defer { sf_close(file) }
        let channels = Int(info.channels)
        guard channels > 0, info.samplerate > 0, info.frames >= 0, Int(info.frames) <= Int(info.samplerate) * secondsMax else {
            throw RPCStatus(
                .invalidArgument, "\(path): \(channels) channels, \(info.samplerate) Hz, \(info.frames) frames; at most \(secondsMax) s are read")
        }
        var interleaved = [Int16](repeating: 0, count: Int(info.frames) * channels)
        let read = interleaved.withUnsafeMutableBufferPointer { sf_readf_short(file, $0.baseAddress, info.frames) }
        guard channels > 1 else { return AudioFile(sampleRateHz: Int(info.samplerate), samples: Array(interleaved.prefix(Int(read)))) }
        let mono = (0..<Int(read)).map { frame in
            Int16((0..<channels).reduce(0) { $0 + Int(interleaved[frame * channels + $1]) } / channels)
        }
        return AudioFile(sampleRateHz: Int(info.samplerate), samples: mono)
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
