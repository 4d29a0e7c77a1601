import CheckedYAML
import Foundation
import Testing

@testable import Fusion

@Suite("Networks of ONNX files that decide")
struct DecisionNetworkTests {
    /// Made by `Fixtures/network.py`: logits = [text ; image ; present]·W + b over ring, mug, lamp.
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/network.onnx").path
    private static let text = Feature(modality: "text", spaceID: "t", values: [3, 0])
    private static let image = Feature(modality: "image", spaceID: "v", values: [5])

    private static func port(_ name: String, _ shape: [Int?]?, isFloat: Bool = true) -> OnnxInterface.Port {
        .init(name: name, isFloat: isFloat, shape: shape)
    }

    @Test("the file says what it takes: modalities, their widths and spaces, which are there, the classes")
    func interface() throws {
        let network = try DecisionNetwork.read(Self.file)
        #expect(network.tokens.map(\.modality) == ["text", "image"])
        #expect(network.tokens.map(\.width) == [2, 1])
        #expect(network.tokens.map(\.spaceID) == ["t", ""])
        #expect(network.takesPresence && network.output == "logits" && network.classes == ["ring", "mug", "lamp"])
    }

    @Test("a turn is asked about whole, and without each of its modalities; what is missing is zeros and said to be missing")
    func runs() throws {
        let network = try DecisionNetwork.read(Self.file)
        let both = try #require(try NetworkRun(network, step: "what", features: [Self.image, Self.text]))
        #expect(both.rows == 3)
        #expect(both.inputs.map(\.name) == ["text", "image", "present"])
        #expect(both.inputs.map(\.values) == [[1, 0, 0, 0, 1, 0], [1, 1, 0], [1, 1, 0, 1, 1, 0]])
        let one = try #require(try NetworkRun(network, step: "what", features: [Self.image]))
        #expect(one.rows == 1 && one.inputs.map(\.values) == [[0, 0], [1], [0, 1]])
        #expect(try NetworkRun(network, step: "what", features: []) == nil)
        #expect(throws: FusionError.self) {
            try NetworkRun(network, step: "what", features: [Feature(modality: "text", spaceID: "other", values: [1, 0])])
        }
    }

    @Test("the decision is the softmax of the logits, contributions come from the rows without a modality")
    func decision() throws {
        let run = try #require(try NetworkRun(DecisionNetwork.read(Self.file), step: "what", features: [Self.image, Self.text]))
        // The network's own numbers: whole, without text, without image.
        let found = try run.decision([4.5, 3, 1, 0.5, 3, 1, 4.5, 0, 0])
        #expect(found.winner == "ring")
        let sum = exp(4.5) + exp(3.0) + exp(1.0)
        #expect(abs(Double(found.classes[0].probability) - exp(4.5) / sum) < 1e-6)
        #expect(found.contributions.map(\.name) == ["text", "image"])
        // Without the picture the ring is surer: only the text spoke for it.
        #expect(found.contributions.map(\.probability) == [1, 0])
        #expect(throws: FusionError("the network of 'what' gave 2 numbers; 3×3 were expected")) { try run.decision([1, 2]) }
        #expect(throws: FusionError.self) { try run.decision([.nan, 3, 1, 0.5, 3, 1, 4.5, 0, 0]) }
    }

    @Test("probabilities are taken as they are, and must be some")
    func probabilities() throws {
        let interface = OnnxInterface(
            inputs: [Self.port("text", [nil, 2])], outputs: [Self.port("extra", [nil, 9]), Self.port("probabilities", [nil, 2])],
            texts: ["classes": "ring\nmug", "missing": "zeros"])
        let network = try DecisionNetwork(interface, path: "n.onnx")
        #expect(!network.takesPresence && network.output == "probabilities")
        let run = try #require(try NetworkRun(network, step: "what", features: [Self.text]))
        #expect(run.inputs.map(\.name) == ["text"])
        #expect(try run.decision([0.25, 0.75]).classes.map(\.probability) == [0.75, 0.25])
        #expect(throws: FusionError.self) { try run.decision([0.25, 0.25]) }
        #expect(throws: FusionError.self) { try run.decision([-0.25, 1.25]) }
    }

    @Test("what the interface lacks is named")
    func refusals() {
        func refusal(_ change: (inout OnnxInterface) -> Void, missing: String? = nil) -> String {
            var file = OnnxInterface(
                inputs: [Self.port("text", [nil, 2]), Self.port("present", [nil, 1])], outputs: [Self.port("logits", [nil, 2])],
                texts: ["classes": "a\nb"])
            change(&file)
            do throws(ModelError) {
                _ = try DecisionNetwork(file, path: "n.onnx", missing: missing)
                return "accepted"
            } catch { return error.message }
        }
        #expect(refusal { _ in } == "accepted")
        #expect(
            refusal { $0.inputs[0].shape = [1, 2] }.contains("'text' is f32[1, 2]; a modality is f32[?, width], with the number of rows left open"))
        #expect(refusal { $0.inputs[0].shape = nil }.contains("'text' is f32 of a shape that is not said"))
        #expect(refusal { $0.inputs[0].isFloat = false }.contains("'text' is not f32,[?, 2]"))
        #expect(refusal { $0.inputs[1].shape = [nil, 3] }.contains("'present' is f32[?, 3]; it says f32[?, 1] which modalities are there"))
        #expect(refusal { $0.inputs.removeLast() }.contains("does not say what a missing modality is"))
        #expect(refusal({ $0.inputs.removeLast() }, missing: "zeros") == "accepted")
        #expect(refusal { $0.outputs[0].name = "z" } == "n.onnx has the outputs z; one called probabilities or logits is wanted")
        #expect(refusal { $0.outputs[0].shape = [nil, 3] }.contains("'logits' is f32[?, 3]; f32[?, 2] is wanted for 2 classes"))
        #expect(refusal { $0.texts = [:] }.contains("names 0 classes"))
        #expect(refusal { $0.inputs.removeFirst() }.contains("0 inputs for modalities"))
    }

    @Test("a file that is cut off or is something else is refused, wherever it is cut")
    func damaged() throws {
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: Self.file)))
        let whole = try DecisionNetwork(OnnxInterface(bytes[...]), path: "n")
        for count in 0..<bytes.count {
            // A cut between two fields leaves a smaller file that is one; it has lost something all the same.
            guard let file = try? OnnxInterface(bytes[..<count]) else { continue }
            #expect((try? DecisionNetwork(file, path: "n")) != whole, "cut at \(count)")
        }
        #expect(throws: ModelError.self) { try OnnxInterface([UInt8](repeating: 0xff, count: 40)[...]) }
        #expect(throws: ModelError("/nowhere.onnx: no such file, or it cannot be read")) { try DecisionNetwork.read("/nowhere.onnx") }
    }

    private static func plan(_ node: String, image: Int = 1) throws(YAMLError) -> GraphPlan {
        let text = """
            graph: 1
            name: shop
            nodes:
              - {id: read, type: plugin, plugin: text-encoder, in: [client.text]}
              - {id: see, type: plugin, plugin: vision-encoder, in: [client.image]}
              - {id: turn, type: align, in: {text: read.embedding, image: see.embedding}, decide_ms: 250}
              - \(node)
            """
        return try GraphPlan.parse(text, file: "\(file.split(separator: "/").dropLast().map { "/\($0)" }.joined())/g.yaml") { name in
            PluginPorts(
                consumes: ["text", "image"],
                produces: [
                    .init(kind: "embedding", dtype: "f32", shape: [name == "text-encoder" ? 2 : image], spaceID: name == "text-encoder" ? "t" : "v")
                ])
        }
    }

    @Test("a graph names a file beside it, is checked against its shapes, and shows it")
    func inGraph() throws {
        let node = "{id: what, type: decide, operator: onnx, model: network.onnx, in: [turn.text, turn.image]}"
        let plan = try Self.plan(node)
        #expect(plan.align.decideMs == 250)
        #expect(plan.networks.map(\.classes) == [["ring", "mug", "lamp"]])
        #expect(plan.text().contains("network.onnx: 3 classes"))
        let outcome = try plan.fuse([Self.text], present: ["text"], classifier: nil)
        #expect(outcome.decisions.isEmpty, "a network is asked, not computed")
        #expect(try plan.networkRuns([Self.text]).map(\.step) == ["what"])
        func refusal(_ node: String, image: Int = 1) -> String {
            do throws(YAMLError) {
                _ = try Self.plan(node, image: image)
                return "accepted"
            } catch { return error.description }
        }
        #expect(refusal(node, image: 7).contains("'see.embedding' is embedding f32[7] in space v; 'what' was trained with f32[1]"))
        #expect(
            refusal(node.replacingOccurrences(of: ", turn.image", with: "")).contains(
                "'what' was trained with text, image; 'image' is no input of it"))
        #expect(refusal(node.replacingOccurrences(of: "network.onnx", with: "nothing.onnx")).contains("nothing.onnx: no such file"))
        #expect(refusal(node.replacingOccurrences(of: ", in:", with: ", classes: [a, b], in:")).contains("f32[?, 2] is wanted for 2 classes"))
        #expect(refusal(node.replacingOccurrences(of: ", in:", with: ", classes: [a, b, c], missing: zeros, in:")) == "accepted")
    }

    @Test("a trained operator that is written down as ONNX says its own interface", arguments: LearntOperator.allCases)
    func export(fusion: LearntOperator) throws {
        let tokens = [LearntToken(name: "e", modality: "image", width: 3), LearntToken(name: "s", modality: "text", width: 2, spaceID: "t")]
        var parameters: [String: LearntMatrix] = [:]
        for shape in fusion.form.shapes(tokens, modalities: 2, width: 4, classes: 2) {
            parameters[shape.name] = LearntMatrix(shape.rows, shape.columns, [Float](repeating: 0.1, count: shape.rows * shape.columns))
        }
        let model = LearntModel(fusion: fusion, tokens: tokens, classes: ["a", "b"], width: 4, parameters: parameters)
        let network = try DecisionNetwork(OnnxInterface(model.onnx()[...]), path: "n.onnx")
        #expect(network.tokens.map(\.modality) == ["image", "text"])
        #expect(network.tokens.map(\.width) == [3, 2])
        #expect(network.tokens.map(\.spaceID) == ["", "t"])
        #expect(network.takesPresence && network.classes == ["a", "b"] && network.output == "probabilities")
    }
}
