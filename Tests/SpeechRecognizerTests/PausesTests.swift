import PluginKit
import PluginTesting
import TestSupport
import Testing
import Wire

@testable import SpeechRecognizer

/// The recogniser with a decoder that writes the same text whatever it hears, on a voice that is told.
@Suite("Pauses")
struct PausesTests {
    private static let folder = Cache.folder + "/models/whisper-base-i8/"

    private struct Heard {
        var transcripts: [Transcript] = []
        /// Tokens of each of the decoder's runs, but those that find the language.
        var runs: [[Int]] = []
    }

    private static func vocabulary() throws -> Vocabulary {
        try Vocabulary(
            tokens: FileBytes.read(folder + "vocab.bin", bytesMax: SpeechLimits.vocabularyBytesMax),
            settings: FileBytes.read(folder + "whisper.json", bytesMax: SpeechLimits.vocabularyBytesMax))
    }

    /// - Parameters:
    ///   - text: what the decoder writes, word by word.
    ///   - later: what it writes once so many frames were heard.
    ///   - frames: of 32 ms, in turn with speech and without.
    private func heard(
        _ text: String, later: (text: String, frames: Int)? = nil, frames: [Int], _ options: [String: String] = [:]
    ) throws -> Heard {
        let vocabulary = try Self.vocabulary()
        let encoder = Vocabulary.Encoder(vocabulary)
        func tokens(_ text: String) -> [Int] {
            text.split(separator: " ").flatMap { encoder.tokens(ofWord: String($0)) } + [vocabulary.special.endOfText]
        }
        let (early, late) = (tokens(text), tokens(later?.text ?? text))
        // What is decoded is what was there when the decoder began.
        var tokens = early
        let english = try #require(vocabulary.token(ofLanguage: "en"))
        let harness = try PluginHarness(
            SpeechRecognizer.self, options: ["beam": "1", "partial_interval_ms": "160"].merging(options) { $1 },
            modelFiles: ["decoder": Self.folder + "decoder.xml"])
        var heard = Heard()
        var frame = 0
        let voice = frames.enumerated().flatMap { Array(repeating: Float($0.offset % 2 == 0 ? 0.95 : 0.01), count: $0.element) }
        harness.infer = { request in
            func tensor(_ shape: [Int], _ value: Float = 0) -> HarnessTensor? {
                HarnessTensor(shape, [Float](repeating: value, count: shape.reduce(1, *)))
            }
            func numbers(_ name: String) -> [Int] {
                request.inputs.first { $0.name == name }?.tensor.bytes.bindMemory(to: Int64.self).map(Int.init) ?? []
            }
            switch request.model {
            case "voice":
                frame += 1
                return [tensor([1, 1], voice[min(frame, voice.count) - 1]), tensor(SpeechHandOver.voiceShape)].compactMap { $0 }
            case "decoder":
                let (ids, places) = (numbers("input_ids"), numbers("scored"))
                // Its caches remember how many tokens it wrote.
                let past = request.inputs.first { $0.name.hasPrefix("past") }?.tensor
                var written = past.flatMap { $0.bytes.bindMemory(to: Float.self).first }.map { Int($0) } ?? 0
                let finds = ids == [vocabulary.special.startOfTranscript]
                if written == 0, let later { tokens = frame >= later.frames ? late : early }
                if !finds { heard.runs.append(ids) }
                // What it is held to stands behind the last of the three that steer it.
                if let steered = ids.lastIndex(of: vocabulary.special.noTimestamps) {
                    written = ids.count - 1 - steered
                } else if !finds {
                    written += ids.count
                }
                var logits = [Float](repeating: 0, count: vocabulary.count * places.count)
                for (row, place) in places.enumerated() {
                    logits[row * vocabulary.count + (finds ? english : tokens[min(written + place + 1, tokens.count - 1)])] = 30
                }
                return [HarnessTensor([1, places.count, vocabulary.count], logits)].compactMap { $0 }
                    + request.outputs.dropFirst().compactMap { _ in tensor([1, 8, 1, 64], Float(finds ? 0 : written)) }
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
        let steer = try Self.vocabulary().special.noTimestamps
        #expect(told.runs.contains { $0.count > 2 && !$0.contains(steer) }, "\(told.runs)")
    }

    @Test("A draft that does not stand is written anew from there, behind what was heard before it was checked")
    func redone() throws {
        let told = try heard("He left at ten and came", later: ("He left at two and went home", 24), frames: [40, 30])
        #expect(told.transcripts.contains { $0.text == "He left at ten and came" }, "\(told.transcripts)")
        #expect(told.transcripts.contains { !$0.final && $0.text == "He left at two and went home" }, "\(told.transcripts)")
    }

    @Test("Partial transcripts go on growing where nothing more of them is promised")
    func long() throws {
        let words = "we saw red gold rings for two women and then a man came home with some flowers which he gave to her last week"
        let early = words.split(separator: " ").prefix(9).joined(separator: " ")
        // Beyond half of the longest utterance, and then some seconds more.
        let told = try heard(early, later: (words, 110), frames: [170, 30], ["utterance_ms_max": "6000"])
        #expect(told.transcripts.last { !$0.final }?.text == words, "\(told.transcripts)")
    }

    @Test("Who goes on after a pause is heard with what came before, until too long has passed")
    func saidBefore() throws {
        let vocabulary = try Self.vocabulary()
        let said = "He left at ten".split(separator: " ").flatMap { Vocabulary.Encoder(vocabulary).tokens(ofWord: String($0)) }
        func beginnings(_ pause: Int) throws -> [[Int]] {
            try heard("He left at ten", frames: [20, pause, 20, 40], ["partial_interval_ms": "0"]).runs
                .filter { $0.contains(vocabulary.special.noTimestamps) }
        }
        let soon = try beginnings(30)
        #expect(soon.count == 2 && soon[0][0] != vocabulary.special.startOfPrevious, "\(soon)")
        #expect(Array(soon[1].prefix(1 + said.count)) == [vocabulary.special.startOfPrevious] + said, "\(soon)")
        let late = try beginnings(90)
        #expect(late.count == 2 && late[1] == late[0], "\(late)")
    }
}
