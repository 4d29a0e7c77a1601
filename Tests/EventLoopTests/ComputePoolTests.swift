import EventLoop
import Glibc
import Synchronization
import Testing

@Suite("The compute pool")
struct ComputePoolTests {
    @Test("a job runs off the loop at lower priority, and its completion on the loop")
    func runs() async throws {
        try await onLoop { loop, finish in
            let pool = ComputePool(threads: 2, queueItemsMax: 4, name: "pool")
            let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            try pool.submit(on: loop) {
                #expect(!loop.isCurrent)
                #expect(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) == own + ComputePool.niceIncrement)
            } done: { outcome in
                #expect(loop.isCurrent)
                #expect(outcome == .finished)
                pool.shutdown()
                finish()
            }
        }
    }

    @Test("a full queue refuses, naming its limit; what it accepted ends exactly once; shutdown cancels what waits")
    func bounds() async throws {
        let loop = try EventLoop(name: "bounds")
        loop.start()
        let pool = ComputePool(threads: 1, queueItemsMax: 2, name: "bounded")
        let gate = Gate()
        let ends = Box<[ComputeOutcome]>([])
        let began = Atomic<Bool>(false)
        try pool.submit(on: loop) {
            began.store(true, ordering: .releasing)
            gate.wait()
        } done: {
            ends.value.append($0)
        }
        while !began.load(ordering: .acquiring) { usleep(100) }
        for _ in 0..<2 { try pool.submit(on: loop, job: { Issue.record("a cancelled job ran") }, done: { ends.value.append($0) }) }
        #expect(pool.queuedItems == 2)
        #expect {
            try pool.submit(on: loop, job: {}, done: { _ in Issue.record("a refused job ended") })
        } throws: { error in
            guard let error = error as? LoopError else { return false }
            return error.code == .queueFull && error.message.contains("bounded has 2")
        }
        let closer = Closer(pool: pool, gate: gate)
        closer.run()
        #expect(throws: LoopError.self) { try pool.submit(on: loop, job: {}, done: { _ in }) }
        loop.stop()
        loop.join()
        #expect(ends.value.sorted { "\($0)" < "\($1)" } == [.cancelled, .cancelled, .finished])
    }

    @Test("a job whose deadline passed while it waited is reported expired and does not run")
    func deadline() async throws {
        try await onLoop { loop, finish in
            let pool = ComputePool(threads: 1, queueItemsMax: 4, name: "late")
            try pool.submit(on: loop, job: { usleep(20_000) }, done: { _ in })
            try pool.submit(deadlineUs: loop.nowUs + 5_000, on: loop, job: { Issue.record("an expired job ran") }) { outcome in
                #expect(outcome == .expired)
                pool.shutdown()
                finish()
            }
        }
    }

    /// Shuts a pool down while its one thread is busy, then lets the thread go on.
    private struct Closer {
        let pool: ComputePool
        let gate: Gate

        func run() {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(Box(pool))
            pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Box<ComputePool>>.fromOpaque(context).takeRetainedValue().value.shutdown()
                    return nil
                }, context.toOpaque())
            while pool.queuedItems > 0 { usleep(100) }
            gate.open()
            pthread_join(thread, nil)
        }
    }
}

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func wait() { while !isOpen.load(ordering: .acquiring) { usleep(200) } }
}
