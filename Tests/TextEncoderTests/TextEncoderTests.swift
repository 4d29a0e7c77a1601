import Inference
import PluginKit
import TestSupport
import Testing
import Wire

@testable import TextEncoder

private func tokenizer() throws -> Tokenizer { try Tokenizer(ModelRunner.cache + "/models/muse/sp.model") }

private func embed(_ text: String, _ tokenizer: Tokenizer, _ model: ModelRunner) throws -> [Float] {
    let vectors = try TextWindows.cut(text, tokenizer).get().map { ids in
        try model.run(ids, type: Inference.TensorType.i64, shape: [Int64(ids.count)], outputs: ["embedding"])[0]
    }
    return try #require(TextWindows.mean(vectors))
}

private func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

@Suite("How a text is cut for the model")
struct TextWindowsTests {
    @Test("pieces are those of the model's own tokenizer, between 1 and 2", arguments: ReferenceTexts.all)
    func pieces(_ reference: ReferenceTexts.Reference) throws {
        #expect(try TextWindows.cut(reference.text, tokenizer()).get() == [reference.ids])
    }

    @Test("full-width and composed forms are normalised")
    func normalised() throws {
        let tokenizer = try tokenizer()
        #expect(try tokenizer.pieces("ＧＯＬＤ　ring") == tokenizer.pieces("GOLD ring"))
        #expect(try tokenizer.pieces("caf\u{65}\u{301}") == tokenizer.pieces("café"))
        #expect(try tokenizer.pieces("  two   spaces ") == tokenizer.pieces("two spaces"))
    }

    @Test("a text without words is refused", arguments: ["", " ", "\t\n  "])
    func empty(_ text: String) throws {
        guard case .failure(let error) = try TextWindows.cut(text, tokenizer()) else {
            Issue.record("\"\(text)\" was accepted")
            return
        }
        #expect(error.status.code == .invalidArgument)
    }

    @Test("a text of 16 KiB is taken, one byte more is refused saying how much is allowed")
    func tooLong() throws {
        let tokenizer = try tokenizer()
        _ = try TextWindows.cut(String(repeating: "a", count: TextLimits.textBytesMax), tokenizer).get()
        guard case .failure(let error) = TextWindows.cut(String(repeating: "a", count: TextLimits.textBytesMax + 1), tokenizer) else {
            Issue.record("a longer text was accepted")
            return
        }
        #expect(error.status.code == .invalidArgument && error.status.message.contains("16384"))
    }

    @Test("windows hold at most 256 ids, are nearly equal, and together hold every piece once", arguments: [1, 253, 254, 255, 508, 509, 5_000])
    func windows(_ count: Int) {
        let pieces = (0..<count).map { Int64($0 + 3) }
        let windows = TextWindows.split(pieces)
        #expect(windows.allSatisfy { $0.count <= TextLimits.windowIDsMax && $0.first == 1 && $0.last == 2 })
        #expect(windows.flatMap { $0.dropFirst().dropLast() } == pieces)
        let lengths = windows.map(\.count)
        #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
        #expect(windows.count == (count + 253) / 254)
    }

    @Test("the mean of windows has length one, and what has no direction is refused")
    func mean() throws {
        let mean = try #require(TextWindows.mean([[1, 0], [0, 1]]))
        #expect(abs(cosine(mean, mean) - 1) < 1e-6 && abs(mean[0] - mean[1]) < 1e-6)
        #expect(TextWindows.mean([[1, 0], [-1, 0]]) == nil)
        #expect(TextWindows.mean([[.nan, 0]]) == nil)
        #expect(TextWindows.mean([]) == nil)
    }

    @Test("a missing tokenizer says which file and what to do")
    func missing() {
        let error = #expect(throws: PluginError.self) { try Tokenizer("/nowhere/sp.model") }
        #expect(error?.status.code == .notFound)
        #expect(error?.status.message.contains("/nowhere/sp.model") == true && error?.status.message.contains("make setup") == true)
    }
}

@Suite("The text model")
struct TextModelTests {
    @Test("vectors are those of the original implementation")
    func parity() throws {
        let (tokenizer, model) = (try tokenizer(), try ModelRunner("muse/muse.xml"))
        for reference in ReferenceTexts.all {
            let vector = try embed(reference.text, tokenizer, model)
            try #require(vector.count == TextEncoderPlugin.dimensions)
            #expect(abs(cosine(vector, vector) - 1) < 1e-5)
            let first = Array(vector.prefix(reference.first.count))
            let length = (cosine(first, first) * cosine(reference.first, reference.first)).squareRoot()
            #expect(cosine(first, reference.first) / length > 0.995, "\(reference.text)")
            #expect(zip(first, reference.first).allSatisfy { abs($0 - $1) < 0.01 }, "\(reference.text)")
        }
    }

    @Test("a Chinese question is nearest to its English meaning")
    func bilingual() throws {
        let (tokenizer, model) = (try tokenizer(), try ModelRunner("muse/muse.xml"))
        let pairs = [
            ("how do I return an order", "怎么退货"), ("a ring with a red stone", "镶红色宝石的戒指"), ("how long does delivery take", "多久能送到"),
            ("a pearl necklace", "珍珠项链"),
        ]
        let english = try pairs.map { try embed($0.0, tokenizer, model) }
        for (index, pair) in pairs.enumerated() {
            let query = try embed(pair.1, tokenizer, model)
            let scores = english.map { cosine($0, query) }
            #expect(scores.indices.max { scores[$0] < scores[$1] } == index, "\(pair.1): \(scores)")
        }
    }

    @Test("a long text keeps its meaning")
    func long() throws {
        let (tokenizer, model) = (try tokenizer(), try ModelRunner("muse/muse.xml"))
        let sentence = "We take back unworn rings within thirty days. "
        let long = try embed(String(repeating: sentence, count: 60), tokenizer, model)
        #expect(cosine(long, try embed("returning a ring", tokenizer, model)) > cosine(long, try embed("pearl care", tokenizer, model)) + 0.1)
    }

    @Test("the installed weights and tokenizer are those of the pinned space")
    func space() throws {
        let folder = ModelRunner.cache + "/models/muse/"
        #expect(try TextSpace.identifier(weights: folder + "muse.bin", tokenizer: folder + "sp.model") == TextSpace.pinned)
        let port = try #require(TextEncoderPlugin.manifest.produces.first)
        #expect(port.kind == "embedding" && port.shape == [512] && port.spaceID == TextSpace.pinned)
    }
}
