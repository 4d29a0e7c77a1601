import Foundation
import Inference
import PluginKit
import TestSupport
import Testing
import TextTerms
import Wire

@testable import TextEncoder

private func tokenizer(_ kind: TextModel = .muse) throws -> Tokenizer { try Tokenizer(ModelRunner.cache + "/models/\(kind.folder)/sp.model") }

private func embed(_ text: String, _ tokenizer: Tokenizer, _ model: ModelRunner, _ kind: TextModel = .muse) throws -> [Float] {
    let vectors = try TextWindows.cut(text, tokenizer, kind).get().map { ids in
        try model.run(ids, type: Inference.TensorType.i64, shape: [Int64(ids.count)], outputs: ["embedding"])[0]
    }
    return try #require(TextWindows.mean(vectors))
}

private func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

@Suite("How a text is cut for the model")
struct TextWindowsTests {
    @Test("pieces are those of the model's own tokenizer, between 1 and 2", arguments: ReferenceTexts.all)
    func pieces(_ reference: ReferenceTexts.Reference) throws {
        #expect(try TextWindows.cut(reference.text, tokenizer(), .muse).get() == [reference.ids])
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
        guard case .failure(let error) = try TextWindows.cut(text, tokenizer(), .muse) else {
            Issue.record("\"\(text)\" was accepted")
            return
        }
        #expect(error.status.code == .invalidArgument)
    }

    @Test("a text of 16 KiB is taken, one byte more is refused saying how much is allowed")
    func tooLong() throws {
        let tokenizer = try tokenizer()
        _ = try TextWindows.cut(String(repeating: "a", count: TextLimits.textBytesMax), tokenizer, .muse).get()
        guard case .failure(let error) = TextWindows.cut(String(repeating: "a", count: TextLimits.textBytesMax + 1), tokenizer, .muse) else {
            Issue.record("a longer text was accepted")
            return
        }
        #expect(error.status.code == .invalidArgument && error.status.message.contains("16384"))
    }

