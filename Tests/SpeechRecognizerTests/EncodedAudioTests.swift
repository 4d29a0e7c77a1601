import COpus
import CSndfile
import Foundation
import PluginKit
import Testing
import Wire

@testable import SpeechRecognizer

/// A tone of 440 Hz that swells, `seconds` long.
private func tone(rateHz: Int, seconds: Double) -> [Float] {
    (0..<Int(Double(rateHz) * seconds)).map { index in
        let time = Double(index) / Double(rateHz)
        return Float(0.4 * sin(2 * .pi * 440 * time) * (0.5 + 0.5 * sin(2 * .pi * 2 * time)))
    }
}

private func correlation(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
    let products = zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
    let (first, second) = (a.reduce(Float(0)) { $0 + $1 * $1 }, b.reduce(Float(0)) { $0 + $1 * $1 })
    return products / max(1e-9, (first * second).squareRoot())
}

private func code(_ body: () throws(PluginError) -> Void) -> StatusCode? {
    do throws(PluginError) {
        try body()
        return nil
    } catch { return error.status.code }
}

struct OpusPacketsTests {
    private func packets(_ samples: [Float], rateHz: Int, frame: Int) throws -> [[UInt8]] {
        var error: Int32 = 0
        let encoder = try #require(opus_encoder_create(Int32(rateHz), 1, OPUS_APPLICATION_VOIP, &error))
        defer { opus_encoder_destroy(encoder) }
        return try stride(from: 0, through: samples.count - frame, by: frame).map { start in
            var packet = [UInt8](repeating: 0, count: 1_500)
            let length = opus_encode_float(encoder, Array(samples[start..<start + frame]), Int32(frame), &packet, Int32(packet.count))
            try #require(length > 0)
            return Array(packet[..<Int(length)])
        }
    }

