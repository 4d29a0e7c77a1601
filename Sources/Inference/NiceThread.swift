// Unsafe: a thread's context is a box that is retained when the thread is made and released by the thread.

import COpenVINO
import EventLoop
import Glibc
import Locks
import Wire

private final class ThreadBody {
    let name: String
    let nice: Int32
    let run: () -> Void

    init(name: String, nice: Int32, run: @escaping () -> Void) {
        self.name = name
        self.nice = nice
        self.run = run
    }
}

/// Starts a thread of lower priority, to be joined or detached. Threads that it starts inherit the priority.
func startThread(named name: String, nice: Int32, _ run: @escaping () -> Void) -> pthread_t {
    let context = Unmanaged.passRetained(ThreadBody(name: name, nice: nice, run: run))
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            let body = Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue()
            cov_name_thread(body.name)
            ThreadPriority.lower(by: body.nice)
            body.run()
            return nil
        }, context.toOpaque())
    precondition(status == 0, "the system gives the few threads that inference needs")
    return thread
}

/// Threads that were told to end by somebody who may not wait for them: they are joined when the process ends.
///
/// A process that ended meanwhile would take OpenVINO away beneath what they still let go of.
enum LeftThreads {
    private static let threads = Lock<[pthread_t]>([])

    /// To be said when a model was compiled: what is registered later runs earlier, and so before what OpenVINO and its devices have registered.
    static func joinAtExit() {
        atexit {
            while let thread = LeftThreads.threads.withLock({ $0.popLast() }) { pthread_join(thread, nil) }
        }
    }

    private static let joinsAnyway: Void = joinAtExit()

    /// Any thread, the left one too. It is joined at the latest when the process ends, though no model was ever compiled.
    static func leave(_ thread: pthread_t) {
        joinsAnyway
        threads.withLock { threads in
            threads.removeAll { cov_join_if_over($0) }
            threads.append(thread)
        }
    }
}

/// A thread of lower priority for what makes OpenVINO start threads: these inherit its priority, which is the same whoever asks and whenever.
///
/// A thread started by the caller would inherit the caller's: models that are loaded for a swap would stay slower than those of the start.
final class LoadingThread: Sendable {
    /// A closure that runs on the thread alone, once, while its caller waits; it is let go of before the caller goes on.
    private final class Job: @unchecked Sendable {
        private var body: (() -> Void)?
        private let isOver = Lock(false)

        init(_ body: @escaping () -> Void) { self.body = body }

        func run() {
            body?()
            body = nil
            isOver.withLock { $0 = true }
            isOver.signal()
        }

        func wait() { isOver.wait { $0 ? () : nil } }
    }

    private struct State {
        var waiting: [Job] = []
        var isOver = false
    }

    private let state = Lock(State())

    /// - Parameter nice: added to the calling thread's nice value.
    init(nice: Int32) {
        let thread = startThread(named: "model-loader", nice: nice) { [state] in
            while let job = state.wait({ state -> Job?? in
                if !state.waiting.isEmpty { return state.waiting.removeFirst() }
                return state.isOver ? .some(nil) : nil
            }) { job.run() }
        }
        pthread_detach(thread)
    }

    deinit {
        state.withLock { $0.isOver = true }
        state.signal()
    }

    /// Runs `body` on the thread, behind what others gave it, and waits for it.
    func run<R>(_ body: @escaping () throws(RPCStatus) -> R) throws(RPCStatus) -> R {
        let result = Lock<Result<R, RPCStatus>?>(nil)
        let job = Job {
            let made = Result { () throws(RPCStatus) in try body() }
            result.withLock { $0 = made }
        }
        state.withLock { $0.waiting.append(job) }
        state.signal()
        job.wait()
        guard let made = result.withLock({ exchange(&$0, with: nil) }) else { preconditionFailure("a job that is over has a result") }
        return try made.get()
    }
}
