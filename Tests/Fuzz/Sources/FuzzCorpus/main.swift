import Glibc
import Recording
import Wire

// Writes the seed corpora: FuzzCorpus FOLDER makes FOLDER/framing, FOLDER/decode and FOLDER/recording.

func write(_ bytes: [UInt8], _ path: String) {
    guard let file = fopen(path, "wb") else {
        perror(path)
        exit(1)
    }
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else {
        perror(path)
        exit(1)
    }
}

let folder = CommandLine.arguments.count == 2 ? CommandLine.arguments[1] : ""
guard !folder.isEmpty else {
    print("usage: FuzzCorpus FOLDER")
    exit(2)
}
for part in ["", "/framing", "/decode", "/recording"] where mkdir(folder + part, 0o755) != 0 && errno != EEXIST {
    perror(folder + part)
    exit(1)
}

let clientKinds: [ClientMessage.Kind] = [
    .text(TextInput(text: "a ring of rose gold, 戒指", language: "en")),
    .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [UInt8](0..<64), last: true)),
    .image(ImagePart(purpose: .query, imageID: 7, part: 1, last: true, data: [0xff, 0xd8, 0xff])),
    .video(VideoFrame(purpose: .selfie, data: [1, 2, 3])),
    .behaviour(BehaviourEvent(behaviour: .addToCart, productID: "R-1", quantity: 2)),
    .control(Control(kind: .tryOn(TryOnRequest(productID: "R-1")))), .control(Control(kind: .bargeIn(BargeIn()))),
    .control(Control(kind: .played(Played(turnID: 1, unit: 2, upToUs: 3)))),
]
let clientMessages = clientKinds.enumerated().map { index, kind in
    ClientMessage(sequence: UInt64(index) + 1, turnID: 1, revision: 2, captureTimeUs: 1 << 40, endOfTurn: index % 2 == 0, kind: kind)
}
let pluginOutputs: [PluginOutput] = [
    PluginOutput(turnID: 1, kind: .embedding(Embedding(spaceID: "s", shape: [1, 300], values: [1, -2, .nan])), modality: "text"),
    PluginOutput(turnID: 1, kind: .transcript(Transcript(text: "戒指", language: "zh", final: true, confidence: 0.5))),
    PluginOutput(kind: .labels(Labels(scheme: "imagenet", labels: [Label(name: "ring", probability: 0.9)]))),
    PluginOutput(
        kind: .pose(
            Pose(
                imageWidth: 640, imageHeight: 480,
                figures: [Figure(part: "face", confidence: 1, landmarks: [Point(x: 1, y: 2, z: 3, confidence: 1)], box: [1, 2, 3, 4])],
                anchors: [Anchor(name: "neck", x: 1, y: 2)]))),
]
let messages: [any WireMessage] =
    clientMessages + pluginOutputs + [
        ServerMessage(sequence: 1, kind: .recommendations(Recommendations(items: [Recommendation(price: Money(amountMinor: -1))]))),
        SessionState(version: 1, sessionID: "s", turns: [TurnRecord(turnID: 1, modalities: ["text"])], shownProducts: ["R-1"]),
        RecordingHeader(version: 1, models: [NamedHash(name: "m", sha256: "00")]), RecordedFrame(direction: .out, frame: [1]),
        InferRequest(operation: 1, inputs: [WireTensor(name: "x", shape: [-1, 3], data: [0])]),
        ListPluginsReply(plugins: [LoadedPlugin(manifest: PluginManifest(name: "p"))]),
        Frame(streamID: 3, kind: .open(Open(method: "/a/B", metadata: [MetadataEntry(key: "k", value: [0])]))),
    ]
for (index, message) in messages.enumerated() {
    let type = UInt8(type(of: message).messageType.rawValue)
    write([type] + message.encoded(), "\(folder)/decode/message-\(index)")
}
for (index, message) in clientMessages.enumerated() {
    var output: [UInt8] = [UInt8(index * 31)]
    FrameEncoder.open(streamID: 1, method: MethodDescriptor.sessionsConverse.path, into: &output)
    FrameEncoder.data(streamID: 1, message: message, into: &output)
    FrameEncoder.credit(streamID: 1, lane: .audio, bytes: 1000, into: &output)
    FrameEncoder.halfClose(streamID: 1, into: &output)
    FrameEncoder.ping(token: 9, into: &output)
    FrameEncoder.goAway(lastStreamID: 1, into: &output)
    write(output, "\(folder)/framing/conversation-\(index)")
}
for (index, message) in clientMessages.enumerated() {
    var encoder = RecordingEncoder(RecordingHeader(sessionID: "5e55", consent: ConsentGiven(audio: true)), key: nil)
    var file: [UInt8] = [0]
    encoder.begin(into: &file)
    Frame(streamID: 1, kind: .data(message.encoded())).encoded().withUnsafeBytes {
        encoder.frame(timeUs: UInt64(index), .in, $0, withheldBytes: 3, into: &file)
    }
    encoder.read(timeUs: 9, StoreRead(store: "orders", key: "VT-10023", value: "{}"), into: &file)
    encoder.marker(timeUs: 9, RecordingMarker(kind: .consent, consent: ConsentGiven()), into: &file)
    encoder.end(timeUs: 10, .closed, into: &file)
    write(file, "\(folder)/recording/file-\(index)")
    // The same bodies, each behind its length.
    var bodies: [UInt8] = [1]
    for record in [
        RecordingRecord(kind: .header(RecordingHeader(version: 1))),
        RecordingRecord(kind: .frame(RecordedFrame(direction: .in, frame: Frame(streamID: 1, kind: .data(message.encoded())).encoded()))),
        RecordingRecord(kind: .end(RecordingEnd(reason: .closed, records: 2))),
    ] {
        let body = record.encoded()
        bodies += [UInt8(truncatingIfNeeded: body.count), UInt8(truncatingIfNeeded: body.count >> 8)] + body
    }
    write(bodies, "\(folder)/recording/bodies-\(index)")
}
print("\(messages.count) messages, \(clientMessages.count) conversations in \(folder)")
