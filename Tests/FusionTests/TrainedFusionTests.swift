import CheckedYAML
import Foundation
import Testing

@testable import Fusion

@Suite("Trained operators that fuse in a graph")
struct TrainedFusionTests {
    private static func text(_ values: [Float] = [3, 4]) -> Feature { Feature(modality: "text", spaceID: "t", values: values) }
    private static let image = Feature(modality: "image", spaceID: "v", values: [0, 2])

    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(folder)/model", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// A shared space of two dimensions: a sentence as it is, "gold" along the first and "blue" along the second; a picture with its sides changed.
    private static func writeSpace(_ folder: String, _ change: (inout TensorFile) -> Void = { _ in }) throws {
        try "blue\ngold\n".write(toFile: "\(folder)/words.txt", atomically: true, encoding: .utf8)
        var file = TensorFile()
        file.set("words.weights", [1, 1])
        file.set("title.mean", [0, 0, 0, 0])
        file.set("title.directions", rows: 4, columns: 2, [1, 0, 0, 1, 0, 1, 1, 0])
        file.set("picture.mean", [0, 0])
        file.set("picture.directions", rows: 2, columns: 2, [0, 1, 1, 0])
        file.set("correlations", [1, 1])
        file.set("share", [1])
        file.metadata = ["parts": "embedding sentence words", "text_space": "t", "picture_space": "v", "heads": "0"]
        change(&file)
        try file.write("\(folder)/weights.safetensors")
    }

    /// Two modalities that are projected on two values each and put side by side.
    private static func model(_ fusion: LearntOperator = .concatenation) -> LearntModel {
        var parameters: [String: LearntMatrix] = [:]
        let tokens = [
            LearntToken(name: "text", modality: "text", width: 2, spaceID: "t"),
            LearntToken(name: "image", modality: "image", width: 2, spaceID: "v"),
        ]
        for shape in fusion.form.shapes(tokens, modalities: 2, width: 2, classes: 2) {
            let values = (0..<shape.rows * shape.columns).map { $0 % (shape.columns + 1) == 0 && shape.rows > 1 ? Float(1) : 0 }
            parameters[shape.name] = LearntMatrix(shape.rows, shape.columns, values)
        }
        return LearntModel(fusion: fusion, tokens: tokens, classes: ["a", "b"], width: 2, parameters: parameters, spaceID: "fused-x")
    }

    private static func writeModel(_ folder: String, _ model: LearntModel = model()) throws {
        var file = TensorFile()
        for (name, matrix) in model.parameters { file.set(name, rows: matrix.rows, columns: matrix.columns, matrix.values) }
        file.metadata = [
            "operator": model.fusion.rawValue, "classes": "a\nb", "width": "2",
            "tokens": String(decoding: try JSONEncoder().encode(model.tokens), as: UTF8.self),
        ]
        try file.write("\(folder)/weights.safetensors")
    }

    private static func ports(_ name: String) -> PluginPorts? {
        name == "text-encoder"
            ? PluginPorts(consumes: ["text"], produces: [.init(kind: "embedding", dtype: "f32", shape: [2], spaceID: "t")])
            : PluginPorts(consumes: ["image"], produces: [.init(kind: "embedding", dtype: "f32", shape: [2], spaceID: "v")])
    }

    private static func graph(_ node: String) -> String {
        """
        graph: 1
        name: shop
        nodes:
          - {id: read, type: plugin, plugin: text-encoder, in: [client.text]}
          - {id: see, type: plugin, plugin: vision-encoder, in: [client.image]}
          - {id: turn, type: align, in: {text: read.embedding, image: see.embedding}}
          - {id: query, type: fuse, model: model, \(node)}
        """
    }

    private static func plan(_ folder: String, _ node: String) throws(YAMLError) -> GraphPlan {
        try GraphPlan.parse(graph(node), file: "\(folder)/g.yaml", ports: ports)
    }

    private static func refusal(_ folder: String, _ node: String) -> String {
        do throws(YAMLError) {
            _ = try plan(folder, node)
            return "accepted"
        } catch { return error.description.replacingOccurrences(of: folder + "/", with: "") }
    }

    @Test("aligned: words and picture in their shared space, each for the products' other side; what is missing is named")
    func aligned() throws {
        try Self.inFolder { folder in
            try Self.writeSpace("\(folder)/model")
            let plan = try Self.plan(folder, "operator: aligned, in: [turn.text, turn.image], weights: [1, 3]")
            func fused(_ features: [Feature], _ words: String) throws -> FusedVector {
                try #require(try plan.fuse(features, present: [], words: words, classifier: nil).vector("query"))
            }
            let both = try fused([Self.text(), Self.image], "a gold one")
            #expect(both.parts.map(\.feature.modality) == [Modality.pictureByWords, Modality.titleByPicture])
            #expect(both.parts.map(\.weight) == [1, 3] && both.missing.isEmpty)
            #expect(both.contributions == [.init(name: "text", probability: 0.25), .init(name: "image", probability: 0.75)])
            // The sentence (0.6, 0.8) and one known word along the first axis; the picture's second axis is the space's first.
            let expected = [Float(1.6), 0.8].map { $0 / Float(3.2).squareRoot() }
            #expect(zip(both.parts[0].feature.values, expected).allSatisfy { abs($0 - $1) < 1e-5 } && both.parts[1].feature.values == [1, 0])
            #expect(Set(both.parts.map(\.feature.spaceID)).count == 1 && both.parts[0].feature.spaceID.hasPrefix("shared-"))
            let shown = try fused([Self.image], "")
            #expect(shown.parts.count == 1 && shown.missing == ["text"] && shown.contributions.map(\.probability) == [1])
            #expect(try fused([], "").parts.isEmpty)
            #expect(throws: FusionError.self) { try fused([Self.text([.nan, 0])], "") }
            #expect(throws: FusionError.self) { try fused([Feature(modality: "text", spaceID: "other", values: [1, 0])], "") }
            #expect(plan.text().contains("fuse in the shared space shared-") && plan.alignedSpaces.map(\.step) == ["query"])
        }
    }

