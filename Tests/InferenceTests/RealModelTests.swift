import EventLoop
import Inference
import TestSupport
import Testing
import Wire

/// The formats and shapes of the models that `make setup` fetches.
@Suite struct RealModelTests {
    private let service: InferenceService

    init() throws { service = try Cache.service() }

    @Test func onnxKeepsItsStateBetweenJobs() async throws {
        let model = try service.loadModel("\(Cache.folder)/models/silero-vad/silero-vad.onnx", name: "vad")
        let input = try service.tensor(.f32, [1, 576])
        var state = try service.tensor(.f32, [2, 1, 128])
        for _ in 0..<3 {
            let outputs = try await service.run(
                model, model.inputs.map { (name: $0.name, tensor: $0.shape?.count == 3 ? state : input) }, model.outputs.map(\.name)
            ).get()
            let next = try #require(outputs.first { $0.shape == [2, 1, 128] })
            let probability = try #require(outputs.first { $0.shape != [2, 1, 128] }).floats()
            #expect(probability.allSatisfy { $0 >= 0 && $0 < 0.5 }, "silence is no speech")
            #expect(next.floats() != state.floats())
            state = next
        }
    }

    @Test func tfliteFindsNoFaceInAnEmptyPicture() async throws {
        let model = try service.loadModel("\(Cache.folder)/models/mediapipe/face_detection_short_range.tflite", name: "face")
        let picture = try service.tensor(.f32, [1, 128, 128, 3])
        let outputs = try await service.run(model, [(model.inputs[0].name, picture)], model.outputs.map(\.name)).get()
        #expect(outputs.map(\.shape).sorted { $0[2] > $1[2] } == [[1, 896, 16], [1, 896, 1]])
    }

    @Test(arguments: [1, 5, 40]) func sentencesOfAnyLengthGiveUnitVectorsAndTheSameBitsEachTime(length: Int) async throws {
        let model = try service.loadModel("\(Cache.folder)/models/muse-i8/muse.xml", name: "text")
        let ids = try service.tensor(.i64, [length])
        for index in 0..<length { ids.bytes.storeBytes(of: Int64(index * 37 + 2), toByteOffset: index * 8, as: Int64.self) }
        let first = try await service.run(model, [("ids", ids)], ["embedding"]).get()[0]
        let second = try await service.run(model, [("ids", ids)], ["embedding"]).get()[0]
        #expect(first.shape == [1, 512])
        #expect(abs(first.floats().reduce(0) { $0 + $1 * $1 } - 1) < 1e-3)
        #expect(first.floats() == second.floats())
    }
}
