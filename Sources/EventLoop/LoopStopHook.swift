// Unsafe: the handle follows HandleOwner's rules. It is never signalled: it is open for as long as somebody wants to hear of the loop's end.

import CLibuv

/// Tells whoever works on a loop, without a handle of their own, that it ends. Every call is made on the loop.
public final class LoopStopHook: HandleOwner {
    private var onStop: (() -> Void)?

    /// - Parameter onStop: called on the loop when it ends before `close`. What it submits still runs.
    /// - Throws: `closed` when the loop is stopping.
    public init(loop: EventLoop, onStop: @escaping () -> Void) throws(LoopError) {
        loop.preconditionCurrent()
        super.init(loop: loop)
        if loop.isStopping { throw LoopError(.closed, "the loop \(loop.name) is stopping") }
        let async = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
        let status = uv_async_init(loop.uv, async, nil)
        if status < 0 {
            async.deallocate()
            throw LoopError(uv: status, "cannot watch for the end of the loop \(loop.name)")
        }
        self.onStop = onStop
        own(async)
    }

    /// The end is not told any more. Again: nothing.
    public func close() {
        onStop = nil
        closeHandle()
    }

    override func loopStops() {
        let told = onStop
        close()
        told?()
    }
}
