// Unsafe: a thread's context is a box that is retained when the thread is made and released by the thread.

import COpenVINO
import Glibc
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
            // On Linux the nice value is the thread's own, and 0 names the calling thread. Refusal costs only the priority.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) + body.nice)
            body.run()
            return nil
        }, context.toOpaque())
    precondition(status == 0, "the system gives the few threads that inference needs")
    return thread
}

/// Runs `body` on a thread of lower priority and waits for it.
func onNiceThread<R>(_ nice: Int32, _ body: () throws(RPCStatus) -> R) throws(RPCStatus) -> R {
    var result: Result<R, RPCStatus>?
    withoutActuallyEscaping(body) { body in
        let thread = startThread(named: "model-loader", nice: nice) {
            result = Result { () throws(RPCStatus) in try body() }
        }
        pthread_join(thread, nil)
    }
    guard let result else { preconditionFailure("a joined thread has run its body") }
    return try result.get()
}
