import PluginKit
import TestSupport
import Testing
import Wire

@testable import PoseEstimator

@Suite("The pose estimator as a plugin", .serialized)
struct PoseStreamTests {
    private func made() throws -> PictureHost {
        try PictureHost(try #require(PluginEntry.table(for: PoseEstimatorPlugin.self, abi: 1)), PoseEstimatorPlugin.manifest)
    }

    private func part(_ data: [UInt8], part: UInt32 = 0, last: Bool = true, purpose: ImagePurpose = .selfie) -> ClientMessage {
        ClientMessage(
            turnID: 7, revision: 2, captureTimeUs: 99,
            kind: .image(ImagePart(purpose: purpose, imageID: 1, part: part, last: last, data: data)))
    }

    @Test("what cannot be used is one problem each, and the stream goes on")
    func problems() throws {
        let host = try made()
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
        let host = try made()
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
        let host = try made()
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

    private func frame(_ data: [UInt8], atMs: UInt64) -> ClientMessage {
        ClientMessage(captureTimeUs: atMs * 1_000, kind: .video(VideoFrame(purpose: .selfie, data: data)))
    }

    @Test("a camera's pictures are answered in their order; detectors run for the first and then only for what is not there; what is still stays")
    func followed() throws {
        let host = try made()
        let photo = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        // The second one comes while the first is being worked on.
        for number in 0..<2 { host.send(frame(photo, atMs: UInt64(number) * 33)) }
        try host.settle()
        let detectors = Set(["face_detection", "palm_detection", "pose_detection"])
        #expect(host.inferred.filter(detectors.contains).count == 3)
        #expect(host.inferred.filter { !detectors.contains($0) } == ["face_landmark", "pose_landmark", "face_landmark"], "the body rests")
        host.send(frame(photo, atMs: 300))
        try host.settle()
        #expect(host.inferred.filter { $0 == "pose_landmark" }.count == 2, "the body is measured again")
        #expect(host.inferred.filter(detectors.contains).count == 4, "hands are looked for again after a quarter of a second")
        let poses = host.outputs.compactMap { output -> Pose? in if case .pose(let pose) = output.kind { pose } else { nil } }
        #expect(host.outputs.map(\.captureTimeUs) == [0, 33_000, 300_000] && host.outputs.allSatisfy { $0.modality == "selfie" })
        try #require(poses.count == 3)
        #expect(poses.map { $0.figures.map(\.part) } == [["face", "body"], ["face", "body"], ["face", "body"]])
        for (first, last) in zip(poses[0].anchors, poses[2].anchors) {
            #expect(first.name == last.name && abs(first.x - last.x) < 1 && abs(first.y - last.y) < 1)
        }
    }

    @Test("a picture that cannot be read does not end what is followed; more than eight that wait are refused")
    func interrupted() throws {
        let host = try made()
        let photo = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        for number in 0..<11 { host.send(frame(number == 1 ? Array("no picture".utf8) : photo, atMs: UInt64(number))) }
        try host.settle()
        let codes = host.outputs.map { output -> UInt32 in if case .problem(let problem) = output.kind { problem.code } else { 0 } }
        // What is refused at once is told before what is being worked on.
        #expect(codes.filter { $0 == StatusCode.resourceExhausted.rawValue }.count == 2)
        #expect(codes.filter { $0 == StatusCode.invalidArgument.rawValue }.count == 1)
        #expect(host.inferred.filter { $0 == "face_detection" }.count == 1, "the face is followed over the gap")
        host.halfClose()
        #expect(host.closed == .ok)
    }
}
