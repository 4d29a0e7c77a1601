import ImageDecoding
import PluginKit
import TestSupport
import Testing
import Wire

@testable import PoseEstimator

@Suite("A camera, well and badly behaved", .serialized)
struct PoseVideoTests {
    func frame(_ data: [UInt8], atMs: UInt64) -> ClientMessage {
        ClientMessage(captureTimeUs: atMs * 1_000, kind: .video(VideoFrame(purpose: .selfie, data: data)))
    }

    @Test("a camera's pictures are answered in their order; detectors run for the first and then only for what is not there; what is still stays")
    func followed() throws {
        let host = try poseHost()
        let photo = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        // The second one comes while the first is being worked on.
        for number in 0..<2 { host.send(frame(photo, atMs: UInt64(number) * 33)) }
        try host.settle()
        let detectors = Set(["face_detection", "palm_detection", "pose_detection"])
        #expect(host.inferredModels.filter(detectors.contains).count == 3)
        #expect(host.inferredModels.filter { !detectors.contains($0) } == ["face_landmark", "pose_landmark", "face_landmark"], "the body rests")
        host.send(frame(photo, atMs: 300))
        try host.settle()
        #expect(host.inferredModels.filter { $0 == "pose_landmark" }.count == 2, "the body is measured again")
        #expect(host.inferredModels.filter(detectors.contains).count == 4, "hands are looked for again after a quarter of a second")
        for ms: UInt64 in [600, 900] {
            host.send(frame(photo, atMs: ms))
            try host.settle()
        }
        let poses = poses(host)
        #expect(host.outputs.map(\.captureTimeUs) == [0, 33_000, 300_000, 600_000, 900_000] && host.outputs.allSatisfy { $0.modality == "video" })
        try #require(poses.count == 5)
        #expect(poses.allSatisfy { $0.figures.map(\.part) == ["face", "body"] })
        for (before, after) in zip(poses[3].anchors, poses[4].anchors) {
            #expect(before.name == after.name && abs(before.x - after.x) < 1 && abs(before.y - after.y) < 1, "\(before) \(after)")
        }
    }

    @Test("a picture that cannot be read does not end what is followed; more than eight that wait are refused")
    func interrupted() throws {
        let host = try poseHost()
        let photo = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        for number in 0..<11 { host.send(frame(number == 1 ? Array("no picture".utf8) : photo, atMs: UInt64(number))) }
        try host.settle()
        let codes = host.outputs.map { output -> UInt32 in if case .problem(let problem) = output.kind { problem.code } else { 0 } }
        // What is refused at once is told before what is being worked on.
        #expect(codes.filter { $0 == StatusCode.resourceExhausted.rawValue }.count == 2)
        #expect(codes.filter { $0 == StatusCode.invalidArgument.rawValue }.count == 1)
        #expect(host.inferredModels.filter { $0 == "face_detection" }.count == 1, "the face is followed over the gap")
        host.halfClose()
        #expect(host.closed == .ok)
    }

    // MARK: What no camera should send

