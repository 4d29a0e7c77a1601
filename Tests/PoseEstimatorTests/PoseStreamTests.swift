import PluginKit
import TestSupport
import Testing
import Wire

@testable import PoseEstimator

/// A host of one stream of the plugin.
func poseHost(_ options: [String: String] = [:]) throws -> PictureHost {
    try PictureHost(try #require(PluginEntry.table(for: PoseEstimatorPlugin.self, abi: 1)), PoseEstimatorPlugin.manifest, options: options)
}

@Suite("The pose estimator as a plugin", .serialized)
struct PoseStreamTests {
    private func part(_ data: [UInt8], part: UInt32 = 0, last: Bool = true, purpose: ImagePurpose = .selfie) -> ClientMessage {
        ClientMessage(
            turnID: 7, revision: 2, captureTimeUs: 99,
            kind: .image(ImagePart(purpose: purpose, imageID: 1, part: part, last: last, data: data)))
    }

    @Test("what cannot be used is one problem each, and the stream goes on")
    func problems() throws {
        let host = try poseHost()
        let bad: [ClientMessage] = [
            part([]), part(Array("I am a JPEG".utf8)), part([0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]), part([1], part: 1), part([1], last: false),
        ]
        for message in bad { host.send(message) }
        try host.settle()
        #expect(host.outputs.count == bad.count && host.closed == nil)
        for output in host.outputs {
            guard case .problem(let problem) = output.kind else {
                Issue.record("\(output) is no problem")
                continue
            }
            #expect(problem.code == StatusCode.invalidArgument.rawValue && !problem.message.isEmpty)
            #expect(output.turnID == 7 && output.revision == 2 && output.captureTimeUs == 99)
        }
        host.halfClose()
        #expect(host.closed == .ok)
    }

    @Test("an inference that is refused is a problem with its code")
    func refused() throws {
        let host = try poseHost()
        host.inferenceStatus = .resourceExhausted
        host.send(part(try contents(of: ModelRunner.cache + "/samples/astronaut.png")))
        host.halfClose()
        #expect(host.closed == nil)
        try host.settle()
        guard case .problem(let problem) = host.outputs.first?.kind else {
            Issue.record("no problem")
            return
        }
        #expect(host.outputs.count == 1 && problem.code == StatusCode.resourceExhausted.rawValue && host.closed == .ok)
    }

    @Test("a selfie gives one pose with the prototype's landmarks and the anchors")
    func estimates() throws {
        let host = try poseHost()
        host.send(part(try contents(of: ModelRunner.cache + "/samples/astronaut.png")))
        host.halfClose()
        try host.settle()
        guard case .pose(let pose) = host.outputs.first?.kind else {
            Issue.record("no pose")
            return
        }
        #expect(host.outputs.count == 1 && host.outputs[0].modality == "selfie" && host.closed == .ok)
        #expect((pose.imageWidth, pose.imageHeight) == (512, 512))
        #expect(pose.figures.map(\.part) == ["face", "body"])
        #expect(pose.anchors.map(\.name) == ["left_ear_lobe", "right_ear_lobe", "glasses", "neck", "pendant"])
        for (point, place) in zip(pose.figures[0].landmarks, AstronautLandmarks.face) {
            #expect(abs(Double(point.x) - place.x) < 0.5 && abs(Double(point.y) - place.y) < 0.5)
        }
    }
}
