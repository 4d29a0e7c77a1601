import Testing
import Wire

@testable import Recording

@Suite("A redaction")
struct RedactionTests {
    private let text = TextRedaction(salt: [1, 2, 3], everyWord: false)

    @Test(
        "replaces what looks personal by something of the same form",
        arguments: [
            "Where is my order VT-10023?", "Call 138-0013-8000 please", "write to mei.lin@example.com", "my name is Mei Lin.", "我叫王小明，想要戒指",
            "电话一三八零零一三八零零零",
        ])
    func personal(original: String) {
        let redacted = text.text(original)
        #expect(redacted != original)
        #expect(redacted.count == original.count)
        for (before, after) in zip(original, redacted) where before != after {
            #expect(before.isNumber == after.isNumber && before.isASCII == after.isASCII && before.isUppercase == after.isUppercase)
        }
        #expect(text.text(original) == redacted, "always to the same")
        #expect(TextRedaction(salt: [9], everyWord: false).text(original) != redacted, "by its salt")
    }

    @Test("leaves alone what is not", arguments: ["gold rings under 500 dollars", "五百元以下的玫瑰金耳环", "18k, 0.25 ct, size 7", "in 2024 or 2025"])
    func impersonal(original: String) { #expect(text.text(original) == original) }

    @Test("keeps equal things equal")
    func consistent() {
        let first = text.text("order VT-10023")
        let second = text.text("VT-10023 is late")
        #expect(first.hasSuffix(String(second.prefix(8))))
    }

    @Test("replaces every word when asked")
    func everyWord() {
        let all = TextRedaction(salt: [1], everyWord: true)
        let redacted = all.text("Gold rings, 戒指 500!")
        #expect(redacted.count == "Gold rings, 戒指 500!".count && redacted.hasSuffix("!") && redacted.contains(", "))
        for word in ["Gold", "rings", "戒指"] { #expect(!redacted.contains(word)) }
    }

    @Test("replaces what was heard for slots as it does the words")
    func slots() throws {
        var original = Recording.example
        let heard = Transcript(text: "a pearl choker", slots: [Slot(name: "product", value: "pearl choker", confidence: 1)])
        original.entries.append(.said(2_000_000, .server(.transcript(heard))))
        let bytes = try original.redacted(RedactionOptions(everyWord: true)).bytes(key: nil)
        for secret in ["pearl", "choker"] { #expect(!bytes.contains(sequence: Array(secret.utf8)), "\(secret) is still there") }
    }

    @Test("tells what a store said by no hash of the original either", arguments: [false, true])
    func reads(everyWord: Bool) throws {
        var original = Recording.example
        let value = "{\"phone\":\"138-0013-8000\"}"
        let hash = Sodium.sha256(Array(value.utf8))
        original.entries.append(
            RecordedEntry(timeUs: 2_000_000, what: .read(StoreRead(store: "orders", key: "VT-10023", sha256: hash, value: value))))
        let redacted = try original.redacted(RedactionOptions(everyWord: everyWord))
        let reads = redacted.entries.compactMap { entry in if case .read(let read) = entry.what { read } else { nil } }
        #expect(reads.count == 2 && reads.allSatisfy { $0.sha256 == Sodium.sha256(Array($0.value.utf8)) })
        let bytes = redacted.bytes(key: nil)
        #expect(!bytes.contains(sequence: Array(hash.utf8)))
    }

    @Test("makes grey pictures of the same size")
    func pictures() throws {
        let grey = PictureRedaction.grey(PictureRedaction.Size(width: 321, height: 123))
        #expect(PictureRedaction.size(grey) == PictureRedaction.Size(width: 321, height: 123))
        #expect(
            PictureRedaction.size([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 0, 50, 0, 60])
                == PictureRedaction.Size(width: 60, height: 50))
        var webp = Array("RIFF....WEBPVP8X........".utf8) + [59, 0, 0, 49, 0, 0]
        #expect(PictureRedaction.size(webp) == PictureRedaction.Size(width: 60, height: 50))
        webp.removeLast(10)
        #expect(PictureRedaction.size(webp) == nil)
        #expect(PictureRedaction.size([]) == nil && PictureRedaction.size([0xff, 0xd8]) == nil)
    }

    @Test("of a recording leaves nothing of speech, faces and orders, and marks it")
    func recording() throws {
        let samples = [UInt8](repeating: 7, count: 640)
        let picture = PictureRedaction.grey(PictureRedaction.Size(width: 40, height: 30)) + Array("secret face".utf8)
        let half = picture.count / 2
        var original = Recording.example
        original.entries += [
            .heard(2_000_000, .client(.audio(AudioChunk(sampleRateHz: 16_000, channels: 1, samples: samples, last: true)))),
            .heard(2_000_001, .client(.image(ImagePart(purpose: .selfie, imageID: 1, part: 0, data: Array(picture[..<half]))))),
            .heard(2_000_002, .client(.image(ImagePart(purpose: .selfie, imageID: 1, part: 1, last: true, data: Array(picture[half...]))))),
            .heard(2_000_003, .client(.image(ImagePart(purpose: .query, imageID: 2, last: true, data: picture)))),
            .said(2_100_000, .server(.reply(ReplyDelta(text: "Order VT-10023.", last: true, sources: [Source(kind: "order", id: "VT-10023")])))),
        ]
        let redacted = try original.redacted(RedactionOptions(keepsPhotos: true))
        #expect(redacted.header.redacted && redacted.entries.count == original.entries.count)
        #expect(redacted.entries.map(\.timeUs) == original.entries.map(\.timeUs))
        let bytes = redacted.bytes(key: nil)
        for secret in ["10023", "parcel"] { #expect(!bytes.contains(sequence: Array(secret.utf8)), "\(secret) is still there") }
        #expect(!bytes.contains(sequence: Array(samples.prefix(16))))
        var joined: [UInt8] = []
        var photo: [UInt8] = []
        for entry in redacted.entries {
            guard case .client(let message) = entry.message else { continue }
            switch message.kind {
            case .audio(let chunk): #expect(chunk.samples == [UInt8](repeating: 0, count: 640))
            case .image(let part): if part.purpose == .selfie { joined += part.data } else { photo = part.data }
            default: break
            }
        }
        #expect(joined == PictureRedaction.grey(PictureRedaction.Size(width: 40, height: 30)))
        #expect(photo == picture, "a photo of a product was to be kept")
        #expect(try original.redacted(RedactionOptions(keepsPhotos: true)).entries == redacted.entries, "always to the same")
        #expect(try Recording(reading: bytes).damages == [])
    }
}

@Suite("A cut")
struct CutTests {
    @Test("keeps what lies within and what opened the streams, and says that something is gone")
    func times() throws {
        let part = try Recording.example.cut(fromUs: 1_100_000, toUs: 1_250_000)
        #expect(part.entries.map(\.timeUs) == [10, 20, 1_200_000, 1_200_000])
        #expect(part.entries[2].what == .marker(RecordingMarker(kind: .cut)))
        #expect(part.end?.reason == .cut)
        #expect(try Recording.example.cut(fromUs: 0, toUs: .max).entries == Recording.example.entries)
    }

    @Test("by turns takes what was said for them")
    func turns() throws {
        var recording = Recording.example
        recording.entries += [
            .heard(5_000_000, .client(.text(TextInput(text: "and silver")), end: true)),
            .said(5_100_000, .server(.reply(ReplyDelta(text: "ok")), turnID: 2)),
            .said(5_200_000, .server(.turn(TurnEvent(state: .done)), turnID: 2)),
        ]
        #expect(recording.turns.map(\.id) == [1, 2])
        #expect(recording.turns.map(\.tookUs) == [300_100, 200_000])
        let part = try recording.cut(turns: 2...2)
        #expect(part.entries.suffix(3) == recording.entries.suffix(3))
        #expect(part.entries.count == 7, "Open, session, consent marker and cut marker come before")
        #expect(throws: RPCStatus.self) { try recording.cut(turns: 7...9) }
    }

    @Test("is a file of its own")
    func file() throws {
        let folder = try TemporaryFolder()
        let keys = RecordingKeys(folder: folder.path + "/keys")
        let key = try keys.makeKey(for: .session("5e55"))
        try Recording.example.write(folder.path + "/part.vrec", key: key)
        #expect(try Recording.load(folder.path + "/part.vrec", keys: keys).entries.map(\.unplaced) == Recording.example.entries)
        #expect(throws: RPCStatus.self) { try Recording.example.write(folder.path + "/part.vrec", key: key) }
        let sealed = try Recording.load(folder.path + "/part.vrec", keys: nil)
        #expect(throws: RPCStatus.self) { try sealed.cut(fromUs: 0, toUs: .max) }
        #expect(throws: RPCStatus.self) { try sealed.redacted() }
    }

    @Test("and a recording are described line by line")
    func lines() {
        let lines = Recording.example.entries.map { RecordingLines.line($0) }
        #expect(lines[2] == "0:01.000  →  text            “Where is my order VT-10023?”  ⏎")
        #expect(lines[5] == "0:01.200  ←  reply           turn 1  “It was sent on Monday.”   ")
        let stats = RecordingStats(Recording.example)
        #expect(stats.records == 8 && stats.turns == 1 && stats.turnsTookUs == [300_100] && stats.end == "closed")
        #expect(stats.rows.contains(RecordingStats.Row(direction: "in", kind: "text", records: 1, bytes: 0, withheld: 0)))
    }
}
