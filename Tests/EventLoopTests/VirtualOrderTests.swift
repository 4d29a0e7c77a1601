import Glibc
import Locks
import Testing

@testable import EventLoop

@Suite("The order of virtual time")
struct VirtualOrderTests {
    private struct Planned {
        var dueUs: UInt64
        var key: UInt64
        var name: UInt64
        var isReady: Bool
    }

    /// Random plans, completions and cancellations, against a list that is sorted anew for each question.
    @Test("is that of (due time, session, sequence) among what is planned, whenever completions really come", arguments: 1...40)
    func order(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var time = VirtualTime()
        var planned: [Planned] = []
        var fired = 0
        var last: UInt64 = time.nowUs
        for _ in 0..<3_000 {
            switch random.next() % 10 {
            case 0...3:
                let (delay, key, isReady) = (random.next() % 50, random.next() % 5, random.next() % 3 != 0)
                // Some are planned for a time that is over: they come now.
                let due = random.next() % 20 == 0 ? 0 : time.nowUs + delay
                let name = time.schedule(dueUs: due, key: key, ready: isReady)
                planned.append(Planned(dueUs: max(due, time.nowUs), key: key, name: name, isReady: isReady))
            case 4:
                guard let index = planned.indices.randomElement(using: &random) else { continue }
                time.cancel(planned[index].name)
                time.cancel(planned[index].name)
                planned.remove(at: index)
            case 5, 6:
                guard let index = planned.indices.filter({ !planned[$0].isReady }).randomElement(using: &random) else { continue }
                time.ready(planned[index].name)
                planned[index].isReady = true
            case 7: #expect(time.next(heldBy: 1) == .held)
            default:
                let first = planned.min { ($0.dueUs, $0.key, $0.name) < ($1.dueUs, $1.key, $1.name) }
                let decision = time.next(heldBy: 0)
                guard let first else {
                    #expect(decision == .idle)
                    continue
                }
                guard first.isReady else {
                    #expect(decision == .awaitCompletion(first.name))
                    continue
                }
                #expect(decision == .fire(first.name))
                #expect(time.nowUs == first.dueUs && time.nowUs >= last && time.key == first.key)
                last = time.nowUs
                planned.removeAll { $0.name == first.name }
                fired += 1
            }
            #expect(time.count == planned.count)
        }
        #expect(fired > 100)
    }

    @Test("gives what follows from an event its session, until something comes from outside")
    func inheritance() {
        var time = VirtualTime()
        let first = time.schedule(dueUs: 0, key: 9)
        #expect(time.next(heldBy: 0) == .fire(first))
        let own = time.schedule(dueUs: 0)
        let other = time.schedule(dueUs: 0, key: 8)
        time.outside()
        let foreign = time.schedule(dueUs: 0)
        #expect([time.next(heldBy: 0), time.next(heldBy: 0), time.next(heldBy: 0)] == [.fire(foreign), .fire(other), .fire(own)])
    }

    @Test("is kept when thousands of cancelled events are swept out")
    func sweep() {
        var time = VirtualTime()
        let names = (0..<20_000).map { time.schedule(dueUs: UInt64(2_000_000 - $0), key: 0) }
        for (index, name) in names.enumerated() where index % 10 != 0 { time.cancel(name) }
        #expect(time.count == 2_000)
        var left: [UInt64] = []
        while case .fire(let name) = time.next(heldBy: 0) { left.append(name) }
        #expect(left == names.enumerated().filter { $0.offset % 10 == 0 }.map(\.element).reversed())
    }
}

@Suite("Loops that share a virtual clock")
struct SharedClockTests {
    /// What happened, in order. Touched by the clock's thread, read after the loops have ended.
    private final class Notes: @unchecked Sendable {
        var lines: [String] = []
        func add(_ line: String) { lines.append(line) }
    }

