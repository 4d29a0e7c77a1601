import EventLoop
import Foundation
import Testing

@Suite("Threads that give way")
struct ThreadPriorityTests {
    /// What the kernel tells of the calling thread; nil = it does not tell.
    private static func slice() -> Int? {
        guard let told = try? String(contentsOfFile: "/proc/thread-self/sched", encoding: .utf8) else { return nil }
        let line = told.split(separator: "\n").first { $0.hasPrefix("se.slice") }
        return line?.split(separator: ":").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }

    private static var nice: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test("a lowered thread keeps its nice value when it gives way at once; where the kernel has slices, its own becomes the longest")
    func longSlices() async throws {
        let (before, after): ((Int32, Int?), (Int32, Int?)) = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                ThreadPriority.lower(by: 3)
                let before = (Self.nice, Self.slice())
                ThreadPriority.giveWayAtOnce()
                continuation.resume(returning: (before, (Self.nice, Self.slice())))
            }
        }
        #expect(before.0 == Self.nice + 3 && after.0 == before.0)
        var kernel = utsname()
        uname(&kernel)
        let release = withUnsafeBytes(of: kernel.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let version = release.split(separator: ".").prefix(2).compactMap { Int($0) }
        // Threads have a slice of their own since 6.12.
        if let own = after.1, version.lexicographicallyPrecedes([6, 12]) == false {
            #expect(own == 100_000_000 && before.1 != own)
        }
    }
}
