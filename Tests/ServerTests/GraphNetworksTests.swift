import EventLoop
import Foundation
import Inference
import TestSupport
import Testing
import Wire

@testable import Fusion
@testable import Server

@Suite("Networks of a graph, on the inference service")
struct GraphNetworksTests {
    /// The file of FusionTests, whose script says what it computes.
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("FusionTests/Fixtures/network.onnx").path

    private static func plan(_ network: DecisionNetwork) -> GraphPlan {
        GraphPlan(name: "g", steps: [FusionStep(id: "what", operation: .network(network), inputs: ["text", "image"], weights: [1, 1])])
    }

    @Test("a turn's question is answered off the loop: decision and contributions from one inference")
    func answered() async throws {
        let plan = Self.plan(try DecisionNetwork.read(Self.file))
        let service = try InferenceService(configuration: InferenceConfiguration(libraryFolder: Cache.folder + "/openvino/libs"))
        let networks = try GraphNetworks(plan, inference: service)
        let features = [Feature(modality: "text", spaceID: "t", values: [2, 0]), Feature(modality: "image", spaceID: "v", values: [3])]
        for (there, winner) in [(features, "ring"), ([features[1]], "mug"), ([features[0]], "ring")] {
            let run = try #require(try plan.networkRuns(there).first)
            let result: Result<[Float], RPCStatus> = try await withLoop { loop, done in
                do throws(RPCStatus) {
                    _ = try networks.ask(run, session: 1, deadlineUs: 0, on: loop) { done($0) }
                } catch {
                    done(.failure(error))
                }
            }
            let decision = try run.decision(try result.get())
            #expect(decision.winner == winner)
            #expect(decision.contributions.reduce(0) { $0 + $1.probability } == 1)
            if there.count == 2 {
                // logits [4.5, 3, 1]: 4·text + 0.5, 3·image, 1 for the picture that is there.
                let sum = exp(4.5) + exp(3.0) + exp(1.0)
                #expect(abs(Double(decision.classes[0].probability) - exp(4.5) / sum) < 1e-5)
                #expect(decision.contributions.map(\.probability) == [1, 0])
            }
        }
        service.shutDown()
    }

    @Test("a graph with networks and no inference service, or with one that cannot be compiled, is refused at the start")
    func refused() throws {
        let network = try DecisionNetwork.read(Self.file)
        #expect(throws: RPCStatus(.failedPrecondition, "a network decides from what plugins say: name plugins")) {
            try GraphNetworks(Self.plan(network), inference: nil)
        }
        // The interface is right, the operation in it is none.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.file))
        let at = try #require(bytes.range(of: Data("Gemm".utf8)))
        let folder = try TemporaryFolder()
        try (bytes[..<at.lowerBound] + Data("Nope".utf8) + bytes[at.upperBound...]).write(to: URL(fileURLWithPath: "\(folder.path)/bad.onnx"))
        let service = try InferenceService(configuration: InferenceConfiguration(libraryFolder: Cache.folder + "/openvino/libs"))
        defer { service.shutDown() }
        #expect(throws: RPCStatus.self) {
            try GraphNetworks(Self.plan(try DecisionNetwork.read("\(folder.path)/bad.onnx")), inference: service)
        }
    }
}
