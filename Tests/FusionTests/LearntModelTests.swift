import CheckedYAML
import Foundation
import Testing

@testable import Fusion

@Suite("Learnt operators in a graph")
struct LearntModelTests {
    /// Two modalities, two classes; the text speaks for "ring", the picture for "mug", the text twice as loud.
    private static func model(_ parameters: [String: LearntMatrix]? = nil, spaceID: String = "t") -> LearntModel {
        LearntModel(
            fusion: .decision,
            tokens: [
                LearntToken(name: "text", modality: "text", width: 2, spaceID: spaceID),
                LearntToken(name: "image", modality: "image", width: 1, spaceID: "v"),
            ], classes: ["ring", "mug"], width: 1,
            parameters: parameters ?? [
                "weights": LearntMatrix(1, 2, [Float(0.6931472), 0]),
                // Inputs are scaled by the root of their width, the text's votes by 1 + its sharpness.
                "sharpness": LearntMatrix(1, 2, [1, 0]),
                "votes.text.w": LearntMatrix(2, 2, [Float(0.5).squareRoot(), 0, 0, Float(0.5).squareRoot()]),
                "votes.text.b": LearntMatrix(1, 2, [0, 0]),
                "votes.image.w": LearntMatrix(1, 2, [0, 1]), "votes.image.b": LearntMatrix(1, 2, [0, 0]),
            ])
    }

    private static func text(_ values: [Float] = [3, 0]) -> Feature { Feature(modality: "text", spaceID: "t", values: values) }
    private static let image = Feature(modality: "image", spaceID: "v", values: [5])

    @Test("the decision is the weighted sum of the parts' probabilities, and says what each contributed")
    func decision() throws {
        // Unit vectors (1, 0) and (1): p_text(ring) = 1/(1 + e⁻²), p_image(ring) = 1/(1 + e); weights 2/3 and 1/3.
        let (byText, byImage) = (1 / (1 + exp(-2.0)), 1 / (1 + exp(1.0)))
        let found = try #require(try Self.model().decide([Self.text(), Self.image]))
        #expect(found.winner == "ring")
        #expect(abs(Double(found.classes[0].probability) - (2 * byText + byImage) / 3) < 1e-6)
        #expect(found.contributions.map(\.name) == ["text", "image"])
        // Without the picture the winner is surer: only the text spoke for it.
        #expect(found.contributions.map(\.probability) == [1, 0])
        let shown = try #require(try Self.model().decide([Self.image]))
        #expect(shown.winner == "mug" && shown.contributions.map(\.name) == ["image"])
        #expect(abs(Double(shown.classes[0].probability) - (1 - byImage)) < 1e-6)
        #expect(try Self.model().decide([]) == nil)
    }

    @Test("features of another space, width, or that are not finite are refused")
    func refusals() {
        #expect(throws: FusionError.self) { try Self.model(spaceID: "other").decide([Self.text()]) }
        #expect(throws: FusionError.self) { try Self.model().decide([Self.text([1, 2, 3])]) }
        #expect(throws: FusionError.self) { try Self.model().decide([Self.text([.nan, 0])]) }
    }

    private static let graph = """
        graph: 1
        name: shop
        nodes:
          - {id: read, type: plugin, plugin: text-encoder, in: [client.text]}
          - {id: see, type: plugin, plugin: vision-encoder, in: [client.image]}
          - {id: turn, type: align, in: {text: read.embedding, image: see.embedding}, frames: {before_ms: 100, after_ms: 7, pointing: mean, max: 4}}
          - {id: what, type: decide, operator: learnt, model: MODEL, in: [turn.text, turn.image]}
        """

    private static func ports(_ name: String) -> PluginPorts? {
        name == "text-encoder"
            ? PluginPorts(consumes: ["text"], produces: [.init(kind: "embedding", dtype: "f32", shape: [2], spaceID: "t")])
            : PluginPorts(consumes: ["image"], produces: [.init(kind: "embedding", dtype: "f32", shape: [1], spaceID: "v")])
    }

    private static func write(_ model: LearntModel, _ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var file = TensorFile()
        for (name, matrix) in model.parameters { file.set(name, rows: matrix.rows, columns: matrix.columns, matrix.values) }
        file.metadata = [
            "operator": model.fusion.rawValue, "classes": model.classes.joined(separator: "\n"), "width": "\(model.width)",
            "tokens": String(decoding: try JSONEncoder().encode(model.tokens), as: UTF8.self),
        ]
        try file.write("\(folder)/\(LearntModel.weightsName)")
    }

    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static func refusal(_ folder: String, _ text: String = graph) -> String {
        do throws(YAMLError) {
            _ = try GraphPlan.parse(text.replacingOccurrences(of: "MODEL", with: "model"), file: "\(folder)/g.yaml", ports: ports)
            return "accepted"
        } catch { return error.description.replacingOccurrences(of: folder + "/", with: "") }
    }

    @Test("a graph names a model beside it, decides with it, and shows it")
    func inGraph() throws {
        try Self.inFolder { folder in
            try Self.write(Self.model(), "\(folder)/model")
            let text = Self.graph.replacingOccurrences(of: "MODEL", with: "model")
            let plan = try GraphPlan.parse(text, file: "\(folder)/g.yaml", ports: Self.ports)
            #expect(plan.align.frames == .init(beforeMs: 100, afterMs: 7, pointing: .mean, framesMax: 4))
            let outcome = try plan.fuse([Self.text(), Self.image], present: ["image", "text"], classifier: nil)
            #expect(outcome.decision("what")?.winner == "ring")
            #expect(plan.text().contains("a trained decision operator: 2 classes"))
        }
    }

    @Test("a model that does not fit the graph is refused, naming both")
    func mismatch() throws {
        try Self.inFolder { folder in
            #expect(Self.refusal(folder).hasPrefix("g.yaml:7: nodes[3].model: model/weights.safetensors: no such file"))
            try Self.write(Self.model(spaceID: "other"), "\(folder)/model")
            #expect(Self.refusal(folder).contains("'read.embedding' is embedding f32[2] in space t; 'what' was trained with f32[2] in space other"))
            try Self.write(Self.model(), "\(folder)/model")
            #expect(
                Self.refusal(folder, Self.graph.replacingOccurrences(of: "in: [turn.text, turn.image]}", with: "in: [turn.text]}"))
                    == "g.yaml:7: 'what' was trained with text, image; 'image' is no input of it")
            var parameters = Self.model().parameters
            parameters["votes.image.b"] = LearntMatrix(1, 3, [0, 0, 0])
            try Self.write(Self.model(parameters), "\(folder)/model")
            #expect(Self.refusal(folder).hasSuffix("model: 'votes.image.b' is 1×3; the operator decision takes 1×2"))
        }
    }
}
