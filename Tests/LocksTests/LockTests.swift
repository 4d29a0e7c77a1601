import Glibc
import Locks
import Testing

@Suite("A lock")
struct LockTests {
    /// Runs `body` on so many threads at once and waits for them.
    private func onThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
        let threads = (0..<count).map { _ -> pthread_t in
            let context = Unmanaged.passRetained(Box(body))
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
                    return nil
                }, context.toOpaque())
            precondition(status == 0, "the system gives a few threads")
            return thread
        }
        for thread in threads { pthread_join(thread, nil) }
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    @Test("lets one thread at a time have the value")
    func exclusive() {
        let lock = Lock([0])
        onThreads(4) {
            for _ in 0..<20_000 { lock.withLock { $0[0] += 1 } }
        }
        #expect(lock.withLock { $0 } == [80_000])
    }

    @Test("wakes who waits, and each value goes to one of them")
    func handedOver() {
        let queue = Lock([Int]())
        let taken = Lock([Int]())
        let turn = Lock(0)
        onThreads(3) {
            let number = turn.withLock { turn -> Int in
                defer { turn += 1 }
                return turn
            }
            if number == 0 {
                for value in 0..<1_000 {
                    queue.withLock { $0.append(value) }
                    queue.signal()
                }
            } else {
                for _ in 0..<500 {
                    let value = queue.wait { $0.isEmpty ? nil : $0.removeFirst() }
                    taken.withLock { $0.append(value) }
                }
            }
        }
        #expect(taken.withLock { $0.sorted() } == Array(0..<1_000))
    }

    @Test("wakes everybody who waits")
    func broadcast() {
        let isOpen = Lock(false)
        let turn = Lock(0)
        onThreads(3) {
            let number = turn.withLock { turn -> Int in
                defer { turn += 1 }
                return turn
            }
            if number == 2 {
                isOpen.withLock { $0 = true }
                isOpen.signalAll()
            } else {
                isOpen.wait { $0 ? () : nil }
            }
        }
        #expect(isOpen.withLock { $0 })
    }

    @Test("gives a wait up after its time, and not before")
    func givesUp() {
        let lock = Lock(1)
        var before = timespec()
        var after = timespec()
        clock_gettime(CLOCK_MONOTONIC, &before)
        let came: Int? = lock.wait(atMostUs: 1_020_000) { _ in nil }
        clock_gettime(CLOCK_MONOTONIC, &after)
        let us = (after.tv_sec - before.tv_sec) * 1_000_000 + (after.tv_nsec - before.tv_nsec) / 1_000
        #expect(came == nil)
        #expect(us >= 1_020_000)
        #expect(lock.wait(atMostUs: 1_000_000) { $0 } == 1)
    }
}