    private func decode(_ packets: OpusPackets, _ bytes: [UInt8]) throws(PluginError) -> [Float] {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(PluginError) -> [Float] in try packets.decode(bytes) } }
        return try result.get()
    }

    @Test(arguments: [16_000, 48_000]) func aToneComesBack(rateHz: Int) throws {
        let sent = tone(rateHz: rateHz, seconds: 1)
        let decoder = try OpusPackets(AudioFormat(encoding: .opus, sampleRateHz: rateHz, channels: 1))
        var heard: [Float] = []
        for packet in try packets(sent, rateHz: rateHz, frame: rateHz / 50) { heard += try decode(decoder, packet) }
        #expect(heard.count == sent.count)
        // The codec delays by a few milliseconds.
        let best = (0..<rateHz / 100).map { correlation(sent[..<(sent.count - 1_000)], heard[$0...]) }.max() ?? 0
        #expect(best > 0.9)
    }

    @Test func aPacketSaysHowLongItIs() throws {
        let packet = try packets(tone(rateHz: 16_000, seconds: 0.1), rateHz: 16_000, frame: 320)[0]
        #expect(try packet.withUnsafeBytes { try OpusPackets.samples(of: $0, rateHz: 16_000) } == 320)
        #expect(try packet.withUnsafeBytes { try OpusPackets.samples(of: $0, rateHz: 48_000) } == 960)
    }

    @Test func noiseIsNoPacketOrSomeSamples() throws {
        var random = SplitMix(state: 5)
        let decoder = try OpusPackets(AudioFormat(encoding: .opus, sampleRateHz: 16_000, channels: 2))
        var refused = 0
        for _ in 0..<500 {
            let bytes = (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            do throws(PluginError) {
                #expect(try decode(decoder, bytes).allSatisfy(\.isFinite))
            } catch {
                #expect(error.status.code == .invalidArgument)
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    @Test(arguments: [(44_100, 1), (16_000, 3)]) func whatOpusDoesNotHaveIsRefused(rateHz: Int, channels: Int) {
        #expect(code { () throws(PluginError) in _ = try AudioFormat(encoding: .opus, sampleRateHz: rateHz, channels: channels) } == .invalidArgument)
    }
}

struct SoundFileTests {
    /// What libsndfile writes in `format`.
    private func file(_ samples: [Float], rateHz: Int, format: Int, channels: Int32 = 1) throws -> [UInt8] {
        let path = NSTemporaryDirectory() + "vitrine-sound-\(UUID().uuidString)"
        defer { unlink(path) }
        var info = SF_INFO()
        (info.samplerate, info.channels, info.format) = (Int32(rateHz), channels, Int32(format))
        let handle = try #require(sf_open(path, Int32(SFM_WRITE), &info))
        sf_write_float(handle, samples, sf_count_t(samples.count))
        sf_close(handle)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test(arguments: [
        (SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44_100, Float(0.9999)), (SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16_000, 0.9999),
        (SF_FORMAT_OGG | SF_FORMAT_OPUS, 48_000, 0.9),
    ])
    func aToneComesBack(format: Int, rateHz: Int, likeness: Float) throws {
        let sent = tone(rateHz: rateHz, seconds: 1)
        let (heard, rate) = try SoundFile.samples(of: file(sent, rateHz: rateHz, format: format), msMax: 5_000)
        #expect(rate == rateHz && abs(heard.count - sent.count) < rateHz / 20)
        #expect(correlation(sent[...], heard[...]) > likeness)
    }

    @Test func channelsAreMixed() throws {
        let bytes = try file([0.5, 0.25, -1, 0.5], rateHz: 16_000, format: SF_FORMAT_WAV | SF_FORMAT_FLOAT, channels: 2)
        #expect(try SoundFile.samples(of: bytes, msMax: 1_000).samples == [0.375, -0.25])
    }

    @Test func aLongFileIsRefusedWhateverItsHeaderSays() throws {
        let bytes = try file(tone(rateHz: 16_000, seconds: 2), rateHz: 16_000, format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
        #expect(code { () throws(PluginError) in _ = try SoundFile.samples(of: bytes, msMax: 1_000) } == .resourceExhausted)
    }

    @Test func samplesThatAreNoNumbersAreRefused() throws {
        let bytes = try file([0, .nan, 0.5], rateHz: 16_000, format: SF_FORMAT_WAV | SF_FORMAT_FLOAT)
        #expect(code { () throws(PluginError) in _ = try SoundFile.samples(of: bytes, msMax: 1_000) } == .invalidArgument)
    }

    @Test func aRateThatIsNotAllowedIsRefused() throws {
        let bytes = try file([0, 0.5], rateHz: 384_000, format: SF_FORMAT_WAV | SF_FORMAT_PCM_16)
        #expect(code { () throws(PluginError) in _ = try SoundFile.samples(of: bytes, msMax: 1_000) } == .invalidArgument)
    }

    /// Cut off and damaged files end with a status or with some finite samples.
    @Test func damageIsBorne() throws {
        let sent = tone(rateHz: 16_000, seconds: 0.3)
        var random = SplitMix(state: 9)
        for format in [SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16] {
            let whole = try file(sent, rateHz: 16_000, format: format)
            for turn in 0..<60 {
                var bytes = turn % 2 == 0 ? Array(whole[..<Int(random.next() % UInt64(whole.count))]) : whole
                for _ in 0..<(turn % 2 == 0 ? 0 : 4) { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
                do throws(PluginError) {
                    #expect(try SoundFile.samples(of: bytes, msMax: 60_000).samples.allSatisfy(\.isFinite))
                } catch {
                    #expect([.invalidArgument, .resourceExhausted].contains(error.status.code))
                }
            }
        }
        #expect(code { () throws(PluginError) in _ = try SoundFile.samples(of: [], msMax: 1_000) } == .invalidArgument)
    }
}

struct SpeechLevelTests {
    @Test func whateverTheMicrophoneTheLevelIsTheSame() {
        let speech = tone(rateHz: 16_000, seconds: 1) + [Float](repeating: 0, count: 8_000)
        for gain: Float in [0.02, 0.3, 1] {
            #expect(abs(SpeechLevel.level(of: SpeechLevel.normalised(speech.map { $0 * gain })) / SpeechLevel.target - 1) < 0.01)
        }
    }

    @Test func silenceStaysSilence() {
        #expect(SpeechLevel.normalised([Float](repeating: 0, count: 1_000)).allSatisfy { $0 == 0 })
        #expect(SpeechLevel.normalised([]).isEmpty)
    }

    @Test func samplesStayWithinFullScale() {
        var samples = tone(rateHz: 16_000, seconds: 1).map { $0 * 0.05 }
        samples[500] = 0.9
        #expect(SpeechLevel.normalised(samples).allSatisfy { abs($0) <= 1 })
    }
}