    /// Twelve sessions that wait, compute elsewhere and talk to a common loop; spread over so many loops.
    private func play(loops count: Int) throws -> [String] {
        let clock = try VirtualClock()
        let loops = try (0..<count).map { try EventLoop(name: "v\($0)", index: $0, sharing: clock) }
        let common = try EventLoop(name: "common", sharing: clock)
        let pool = ComputePool(threads: 3, queueItemsMax: 1_000, name: "work")
        let notes = Notes()
        for loop in loops + [common] { loop.start() }
        let done = ThreadGate()
        let left = Notes()
        let step: @Sendable (Int, Int, EventLoop, @escaping @Sendable (Int) -> Void) -> Void = { session, round, loop, next in
            do {
                try pool.submit(on: loop, modelledCostUs: UInt64(100 + (session * 7 + round * 3) % 5 * 50)) {
                    // Real times have nothing to do with modelled ones.
                    usleep(UInt32((session * 31 + round * 17) % 7) * 200)
                } done: { _ in
                    let now = loop.nowUs
                    common.submit {
                        notes.add("\(session).\(round) at \(now) seen at \(common.nowUs)")
                        loop.submit { loop.after(UInt64(50 * (session % 3))) { next(round + 1) } }
                    }
                }
            } catch {
                Issue.record(error)
            }
        }
        common.submit {
            for session in 0..<12 {
                let loop = loops[session % count]
                @Sendable func next(_ round: Int) {
                    guard round < 10 else {
                        return common.submit {
                            left.add("\(session)")
                            if left.lines.count == 12 { done.open() }
                        }
                    }
                    step(session, round, loop, next)
                }
                loop.begin(key: UInt64(session) &* 0x9E37_79B9_7F4A_7C15) { next(0) }
            }
        }
        done.wait()
        for loop in loops + [common] { loop.stop() }
        for loop in loops + [common] { loop.join() }
        pool.shutdown()
        #expect(notes.lines.count == 120)
        return notes.lines
    }

    @Test("do everything in one order, on one loop or on several, however long things really take")
    func sameOrder() throws {
        let first = try play(loops: 1)
        for loops in [1, 2, 2, 3, 5] { #expect(try play(loops: loops) == first) }
    }

    @Test("let a completion wait for its time, and other events pass it until then")
    func passing() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            let order = Notes()
            let delivery = loop.expectDelivery("slow", modelledCostUs: 1_000)
            loop.after(999) {
                order.add("timer")
                // It has been ready for nobody knows how long; or comes only now.
                delivery.deliver {
                    order.add("delivery")
                    #expect(loop.nowUs == LoopClock.startUs + 1_000)
                }
            }
            loop.after(1_001) {
                #expect(order.lines == ["timer", "delivery"])
                finish()
            }
        }
    }

    @Test("go on without a delivery that was dropped or abandoned")
    func dropped() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            loop.expectDelivery("abandoned", modelledCostUs: 5).abandon()
            _ = loop.expectDelivery("dropped", modelledCostUs: 5)
            loop.after(10) { finish() }
        }
    }

    @Test("end one by one, and begin again on the same clock")
    func ends() throws {
        let clock = try VirtualClock()
        for round in 1...3 {
            let one = try EventLoop(name: "one", sharing: clock)
            let two = try EventLoop(name: "two", sharing: clock)
            let notes = Notes()
            one.start()
            two.start()
            one.submit {
                one.after(10) {
                    notes.add("one")
                    one.stop()
                }
            }
            two.submit {
                two.after(20) {
                    notes.add("two")
                    two.stop()
                }
            }
            one.join()
            two.join()
            #expect(notes.lines == ["one", "two"])
            #expect(one.nowUs >= LoopClock.startUs + UInt64(round) * 10)
            // Dropped, not run.
            two.submit { notes.add("late") }
            #expect(notes.lines.count == 2)
        }
    }
}

/// Lets a test's thread wait for a loop's.
private final class ThreadGate: @unchecked Sendable {
    private let isOpen = Lock(false)
    func open() {
        isOpen.withLock { $0 = true }
        isOpen.signalAll()
    }
    func wait() { isOpen.wait { $0 ? () : nil } }
}
