import PluginKit
import PluginTesting
import TestSupport
import Testing
import Wire

@testable import SpeechRecognizer

@Suite("The end of a turn, by ear")
struct EndOfTurnTests {
    @Test("The model hears eight seconds at zero mean and unit variance, silence first", arguments: [0, 1, 16_000, 127_999, 128_000, 200_000])
    func input(count: Int) {
        // A tone with an offset, louder towards its end.
        let audio = (0..<count).map { Float($0 % 40) / 100 + Float($0) / 1_000_000 }
        let heard = EndOfTurn.input(audio)
        #expect(heard.count == 128_000)
        guard count > 0 else { return #expect(heard.allSatisfy { $0 == 0 }) }
        let mean = heard.reduce(0.0) { $0 + Double($1) } / 128_000
        let variance = heard.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / 128_000
        #expect(abs(mean) < 0.01)
        if count > 1 { #expect(abs(variance - 1) < 0.02) }
        if count < 128_000 { #expect(Set(heard.prefix(128_000 - count)).count == 1, "the silence is level") }
        // The newest sounds come last.
        let (first, second) = (audio.suffix(2).first ?? 0, audio.last ?? 0)
        if count > 1 { #expect((heard[127_999] > heard[127_998]) == (second > first)) }
    }

    /// A second of speech, then silence; the models are told what to find.
    private func harness(_ options: [String: String], complete: Float) throws -> PluginHarness {
        let harness = try PluginHarness(
            SpeechRecognizer.self, options: options, modelFiles: ["decoder": Cache.folder + "/models/whisper-base-i8/decoder.xml"])
        harness.infer = { (inference) throws(RPCStatus) in
            switch inference.model {
            case "voice":
                // Its first samples are the end of the frame before.
                let loud = (inference.inputs.first { $0.name == "input" }?.tensor.floats.last ?? 0) > 0.1
                let memory = [Float](repeating: 0, count: SpeechHandOver.voiceCount)
                return [HarnessTensor([1, 1], [loud ? 0.99 : 0.01]), HarnessTensor(SpeechHandOver.voiceShape, memory)].compactMap { $0 }
            case "front-end": return [HarnessTensor([1, 80, 800], [Float](repeating: 0, count: 64_000))].compactMap { $0 }
            case EndOfTurn.modelName: return [HarnessTensor([1, 1], [complete])].compactMap { $0 }
            default: throw RPCStatus(.unavailable, "no words here")
            }
        }
        return harness
    }

    /// Silence between the end of the speech and the decision that it is over, milliseconds; nil = it is not over.
    private func silenceMs(_ options: [String: String], complete: Float) throws -> Int? {
        let harness = try harness(options, complete: complete)
        let stream = try harness.open()
        let frame = 512
        func push(_ value: Int16, _ frames: Int) -> Int? {
            for index in 0..<frames {
                stream.send(samples: [Int16](repeating: value, count: frame))
                harness.settle()
                let isOver = stream.outputs.contains { if case .speech(let event)? = $0.kind { event.event == .end } else { false } }
                if isOver { return (index + 1) * SpeechOptions.frameMs }
            }
            return nil
        }
        #expect(push(20_000, 31) == nil)
        let silence = push(0, 40)
        stream.cancel()
        harness.settle()
        #expect(harness.finish() == [])
        return silence
    }

    @Test("A complete sentence ends after the shorter silence, another one after the longer, and without the model every one does")
    func ends() throws {
        #expect(try silenceMs(["end_of_turn": "on"], complete: 0.9) == 320)
        #expect(try silenceMs(["end_of_turn": "on"], complete: 0.2) == 512)
        #expect(try silenceMs([:], complete: 0.9) == 512)
        #expect(try silenceMs(["end_of_turn": "on", "end_of_turn_threshold": "0.95"], complete: 0.9) == 512)
        #expect(try silenceMs(["end_of_turn": "on", "endpoint_silence_ms": "1000"], complete: 0.2) == 1_024)
        #expect(try silenceMs(["end_of_turn": "on", "mode": "file"], complete: 0.9) == nil)
    }
}