    @Test(
        "windows hold at most the ids that a model takes, are nearly equal, and together hold every piece once",
        arguments: TextModel.allCases, [1, 254, 255, 510, 511, 4_094, 4_095, 9_000])
    func windows(_ model: TextModel, _ count: Int) {
        let pieces = (0..<count).map { Int64($0 + 3) }
        let windows = TextWindows.split(pieces, model)
        #expect(windows.allSatisfy { $0.count <= model.windowIDsMax && $0.first == model.begin && $0.last == model.end })
        #expect(windows.flatMap { $0.dropFirst().dropLast() } == pieces)
        let lengths = windows.map(\.count)
        #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
        let most = model == .muse ? 4_094 : 510
        #expect(windows.count == (count + most - 1) / most)
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
    /// Smallest cosine to the original of the first eight numbers, and how far a number may be off. Models of 8-bit weights: whole vectors of 60
    /// texts have cosines of .9993 and more (`make bench-text`).
    static let (firstCosineMin, offMax): (Float, Float) = (0.99, 0.01)

    @Test("vectors are those of the original implementation", arguments: TextModel.allCases)
    func parity(_ kind: TextModel) throws {
        let (tokenizer, model) = (try tokenizer(kind), try ModelRunner(kind.path))
        for reference in kind == .muse ? ReferenceTexts.all : ReferenceTexts.e5 {
            let vector = try embed(reference.text, tokenizer, model, kind)
            try #require(vector.count == kind.dimensions)
            #expect(abs(cosine(vector, vector) - 1) < 1e-5)
            let first = Array(vector.prefix(reference.first.count))
            let length = (cosine(first, first) * cosine(reference.first, reference.first)).squareRoot()
            #expect(cosine(first, reference.first) / length > Self.firstCosineMin, "\(reference.text)")
            #expect(zip(first, reference.first).allSatisfy { abs($0 - $1) < Self.offMax }, "\(reference.text)")
        }
    }

    @Test("a Chinese question is nearest to its English meaning")
    func bilingual() throws {
        let (tokenizer, model) = (try tokenizer(), try ModelRunner("muse-i8/muse.xml"))
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

    @Test("a long text is given to the model whole, as the original implementation does it", arguments: ReferenceTexts.long)
    func whole(_ reference: ReferenceTexts.Long) throws {
        let kind = reference.model
        #expect(try TextWindows.cut(reference.text, tokenizer(kind), kind).get().count == 1)
        let vector = try embed(reference.text, tokenizer(kind), ModelRunner(kind.path), kind)
        let first = Array(vector.prefix(reference.first.count))
        let length = (cosine(first, first) * cosine(reference.first, reference.first)).squareRoot()
        #expect(cosine(first, reference.first) / length > Self.firstCosineMin)
        #expect(zip(first, reference.first).allSatisfy { abs($0 - $1) < Self.offMax }, "\(first)")
    }

    @Test("a long text keeps its meaning")
    func long() throws {
        let (tokenizer, model) = (try tokenizer(), try ModelRunner("muse-i8/muse.xml"))
        let sentence = "We take back unworn rings within thirty days. "
        let long = try embed(String(repeating: sentence, count: 60), tokenizer, model)
        #expect(cosine(long, try embed("returning a ring", tokenizer, model)) > cosine(long, try embed("pearl care", tokenizer, model)) + 0.1)
    }

    @Test("the installed weights and tokenizer are those of the pinned space", arguments: TextModel.allCases)
    func space(_ kind: TextModel) throws {
        let folder = ModelRunner.cache + "/models/\(kind.folder)/"
        let found = try TextSpace.identifier(kind, weights: folder + "\(kind.rawValue).bin", tokenizer: folder + "sp.model")
        #expect(found == TextSpace.pinned(kind))
        let port = try #require(TextEncoderPlugin.manifest.produces(with: ["model": kind.rawValue]).first)
        #expect(port.kind == "embedding" && port.shape == [Int32(kind.dimensions)] && port.spaceID == found)
    }
}

@Suite("The text encoder as a plugin", .serialized)
struct TextStreamTests {
    private func made(_ options: [String: String] = [:]) throws -> PictureHost {
        try PictureHost(try #require(PluginEntry.table(for: TextEncoderPlugin.self, abi: 1)), TextEncoderPlugin.manifest, options: options)
    }

    private func text(_ words: String) -> ClientMessage { ClientMessage(turnID: 3, kind: .text(TextInput(text: words))) }

    private func embeddings(_ host: PictureHost) -> [Embedding] {
        host.outputs.compactMap { if case .embedding(let embedding) = $0.kind { embedding } else { nil } }
    }

    /// A table of terms in a file of its own, removed afterwards.
    private func withTable<R>(_ bytes: [UInt8], _ body: (String) throws -> R) throws -> R {
        let path = NSTemporaryDirectory() + "vitrine-terms-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    @Test("e5 is asked when it is chosen, and only then", arguments: TextModel.allCases)
    func chosen(_ kind: TextModel) throws {
        let host = try made(["model": kind.rawValue])
        host.send(text("gold rings under 500 dollars"))
        try host.settle()
        #expect(host.inferredModels == [kind.rawValue])
        let embedding = try #require(embeddings(host).first)
        #expect(embedding.shape == [UInt32(kind.dimensions)] && embedding.spaceID == TextSpace.pinned(kind))
        #expect(host.outputs.count == 1)
    }

    @Test("a table of terms gives a second, sparse output")
    func sparse() throws {
        let table = try TermTable(counting: ["gold ring", "silver ring", "金戒指"])
        let host = try withTable(Array(table.text.utf8)) { try made(["terms": $0]) }
        // One after the other: a long text is ready later than a short one that was sent after it.
        for words in ["gold ring, 戒指, pearl", String(repeating: "gold ring ", count: 200), "pearl"] {
            host.send(text(words))
            try host.settle()
        }
        let found = host.outputs.compactMap { if case .sparse(let vector) = $0.kind { vector } else { nil } }
        try #require(found.count == 3 && embeddings(host).count == 3)
        #expect(found[0].terms == ["gold", "ring", "戒", "戒指", "指"] && found[0].size == UInt32(table.terms.count))
        #expect(found[0].indices == found[0].terms.map { UInt32(table.terms.firstIndex(of: $0) ?? -1) })
        #expect(abs(found[0].values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        #expect(found[1].terms == ["gold", "ring"] && found[1].values[0] > found[1].values[1])
        #expect(found[2].indices.isEmpty && found[2].spaceID == found[0].spaceID && found[0].spaceID.hasPrefix("sparse["))
    }

    @Test("the language is told where it is asked for")
    func language() throws {
        let host = try made(["language": "on"])
        for words in ["Où est ma commande ?", "金の指輪"] {
            host.send(text(words))
            try host.settle()
        }
        let found = host.outputs.compactMap { if case .labels(let labels) = $0.kind { labels } else { nil } }
        #expect(found.map(\.scheme) == ["language", "language"] && found.map { $0.labels.first?.name } == ["fr", "ja"])
        #expect(embeddings(host).count == 2)
        #expect { try made(["language": "yes"]) } throws: { "\($0)".contains("off and on") }
    }

    @Test("an unknown model, a missing table and a file that is none are refused, saying what is allowed")
    func refused() throws {
        #expect { try made(["model": "bert"]) } throws: { "\($0)".contains("muse, e5") }
        #expect { try made(["terms": "/nowhere/terms.tsv"]) } throws: { "\($0)".contains("vitrine train terms") }
        #expect { try withTable([0xff, 0]) { try made(["terms": $0]) } } throws: { "\($0)".contains("no table of terms") }
        #expect { try withTable(Array("vitrine-terms\t2\t2\nx\t9\n".utf8)) { try made(["terms": $0]) } } throws: { "\($0)".contains("line 2") }
    }

    @Test("empty, huge and unreadable texts are one problem each, with either model", arguments: TextModel.allCases)
    func bad(_ kind: TextModel) throws {
        let host = try made(["model": kind.rawValue])
        let texts = ["", "   ", "\u{0}", String(repeating: "a", count: TextLimits.textBytesMax + 1)]
        for words in texts { host.send(text(words)) }
        try host.settle()
        #expect(host.outputs.count == texts.count && host.closed == nil)
        for (words, output) in zip(texts, host.outputs) where words != "\u{0}" {
            guard case .problem(let problem) = output.kind else {
                Issue.record("\(words.prefix(9)) is no problem")
                continue
            }
            #expect(problem.code == StatusCode.invalidArgument.rawValue)
        }
    }
}
