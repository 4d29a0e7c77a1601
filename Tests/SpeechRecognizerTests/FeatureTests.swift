import Foundation
import Inference
import TestSupport
import Testing

@testable import SpeechRecognizer

/// The frame features against librosa's own numbers (Fixtures/librosa_features.py).
struct FeatureTests {
    private static let samples = 4_000

    private static func signal() -> [Float] {
        var state: UInt64 = 1
        return (0..<samples).map { index in
            state = (state * 1_664_525 + 1_013_904_223) % (1 << 32)
            let place = Double(index)
            let tone = 0.3 * sin(2 * .pi * (200 + 0.4 * place) * place / 16_000)
            return Float(tone + 0.1 * (Double(state) / Double(1 << 32) - 0.5))
        }
    }

    private static func reference() throws -> [[Double]] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/librosa-features.txt").path
        let text = String(decoding: try contents(of: path), as: UTF8.self)
        return text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
    }

    @Test func theyEqualLibrosas() throws {
        let frames = Self.samples / 160
        let reference = try Self.reference()
        try #require(reference.count == frames && reference.allSatisfy { $0.count == 93 })
        let model = try ModelRunner("whisper-base-i8/features.xml")
        let found = try model.run(Self.signal(), type: .f32, shape: [1, Int64(Self.samples)], outputs: ["logmel", "mfcc"])
        try #require(found[0].count == 80 * frames && found[1].count == 13 * frames)
        var largest = 0.0
        for frame in 0..<frames {
            for band in 0..<80 { largest = max(largest, abs(Double(found[0][band * frames + frame]) - reference[frame][band])) }
            for order in 0..<13 { largest = max(largest, abs(Double(found[1][order * frames + frame]) - reference[frame][80 + order])) }
        }
        #expect(largest < 1e-3, "off by \(largest)")
    }
}