    /// The sample picture, `side` pixels wide and high.
    private func picture(side: Int) throws -> [UInt8] {
        let file = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        let image = try file.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> DecodedImage in
                try ImageDecoder.decode(bytes, fit: .exactly(width: side, height: side, kernel: .cubic), colour: .asStored)
            }
        }.get()
        return try ImageEncoder.jpeg(image, quality: 90)
    }

    /// Codes of the answers in their order; 0 = a pose.
    private func codes(_ host: PictureHost) -> [UInt32] {
        host.outputs.map { output in if case .problem(let problem) = output.kind { problem.code } else { 0 } }
    }

    private func poses(_ host: PictureHost) -> [Pose] {
        host.outputs.compactMap { output in if case .pose(let pose) = output.kind { pose } else { nil } }
    }

    private let noBody = ["body": "false", "hands_max": "0"]

    @Test("what is no picture, between good ones, is a problem each; the good ones are answered and what is seen is followed on")
    func wrongKinds() throws {
        let host = try poseHost(noBody)
        let good = try picture(side: 256)
        let cutOff = Array(good.prefix(good.count / 2))
        // The header of a PNG of 60,000 × 60,000 pixels.
        let bomb: [UInt8] =
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0]
            + [0, 0, 0, 0]
        let video = ClientMessageKind.video
        let bad: [(PictureHost) -> Void] = [
            { $0.send(self.frame([], atMs: 40)) },
            { $0.send(self.frame(Array("no picture".utf8), atMs: 41)) },
            { $0.send(self.frame(cutOff, atMs: 42)) },
            { $0.send(self.frame(bomb, atMs: 43)) },
            { $0.send([], as: video) },
            { $0.send([0xFF, 0xFF, 0xFF], as: video) },
            { $0.send(ClientMessage(kind: .text(TextInput(text: "a camera?"))).encoded(), as: video) },
            { $0.send(ClientMessage(kind: .image(ImagePart(purpose: .selfie, imageID: 1, part: 3, last: false, data: good)))) },
        ]
        var times: UInt64 = 0
        func show() throws {
            times += 33
            host.send(frame(good, atMs: times))
            try host.settle()
        }
        try show()
        for send in bad {
            send(host)
            try host.settle()
            try show()
        }
        let invalid = StatusCode.invalidArgument.rawValue
        #expect(codes(host) == [0] + bad.flatMap { _ in [invalid, 0] })
        #expect(poses(host).allSatisfy { $0.figures.map(\.part) == ["face"] })
        #expect(host.inferredModels.filter { $0 == "face_detection" }.count == 1, "the face is followed over all of it")
        #expect(host.closed == nil)
        // A photo beside the camera stands alone: its own detectors, its own answer.
        host.send(ClientMessage(turnID: 5, kind: .image(ImagePart(purpose: .selfie, imageID: 1, last: true, data: good))))
        try host.settle()
        #expect(host.inferredModels.filter { $0 == "face_detection" }.count == 2 && host.outputs.last?.turnID == 5)
        try show()
        #expect(host.inferredModels.filter { $0 == "face_detection" }.count == 2)
        host.halfClose()
        #expect(host.closed == .ok)
    }

    @Test("pictures whose size changes are each answered in their own pixels, and looked at anew")
    func sizes() throws {
        let host = try poseHost(noBody)
        let sides = [320, 320, 160, 240, 240, 320]
        for (index, side) in sides.enumerated() {
            host.send(frame(try picture(side: side), atMs: UInt64(index) * 33))
            try host.settle()
        }
        let found = poses(host)
        try #require(found.count == sides.count)
        #expect(host.inferredModels.filter { $0 == "face_detection" }.count == 4)
        for (pose, side) in zip(found, sides) {
            #expect(pose.imageWidth == UInt32(side) && pose.imageHeight == UInt32(side))
            let glasses = try #require(pose.anchors.first { $0.name == "glasses" })
            // At (226, 100) of 512.
            #expect(abs(glasses.x / Float(side) - 226.0 / 512) < 0.015 && abs(glasses.y / Float(side) - 100.0 / 512) < 0.015)
        }
    }

    @Test("times that stand still, run backwards or leap: every picture is answered, under its own time")
    func times() throws {
        let host = try poseHost(noBody)
        let good = try picture(side: 256)
        let times: [UInt64] = [1_000, 1_033, 900, 900, 0, UInt64.max / 1_000, 1_066, 1_000_000, 1_000_033, 999_900]
        for time in times {
            host.send(frame(good, atMs: time))
            try host.settle()
        }
        #expect(host.outputs.map(\.captureTimeUs) == times.map { $0 * 1_000 })
        let found = poses(host)
        #expect(found.count == times.count && found.allSatisfy { $0.figures.map(\.part) == ["face"] })
        for pose in found {
            let glasses = try #require(pose.anchors.first { $0.name == "glasses" })
            #expect(abs(glasses.x - 113) < 3 && abs(glasses.y - 50) < 3, "a still stays where it is")
        }
    }

    @Test("two cameras on one stream take turns: each picture has what it shows, and nothing of the other's")
    func twoCameras() throws {
        let host = try poseHost(noBody)
        let person = try picture(side: 256)
        let nobody = try ImageEncoder.jpeg(DecodedImage(width: 200, height: 100, rgb: [UInt8](repeating: 90, count: 60_000)), quality: 90)
        for index in 0..<8 {
            host.send(frame(index % 2 == 0 ? person : nobody, atMs: UInt64(index) * 16))
            try host.settle()
        }
        #expect(poses(host).map { $0.figures.count } == [1, 0, 1, 0, 1, 0, 1, 0])
        #expect(poses(host).map(\.imageWidth) == [256, 200, 256, 200, 256, 200, 256, 200])
    }

    @Test("a flood is refused picture by picture while eight wait; what is under way stays one, and afterwards all is as before")
    func flood() throws {
        let host = try poseHost(noBody)
        let good = try picture(side: 128)
        for index in 0..<500 {
            host.send(frame(good, atMs: UInt64(index)))
            #expect(host.operations == 1)
        }
        let refused = StatusCode.resourceExhausted.rawValue
        #expect(codes(host) == [UInt32](repeating: refused, count: 500 - 1 - PoseStream.videoWaitingItemsMax))
        try host.settle()
        #expect(codes(host).filter { $0 == 0 }.count == 1 + PoseStream.videoWaitingItemsMax)
        host.send(frame(good, atMs: 600))
        try host.settle()
        #expect(host.outputs.last?.captureTimeUs == 600_000 && codes(host).last == 0)
    }

    @Test("inference that is refused in the middle costs that picture; the next one is looked at anew where needed")
    func refusedInference() throws {
        let host = try poseHost(noBody)
        let good = try picture(side: 256)
        for (index, status) in [StatusCode.ok, .resourceExhausted, .deadlineExceeded, .ok].enumerated() {
            host.inferenceStatus = status
            host.send(frame(good, atMs: UInt64(index) * 33))
            try host.settle()
        }
        #expect(codes(host) == [0, StatusCode.resourceExhausted.rawValue, StatusCode.deadlineExceeded.rawValue, 0])
    }
}
