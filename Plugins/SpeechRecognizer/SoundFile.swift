// Unsafe: libsndfile's handle and its callbacks. Invariants: the Reader that the callbacks are given lives, unmoved, until the file is closed
// within `samples`; a callback copies at most the bytes that are left; the library writes at most the room it is told of.

import CSndfile
import Glibc
import PluginKit
import Wire

/// A sound file in memory (WAV, FLAC, Ogg Opus: whatever libsndfile reads) → samples.
enum SoundFile {
    /// Frames read at once.
    private static let blockFrames = 16_384

    /// - Returns: all samples, channels mixed to their mean, at the file's rate.
    /// - Throws: INVALID_ARGUMENT when it is no sound file or of a rate or number of channels that is not allowed, RESOURCE_EXHAUSTED when it lasts
    ///   longer than `msMax`.
    static func samples(of bytes: [UInt8], msMax: Int) throws(PluginError) -> (samples: [Float], rateHz: Int) {
        let reader = Reader(bytes)
        var callbacks = SF_VIRTUAL_IO(
            get_filelen: { Reader.of($0).count },
            seek: { Reader.of($2).seek($0, $1) },
            read: { Reader.of($2).read($0, $1) },
            write: { _, _, _ in 0 },
            tell: { sf_count_t(Reader.of($0).place) })
        var info = SF_INFO()
        guard let file = sf_open_virtual(&callbacks, Int32(SFM_READ), &info, Unmanaged.passUnretained(reader).toOpaque()) else {
            throw PluginError(.invalidArgument, "audio: no sound file that can be read (\(String(cString: sf_strerror(nil))))")
        }
        defer {
            sf_close(file)
            withExtendedLifetime(reader) {}
        }
        let format = try AudioFormat(encoding: .f32le, sampleRateHz: Int(info.samplerate), channels: Int(info.channels))
        let framesMax = msMax * format.sampleRateHz / 1000
        var result: [Float] = []
        var block = [Float](repeating: 0, count: blockFrames * format.channels)
        // What the header says of the length is not believed.
        while true {
            let count = block.withUnsafeMutableBufferPointer { sf_readf_float(file, $0.baseAddress, sf_count_t(blockFrames)) }
            guard count > 0 else { break }
            result += AudioFormat.mono(block[..<(Int(count) * format.channels)], channels: format.channels)
            guard result.count <= framesMax else { throw PluginError(.resourceExhausted, "a sound file of more than \(msMax) ms") }
        }
        guard result.allSatisfy(\.isFinite) else { throw PluginError(.invalidArgument, "the sound file has samples that are not finite numbers") }
        return (result, format.sampleRateHz)
    }

    private final class Reader {
        let bytes: [UInt8]
        private(set) var place = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        static func of(_ pointer: UnsafeMutableRawPointer?) -> Reader {
            guard let pointer else { preconditionFailure("libsndfile hands back the pointer it was given") }
            return Unmanaged<Reader>.fromOpaque(pointer).takeUnretainedValue()
        }

        var count: sf_count_t { sf_count_t(bytes.count) }

        func seek(_ offset: sf_count_t, _ whence: Int32) -> sf_count_t {
            let base = whence == SEEK_CUR ? place : whence == SEEK_END ? bytes.count : 0
            let (target, overflow) = sf_count_t(base).addingReportingOverflow(offset)
            guard !overflow, target >= 0, target <= count else { return -1 }
            place = Int(target)
            return target
        }

        func read(_ target: UnsafeMutableRawPointer?, _ wanted: sf_count_t) -> sf_count_t {
            let size = min(bytes.count - place, max(0, Int(wanted)))
            guard size > 0, let target else { return 0 }
            UnsafeMutableRawBufferPointer(start: target, count: size).copyBytes(from: bytes[place..<place + size])
            place += size
            return sf_count_t(size)
        }
    }
}
