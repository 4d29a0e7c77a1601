import EventLoop

/// Waits on a plain thread for something asynchronous that runs on a loop. Only for starting up and for commands: no loop ever waits.
enum Blocking {
    static func run<Value: Sendable, Failure: Error>(
        on loop: EventLoop, _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) throws(Failure) -> Value {
        precondition(!loop.isCurrent, "a loop does not wait for itself")
        let box = Box<Value, Failure>()
        Task(executorPreference: loop) {
            do throws(Failure) {
                box.result = .success(try await body())
            } catch {
                box.result = .failure(error)
            }
            box.done.signal()
        }
        box.done.wait()
        guard let result = box.result else { preconditionFailure("invariant: the result is set before the signal") }
        return try result.get()
    }

    private final class Box<Value, Failure: Error>: @unchecked Sendable {
        // Invariant: written by the task before `done` is signalled, read after waiting for it.
        var result: Result<Value, Failure>?
        let done = ThreadSignal()
    }
}
