import Foundation
import Testing
import Wire

@testable import Recording

@Suite("Keys of recordings")
struct KeyTests {
    @Test("are one for a customer of a shop, and stay the same")
    func stable() throws {
        let folder = try TemporaryFolder()
        let keys = RecordingKeys(folder: folder.path + "/keys")
        let mei = try keys.makeKey(for: .user("mei", shop: "jewelry"))
        #expect(try keys.makeKey(for: .user("mei", shop: "jewelry")) == mei)
        #expect(try RecordingKeys(folder: folder.path + "/keys").key(id: mei.id) == mei)
        let others = [
            try keys.makeKey(for: .user("mei", shop: "shoes")), try keys.makeKey(for: .user("tom", shop: "jewelry")),
            try keys.makeKey(for: .session("mei")),
        ]
        #expect(Set(others.map(\.id) + [mei.id]).count == 4)
        #expect(Set(others.map(\.bytes) + [mei.bytes]).count == 4)
        #expect(!mei.id.contains("mei"))
    }

    @Test("are for their owner's eyes alone")
    func permissions() throws {
        let folder = try TemporaryFolder()
        let keys = RecordingKeys(folder: folder.path + "/keys")
        let key = try keys.makeKey(for: .user("mei", shop: "jewelry"))
        let file = "\(folder.path)/keys/\(key.id).key"
        func mode(_ path: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
        }
        #expect(try mode(file) == 0o600)
        #expect(try mode("\(folder.path)/keys") == 0o700)
        #expect(try mode("\(folder.path)/keys/store") == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let refused = #expect(throws: RPCStatus.self) { try keys.key(id: key.id) }
        #expect(refused?.code == .permissionDenied)
    }

    @Test("that are damaged are reported, and never used")
    func damaged() throws {
        let folder = try TemporaryFolder()
        let keys = RecordingKeys(folder: folder.path + "/keys")
        let key = try keys.makeKey(for: .session("a"))
        let file = URL(fileURLWithPath: "\(folder.path)/keys/\(key.id).key")
        try Data("short\n".utf8).write(to: file)
        #expect(throws: RPCStatus.self) { try keys.key(id: key.id) }
        #expect(throws: RPCStatus.self) { try keys.key(id: "../../etc/passwd") }
    }

    @Test("erase everything of a customer when they are destroyed, and nothing of others")
    func erasure() throws {
        let folder = try TemporaryFolder()
        let recordings = RecordingFolder(folder.path + "/recordings")
        let mei = try recordings.keys.makeKey(for: .user("mei", shop: "jewelry"))
        let tom = try recordings.keys.makeKey(for: .user("tom", shop: "jewelry"))
        for (session, key) in [("a1", mei), ("a2", mei), ("b1", tom)] {
            var recording = Recording.example
            recording.header.sessionID = session
            try Data(recording.bytes(key: key)).write(to: URL(fileURLWithPath: recordings.file(session: session)))
        }
        let copy = try Data(contentsOf: URL(fileURLWithPath: recordings.file(session: "a1")))
        let erasure = try recordings.erase(.user("mei", shop: "jewelry"))
        #expect(erasure.keyDestroyed && erasure.files == 2 && erasure.bytes == UInt64(2 * copy.count))
        #expect(try recordings.files() == [recordings.file(session: "b1")])
        #expect(try Recording(reading: Array(copy), keys: recordings.keys).isSealed, "a copy that somebody kept stays closed")
        #expect(try !Recording.load(recordings.file(session: "b1"), keys: recordings.keys).isSealed)
        #expect(try recordings.erase(.user("mei", shop: "jewelry")) == RecordingFolder.Erasure())
        #expect(try RecordingFolder(folder.path + "/nothing-here").erase(.session("x")) == RecordingFolder.Erasure())
    }
}
