import CLibuv
import Glibc

/// Calls a closure on the loop whenever the process gets a signal. Several watchers of one signal, on any loops, all see it.
public final class SignalWatcher: HandleOwner {
    private var body: (() -> Void)?

    /// On the loop only. The watcher lives until `close` or until the loop ends.
    /// - Throws: `system` for a signal that cannot be watched.
    public init(_ signal: Int32, loop: EventLoop, _ body: @escaping () -> Void) throws(LoopError) {
        loop.preconditionCurrent()
        self.body = body
        super.init(loop: loop)
        if loop.isStopping { throw LoopError(.closed, "cannot watch signal \(signal): the loop \(loop.name) is stopping") }
        let watcher = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
        // Fails only for lack of descriptors, before anything is registered.
        let status = uv_signal_init(loop.uv, watcher)
        if status < 0 {
            watcher.deallocate()
            throw LoopError(uv: status, "cannot watch signal \(signal)")
        }
        own(watcher)
        let started = uv_signal_start(
            watcher,
            { handle, _ in
                guard let handle, let owner = HandleOwner.from(handle, as: SignalWatcher.self) else { return }
                owner.loop.noteActivity()
                owner.body?()
            }, signal)
        if started < 0 {
            closeHandle()
            throw LoopError(uv: started, "cannot watch signal \(signal)")
        }
        unblock(signal)
    }

    /// The closure is not called any more. On the loop only.
    public func close() {
        loop.preconditionCurrent()
        body = nil
        closeHandle()
    }

    override func handleClosed() { body = nil }
}

/// Lets the calling thread receive `signal`: a parent process may have handed its own mask down, and a blocked signal would wait for ever.
func unblock(_ signal: Int32) {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    pthread_sigmask(Int32(SIG_UNBLOCK), &set, nil)
}
