import PluginKit
import TestSupport
import Testing
import Wire

@testable import VisionEncoder

@Suite("The vision encoder as a plugin", .serialized)
struct VisionStreamTests {
    private func made(_ options: [String: String] = [:]) throws -> PictureHost {
        try PictureHost(try #require(PluginEntry.table(for: VisionEncoderPlugin.self, abi: 1)), VisionEncoderPlugin.manifest, options: options)
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

    @Test("a camera picture like the last one is answered without the model, another one is looked at")
    func duplicates() throws {
        let host = try made()
        let size = 96
        func picture(_ shift: Int, quality: Int) -> [UInt8] {
            let plain = Pictures.gradient(width: size, height: size)
            return Pictures.jpeg(plain.indices.map { plain[($0 + shift * 3) % plain.count] }, size, size, quality: quality)
        }
        func inferences(_ pictures: [[UInt8]], after before: Int) throws -> Int {
            for picture in pictures {
                host.send(ClientMessage(turnID: 8, kind: .video(VideoFrame(data: picture))))
                try host.settle()
            }
            return host.inferences - before
        }
        #expect(try inferences([picture(0, quality: 95)], after: 0) == 1)
        #expect(try inferences([picture(0, quality: 95), picture(0, quality: 90), picture(0, quality: 95)], after: 1) == 0)
        #expect(host.outputs.count == 12 && host.outputs[9].kind == host.outputs[0].kind)
        #expect(try inferences([picture(size * 40, quality: 95)], after: 1) == 1)
        #expect(host.outputs[12].kind != host.outputs[0].kind)
        // A photo is never taken for the one before.
        host.send(part(picture(size * 40, quality: 95)))
        try host.settle()
        #expect(host.inferences == 3)
    }

    @Test("views of a query are added up; the shop's own photo is looked at whole")
    func views() throws {
        let host = try made(["views": "whole70,whole50", "top_k": "1", "colours": "0"])
        let file = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        host.send(part(file))
        try host.settle()
        #expect(host.inferences == 2)
        host.send(part(file, purpose: .unspecified))
        try host.settle()
        #expect(host.inferences == 3 && host.outputs.count == 4)
        guard case .embedding(let parts) = host.outputs[0].kind, case .embedding(let whole) = host.outputs[2].kind else {
            Issue.record("no vectors")
            return
        }
        let cosine = zip(parts.values, whole.values).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(parts.values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4 && cosine > 0.3 && cosine < 0.99)
    }

    @Test("several pictures at once run on the model for many, one alone on the model for one, with the same numbers")
    func busy() throws {
        let host = try made()
        let file = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        host.send(part(file))
        try host.settle()
        #expect(host.inferredModels == [VisionEncoderPlugin.modelName])
        for _ in 0..<3 { host.send(part(file)) }
        try host.settle()
        #expect(host.inferredModels.dropFirst().contains(VisionEncoderPlugin.busyModelName))
        let vectors = host.outputs.filter { if case .embedding = $0.kind { true } else { false } }.map(\.kind)
        #expect(vectors.count == 4 && vectors.allSatisfy { $0 == vectors[0] })
        host.send(part(file))
        try host.settle()
        #expect(host.inferredModels.last == VisionEncoderPlugin.modelName)
    }
}
