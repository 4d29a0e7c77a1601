import PluginKit
import PluginTesting
import TestSupport
import Testing

@testable import SpeechRecognizer

/// Whisper's decoder as a script: it writes what it is told, and its caches remember how many tokens that were, and a mark.
struct ScriptedDecoder {
    /// The beginning of a text: a run whose tokens steer the decoder.
    struct Beginning {
        var tokens: [Int]
        /// Tokens behind those that steer: what it is held to.
        var held: Int
    }

    static let folder = Cache.folder + "/models/whisper-base-i8/"

    let vocabulary: Vocabulary
    private let encoder: Vocabulary.Encoder
    private let english: Int

    init() throws {
        vocabulary = try Vocabulary(
            tokens: FileBytes.read(Self.folder + "vocab.bin", bytesMax: SpeechLimits.vocabularyBytesMax),
            settings: FileBytes.read(Self.folder + "whisper.json", bytesMax: SpeechLimits.vocabularyBytesMax))
        encoder = Vocabulary.Encoder(vocabulary)
        english = try #require(vocabulary.token(ofLanguage: "en"))
    }

    /// Of a text's words, which are whole tokens.
    func tokens(_ text: String) -> [Int] { text.split(separator: " ").flatMap { encoder.tokens(ofWord: String($0)) } }

    /// The tokens of a run that does not merely look for the language; nil = it does.
    func run(_ request: HarnessInference) -> [Int]? {
        let ids = numbers(request, "input_ids")
        return ids == [vocabulary.special.startOfTranscript] ? nil : ids
    }

    /// - Parameters:
    ///   - begin: told of each text that begins; gives its mark, 0 or 1.
    ///   - text: what is written under a mark.
    func answer(_ request: HarnessInference, begin: (Beginning) -> Int = { _ in 0 }, text: (_ mark: Int) -> String) -> [HarnessTensor] {
        let places = numbers(request, "scored")
        let past = request.inputs.first { $0.name.hasPrefix("past") }?.tensor
        let known = past.flatMap { $0.bytes.bindMemory(to: Float.self).first }.map { Int($0) } ?? 0
        var (written, mark) = (known / 2, known % 2)
        var next = [english]
        if let ids = run(request) {
            // What it is held to stands behind the last of the three that steer it.
            if let steered = ids.lastIndex(of: vocabulary.special.noTimestamps) {
                written = ids.count - 1 - steered
                mark = begin(Beginning(tokens: ids, held: written))
            } else {
                written += ids.count
            }
            next = tokens(text(mark)) + [vocabulary.special.endOfText]
        }
        var logits = [Float](repeating: 0, count: vocabulary.count * places.count)
        for (row, place) in places.enumerated() { logits[row * vocabulary.count + next[min(written + place + 1, next.count - 1)]] = 30 }
        let caches = [Float](repeating: Float(written * 2 + mark), count: 8 * 64)
        return [HarnessTensor([1, places.count, vocabulary.count], logits)].compactMap { $0 }
            + request.outputs.dropFirst().compactMap { _ in HarnessTensor([1, 8, 1, 64], caches) }
    }

    private func numbers(_ request: HarnessInference, _ name: String) -> [Int] {
        request.inputs.first { $0.name == name }?.tensor.bytes.bindMemory(to: Int64.self).map(Int.init) ?? []
    }
}
