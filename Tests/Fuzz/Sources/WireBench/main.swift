import Glibc
import Wire

// Time of Wire's hot paths, one line each, and the growth of memory. `swift run -c release WireBench`.

/// Monotonic nanoseconds.
func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// The largest resident size so far, KiB.
func residentKiB() -> Int {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss
}

@inline(never)
func measure(_ name: String, rounds: Int = 300_000, _ body: () throws(RPCStatus) -> Int) {
    var sum = 0
    var best = UInt64.max
    do {
        for _ in 0..<1000 { sum &+= try body() }
        for _ in 0..<5 {
            let start = now()
            for _ in 0..<(rounds / 5) { sum &+= try body() }
            best = min(best, now() - start)
        }
    } catch {
        print("\(name): \(error)")
        exit(1)
    }
    let tenths = best * 10 / UInt64(rounds / 5)
    let padded = name + String(repeating: " ", count: max(1, 34 - name.utf8.count))
    print("\(padded)\(tenths / 10).\(tenths % 10) ns\(sum == 1 ? "." : "")")
}

func withBytes(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) { bytes.withUnsafeBytes(body) }

let messages: [(String, ClientMessage)] = [
    ("text", ClientMessage(sequence: 1, turnID: 1, kind: .text(TextInput(text: "a gold ring under 200 euros", language: "en")))),
    (
        "audio 640 B",
        ClientMessage(
            sequence: 1, turnID: 1, captureTimeUs: 1_000_000,
            kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [UInt8](repeating: 7, count: 640))))
    ),
    (
        "image 20 kB",
        ClientMessage(
            sequence: 1, turnID: 1, kind: .image(ImagePart(purpose: .query, imageID: 1, last: true, data: [UInt8](repeating: 7, count: 20_000)))
        )
    ),
]
for (name, message) in messages {
    withBytes(message.encoded()) { bytes in
        measure("peek \(name)") { () throws(RPCStatus) in try MessagePeek(clientMessage: bytes).kindRange.count }
        measure("validate \(name)") { () throws(RPCStatus) in
            try WireValidator.validate(bytes, as: .clientMessage)
            return 1
        }
        measure("decode \(name)") { () throws(RPCStatus) in Int(try ClientMessage(decoding: bytes).sequence) }
        measure("JSON \(name)", rounds: 20_000) { () throws(RPCStatus) in
            try ProtoJSON.encode(bytes, as: .clientMessage).utf8.count
        }
        var output: [UInt8] = []
        output.reserveCapacity(64 * 1024)
        measure("frame around \(name)") { () throws(RPCStatus) in
            output.removeAll(keepingCapacity: true)
            FrameEncoder.data(streamID: 1, payload: bytes, into: &output)
            return output.count
        }
        measure("encode in place \(name)") { () throws(RPCStatus) in
            output.removeAll(keepingCapacity: true)
            FrameEncoder.data(streamID: 1, message: message, into: &output)
            return output.count
        }
        withBytes(output) { frame in
            var decoder = FrameDecoder()
            measure("deframe + frame peek \(name)") { () throws(RPCStatus) in
                var count = 0
                try decoder.feed(frame) { frame throws(RPCStatus) in count = try FramePeek(frame).bodyRange.count }
                return count
            }
        }
    }
}
let audio = AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: [UInt8](repeating: 7, count: 640)).encoded()
withBytes(audio) { bytes in measure("view audio 640 B") { () throws(RPCStatus) in try AudioChunkView(bytes).samples.count } }
withBytes(messages[1].1.encoded()) { bytes in
    let before = residentKiB()
    for _ in 0..<1_000_000 {
        guard (try? MessagePeek(clientMessage: bytes)) != nil, (try? ClientMessage(decoding: bytes)) != nil else { exit(1) }
    }
    print("memory growth over 1,000,000 decodes   \(residentKiB() - before) KiB")
}
print("sizes: FrameDecoder \(MemoryLayout<FrameDecoder>.size), ClientMessage \(MemoryLayout<ClientMessage>.size) bytes")
