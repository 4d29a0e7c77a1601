import Glibc
public import Wire

/// Messages that a plugin of given kinds can be tried with: small, valid, always the same.
public enum SampleInputs {
    public static func messages(for kinds: [String]) -> [ClientMessage] { kinds.flatMap(messages(of:)) }

    /// The same, serialized, each with its kind.
    public static func payloads(for kinds: [String]) -> [(bytes: [UInt8], kind: UInt32)] {
        messages(for: kinds).compactMap { message in message.kind.map { (message.encoded(), $0.tag) } }
    }

    private static func messages(of kind: String) -> [ClientMessage] {
        switch kind {
        case "text":
            return ["a gold ring under 500 dollars", "a"].map { ClientMessage(turnID: 1, kind: .text(TextInput(text: $0, language: "en"))) }
        case "audio":
            return (0..<4).map { part in
                ClientMessage(
                    turnID: 1, captureTimeUs: UInt64(part) * 100_000,
                    kind: .audio(
                        AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: tone(from: part * 1_600), last: part == 3)))
            }
        case "image": return [ClientMessage(turnID: 1, kind: .image(ImagePart(purpose: .query, imageID: 1, last: true, data: picture)))]
        case "video": return [ClientMessage(turnID: 1, kind: .video(VideoFrame(purpose: .selfie, data: picture)))]
        case "behaviour": return [ClientMessage(turnID: 1, kind: .behaviour(BehaviourEvent(behaviour: .view, productID: "ring-1")))]
        case "control": return [ClientMessage(turnID: 1, kind: .control(Control(kind: .turnStart(TurnStart()))))]
        default: return []
        }
    }

    /// A tenth of a second of 440 Hz that rises and falls.
    private static func tone(from start: Int) -> [UInt8] {
        (start..<start + 1_600).flatMap { index in
            let swell = 0.5 - 0.5 * cos(Double(index) * 2 * .pi / 6_400)
            let sample = Int16(8_000 * swell * sin(Double(index) * 2 * .pi * 440 / 16_000))
            return [UInt8(truncatingIfNeeded: sample), UInt8(truncatingIfNeeded: sample >> 8)]
        }
    }

    /// A PNG of 64 × 64 pixels with two gradients, in stored (uncompressed) blocks (PNG 1.2, RFC 1950, RFC 1951).
    static let picture: [UInt8] = {
        let side = 64
        var rows: [UInt8] = []
        for y in 0..<side {
            rows.append(0)
            for x in 0..<side { rows += [UInt8(x * 4), UInt8(y * 4), 128] }
        }
        var stream: [UInt8] = [0x78, 0x01, 0x01]
        stream += [UInt8(rows.count & 255), UInt8(rows.count >> 8), UInt8(~rows.count & 255), UInt8(~rows.count >> 8 & 255)]
        stream += rows
        stream += big(adler(rows))
        var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        file += chunk("IHDR", big(UInt32(side)) + big(UInt32(side)) + [8, 2, 0, 0, 0])
        file += chunk("IDAT", stream)
        file += chunk("IEND", [])
        return file
    }()

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + data
        return big(UInt32(data.count)) + named + big(crc(named))
    }

    private static func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    private static func adler(_ bytes: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return b << 16 | a
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xffff_ffff
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return ~crc
    }

    /// What no well-meaning client sends: (bytes, kind).
    public static func malformed(for kinds: [String]) -> [(bytes: [UInt8], kind: UInt32)] {
        var cases: [(bytes: [UInt8], kind: UInt32)] = []
        let tags = kinds.compactMap(ClientMessageKind.tag(named:))
        let foreign: [UInt32] = [10, 11, 12, 13, 14, 15].filter { !tags.contains($0) }
        for tag in tags + foreign.prefix(1) + [99] {
            cases += [
                ([], tag), ([UInt8](repeating: 0xff, count: 40), tag), ([UInt8](repeating: 0, count: 4_096), tag),
                ([0x52, 0xff, 0xff, 0xff, 0x7f], tag),
            ]
        }
        for message in messages(for: kinds) {
            let whole = message.encoded()
            guard let tag = message.kind?.tag else { continue }
            for part in [1, whole.count / 2, whole.count - 1] where part < whole.count { cases.append((Array(whole.prefix(part)), tag)) }
            // Every so many bytes turned, so that lengths, numbers and contents are hit.
            for offset in 0..<min(16, whole.count) {
                var turned = whole
                for at in stride(from: offset, to: turned.count, by: 16 + offset) { turned[at] = ~turned[at] }
                cases.append((turned, tag))
            }
            if let other = (tags + [10, 11]).first(where: { $0 != tag }) { cases.append((whole, other)) }
        }
        return cases
    }
}
