import Glibc
import PluginKit
import PluginTesting
import TestSupport
import Testing
import Wire

@testable import SpeechRecognizer

@Suite("Words that are expected")
struct ListedWordsTests {
    private static let names = #"{"words": {"en": ["ring", "gold", "white", "peridot"], "zh": ["戒指", "橄榄石"]}}"#

    private struct Decoding: Equatable {
        /// The words that are expected stood before it.
        var isListed: Bool
        var isPartial: Bool
        /// Tokens that it was held to.
        var held = 0
    }

    /// What is told of two seconds of speech (on each stream, with | between them), by a decoder that writes `plain`, or `listed` behind the words
    /// that are expected; and its decodings.
    /// - Parameter others: streams of the same instance whose words are asked for just before.
    private func heard(plain: String, listed: String, partials: Bool = false, others: Int = 0) throws -> (final: String, decodings: [Decoding]) {
        let decoder = try ScriptedDecoder()
        let path = "/tmp/vitrine-expected-\(getpid())-\(UInt32.random(in: 0...(.max))).json"
        let file = try #require(fopen(path, "w"))
        fputs(Self.names, file)
        fclose(file)
        defer { unlink(path) }

        let harness = try PluginHarness(
            SpeechRecognizer.self, options: ["beam": "1", "vocabulary": path, "partial_interval_ms": partials ? "320" : "0"],
            modelFiles: ["decoder": ScriptedDecoder.folder + "decoder.xml"])
        var frames = 0
        var isPartial = false
        var decodings: [Decoding] = []
        harness.infer = { request in
            func tensor(_ shape: [Int], _ value: Float = 0) -> HarnessTensor? {
                HarnessTensor(shape, [Float](repeating: value, count: shape.reduce(1, *)))
            }
            let made: [HarnessTensor?]
            switch request.model {
            case "voice":
                frames += 1
                made = [tensor([1, 1], frames < 64 * (others + 1) ? 0.95 : 0.01), tensor(SpeechHandOver.voiceShape)]
            case "front-end":
                // The final words' picture is of ten seconds, the others are shorter.
                isPartial = request.inputs[0].tensor.shape != [1, 160_000]
                made = request.outputs.map { _ in tensor([1, 1]) }
            case "decoder":
                made = decoder.answer(
                    request,
                    begin: { beginning in
                        let isListed = beginning.tokens[0] == decoder.vocabulary.special.startOfPrevious
                        decodings.append(Decoding(isListed: isListed, isPartial: isPartial, held: beginning.held))
                        return isListed ? 1 : 0
                    },
                    text: { $0 == 1 ? listed : plain })
            default: made = request.outputs.map { _ in tensor([1, 1]) }
            }
            return made.compactMap { $0 }
        }
        let crowd = try (0..<others).map { try harness.open(sessionKey: UInt64($0 + 2), turnID: UInt64($0 + 2)) }
        let stream = try harness.open()
        let samples = [Int16](repeating: 1_000, count: 48_000)
        // Each piece is worked on before the next one comes: a partial transcript is told before the speech ends.
        for start in stride(from: 0, to: samples.count, by: 4_800) {
            for one in crowd + [stream] { one.send(samples: Array(samples[start..<start + 4_800])) }
            harness.settle()
        }
        for one in crowd + [stream] { one.send(samples: [], last: true) }
        harness.settle()
        let finals = (crowd + [stream]).flatMap(\.outputs).compactMap {
            if case .transcript(let words)? = $0.kind, words.final { words.text } else { nil }
        }
        for one in crowd + [stream] { one.cancel() }
        harness.settle()
        #expect(harness.finish() == [])
        return (finals.joined(separator: "|"), decodings)
    }

    @Test("are told to the decoder of one who speaks of them")
    func spokenOf() throws {
        let (final, decodings) = try heard(plain: "A gold ring", listed: "A peridot ring")
        #expect(final == "A peridot ring" && decodings == [Decoding(isListed: true, isPartial: false)])
    }

    @Test("count for nothing where none of them is heard: the words found without them stand", arguments: ["He left it", "He left the white"])
    func spokenOfElse(listed: String) throws {
        let (final, decodings) = try heard(plain: "He left at ten", listed: listed)
        #expect(final == "He left at ten")
        #expect(decodings == [Decoding(isListed: true, isPartial: false), Decoding(isListed: false, isPartial: false)])
    }

    @Test("are not waited for twice when what was told meanwhile said whether they are spoken of")
    func partials() throws {
        let (elsewhere, decodings) = try heard(plain: "He left at ten", listed: "He left a ring", partials: true)
        #expect(elsewhere == "He left at ten")
        #expect(!decodings.contains { $0.isListed } && decodings.filter { !$0.isPartial }.count == 1, "\(decodings)")
        #expect((decodings.last?.held ?? 0) > 0, "what was settled is not looked for again")
        let (ring, others) = try heard(plain: "A gold ring", listed: "A gold ring", partials: true)
        #expect(ring == "A gold ring" && others.first?.isListed == false)
        #expect(others.filter { !$0.isPartial }.map(\.isListed) == [true], "\(others)")
    }

    @Test("are decoded with once, and not once more without, while many others wait")
    func crowded() throws {
        let others = InstanceLoad.crowdedFinalsMin
        let (finals, decodings) = try heard(plain: "He left at ten", listed: "He left it", others: others)
        #expect(finals.split(separator: "|").sorted() == Array(repeating: "He left at ten", count: others) + ["He left it"])
        #expect(decodings.filter(\.isListed).count == others + 1 && decodings.filter { !$0.isListed }.count == others, "\(decodings)")
    }

    @Test(
        "that no one uses elsewhere are spoken of once, everyday ones when there are two",
        arguments: [
            ("a peridot", true), ("A gold ring.", true), ("Peridots?", true), ("one ring", false), ("ring, ring!", false), ("", false),
            ("Go home", false),
            ("我要戒指", true), ("我要走了", false),
        ])
    func evidence(text: String, isOfNames: Bool) {
        let everyday: Set<String> = ["ring", "gold", "white"]
        let repair = WordRepair(["ring", "gold", "white", "peridot", "戒指"], isKnown: { everyday.contains($0) })
        #expect(repair.isOfNames(text) == isOfNames)
    }
}
