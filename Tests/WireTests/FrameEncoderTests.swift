import Testing

@testable import Wire

@Suite struct FrameEncoderTests {
    private func expect(_ value: Frame, _ write: (inout [UInt8]) -> Void) throws {
        // Whatever is pending already stays as it is.
        var output: [UInt8] = [1, 2, 3]
        write(&output)
        #expect(Array(output.prefix(3)) == [1, 2, 3])
        let frame = Array(output.dropFirst(3))
        #expect(frame == framed(value.encoded()))
        #expect(repackedByProtobufC(Array(frame.dropFirst(5)), as: .frame) == value.encoded())
    }

    @Test(arguments: [0, 1, 127, 128, 300, 20_000, 3_000_000])
    func dataFramesEqualTheirValue(_ count: Int) throws {
        let payload = [UInt8](repeating: 42, count: count)
        for id in [0, 1, 127, 128, 1 << 20, UInt64.max] {
            let value = Frame(streamID: id, kind: .data(payload))
            try expect(value) { FrameEncoder.data(streamID: id, payload: payload, into: &$0) }
            try expect(value) { FrameEncoder.data(streamID: id, into: &$0) { $0.append(contentsOf: payload) } }
        }
    }

    @Test func controlFramesEqualTheirValue() throws {
        try expect(Frame(streamID: 5, kind: .halfClose(HalfClose()))) { FrameEncoder.halfClose(streamID: 5, into: &$0) }
        try expect(Frame(streamID: 5, kind: .cancel(Cancel(reason: "why")))) {
            FrameEncoder.cancel(streamID: 5, reason: "why", into: &$0)
        }
        let status = RPCStatus(.notFound, String(repeating: "long ", count: 60))
        try expect(Frame(streamID: 5, kind: .status(Status(code: 5, message: status.message)))) {
            FrameEncoder.status(streamID: 5, status, into: &$0)
        }
        try expect(Frame(streamID: 5, kind: .credit(Credit(lane: .audio, bytes: 9000)))) {
            FrameEncoder.credit(streamID: 5, lane: .audio, bytes: 9000, into: &$0)
        }
        try expect(Frame(kind: .ping(Ping(token: 77)))) { FrameEncoder.ping(token: 77, into: &$0) }
        try expect(Frame(kind: .pong(Pong(token: 77)))) { FrameEncoder.pong(token: 77, into: &$0) }
        try expect(Frame(kind: .goAway(GoAway(lastStreamID: 9, code: 14, message: "bye")))) {
            FrameEncoder.goAway(lastStreamID: 9, RPCStatus(.unavailable, "bye"), into: &$0)
        }
        let open = Open(method: "/a/B", metadata: [MetadataEntry(key: "k", value: [1])], timeoutUs: 5)
        try expect(Frame(streamID: 1, kind: .open(open))) {
            FrameEncoder.open(streamID: 1, method: "/a/B", metadata: open.metadata, timeoutUs: 5, into: &$0)
        }
    }

    @Test func framesGoThroughTheDecoder() throws {
        var output: [UInt8] = []
        for id in 1...50 { FrameEncoder.data(streamID: UInt64(id), message: TextInput(text: "\(id)"), into: &output) }
        var decoder = FrameDecoder()
        var ids: [UInt64] = []
        try on(output) { bytes throws(RPCStatus) in
            try decoder.feed(bytes) { frame throws(RPCStatus) in
                let peek = try FramePeek(frame)
                let text = try TextInput(decoding: UnsafeRawBufferPointer(rebasing: frame[peek.bodyRange]))
                #expect(text.text == "\(peek.streamID)")
                ids.append(peek.streamID)
            }
        }
        #expect(ids == Array(1...50))
    }

    @Test func aServerMessageIsBuiltAroundSerializedContents() {
        let chunk = AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [UInt8](repeating: 3, count: 640))
        var output: [UInt8] = []
        chunk.encoded().withUnsafeBytes {
            ServerMessageEncoder.audio(sequence: 3, turnID: 2, revision: 1, timeUs: 99, chunk: $0, into: &output)
        }
        #expect(output == ServerMessage(sequence: 3, turnID: 2, revision: 1, timeUs: 99, kind: .audio(chunk)).encoded())
    }
}

@Suite struct ViewTests {
    @Test func viewsShowWhatTheValuesHold() throws {
        let chunk = AudioChunk(encoding: .f32le, sampleRateHz: 48_000, channels: 2, samples: [1, 2, 3, 4], last: true)
        try on(chunk.encoded()) { bytes throws(RPCStatus) in
            let view = try AudioChunkView(bytes)
            #expect(view.encoding == .f32le && view.sampleRateHz == 48_000 && view.channels == 2 && view.last)
            #expect(Array(view.samples) == [1, 2, 3, 4])
        }
        try on(ImagePart(purpose: .selfie, imageID: 1 << 40, part: 3, last: true, data: [9]).encoded()) { bytes throws(RPCStatus) in
            let view = try ImagePartView(bytes)
            #expect(view.purpose == .selfie && view.imageID == 1 << 40 && view.part == 3 && view.last && Array(view.data) == [9])
        }
        try on(VideoFrame(purpose: .query, data: [7]).encoded()) { bytes throws(RPCStatus) in
            let view = try VideoFrameView(bytes)
            #expect(view.purpose == .query && Array(view.data) == [7])
        }
        try on(TextInput(text: "戒指", language: "zh").encoded()) { bytes throws(RPCStatus) in
            let view = try TextInputView(bytes)
            #expect(Array(view.text) == Array("戒指".utf8) && Array(view.language) == Array("zh".utf8))
        }
    }

    @Test(arguments: 0..<1000)
    func viewsAgreeWithTheValuesOnAnything(_ number: UInt64) throws {
        var builder = MessageBuilder(seed: number, wild: true)
        var bytes = builder.message(.audioChunk)
        if number % 2 == 1 { bytes = builder.mutate(bytes) }
        guard let value = try? AudioChunk(decoding: bytes) else { return }
        try on(bytes) { b throws(RPCStatus) in
            let view = try AudioChunkView(b)
            #expect(view.encoding == value.encoding && view.sampleRateHz == value.sampleRateHz && view.channels == value.channels)
            #expect(view.last == value.last && Array(view.samples) == value.samples)
        }
    }

    @Test func brokenKindsAreNamed() {
        for bytes in [[0x20, 1], [0x22, 9]] as [[UInt8]] {
            let error = status { () throws(RPCStatus) in _ = try on(bytes) { b throws(RPCStatus) in try AudioChunkView(b) } }
            #expect(error?.code == .invalidArgument && error?.message.contains("AudioChunk") == true)
        }
    }
}
