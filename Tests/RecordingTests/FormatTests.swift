import Testing
import Wire

@testable import Recording

@Suite("A recording's bytes")
struct FormatTests {
    private func keys(_ folder: TemporaryFolder) throws -> (RecordingKeys, RecordingKey) {
        let keys = RecordingKeys(folder: folder.path + "/keys")
        return (keys, try keys.makeKey(for: .user("mei", shop: "jewelry")))
    }

    @Test("come back as they were written", arguments: [true, false])
    func roundTrip(sealed: Bool) throws {
        let folder = try TemporaryFolder()
        let (keys, key) = try keys(folder)
        let written = Recording.example
        let read = try Recording(reading: written.bytes(key: sealed ? key : nil), keys: keys)
        #expect(read.damages == [])
        #expect(read.entries.map(\.unplaced) == written.entries)
        #expect(read.end?.reason == .closed)
        #expect(read.end?.records == UInt64(written.entries.count) + 1)
        #expect(read.header.sessionID == "5e55")
        #expect(read.header.keyID == (sealed ? key.id : ""))
        #expect(!read.isSealed)
    }

    @Test("say nothing of what was said without the key")
    func sealing() throws {
        let folder = try TemporaryFolder()
        let (keys, key) = try keys(folder)
        let bytes = Recording.example.bytes(key: key)
        for secret in ["VT-10023", "Monday", "courier-secret", "orders"] {
            #expect(!bytes.contains(sequence: Array(secret.utf8)), "\(secret) can be read")
        }
        let blind = try Recording(reading: bytes, keys: nil)
        #expect(blind.isSealed && blind.damages == [] && blind.entries.count == Recording.example.entries.count)
        #expect(try keys.destroy(id: key.id))
        let erased = try Recording(reading: bytes, keys: keys)
        #expect(erased.isSealed && erased.entries.count == blind.entries.count)
        // Whoever comes back gets another key, which does not open what was before.
        _ = try keys.makeKey(for: .user("mei", shop: "jewelry"))
        let again = try Recording(reading: bytes, keys: keys)
        #expect(again.damages.count == Recording.example.entries.count - 1, "all but the marker, which is in the clear")
    }

    @Test("cannot be moved about within a file, nor between files, without its being noticed")
    func authenticated() throws {
        let folder = try TemporaryFolder()
        let (keys, key) = try keys(folder)
        let read = try Recording(reading: Recording.example.bytes(key: key), keys: keys)
        var changed = RecordedFrame(direction: .in)
        let seal = Seal(fileID: read.header.fileID, offset: 100)
        changed.frame = ([1, 2, 3] as [UInt8]).withUnsafeBytes { seal.seal($0, key, associated: changed.associated(timeUs: 5)) }
        #expect(throws: RPCStatus.self) { try seal.open(changed.frame, key, associated: changed.associated(timeUs: 6)) }
        changed.direction = .out
        #expect(throws: RPCStatus.self) { try seal.open(changed.frame, key, associated: changed.associated(timeUs: 5)) }
        changed.direction = .in
        #expect(try seal.open(changed.frame, key, associated: changed.associated(timeUs: 5)) == [1, 2, 3])
        #expect(throws: RPCStatus.self) {
            try Seal(fileID: read.header.fileID, offset: 101).open(changed.frame, key, associated: changed.associated(timeUs: 5))
        }
    }

    @Test("keep every whole record when they are cut off at any byte, and say where")
    func truncation() throws {
        let whole = Recording.example.bytes(key: nil)
        var ends: [Int] = []
        var reader = RecordingReader(whole)
        while case .record(let offset, let size, _)? = reader.next() { ends.append(Int(offset) + size) }
        #expect(ends.last == whole.count)
        for length in 0..<whole.count {
            var reader = RecordingReader(Array(whole[..<length]))
            var records = 0
            var damages: [RecordingDamage] = []
            while let found = reader.next() {
                switch found {
                case .record: records += 1
                case .damage(let damage): damages.append(damage)
                }
            }
            let complete = ends.filter { $0 <= length }
            #expect(records == complete.count, "cut to \(length) bytes")
            #expect(damages.count == 1 && damages[0].isCutOff, "cut to \(length) bytes: \(damages)")
            let expected = length < RecordFormat.magic.count ? 0 : complete.last ?? RecordFormat.magic.count
            #expect(damages.first?.offset == UInt64(expected), "cut to \(length) bytes")
        }
    }

    @Test("show every flipped bit, in the record where it is")
    func bitFlips() throws {
        let whole = Recording.example.bytes(key: nil)
        var starts: [Int] = []
        var reader = RecordingReader(whole)
        while case .record(let offset, _, _)? = reader.next() { starts.append(Int(offset)) }
        for bit in 0..<(8 * whole.count) {
            var changed = whole
            changed[bit / 8] ^= 1 << (bit % 8)
            var reader = RecordingReader(changed)
            var damages: [RecordingDamage] = []
            var records = 0
            while let found = reader.next() {
                switch found {
                case .damage(let damage): damages.append(damage)
                case .record: records += 1
                }
            }
            let start = starts.last { $0 <= bit / 8 } ?? bit / 8
            let first = try #require(damages.first, "bit \(bit) was not noticed")
            #expect(first.offset == UInt64(start), "bit \(bit): \(damages)")
            #expect(records >= starts.count - (start == starts[0] ? starts.count : 1) - 1, "bit \(bit): the others are still read")
        }
    }

    @Test("are refused when they are something else, and never crash")
    func nonsense() throws {
        for bytes in [[], Array("RIFF".utf8), Array("no recording at all, but long enough".utf8), RecordFormat.magic] {
            #expect(throws: RPCStatus.self) { try Recording(reading: bytes) }
        }
        var random = Seeded(1)
        for _ in 0..<2_000 {
            var bytes = RecordFormat.magic
            bytes += (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            var reader = RecordingReader(bytes)
            var found = 0
            while reader.next() != nil { found += 1 }
            #expect(found >= 1)
        }
    }

    @Test("are checked for what comes where")
    func order() throws {
        func damages(_ write: (inout RecordingEncoder, inout [UInt8]) -> Void) -> [RecordingDamage.What] {
            var encoder = RecordingEncoder(RecordingHeader(sessionID: "a"), key: nil)
            var bytes: [UInt8] = []
            encoder.begin(into: &bytes)
            write(&encoder, &bytes)
            var reader = RecordingReader(bytes)
            var damages: [RecordingDamage.What] = []
            while let found = reader.next() { if case .damage(let damage) = found { damages.append(damage.what) } }
            return damages
        }
        let marker = RecordingMarker(kind: .cut)
        #expect(
            damages { encoder, bytes in
                encoder.end(timeUs: 0, .closed, into: &bytes)
                encoder.marker(timeUs: 1, marker, into: &bytes)
            } == [.order("a record after the closing one")])
        #expect(damages { encoder, bytes in encoder.marker(timeUs: 1, marker, into: &bytes) } == [.unfinished])
    }
}

extension Array where Element: Equatable {
    func contains(sequence: [Element]) -> Bool {
        guard sequence.count <= count, !sequence.isEmpty else { return sequence.isEmpty }
        return (0...(count - sequence.count)).contains { Array(self[$0..<($0 + sequence.count)]) == sequence }
    }
}
