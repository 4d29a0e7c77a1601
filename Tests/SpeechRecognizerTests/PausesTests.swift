import PluginKit
import PluginTesting
import TestSupport
import Testing
import Wire

@testable import SpeechRecognizer

/// The recogniser with a decoder that writes the same text whatever it hears, on a voice that is told.
@Suite("Pauses")
struct PausesTests {
    private struct Heard {
        var transcripts: [Transcript] = []
        /// Tokens of each of the decoder's runs, but those that find the language.
        var runs: [[Int]] = []
    }

    /// - Parameters:
    ///   - text: what the decoder writes, word by word.
    ///   - later: what it writes once so many frames were heard.
    ///   - frames: of 32 ms, in turn with speech and without.
    private func heard(
        _ text: String, later: (text: String, frames: Int)? = nil, frames: [Int], _ options: [String: String] = [:]
    ) throws -> Heard {
        let decoder = try ScriptedDecoder()
        let harness = try PluginHarness(
            SpeechRecognizer.self, options: ["beam": "1", "partial_interval_ms": "160"].merging(options) { $1 },
            modelFiles: ["decoder": ScriptedDecoder.folder + "decoder.xml"])
        var heard = Heard()
        var frame = 0
        // What is decoded is what was there when the decoder began.
        var isLate = false
        let voice = frames.enumerated().flatMap { Array(repeating: Float($0.offset % 2 == 0 ? 0.95 : 0.01), count: $0.element) }
        harness.infer = { request in
            func tensor(_ shape: [Int], _ value: Float = 0) -> HarnessTensor? {
                HarnessTensor(shape, [Float](repeating: value, count: shape.reduce(1, *)))
            }
            switch request.model {
            case "voice":
                frame += 1
                return [tensor([1, 1], voice[min(frame, voice.count) - 1]), tensor(SpeechHandOver.voiceShape)].compactMap { $0 }
            case "encoder":
                isLate = later.map { frame >= $0.frames } ?? false
                return request.outputs.compactMap { _ in tensor([1, 1]) }
            case "decoder":
                if let ids = decoder.run(request) { heard.runs.append(ids) }
                return decoder.answer(request) { _ in isLate ? later?.text ?? text : text }
            default: return request.outputs.compactMap { _ in tensor([1, 1]) }
            }
        }
        let stream = try harness.open()
        for _ in 0..<voice.count {
            stream.send(samples: [Int16](repeating: 1_000, count: SpeechLimits.frameSamples))
            harness.settle()
        }
        stream.send(samples: [], last: true)
        harness.settle()
        heard.transcripts = stream.outputs.compactMap { if case .transcript(let words)? = $0.kind { words } else { nil } }
        stream.cancel()
        harness.settle()
        #expect(harness.finish() == [])
        return heard
    }

    @Test("What is understood in a pause is told before anybody knows whether it was the last word")
    func unconfirmed() throws {
        // A pause of 256 ms: longer than what completes the audio, shorter than what ends the utterance.
        let text = "He left at ten"
        let whole = try heard(text, frames: [8, 8, 8, 30], ["partial_interval_ms": "5000"]).transcripts
        #expect(whole.map(\.final) == [false, false, true] && whole.allSatisfy { $0.text == text }, "\(whole)")
        #expect(whole[0].endUs < whole[2].endUs)
        let never = try heard(text, frames: [8, 8, 8, 30], ["partial_interval_ms": "0"]).transcripts
        #expect(never.map(\.final) == [true])
    }

    @Test("A short pause holds up no partial transcript")
    func short() throws {
        let told = try heard("He left at ten", frames: [8, 5, 8, 30]).transcripts
        #expect(told.filter { !$0.final }.count >= 5, "\(told)")
    }

    @Test("What was written of the beginning is checked at once when more of it was said")
    func draft() throws {
        let told = try heard("He left at ten and came at two", frames: [30, 30])
        let expected = try heard("He left at ten and came at two", frames: [30, 30], ["partial_interval_ms": "0"])
        #expect(told.transcripts.last == expected.transcripts.last)
        // A check has several tokens and none of those that steer the decoder.
        let steer = try ScriptedDecoder().vocabulary.special.noTimestamps
        #expect(told.runs.contains { $0.count > 2 && !$0.contains(steer) }, "\(told.runs)")
    }

    @Test("A draft that does not stand is written anew from there, behind what was heard before it was checked")
    func redone() throws {
        let told = try heard("He left at ten and came", later: ("He left at ten and went home", 24), frames: [40, 30])
        // The first holds what fits into the time. What were redone behind the tokens that do not stand would end too soon.
        let texts = told.transcripts.map(\.text)
        #expect(Set(texts) == ["He left at ten and", "He left at ten and came", "He left at ten and went home"], "\(texts)")
    }

    @Test("Partial transcripts go on growing where nothing more of them is promised")
    func long() throws {
        let words = "we saw red gold rings for two women and then a man came home with some flowers which he gave to her last week"
        let early = words.split(separator: " ").prefix(9).joined(separator: " ")
        // Beyond half of the longest utterance, and then some seconds more.
        let told = try heard(early, later: (words, 110), frames: [170, 30], ["utterance_ms_max": "6000"])
        #expect(told.transcripts.filter { !$0.final }.dropLast().last?.text == words, "\(told.transcripts)")
    }

    @Test("Who goes on after a pause is heard with what came before, until too long has passed")
    func saidBefore() throws {
        let decoder = try ScriptedDecoder()
        let (special, said) = (decoder.vocabulary.special, decoder.tokens("He left at ten"))
        func beginnings(_ pause: Int) throws -> [[Int]] {
            try heard("He left at ten", frames: [20, pause, 20, 40], ["partial_interval_ms": "0"]).runs
                .filter { $0.contains(special.noTimestamps) }
        }
        let soon = try beginnings(30)
        #expect(soon.count == 2 && soon[0][0] != special.startOfPrevious, "\(soon)")
        #expect(Array(soon[1].prefix(1 + said.count)) == [special.startOfPrevious] + said, "\(soon)")
        let late = try beginnings(90)
        #expect(late.count == 2 && late[1] == late[0], "\(late)")
    }
}
