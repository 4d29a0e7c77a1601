import CVitrinePlugin
import PluginKit
import Testing
import Wire

/// Does what the text says, and writes down what becomes of it.
private final class Toy: VitrinePlugin {
    static let manifest = PluginManifest(name: "toy", version: "1.0.0", consumes: ["text"])
    let host: HostServices
    let model: ModelHandle

    init(host: HostServices) throws(PluginError) {
        self.host = host
        model = try host.model("toy")
    }

    func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        if stream.turnID == 13 { throw PluginError(.outOfRange, "not on the 13th") }
        return ToyStream(stream, self)
    }

    func selfTest() throws(PluginError) { throw PluginError(.unavailable, "no self, no test") }
}

private final class ToyStream: StreamHandler {
    let stream: PluginStream
    let toy: Toy

    init(_ stream: PluginStream, _ toy: Toy) {
        self.stream = stream
        self.toy = toy
    }

    deinit { toy.host.count("freed") }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard case .text(let input) = try message.content else { throw PluginError(.invalidArgument, "text only") }
        switch input.text {
        case "infer":
            let tensor = try stream.tensor([1, 2], [3, 4] as [Float])
            stream.infer(toy.model, inputs: [("in", tensor)], outputs: ["out"], priority: .final) { [self] result in
                say("infer", result.map { "\($0[0].shape) \($0[0].floats())" })
            }
        case "compute":
            stream.compute {
                6 * 7
            } then: { [self] result in
                say("compute", result.map { "\($0)" })
            }
        case "failing":
            stream.compute { () throws(PluginError) -> Int in
                throw PluginError(.dataLoss, "lost")
            } then: { [self] result in
                say("failing", result.map { "\($0)" })
            }
        case "timer": stream.after(9) { [self] in say("timer", .success("rang")) }
        case "close": stream.close(RPCStatus(.notFound, "nothing here"))
        default: throw PluginError(.invalidArgument, "no such toy: \(input.text)")
        }
    }

    func halfClosed() { stream.close() }
    func cancelled() { toy.host.count("cancelled") }

    private func say(_ what: String, _ result: Result<String, PluginError>) {
        let text =
            switch result {
            case .success(let value): "\(what) \(value)"
            case .failure(let error): "\(what) failed \(error)"
            }
        toy.host.count(text)
        do throws(PluginError) {
            try stream.emit(PluginOutput(kind: .transcript(Transcript(text: text))))
        } catch {
            toy.host.count("emit failed \(error.status.code.name)")
        }
    }
}

