import PluginKit
import Testing
import Wire

@testable import SpeechRecognizer

@Suite("A microphone that moves to the next build")
struct HandOverTests {
    private static let state = SpeechHandOver(
        turnID: 7, revision: 2, startUs: 1_234_567, frames: 3, spent: 1, utterances: 2, isBeginning: false,
        voice: (0..<256).map { Float($0) / 256 }, samples: (0..<3 * 512 + 100).map { Float($0 % 50) / 50 })

    private func decoded(_ bytes: [UInt8]) throws(PluginError) -> SpeechHandOver {
        try bytes.withUnsafeBytes { bytes in Result { () throws(PluginError) in try SpeechHandOver(decoding: bytes) } }.get()
    }

    @Test("what is exported is what is imported")
    func roundTrip() throws {
        #expect(try decoded(Self.state.encoded()) == Self.state)
        var silent = Self.state
        (silent.voice, silent.samples, silent.frames, silent.spent, silent.isBeginning) = (nil, [], 0, 0, true)
        #expect(try decoded(silent.encoded()) == silent)
    }

    @Test("bytes of another version, cut off, or that do not fit are refused")
    func refused() throws {
        let whole = Self.state.encoded()
        for length in [0, 1, 20, 33, whole.count - 1, whole.count - 512 * 4] {
            #expect(throws: PluginError.self, "\(length) bytes") { try decoded(Array(whole.prefix(length))) }
        }
        var other = whole
        other[0] = 9
        #expect(throws: PluginError.self) { try decoded(other) }
        var spent = Self.state
        spent.spent = 4
        #expect(throws: PluginError.self) { try decoded(spent.encoded()) }
        var odd = Self.state
        odd.samples[5] = .nan
        #expect(throws: PluginError.self) { try decoded(odd.encoded()) }
    }

    @Test("a detector that goes on elsewhere finds the same utterances", arguments: [0, 1, 9, 10, 11, 40])
    func detector(silence: Int) {
        let options = EndpointDetector.Options()
        var before = EndpointDetector(options)
        for probability in [Float](repeating: 0.9, count: 20) + [Float](repeating: 0, count: options.silenceEnd + silence) {
            _ = before.push(probability)
        }
        #expect(before.isQuiet)
        let first = max(0, before.neededFrom - 1)
        var after = EndpointDetector(options, frame: before.frame - first, spent: max(0, before.spent - first))
        for probability in [Float](repeating: 0.9, count: 30) + [Float](repeating: 0, count: 30) {
            let moved = after.push(probability).map { event in
                switch event {
                case .started(let frame, let probability): EndpointDetector.Event.started(frame: frame + first, probability: probability)
                case .paused(let utterance): EndpointDetector.Event.paused(shifted(utterance, first))
                case .resumed: EndpointDetector.Event.resumed
                case .ended(let utterance, let probability, let forced):
                    EndpointDetector.Event.ended(shifted(utterance, first), probability: probability, forced: forced)
                }
            }
            #expect(moved == before.push(probability))
        }
    }

    private func shifted(_ utterance: EndpointDetector.Utterance, _ by: Int) -> EndpointDetector.Utterance {
        EndpointDetector.Utterance(
            speech: utterance.speech.lowerBound + by..<utterance.speech.upperBound + by,
            audio: utterance.audio.lowerBound + by..<utterance.audio.upperBound + by)
    }
}
