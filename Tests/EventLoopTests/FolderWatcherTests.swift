import EventLoop
import Foundation
import Testing

@Suite struct FolderWatcherTests {
    @Test func aChangeInAFolderIsToldWithItsNameUntilTheWatcherIsClosed() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-watch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let loop = try EventLoop(name: "watch")
        loop.start()
        let name: String = try await withCheckedThrowingContinuation { continuation in
            loop.submit {
                do throws(LoopError) {
                    var watcher: FolderWatcher?
                    watcher = try FolderWatcher(folder.path, loop: loop) { name in
                        watcher?.close()
                        watcher = nil
                        continuation.resume(returning: name)
                    }
                    do { try Data("x".utf8).write(to: folder.appendingPathComponent("seen.c")) } catch { Issue.record(error) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        #expect(name == "seen.c")
        loop.stop()
        loop.join()
    }

    @Test func aFolderThatIsNotThereIsNamed() async throws {
        let loop = try EventLoop(name: "watch")
        loop.start()
        let message: String = await withCheckedContinuation { continuation in
            loop.submit {
                do throws(LoopError) {
                    _ = try FolderWatcher("/nowhere/at/all", loop: loop) { _ in }
                    continuation.resume(returning: "watched")
                } catch {
                    continuation.resume(returning: "\(error)")
                }
            }
        }
        #expect(message.contains("/nowhere/at/all"))
        loop.stop()
        loop.join()
    }
}
