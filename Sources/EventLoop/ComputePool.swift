import CLibuv
import Glibc
import Locks
import Synchronization

/// How a job of the compute pool ended.
public enum ComputeOutcome: Sendable, Equatable {
    /// The job ran.
    case finished
    /// Its deadline had passed before a thread was free; it did not run.
    case expired
    /// The pool was shut down before it began; it did not run.
    case cancelled
}

/// Threads, of lower priority than loops, for work that would block a loop: decoding, resampling, tokenising.
public final class ComputePool: Sendable {
    /// Added to the threads' nice value: a loop that wants the processor gets it first.
    public static let niceIncrement: Int32 = 5

    public let name: String
    public let queueItemsMax: Int
    private let state: Lock<State>

    private struct State {
        var queue = Ring<Item>()
        var threads: [pthread_t] = []
        var isShutDown = false
    }

    private struct Item {
        let deadlineUs: UInt64
        let loop: EventLoop
        let delivery: PendingDelivery
        let job: @Sendable () -> Void
        let done: @Sendable (ComputeOutcome) -> Void

        func end(_ outcome: ComputeOutcome) { delivery.deliver { [done] in done(outcome) } }
    }

    /// - Parameters:
    ///   - threads: at least 1.
    ///   - queueItemsMax: jobs that wait for a thread at most.
    public init(threads: Int, queueItemsMax: Int, name: String) {
        precondition(threads >= 1 && queueItemsMax >= 1, "a pool has a thread and room for a job")
        self.name = name
        self.queueItemsMax = queueItemsMax
        state = Lock(State())
        for number in 0..<threads {
            let worker = Worker(name: "\(name)-\(number)", state: state)
            let thread = worker.start()
            state.withLock { $0.threads.append(thread) }
        }
    }

    /// Jobs that wait for a thread.
    public var queuedItems: Int { state.withLock { $0.queue.count } }

    /// Runs `job` on a thread of the pool, then `done` on `loop`; exactly one `done` for each job accepted, unless the loop has ended. Any
    /// thread. Holds a pending token of the loop until
    /// `done` is on its way.
    /// - Parameters:
    ///   - deadlineUs: on the loop's clock; a job not begun by then is `expired`. 0 = none.
    ///   - modelledCostUs: what the job takes on a virtual clock.
    /// - Throws: `queueFull`, or `closed` after `shutdown`.
    public func submit(
        deadlineUs: UInt64 = 0, on loop: EventLoop, modelledCostUs: UInt64 = 0, job: @escaping @Sendable () -> Void,
        done: @escaping @Sendable (ComputeOutcome) -> Void
    ) throws(LoopError) {
        let delivery = loop.expectDelivery("compute", modelledCostUs: modelledCostUs)
        // On a virtual clock no time passes while a job waits: only one that comes too late is too late.
        let isLate = deadlineUs != 0 && deadlineUs < loop.nowUs
        let item = Item(deadlineUs: loop.mode == .real ? deadlineUs : isLate ? 1 : 0, loop: loop, delivery: delivery, job: job, done: done)
        let refusal: LoopError? = state.withLock { state in
            if state.isShutDown { return LoopError(.closed, "the compute pool \(name) is shut down") }
            guard state.queue.count < queueItemsMax else {
                return LoopError(.queueFull, "the compute pool \(name) has \(queueItemsMax) jobs waiting, which is its limit")
            }
            state.queue.append(item)
            return nil
        }
        if let refusal {
            delivery.abandon()
            throw refusal
        }
        state.signal()
    }

    /// Cancels what has not begun and waits for what has. Not from within a job; afterwards `submit` throws. Again: nothing.
    public func shutdown() {
        let (left, threads) = state.withLock { state in
            state.isShutDown = true
            var left: [Item] = []
            while let item = state.queue.popFirst() { left.append(item) }
            return (left, exchange(&state.threads, with: []))
        }
        state.signalAll()
        for item in left { item.end(.cancelled) }
        for thread in threads { pthread_join(thread, nil) }
    }

    deinit {
        // Threads hold the state, not the pool: they end by themselves, unjoined.
        let (left, threads) = state.withLock { state in
            state.isShutDown = true
            var left: [Item] = []
            while let item = state.queue.popFirst() { left.append(item) }
            return (left, exchange(&state.threads, with: []))
        }
        state.signalAll()
        for item in left { item.end(.cancelled) }
        for thread in threads { pthread_detach(thread) }
    }

    /// What a thread of the pool does.
    private final class Worker {
        private let name: String
        private let state: Lock<State>

        init(name: String, state: Lock<State>) {
            self.name = name
            self.state = state
        }

        func start() -> pthread_t {
            var thread = pthread_t()
            let context = Unmanaged.passRetained(self)
            let status = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, context.toOpaque())
            precondition(status == 0, "the system gives a thread for each worker of a pool")
            return thread
        }

        private func run() {
            vitrine_name_thread(name)
            ThreadPriority.lower(by: ComputePool.niceIncrement)
            while let item = next() {
                if item.deadlineUs != 0 && item.loop.nowUs > item.deadlineUs {
                    item.end(.expired)
                } else {
                    item.job()
                    item.end(.finished)
                }
            }
        }

        /// Nil once the pool is shut down.
        private func next() -> Item? {
            state.wait { state -> Item?? in
                if let item = state.queue.popFirst() { return item }
                return state.isShutDown ? .some(nil) : nil
            }
        }
    }
}
