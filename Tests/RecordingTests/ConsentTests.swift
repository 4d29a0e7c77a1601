import Testing
import Wire

@testable import Recording

@Suite("What may be recorded")
struct ConsentTests {
    private static let samples = [UInt8](repeating: 7, count: 640)
    private static let audio = ClientMessage(
        sequence: 3, turnID: 2, captureTimeUs: 9,
        kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: samples, last: true)))

    private func substitute(_ message: ClientMessage, _ consent: ConsentGiven) -> ConsentFilter.Substitute? {
        message.encoded().withUnsafeBytes { ConsentFilter(consent).substitute(forClient: $0) }
    }

    @Test("leaves audio out until the customer agrees, and keeps everything else of the message")
    func audio() throws {
        let kept = try #require(substitute(ConsentTests.audio, ConsentGiven(faces: true)))
        #expect(kept.withheld == .audio && kept.bytes == 640)
        var expected = ConsentTests.audio
        expected.kind = .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, last: true))
        #expect(try ClientMessage(decoding: kept.message) == expected)
        #expect(substitute(ConsentTests.audio, ConsentGiven(audio: true)) == nil)
    }

    @Test(
        "leaves out every picture that may show a face",
        arguments: [(ImagePurpose.selfie, true), (.unspecified, true), (.query, false)])
    func faces(purpose: ImagePurpose, isFace: Bool) throws {
        let picture: [UInt8] = [0xff, 0xd8, 0xff, 1, 2, 3]
        let photo = ClientMessage(endOfTurn: true, kind: .image(ImagePart(purpose: purpose, imageID: 4, part: 1, last: true, data: picture)))
        let camera = ClientMessage(kind: .video(VideoFrame(purpose: purpose, data: picture)))
        for message in [photo, camera] {
            let kept = substitute(message, ConsentGiven(audio: true))
            #expect((kept != nil) == isFace)
            if let kept {
                #expect(kept.withheld == .face && kept.bytes == 6)
                #expect(!kept.message.contains(sequence: picture))
                #expect(try ClientMessage(decoding: kept.message).endOfTurn == message.endOfTurn)
            }
            #expect(substitute(message, ConsentGiven(faces: true)) == nil)
        }
    }

    @Test("keeps text, events and control as they are")
    func others() {
        let kinds: [ClientMessage.Kind] = [
            .text(TextInput(text: "gold rings")), .behaviour(BehaviourEvent(behaviour: .view, productID: "R-1")),
            .control(Control(kind: .bargeIn(BargeIn()))),
        ]
        for kind in kinds { #expect(substitute(ClientMessage(kind: kind), ConsentGiven()) == nil) }
    }

    @Test("leaves out what cannot be understood")
    func broken() throws {
        let bytes: [UInt8] = [0xff, 0xff, 0xff]
        let kept = bytes.withUnsafeBytes { ConsentFilter(ConsentGiven()).substitute(forClient: $0) }
        #expect(kept?.message == [] && kept?.bytes == 3)
        // An audio message whose chunk is broken.
        let chunk: [UInt8] = [0x5a, 2, 0xff, 0xff]
        let audio = chunk.withUnsafeBytes { ConsentFilter(ConsentGiven()).substitute(forClient: $0) }
        #expect(audio?.withheld == .audio)
    }

    @Test("leaves out audio on its way back")
    func audioBack() throws {
        let message = ServerMessage(sequence: 5, turnID: 1, timeUs: 8, kind: .audio(AudioChunk(sampleRateHz: 16_000, samples: ConsentTests.samples)))
        let reply = ServerMessage(sequence: 6, kind: .reply(ReplyDelta(text: "yes")))
        let filter = ConsentFilter(ConsentGiven())
        let kept = try #require(message.encoded().withUnsafeBytes { filter.substitute(forServer: $0) })
        #expect(kept.withheld == .audio && kept.bytes == 640)
        #expect(try ServerMessage(decoding: kept.message).sequence == 5)
        #expect(reply.encoded().withUnsafeBytes { filter.substitute(forServer: $0) } == nil)
        #expect(message.encoded().withUnsafeBytes { ConsentFilter(ConsentGiven(audio: true)).substitute(forServer: $0) } == nil)
    }

    @Test("leaves out a preview, which shows the customer's face, where faces are not agreed to")
    func preview() throws {
        let tryOn = TryOn(productID: "p", overlays: [Overlay(anchor: "neck")], preview: [1, 2, 3], previewFormat: .jpeg)
        let message = ServerMessage(sequence: 5, kind: .tryOn(tryOn)).encoded()
        let kept = try #require(message.withUnsafeBytes { ConsentFilter(ConsentGiven()).substitute(forServer: $0) })
        #expect(kept.withheld == .face && kept.bytes == 3)
        guard case .tryOn(let left) = try ServerMessage(decoding: kept.message).kind else {
            Issue.record("the try-on is gone")
            return
        }
        #expect(left.preview.isEmpty && left.overlays == tryOn.overlays)
        #expect(message.withUnsafeBytes { ConsentFilter(ConsentGiven(faces: true)).substitute(forServer: $0) } == nil)
        let bare = ServerMessage(sequence: 5, kind: .tryOn(TryOn(productID: "p"))).encoded()
        #expect(bare.withUnsafeBytes { ConsentFilter(ConsentGiven()).substitute(forServer: $0) } == nil)
    }

    @Test("never includes credentials")
    func credentials() {
        let open = Open(
            method: "/m",
            metadata: [
                MetadataEntry(key: "authorization", value: Array("Bearer secret".utf8)), MetadataEntry(key: "vitrine-trace", value: Array("on".utf8)),
                MetadataEntry(key: "cookie", value: [1]),
            ])
        #expect(ConsentFilter.open(open).metadata.map(\.key) == ["authorization", "vitrine-trace", "cookie"])
        #expect(ConsentFilter.open(open).metadata.map(\.value.count) == [0, 2, 0])
    }
}
