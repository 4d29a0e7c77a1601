import PluginKit
import TestSupport
import Testing
import Wire

@testable import VisionEncoder

@Suite("The vision encoder as a plugin", .serialized)
struct VisionStreamTests {
    private func made() throws -> PictureHost {
        try PictureHost(try #require(PluginEntry.table(for: VisionEncoderPlugin.self, abi: 1)), VisionEncoderPlugin.manifest)
    }

    private func part(_ data: [UInt8], part: UInt32 = 0, last: Bool = true, purpose: ImagePurpose = .query) -> ClientMessage {
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

    @Test("a photo gives its vector and its labels, a camera picture too")
    func encodes() throws {
        let host = try made()
        let file = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        host.send(part(file))
        host.send(part(file, purpose: .selfie))
        host.send(ClientMessage(turnID: 8, kind: .video(VideoFrame(data: file))))
        host.halfClose()
        try host.settle()
        #expect(host.outputs.map(\.modality) == ["image", "image", "image", "selfie", "selfie", "selfie", "video", "video", "video"])
        #expect(host.closed == .ok)
        guard case .embedding(let embedding) = host.outputs[0].kind, case .labels(let labels) = host.outputs[1].kind else {
            Issue.record("no vector or no labels")
            return
        }
        #expect(embedding.spaceID == EmbeddingSpace.pinned && embedding.shape == [1280] && embedding.values.count == 1280)
        #expect(abs(embedding.values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
        guard case .labels(let colours) = host.outputs[2].kind else {
            Issue.record("no colours")
            return
        }
        #expect(colours.scheme == "colours" && !colours.labels.isEmpty && colours.labels.allSatisfy { !$0.nameZh.isEmpty })
        #expect(labels.scheme == "imagenet" && labels.labels.count == 5 && labels.labels[0].name == "football helmet")
    }
}
