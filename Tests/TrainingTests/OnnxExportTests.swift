import EventLoop
import Foundation
import Fusion
import Inference
import LinearAlgebra
import TestSupport
import Testing
import Wire

@testable import Training

@Suite("Trained operators as ONNX files")
struct OnnxExportTests {
    private static let tokens = [
        LearntToken(name: "embedding", modality: "image", width: 4), LearntToken(name: "sentence", modality: "text", width: 5),
        LearntToken(name: "colours", modality: "colours", width: 3),
    ]

    @Test("the inference service computes of them what the operator computes, whatever is missing", arguments: LearntOperator.allCases)
    func sameNumbers(fusion: LearntOperator) async throws {
        var generator = SeededRandom(seed: 4)
        var model = FusionModel(fusion, tokens: Self.tokens, classes: ["a", "b", "c"], width: 6, seed: 3)
        model.parameters = model.parameters.map { matrix in
            Matrix(matrix.rows, matrix.columns, (0..<matrix.values.count).map { _ in gaussian(&generator) })
        }
        let present = Matrix<Float>([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 1]])
        let inputs = Self.tokens.enumerated().map { place, token in
            Matrix<Float>((0..<4).map { r in (0..<token.width).map { _ in present[r, place] == 0 ? 0 : gaussian(&generator) } })
        }
        let wanted = try model.probabilities(.init(inputs: inputs, present: present))

        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try model.write(to: folder, card: ModelCard(kind: FusionModel.kind, method: fusion.rawValue, date: "", seed: 1, data: [:]))
        try Data(try LearntModel.read(folder).onnx()).write(to: URL(fileURLWithPath: "\(folder)/model.onnx"))

        let service = try InferenceService(configuration: InferenceConfiguration(libraryFolder: Cache.folder + "/openvino/libs"))
        let network = try service.loadModel("\(folder)/model.onnx", name: "export")
        var tensors: [HostTensor] = []
        for matrix in inputs + [present] {
            let tensor = try service.tensor(.f32, [matrix.rows, matrix.columns])
            matrix.values.withUnsafeBytes { tensor.bytes.copyMemory(from: $0) }
            tensors.append(tensor)
        }
        let given = tensors
        let result: Result<[HostTensor], RPCStatus> = try await withLoop { loop, done in
            let names = ["image", "text", "colours", "present"]
            let job = InferenceJob(
                model: network, inputs: zip(names, given).map { (name: $0, tensor: $1) }, outputs: ["probabilities"])
            do throws(RPCStatus) { _ = try service.submit(job, on: loop) { done($0) } } catch { done(.failure(error)) }
        }
        let found = try result.get()[0].floats()
        service.shutDown()
        #expect(found.count == wanted.values.count)
        for (one, other) in zip(found, wanted.values) { #expect(abs(one - other) < 1e-5, "\(found) and \(wanted.values)") }
    }
}
