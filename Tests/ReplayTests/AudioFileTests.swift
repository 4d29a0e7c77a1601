import Foundation
import Testing
import Wire

@testable import Replay

/// A file that is gone after the test.
final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8], _ ending: String) throws {
        path = FileManager.default.temporaryDirectory.path + "/replay-tests-\(UUID().uuidString).\(ending)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { unlink(path) }
}

/// A RIFF file of 16-bit samples, channels interleaved.
func wav(_ samples: [Int16], rate: UInt32, channels: UInt16 = 1) -> [UInt8] {
    func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    let data = samples.flatMap { little($0) }
    let format = little(UInt16(1)) + little(channels) + little(rate) + little(rate * UInt32(channels) * 2) + little(channels * 2) + little(UInt16(16))
    return Array("RIFF".utf8) + little(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8) + little(UInt32(16)) + format + Array("data".utf8)
        + little(UInt32(data.count)) + data
}

@Suite("A sound file")
struct AudioFileTests {
    @Test("is read at its own rate and cut into chunks that join to the whole, the last one marked")
    func chunks() throws {
        let samples = (0..<1_050).map { Int16($0 * 31 - 16_000) }
        let file = try TemporaryFile(wav(samples, rate: 8_000), "wav")
        let audio = try AudioFile.read(file.path)
        #expect(audio.sampleRateHz == 8_000)
        #expect(audio.samples == samples)
        #expect(audio.seconds == 1_050.0 / 8_000)
        let chunks = audio.chunks(ms: 100)
        #expect(chunks.map(\.samples.count) == [1_600, 500])
        #expect(chunks.map(\.last) == [false, true])
        #expect(chunks.allSatisfy { $0.encoding == .pcm16le && $0.sampleRateHz == 8_000 && $0.channels == 1 })
        #expect(chunks.flatMap(\.samples) == samples.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } })
    }

    @Test("Samples of floating point are scaled, clipped when they are too loud, and silent when they are no numbers")
    func floats() throws {
        let values: [Float] = [0, 0.5, -0.25, 1, -1, 3, -3, .nan, .infinity]
        var bytes = wav([], rate: 16_000)
        // Format 3, 32 bits a sample; the chunk of samples ends the file.
        bytes.replaceSubrange(20..<22, with: [3, 0])
        bytes.replaceSubrange(28..<36, with: [0, 250, 0, 0, 4, 0, 32, 0])
        let count = UInt8(values.count * 4)
        bytes[4] = 36 + count
        bytes[40] = count
        bytes += values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
        let file = try TemporaryFile(bytes, "wav")
        #expect(try AudioFile.read(file.path).samples == [0, 16_384, -8_192, 32_767, -32_768, 32_767, -32_768, 0, 32_767])
    }

    @Test("A FLAC is as long as what is in it, whatever its header says: nothing, or hours")
    func claims() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let clip = folder.appendingPathComponent("examples/jewelry/audio/birthday-gift.flac").path
        let whole = try AudioFile.read(clip)
        try #require(whole.samples.count > 16_000)
        // Of the stream information, the last 36 bits before the checksum: 0 = not known.
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: clip)))
        bytes[21] &= 0xF0
        bytes.replaceSubrange(22..<26, with: [0, 0, 0, 0])
        let unknown = try TemporaryFile(bytes, "flac")
        let found = try AudioFile.read(unknown.path)
        #expect(found.samples == whole.samples)
        // Two hours are claimed, and there is nothing but the header.
        bytes.replaceSubrange(22..<26, with: [0x29, 0x2F, 0, 0])
        let claim = try TemporaryFile(Array(bytes[..<42]), "flac")
        let empty = try AudioFile.read(claim.path)
        #expect(empty.samples.isEmpty)
        withExtendedLifetime((unknown, claim)) {}
    }

    @Test("Two channels are mixed down to their mean")
    func stereo() throws {
        let file = try TemporaryFile(wav([100, 300, -32_768, -32_768, 32_767, 32_767], rate: 16_000, channels: 2), "wav")
        #expect(try AudioFile.read(file.path).samples == [200, -32_768, 32_767])
    }

    @Test("A file without a sample is one empty chunk, the last")
    func empty() throws {
        let file = try TemporaryFile(wav([], rate: 16_000), "wav")
        let chunks = try AudioFile.read(file.path).chunks(ms: 100)
        #expect(chunks.map(\.samples) == [[]])
        #expect(chunks.map(\.last) == [true])
    }

    @Test("A chunk is at least one sample, however short it is asked to be")
    func tiny() throws {
        #expect(AudioFile(sampleRateHz: 100, samples: [1, 2, 3]).chunks(ms: 1).count == 3)
    }

    @Test("What is no sound file, or is not there, is refused by name")
    func refused() throws {
        let file = try TemporaryFile(Array("not a sound".utf8), "wav")
        for path in [file.path, "/nowhere/at/all.wav"] {
            do {
                _ = try AudioFile.read(path)
                Issue.record("\(path) was read")
            } catch {
                #expect(error.message.hasPrefix("\(path): "))
                #expect(error.code == (path == file.path ? .invalidArgument : .notFound))
            }
        }
    }
}
