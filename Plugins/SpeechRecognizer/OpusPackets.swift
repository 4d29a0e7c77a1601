// Unsafe: the Opus decoder's handle. Invariants: it is made in init, destroyed once in deinit, and used by one job at a time (the
// stream has at most one piece of audio in work), so that Sendable holds without a lock; the library writes at most the room it is told of.

import COpus
import PluginKit
import Wire

/// One microphone's Opus packets (RFC 6716) → samples. Packets depend on the ones before.
final class OpusPackets: @unchecked Sendable {
    /// Longest packet: 120 ms; and the most bytes that one can have (RFC 6716, section 3.2.5: 48 frames of at most 1275 bytes).
    static let packetMsMax = 120
    static let packetBytesMax = 48 * 1275
    static let ratesHz = [8_000, 12_000, 16_000, 24_000, 48_000]

    private let handle: OpaquePointer
    private let format: AudioFormat

    /// - Throws: INTERNAL when the decoder cannot be made.
    init(_ format: AudioFormat) throws(PluginError) {
        var error: Int32 = 0
        guard let handle = opus_decoder_create(Int32(format.sampleRateHz), Int32(format.channels), &error), error == OPUS_OK else {
            throw PluginError(.internalError, "no Opus decoder: \(String(cString: opus_strerror(error)))")
        }
        self.handle = handle
        self.format = format
    }

    deinit { opus_decoder_destroy(handle) }

    /// Samples at the format's rate, channels mixed to their mean.
    /// - Throws: INVALID_ARGUMENT when it is no Opus packet.
    func decode(_ packet: UnsafeRawBufferPointer) throws(PluginError) -> [Float] {
        guard let data = packet.bindMemory(to: UInt8.self).baseAddress else { throw PluginError(.invalidArgument, "audio: an empty Opus packet") }
        let room = format.sampleRateHz * Self.packetMsMax / 1000
        var interleaved = [Float](repeating: 0, count: room * format.channels)
        let count = interleaved.withUnsafeMutableBufferPointer { output in
            output.baseAddress.map { opus_decode_float(handle, data, opus_int32(packet.count), $0, Int32(room), 0) } ?? 0
        }
        guard count >= 0 else { throw PluginError(.invalidArgument, "audio: no Opus packet (\(String(cString: opus_strerror(count))))") }
        return AudioFormat.mono(interleaved[..<(Int(count) * format.channels)], channels: format.channels)
    }

    /// How many samples of each channel a packet stands for, by its first bytes.
    /// - Throws: INVALID_ARGUMENT when it is no Opus packet.
    static func samples(of packet: UnsafeRawBufferPointer, rateHz: Int) throws(PluginError) -> Int {
        guard packet.count <= packetBytesMax else {
            throw PluginError(.invalidArgument, "an Opus packet of \(packet.count) bytes; allowed are at most \(packetBytesMax)")
        }
        guard let data = packet.bindMemory(to: UInt8.self).baseAddress else { throw PluginError(.invalidArgument, "audio: an empty Opus packet") }
        let count = opus_packet_get_nb_samples(data, opus_int32(packet.count), opus_int32(rateHz))
        guard count > 0 else { throw PluginError(.invalidArgument, "audio: no Opus packet (\(String(cString: opus_strerror(count))))") }
        return Int(count)
    }
}
