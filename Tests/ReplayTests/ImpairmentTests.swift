import EventLoop
import Foundation
import Testing
import Wire

@testable import Replay

@Suite("A noisy microphone")
struct NoiseTests {
    private let tone = AudioFile(sampleRateHz: 16_000, samples: (0..<16_000).map { Int16(8_000 * sin(Double($0) / 5)) })

    private func ratio(_ noisy: AudioFile) -> Double {
        var (speech, noise) = (0.0, 0.0)
        for (clean, mixed) in zip(tone.samples, noisy.samples) {
            speech += Double(clean) * Double(clean)
            noise += (Double(mixed) - Double(clean)) * (Double(mixed) - Double(clean))
        }
        return 10 * log10(speech / noise)
    }

    @Test("has the asked-for signal-to-noise ratio", arguments: [Noise.Kind.white, .pink, .hum], [20.0, 10, 3])
    func level(kind: Noise.Kind, snrDb: Double) throws {
        var random = SeededRandom(seed: 1)
        let noisy = try tone.mixed(with: Noise(kind: kind, snrDb: snrDb), random: &random)
        #expect(abs(ratio(noisy) - snrDb) < 0.3)
        #expect(noisy.samples.count == tone.samples.count)
    }

    @Test("is the same for the same seed, another for another")
    func seed() throws {
        func mixed(_ seed: UInt64) throws -> [Int16] {
            var random = SeededRandom(seed: seed)
            return try tone.mixed(with: Noise(), random: &random).samples
        }
        #expect(try mixed(1) == mixed(1))
        #expect(try mixed(1) != mixed(2))
    }

    @Test("does not disturb silence, and clips instead of wrapping around")
    func edges() throws {
        var random = SeededRandom(seed: 1)
        let silence = AudioFile(sampleRateHz: 16_000, samples: [Int16](repeating: 0, count: 100))
        #expect(try silence.mixed(with: Noise(), random: &random).samples == silence.samples)
        let loud = AudioFile(sampleRateHz: 16_000, samples: [Int16](repeating: 32_000, count: 1_000))
        #expect(try loud.mixed(with: Noise(snrDb: 0), random: &random).samples.contains(32_767))
    }

    @Test("can be a recording of the same rate")
    func recorded() throws {
        var random = SeededRandom(seed: 1)
        #expect(throws: RPCStatus.self) { try tone.mixed(with: Noise(file: "/nowhere.wav"), random: &random) }
    }
}

@Suite("Synthesised speech")
struct SpeechSynthesiserTests {
    @Test("is spoken once, kept, and differs by words, voice and speed")
    func kept() throws {
        let folder = NSTemporaryDirectory() + "vitrine-speech-\(UInt32.random(in: 0...(.max)))/deep"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let synthesiser = SpeechSynthesiser(folder: folder)
        let first = try synthesiser.file(of: SpokenText(text: "Show me gold rings"))
        let audio = try AudioFile.read(first)
        #expect((0.8...3).contains(audio.seconds))
        #expect(audio.samples.contains { abs(Int($0)) > 3_000 })
        let made = try FileManager.default.attributesOfItem(atPath: first)[.modificationDate] as? Date
        #expect(try synthesiser.file(of: SpokenText(text: "Show me gold rings")) == first)
        let kept = try FileManager.default.attributesOfItem(atPath: first)[.modificationDate] as? Date
        #expect(kept == made)
        let others = [
            SpokenText(text: "Show me silver rings"), SpokenText(text: "Show me gold rings", voice: "en-gb+f2"),
            SpokenText(text: "Show me gold rings", wordsPerMinute: 200),
        ]
        let files = try others.map { try synthesiser.file(of: $0) }
        #expect(Set(files + [first]).count == 4)
    }

    @Test("needs its program, and says how to get it")
    func missing() throws {
        let folder = NSTemporaryDirectory() + "vitrine-speech-\(UInt32.random(in: 0...(.max)))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            _ = try SpeechSynthesiser(folder: folder, program: "no-such-program").file(of: SpokenText(text: "x"))
            Issue.record("it spoke")
        } catch {
            #expect("\(error)".contains("make setup"))
        }
    }
}

@Suite("Motion JPEG")
struct VideoFileTests {
    /// A picture with a segment that holds another picture's beginning and end, stuffed data and a restart marker.
    private let picture: [UInt8] = [
        0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x06, 0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA, 0x00, 0x02, 0x12, 0xFF, 0x00, 0xFF, 0xD0, 0x34, 0xFF, 0xD9,
    ]

    @Test("is cut into its pictures, and previews inside are not pictures")
    func cut() throws {
        #expect(try VideoFile.frames(picture + picture + picture, name: "v.mjpeg") == [picture, picture, picture])
    }

    @Test("that is none, or is cut off, is refused")
    func refused() {
        for bytes in [[], [1, 2, 3], Array(picture.dropLast()), picture + [0, 0], Array(picture.prefix(5))] {
            #expect(throws: RPCStatus.self) { try VideoFile.frames(bytes, name: "v.mjpeg") }
        }
    }
}
