import EventLoop
import Glibc
import Testing

@Suite("Real time")
struct RealTimeTests {
    @Test("a timer is never early, and timers fire in order of time, then of creation")
    func order() async throws {
        try await onLoop { loop, finish in
            let fired = Box<[Int]>([])
            let start = loop.nowUs
            for (number, us) in [(1, UInt64(3_500)), (2, 1_200), (3, 3_500), (4, 0), (5, 1_200)] {
                loop.after(us) {
                    #expect(loop.nowUs >= start + us)
                    fired.value.append(number)
                    if fired.value.count == 5 {
                        #expect(fired.value == [4, 2, 5, 1, 3])
                        finish()
                    }
                }
            }
        }
    }

    @Test("a cancelled timer does not fire, even when it is due in the same iteration")
    func cancel() async throws {
        try await onLoop { loop, finish in
            let second = Box<LoopTimer?>(nil)
            loop.after(1_000) {
                second.value?.cancel()
                second.value?.cancel()
                loop.after(3_000) { finish() }
            }
            second.value = loop.after(1_000) { Issue.record("a cancelled timer fired") }
        }
    }

    @Test("a repeating timer fires until cancelled")
    func repeating() async throws {
        try await onLoop { loop, finish in
            var count = 0
            let timer = Box<LoopTimer?>(nil)
            timer.value = loop.every(1_000) {
                count += 1
                if count == 3 {
                    timer.value?.cancel()
                    #expect(timer.value?.isActive == false)
                    loop.after(4_000) {
                        #expect(count == 3)
                        finish()
                    }
                }
            }
        }
    }

    @Test("many timers, some cancelled, keep their order")
    func many() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            var random = SeededRandom(seed: 7)
            let fired = Box<[UInt64]>([])
            var expected: [UInt64] = []
            var timers: [LoopTimer] = []
            for number in 0..<2_000 {
                let us = random.next() % 10_000
                timers.append(loop.after(us) { fired.value.append(us) })
                if number % 3 == 0 { timers[number / 2].cancel() }
            }
            for timer in timers where timer.isActive { expected.append(timer.dueUs - loop.nowUs) }
            loop.after(20_000) {
                #expect(fired.value == expected.sorted())
                finish()
            }
        }
    }

    @Test("the clock is never zero and never goes back")
    func monotonic() throws {
        let loop = try EventLoop(name: "clock")
        var last = loop.nowUs
        #expect(last >= LoopClock.startUs)
        for _ in 0..<1_000 {
            let now = loop.nowUs
            #expect(now >= last)
            last = now
        }
    }
}

@Suite("Virtual time")
struct VirtualTimeTests {
    @Test("an hour of timers takes no time and ends at exactly an hour")
    func jumps() async throws {
        let before = time(nil)
        try await onLoop(clock: .virtual) { loop, finish in
            let start = loop.nowUs
            #expect(start == LoopClock.startUs)
            var seconds = 0
            let timer = Box<LoopTimer?>(nil)
            timer.value = loop.every(1_000_000) {
                seconds += 1
                #expect(loop.nowUs == start + UInt64(seconds) * 1_000_000)
                if seconds == 3_600 {
                    timer.value?.cancel()
                    finish()
                }
            }
        }
        // Far less than the hour, whatever else the machine does.
        #expect(time(nil) - before < 1_800)
    }

    @Test("time stands still while work is left")
    func workFirst() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            let start = loop.nowUs
            var left = 20_000
            func step() {
                #expect(loop.nowUs == start)
                left -= 1
                if left > 0 { loop.nextTick { step() } }
            }
            loop.nextTick { step() }
            loop.after(1) {
                #expect(left == 0)
                finish()
            }
        }
    }

    @Test("a pending token holds time until the result was handed over")
    func pending() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            let start = loop.nowUs
            let arrived = Box(false)
            let pool = ComputePool(threads: 1, queueItemsMax: 1, name: "slow")
            loop.after(1) {
                #expect(arrived.value)
                pool.shutdown()
                finish()
            }
            do {
                try pool.submit(on: loop, job: { usleep(30_000) }) { outcome in
                    #expect(outcome == .finished)
                    #expect(loop.nowUs == start)
                    arrived.value = true
                }
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test("a token held by another thread holds time; releasing it wakes the loop; a dropped one releases itself")
    func tokens() async throws {
        let loop = try EventLoop(name: "tokens", clock: .virtual)
        var token: PendingToken? = loop.acquirePending("outside")
        let fired = Box(false)
        loop.start()
        await withCheckedContinuation { continuation in
            loop.submit {
                loop.after(5) { fired.value = true }
                continuation.resume()
            }
        }
        usleep(20_000)
        let early = await withCheckedContinuation { continuation in loop.submit { continuation.resume(returning: fired.value) } }
        #expect(!early)
        token?.release()
        token?.release()
        token = nil
        token = loop.acquirePending("again")
        token = nil
        _ = token
        await withCheckedContinuation { continuation in loop.submit { loop.after(5) { continuation.resume() } } }
        loop.stop()
        loop.join()
        #expect(fired.value)
    }

    @Test("deliveries come at reservation time plus modelled cost, in order of reservation, however they really ended")
    func deliveries() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            let start = loop.nowUs
            let order = Box<[Int]>([])
            let deliveries = (0..<4).map { loop.expectDelivery("model", modelledCostUs: $0 == 3 ? 10 : 50) }
            let arrive: @Sendable (Int, UInt64) -> Void = { number, costUs in
                #expect(loop.nowUs == start + costUs)
                order.value.append(number)
                if order.value.count == 4 {
                    #expect(order.value == [3, 0, 1, 2])
                    finish()
                }
            }
            for number in [2, 0, 3, 1] { deliveries[number].deliver { arrive(number, number == 3 ? 10 : 50) } }
        }
    }

    @Test("bytes in a socket of the loop are work: they arrive before time moves")
    func sockets() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            let fds = try ByteStream.socketPair()
            let left = try ByteStream.adopt(fd: fds.0, loop: loop)
            let right = try ByteStream.adopt(fd: fds.1, loop: loop)
            let start = loop.nowUs
            var hops = 0
            left.onBytes = { _ in
                hops += 1
                #expect(loop.nowUs == start)
                left.write { $0.append(1) }
            }
            right.onBytes = { _ in
                #expect(loop.nowUs == start)
                if hops < 100 { right.write { $0.append(1) } }
            }
            left.startReading()
            right.startReading()
            right.write { $0.append(1) }
            loop.after(1) {
                #expect(hops == 100)
                finish()
            }
        }
    }

    @Test("the loop's generator repeats on a virtual clock and differs between indices")
    func random() async throws {
        func draw(_ index: Int) async throws -> [UInt64] {
            let loop = try EventLoop(name: "random", index: index, clock: .virtual)
            loop.start()
            let drawn = await withCheckedContinuation { continuation in
                loop.submit {
                    var first = loop.random()
                    var second = loop.random()
                    continuation.resume(returning: [first.next(), first.next(), second.next()])
                }
            }
            loop.stop()
            loop.join()
            return drawn
        }
        let zero = try await draw(0)
        #expect(try await draw(0) == zero)
        #expect(try await draw(1) != zero)
        #expect(Set(zero).count == 3)
    }
}