    @Test("an aligned node is checked: its files, the shapes and spaces of what it is given")
    func alignedChecks() throws {
        try Self.inFolder { folder in
            let node = "operator: aligned, in: [turn.text, turn.image]"
            #expect(Self.refusal(folder, node).hasPrefix("g.yaml:7: nodes[3].model: model/weights.safetensors: no such file"))
            try Self.writeSpace("\(folder)/model") { $0.metadata["picture_space"] = "w" }
            #expect(Self.refusal(folder, node).contains("'see.embedding' is embedding f32[2] in space v; 'query' was trained with f32[2] in space w"))
            try Self.writeSpace("\(folder)/model") { $0.metadata["parts"] = "mean sentence" }
            #expect(Self.refusal(folder, node).hasSuffix("looks at layers that no plugin gives: train it with --inputs plugins"))
            try Self.writeSpace("\(folder)/model") { $0.set("title.directions", rows: 4, columns: 1, [1, 1, 1, 1]) }
            #expect(Self.refusal(folder, node).hasSuffix("the directions of 'title' do not fit the 2 correlations"))
            try Self.writeSpace("\(folder)/model") { $0.set("picture.directions", rows: 2, columns: 2, [0, 1, .infinity, 0]) }
            #expect(Self.refusal(folder, node).hasSuffix("'picture.directions' holds values that are not finite"))
            try Self.writeSpace("\(folder)/model")
            #expect(Self.refusal(folder, node) == "accepted" && Self.refusal(folder, "operator: aligned, in: [turn.text]") == "accepted")
        }
    }

    @Test("learnt: one vector of a trained operator, with what each modality contributed")
    func learnt() throws {
        try Self.inFolder { folder in
            try Self.writeModel("\(folder)/model")
            let plan = try Self.plan(folder, "operator: learnt, in: [turn.text, turn.image]")
            let outcome = try plan.fuse([Self.text(), Self.image], present: [], classifier: nil)
            let both = try #require(outcome.vector("query"))
            // [tanh(0.6), tanh(0.8), tanh(0), tanh(1)], of length 1.
            let raw = [tanh(Float(0.6)), tanh(Float(0.8)), 0, tanh(Float(1))]
            let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(both.parts.count == 1 && zip(both.parts[0].feature.values, raw).allSatisfy { abs($0 - $1 / length) < 1e-5 })
            #expect(both.parts[0].feature.modality == Modality.fused && both.parts[0].feature.spaceID.hasPrefix("fused-"))
            #expect(both.contributions.map(\.name) == ["text", "image"] && abs(both.contributions.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
            #expect(both.contributions[0].probability > both.contributions[1].probability, "the text's part is longer")
            let said = try #require(try plan.fuse([Self.text()], present: [], classifier: nil).vector("query"))
            #expect(said.missing == ["image"] && said.contributions == [.init(name: "text", probability: 1)])
            #expect(said.parts[0].feature.values.suffix(2) == [0, 0])
            #expect(try #require(try plan.fuse([], present: [], classifier: nil).vector("query")).parts.isEmpty)
            #expect(plan.learntVectors.map(\.step) == ["query"] && plan.text().contains("fuse by a trained concatenation operator"))
        }
    }

    @Test(
        "every operator with a vector tells its classes from that vector; those that vote are refused as fuse nodes",
        arguments: LearntOperator.allCases)
    func forms(fusion: LearntOperator) throws {
        try Self.inFolder { folder in
            let model = Self.model(fusion)
            try Self.writeModel("\(folder)/model", model)
            let refusal = Self.refusal(folder, "operator: learnt, in: [turn.text, turn.image]")
            if fusion == .decision || fusion == .hybrid {
                #expect(!model.hasVector && refusal.hasSuffix("lets each modality vote: it decides, and has no vector to fuse"))
                #expect(throws: FusionError.self) { try model.fuse([Self.text()]) }
            } else {
                #expect(refusal == "accepted")
                let values = try #require(try model.fuse([Self.text(), Self.image]).parts.first).feature.values
                #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
                let classes = try #require(model.parameters["classes.w"])
                #expect(classes.rows == values.count)
            }
        }
    }

    @Test("a learnt node takes the modalities it was trained with, and there is one")
    func learntChecks() throws {
        try Self.inFolder { folder in
            try Self.writeModel("\(folder)/model")
            #expect(
                Self.refusal(folder, "operator: learnt, in: [turn.text]")
                    == "g.yaml:7: 'query' was trained with text, image; 'image' is no input of it")
            let node = "operator: learnt, in: [turn.text, turn.image]"
            let twice = Self.graph(node) + "\n  - {id: again, type: fuse, model: model, \(node)}"
            let error = #expect(throws: YAMLError.self) { try GraphPlan.parse(twice, file: "\(folder)/g.yaml", ports: Self.ports) }
            #expect(error?.description.contains("'again' is a second trained vector; products have one, that of 'query'") == true)
        }
    }
}