/// Serialized, because the fake host's buffers find their host by a static.
@Suite(.serialized) struct PluginKitTests {
    private func started() throws -> FakeHost {
        let fake = FakeHost(try #require(PluginEntry.table(for: Toy.self, abi: UInt32(VT_ABI_VERSION))))
        #expect(fake.create() == .ok)
        return fake
    }

    private func texts(_ fake: FakeHost) -> [String] {
        fake.emitted.map { if case .transcript(let transcript) = $0.output.kind { transcript.text } else { "?" } }
    }

    @Test func anotherAbiVersionGetsNoTable() {
        #expect(PluginEntry.table(for: Toy.self, abi: 2) == nil)
    }

    @Test func theManifestCrossesSerializedWithTheCompilerFilledIn() throws {
        let table = try #require(PluginEntry.table(for: Toy.self, abi: 1)).pointee
        let manifest = try PluginManifest(decoding: UnsafeRawBufferPointer(start: table.manifest, count: table.manifest_length))
        #expect(manifest.name == "toy" && manifest.compiler.hasPrefix("swift-"))
        #expect(table.struct_size == UInt32(MemoryLayout<vt_plugin>.size))
    }

    @Test func aHostThatLacksAFunctionIsRefusedWithAReason() throws {
        let fake = FakeHost(try #require(PluginEntry.table(for: Toy.self, abi: 1)))
        fake.host.pointee.compute = nil
        #expect(fake.create().code == .failedPrecondition)
    }

    @Test func aPluginThatCannotStartSaysWhy() throws {
        let fake = FakeHost(try #require(PluginEntry.table(for: Toy.self, abi: 1)))
        fake.host.pointee.model = { _, _ in 0 }
        #expect(fake.create() == RPCStatus(.notFound, "the manifest names no model \"toy\""))
    }

    @Test func theSelfTestsReasonIsReported() throws {
        let fake = try started()
        var error = [CChar](repeating: 1, count: 8)
        #expect(fake.plugin.pointee.self_test(fake.state, &error, error.count) == VT_UNAVAILABLE)
        #expect(String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) == "no self")
        fake.destroy()
    }

    @Test func aRefusedStreamIsClosedWithItsReason() throws {
        let fake = try started()
        #expect(fake.open(1, turn: 13) == VT_OUT_OF_RANGE)
        #expect(fake.closed.map(\.status) == [RPCStatus(.outOfRange, "not on the 13th")])
        #expect(fake.say(1, "compute") == VT_INVALID_ARGUMENT)
        fake.destroy()
    }

    @Test func inferenceComputeAndTimersComeBackToTheirClosures() throws {
        let fake = try started()
        _ = fake.open(1)
        for text in ["infer", "compute", "failing", "timer"] { #expect(fake.say(1, text) == VT_OK) }
        #expect(fake.asked.count == 4 && fake.plugin.pointee.pending(fake.state) == 1)
        while !fake.asked.isEmpty { fake.completeFirst() }
        #expect(texts(fake) == ["infer [1, 2] [3.0, 4.0]", "compute 42", "failing failed DATA_LOSS: lost", "timer rang"])
        #expect(fake.emitted.allSatisfy { $0.kind == PluginOutputKind.transcript && $0.stream == 1 })
        #expect(fake.plugin.pointee.pending(fake.state) == 0)
        fake.plugin.pointee.half_close(fake.state, 1)
        #expect(fake.closed.map(\.status) == [.ok])
        fake.destroy()
        #expect(fake.alive == 0, "every tensor and buffer was given back")
    }

    @Test func afterCancelEachClosureGetsCancelledOnceAndTimersNothing() throws {
        let fake = try started()
        _ = fake.open(1)
        for text in ["infer", "compute", "timer"] { fake.say(1, text) }
        fake.plugin.pointee.cancel(fake.state, 1)
        #expect(fake.counted["cancelled"] == 1)
        while !fake.asked.isEmpty { fake.completeFirst(.cancelled, "the stream is closed") }
        #expect(fake.counted["infer failed CANCELLED: the stream is closed"] == 1)
        #expect(fake.counted["compute failed CANCELLED: the stream is closed"] == 1)
        #expect(fake.counted["timer rang"] == nil)
        #expect(fake.counted["emit failed FAILED_PRECONDITION"] == 2)
        #expect(fake.emitted.isEmpty && fake.closed.isEmpty)
        #expect(fake.counted["freed"] == 1, "nothing holds the stream any more")
        fake.destroy()
        #expect(fake.alive == 0)
    }

    @Test func aJobThatRanBeforeItsStreamClosedIsStillCancelled() throws {
        let fake = try started()
        _ = fake.open(1)
        fake.say(1, "compute")
        fake.say(1, "close")
        #expect(fake.closed.map(\.status) == [RPCStatus(.notFound, "nothing here")])
        _ = fake.asked[0].job?(fake.asked[0].context)
        fake.completeFirst(.cancelled)
        #expect(fake.counted["compute failed CANCELLED: the stream is closed"] == 1)
        fake.destroy()
    }

    @Test func throwingFromReceiveClosesTheStreamOnceWithTheMessage() throws {
        let fake = try started()
        _ = fake.open(1)
        #expect(fake.say(1, "nonsense") == VT_OK)
        #expect(fake.closed.map(\.status) == [RPCStatus(.invalidArgument, "no such toy: nonsense")])
        #expect(fake.say(1, "compute") == VT_INVALID_ARGUMENT)
        fake.plugin.pointee.cancel(fake.state, 1)
        #expect(fake.counted["cancelled"] == nil)
        fake.destroy()
    }

    @Test func refusedOperationsFailAtOnce() throws {
        let fake = try started()
        _ = fake.open(1)
        fake.refuse = vt_status(VT_RESOURCE_EXHAUSTED)
        for text in ["infer", "compute", "timer"] { fake.say(1, text) }
        #expect(fake.asked.isEmpty)
        #expect(fake.counted["compute failed RESOURCE_EXHAUSTED: the host refused a compute job: RESOURCE_EXHAUSTED"] == 1)
        #expect(fake.counted["emit failed RESOURCE_EXHAUSTED"] == 2)
        fake.plugin.pointee.cancel(fake.state, 1)
        fake.destroy()
        #expect(fake.alive == 0)
    }

    @Test func aMessageThatIsNoClientMessageClosesTheStreamAsInvalid() throws {
        let fake = try started()
        _ = fake.open(1)
        let buffer = fake.makeBuffer([0xff, 0xff, 0xff])
        var message = vt_message()
        message.struct_size = UInt32(MemoryLayout<vt_message>.size)
        message.payload = buffer
        #expect(fake.plugin.pointee.data(fake.state, 1, &message) == VT_OK)
        #expect(fake.closed.map(\.status.code) == [.invalidArgument])
        buffer.pointee.release(buffer)
        fake.destroy()
        #expect(fake.alive == 0)
    }

    @Test func samplesAndPicturesStayInTheHostsBuffer() throws {
        let fake = try started()
        let bytes: [UInt8] = [1, 2, 3, 4]
        let seen = Seen()
        SeeingToy.seen = seen
        let other = FakeHost(try #require(PluginEntry.table(for: SeeingToy.self, abi: 1)))
        #expect(other.create() == .ok)
        _ = other.open(1)
        other.send(
            1, ClientMessage(kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: bytes, last: true))),
            kind: ClientMessageKind.audio)
        other.send(
            1, ClientMessage(kind: .image(ImagePart(purpose: .selfie, imageID: 9, part: 0, last: true, data: bytes))), kind: ClientMessageKind.image)
        other.send(1, ClientMessage(kind: .video(VideoFrame(purpose: .query, data: []))), kind: ClientMessageKind.video)
        #expect(seen.notes == ["audio 16000 1 true [1, 2, 3, 4]", "image selfie 9 true [1, 2, 3, 4]", "video query []"])
        #expect(other.alive == 1, "the first samples are kept, and with them their buffer")
        seen.kept = nil
        #expect(other.alive == 0)
        other.destroy()
        fake.destroy()
    }
}

private final class Seen {
    var notes: [String] = []
    var kept: SharedBytes?
}

/// Writes down the media it is given.
private final class SeeingToy: VitrinePlugin, StreamHandler {
    static let manifest = PluginManifest(name: "seeing", version: "1.0.0", consumes: ["audio", "image", "video"])
    nonisolated(unsafe) static var seen: Seen?

    init(host: HostServices) throws(PluginError) {}
    func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler { self }
    func halfClosed() {}

    func receive(_ message: InputMessage) throws(PluginError) {
        switch try message.content {
        case .audio(let audio):
            Self.seen?.notes.append("audio \(audio.sampleRateHz) \(audio.channels) \(audio.last) \(audio.samples.withUnsafeBytes { Array($0) })")
            Self.seen?.kept = audio.samples
        case .image(let image):
            Self.seen?.notes.append("image \(image.purpose) \(image.imageID) \(image.last) \(image.data.withUnsafeBytes { Array($0) })")
        case .video(let video): Self.seen?.notes.append("video \(video.purpose) \(video.data.withUnsafeBytes { Array($0) })")
        default: throw PluginError(.invalidArgument, "media only")
        }
    }
}
