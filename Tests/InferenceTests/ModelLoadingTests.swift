import Foundation
import Locks
import Testing

@testable import Inference

@Suite("Loading models")
struct ModelLoadingTests {
    /// The nice value of the thread that asks.
    private static func nice() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test("runs at one priority, also for a thread that has a lower one itself")
    func priority() throws {
        let own = Self.nice()
        let loading = LoadingThread(nice: 3)
        #expect(try loading.run { Self.nice() } == own + 3)
        let done = Lock<Result<Int32, any Error>?>(nil)
        let slow = Thread {
            // 0 = this thread.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, own + 10)
            let found = Result { try loading.run { Self.nice() } }
            done.withLock { $0 = found }
            done.signal()
        }
        slow.start()
        #expect(try done.wait { $0 }.get() == own + 3)
    }

    @Test("a model that was replaced in place is another model, and so is one whose weights were")
    func replaced() throws {
        let folder = NSTemporaryDirectory() + "vitrine-model-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: folder) } }
        let (network, weights) = ("\(folder)/m.xml", "\(folder)/m.bin")
        try "network".write(toFile: network, atomically: true, encoding: .utf8)
        try "weights".write(toFile: weights, atomically: true, encoding: .utf8)
        let first = try ModelFile(network)
        #expect(try ModelFile(network) == first)
        try "other weights".write(toFile: weights, atomically: true, encoding: .utf8)
        let second = try ModelFile(network)
        #expect(second != first)
        try "network 2".write(toFile: network, atomically: true, encoding: .utf8)
        #expect(try ModelFile(network) != second)
    }
}
