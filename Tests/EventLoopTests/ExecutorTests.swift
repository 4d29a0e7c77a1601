import EventLoop
import Testing

private actor Counter {
    nonisolated let loop: EventLoop
    private var count = 0

    init(_ loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func increment() async -> Int {
        #expect(loop.isCurrent)
        count += 1
        await Task.yield()
        #expect(loop.isCurrent)
        return count
    }

    func read() -> Int { count }
}

@Suite("The loop as an executor")
struct ExecutorTests {
    @Test("an actor with the loop as its executor runs on it, before and after suspension")
    func actorIsolation() async throws {
        let loop = try EventLoop(name: "actor")
        loop.start()
        let counter = Counter(loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { _ = await counter.increment() } }
        }
        #expect(await counter.read() == 100)
        loop.stop()
        loop.join()
    }

    @Test("a callback on the loop may assume the actor's isolation")
    func assumeIsolated() async throws {
        let loop = try EventLoop(name: "assume")
        loop.start()
        let counter = Counter(loop)
        _ = await counter.increment()
        let count = await withCheckedContinuation { continuation in
            loop.submit { continuation.resume(returning: counter.assumeIsolated { _ in 7 }) }
        }
        #expect(count == 7)
        #expect(loop.isIsolatingCurrentContext() == false)
        loop.stop()
        loop.join()
    }

    @Test("a task that prefers the loop stays on it through nonisolated async functions")
    func taskExecutor() async throws {
        let loop = try EventLoop(name: "task")
        loop.start()
        let stayed = await Task(executorPreference: loop) {
            var stayed = loop.isCurrent
            for _ in 0..<10 {
                await Task.yield()
                stayed = stayed && loop.isCurrent
                stayed = await Self.nested(loop) && stayed
            }
            async let child = Self.nested(loop)
            return await child && stayed
        }.value
        #expect(stayed)
        loop.stop()
        loop.join()
    }

    nonisolated static func nested(_ loop: EventLoop) async -> Bool {
        await Task.yield()
        return loop.isCurrent
    }
}
