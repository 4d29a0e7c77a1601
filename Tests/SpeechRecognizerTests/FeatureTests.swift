import Foundation
import Inference
import PluginTesting
import TestSupport
import Testing

@testable import SpeechRecognizer

/// The frame features against librosa's own numbers (Fixtures/librosa_features.py).
struct FeatureTests {
    private static let samples = 4_000

    /// As an utterance's: whole frames of 512, which end within a hop of 160.
    private static let uneven = 31_744

    private static func signal(_ samples: Int) -> [Float] {
        var state: UInt64 = 1
        return (0..<samples).map { index in
            state = (state * 1_664_525 + 1_013_904_223) % (1 << 32)
            let place = Double(index)
            let tone = 0.3 * sin(2 * .pi * (200 + 0.4 * place) * place / 16_000)
            return Float(tone + 0.1 * (Double(state) / Double(1 << 32) - 0.5))
        }
    }

    private static func reference(_ file: String) throws -> [[Double]] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(file)").path
        let text = String(decoding: try contents(of: path), as: UTF8.self)
        return text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
    }

    /// How far the last frames are from librosa's.
    private func off(_ samples: Int, _ file: String, last: Int) throws -> Double {
        let frames = samples / 160
        let reference = try Self.reference(file)
        try #require(reference.count == last && reference.allSatisfy { $0.count == 93 })
        let model = try ModelRunner("whisper-base-i8/features.xml")
        let found = try model.run(Self.signal(samples), type: .f32, shape: [1, Int64(samples)], outputs: ["logmel", "mfcc"])
        try #require(found[0].count == 80 * frames && found[1].count == 13 * frames)
        var largest = 0.0
        for (row, frame) in (frames - last..<frames).enumerated() {
            for band in 0..<80 { largest = max(largest, abs(Double(found[0][band * frames + frame]) - reference[row][band])) }
            for order in 0..<13 { largest = max(largest, abs(Double(found[1][order * frames + frame]) - reference[row][80 + order])) }
        }
        return largest
    }

    @Test func theyEqualLibrosas() throws {
        #expect(try off(Self.samples, "librosa-features.txt", last: Self.samples / 160) < 1e-3)
        #expect(try off(Self.uneven, "librosa-features-end.txt", last: 3) < 1e-3)
    }

    /// An utterance's own samples go to the model, with nothing put behind them.
    @Test func nothingIsPutBehindThem() throws {
        let harness = try PluginHarness(
            SpeechRecognizer.self, options: ["features": "logmel", "partial_interval_ms": "0"],
            modelFiles: ["decoder": Cache.folder + "/models/whisper-base-i8/decoder.xml"])
        var frames = 0
        var heard: [[Int]] = []
        harness.infer = { request in
            let made: [HarnessTensor?]
            switch request.model {
            case "voice":
                frames += 1
                let memory = HarnessTensor(SpeechHandOver.voiceShape, [Float](repeating: 0, count: 256))
                made = [HarnessTensor([1, 1], [frames <= 32 ? 0.95 : 0.01]), memory]
            case "features":
                heard.append(request.inputs[0].tensor.shape)
                made = [HarnessTensor([1, 80, 1], [Float](repeating: 0, count: 80))]
            default: made = request.outputs.map { _ in HarnessTensor([1, 1], [0]) }
            }
            return made.compactMap { $0 }
        }
        let stream = try harness.open()
        stream.send(samples: [Int16](repeating: 1_000, count: 48_000), last: true)
        harness.settle()
        stream.cancel()
        try #require(heard.count == 1 && heard[0].count == 2)
        #expect(heard[0][1] % 512 == 0 && heard[0][1] % 160 != 0, "\(heard)")
        #expect(harness.finish() == [])
    }
}
