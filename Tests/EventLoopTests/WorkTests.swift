import EventLoop
import Glibc
import Synchronization
import Testing

@Suite("Work on a loop")
struct WorkTests {
    @Test("submissions of one thread run in order, on the loop")
    func fifo() async throws {
        let loop = try EventLoop(name: "fifo")
        let order = Box<[Int]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<10_000 {
                loop.submit {
                    loop.preconditionCurrent()
                    order.value.append(number)
                    if number == 9_999 { continuation.resume() }
                }
            }
            loop.start()
        }
        loop.stop()
        loop.join()
        #expect(order.value == Array(0..<10_000))
    }

    @Test("a submission wakes a loop that sleeps, from any thread")
    func wake() async throws {
        let loop = try EventLoop(name: "wake")
        loop.start()
        for _ in 0..<200 {
            await withCheckedContinuation { continuation in loop.submit { continuation.resume() } }
        }
        #expect(!loop.isCurrent)
        loop.stop()
        loop.join()
    }

    @Test("work that adds work does not run within the adding call, and does not keep timers from firing")
    func noStarvation() async throws {
        try await onLoop { loop, finish in
            var inside = false
            let stopped = Box(false)
            func again() {
                #expect(!inside)
                inside = true
                if !stopped.value { loop.nextTick { again() } }
                inside = false
            }
            again()
            loop.after(2_000) {
                stopped.value = true
                finish()
            }
        }
    }

    @Test("a loop knows that it is the current one, only on its thread and only while it runs")
    func current() async throws {
        #expect(EventLoop.current == nil)
        try await onLoop { loop, finish in
            #expect(EventLoop.current === loop)
            #expect(loop.isCurrent)
            finish()
        }
    }

    @Test("run() serves on the calling thread until stop, and what was submitted before stop still runs")
    func runHere() throws {
        let loop = try EventLoop(name: "here")
        let ran = Box(0)
        loop.submit { ran.value += 1 }
        loop.submit { loop.submit { loop.submit { ran.value += 1 } } }
        loop.stop()
        loop.submit { ran.value += 1 }
        loop.run()
        #expect(ran.value == 3)
        loop.submit { ran.value += 1 }
        #expect(ran.value == 3)
    }

    @Test("a loop that never ran gives everything back")
    func neverRan() throws {
        let before = openDescriptors()
        for number in 0..<300 { _ = try EventLoop(name: "unused", index: number) }
        // A loop has three descriptors or more; other tests open some meanwhile.
        #expect(openDescriptors() < before + 600)
    }

    @Test("submissions from many threads are all run")
    func manySenders() async throws {
        let loop = try EventLoop(name: "many")
        loop.start()
        let count = Box(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { loop.submit { count.value += 1 } } }
            }
        }
        loop.stop()
        loop.join()
        #expect(count.value == 8_000)
    }

    @Test("a signal reaches its watcher on the loop, and a closed one no more")
    func signals() async throws {
        try await onLoop { loop, finish in
            let seen = Box(0)
            let watcher = Box<SignalWatcher?>(nil)
            watcher.value = try SignalWatcher(SIGUSR2, loop: loop) {
                #expect(loop.isCurrent)
                seen.value += 1
                let second = try? SignalWatcher(SIGUSR2, loop: loop) {
                    #expect(seen.value == 1)
                    finish()
                }
                #expect(second != nil)
                watcher.value?.close()
                kill(getpid(), SIGUSR2)
            }
            kill(getpid(), SIGUSR2)
        }
        try await onLoop { loop, finish in
            #expect(throws: LoopError.self) { _ = try SignalWatcher(SIGKILL, loop: loop) {} }
            finish()
        }
    }

    private func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }
}
