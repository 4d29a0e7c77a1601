// Unsafe: the handle follows HandleOwner's rules. The descriptor is the caller's: it must stay open until `close` was called, and may be closed then.

import CLibuv

/// Tells when a descriptor that another library owns can be read or written. Every call is made on the loop.
public final class DescriptorWatcher: HandleOwner {
    /// What the descriptor is ready for. `isBroken`: it cannot be polled any more; whoever owns it finds out why by using it.
    public struct Readiness: Sendable, Equatable {
        public var isReadable: Bool
        public var isWritable: Bool
        public var isBroken: Bool
    }

    private var onReady: ((Readiness) -> Void)?

    /// Watches nothing until `watch`.
    /// - Parameter onReady: called on the loop, never from within a call to the watcher; not any more once the loop has ended.
    /// - Throws: for a descriptor that cannot be polled (a plain file), or `closed` when the loop is stopping.
    public init(_ descriptor: Int32, loop: EventLoop, onReady: @escaping (Readiness) -> Void) throws(LoopError) {
        loop.preconditionCurrent()
        super.init(loop: loop)
        if loop.isStopping { throw LoopError(.closed, "cannot watch descriptor \(descriptor): the loop \(loop.name) is stopping") }
        let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
        let status = uv_poll_init(loop.uv, poll, descriptor)
        if status < 0 {
            poll.deallocate()
            throw LoopError(uv: status, "cannot watch descriptor \(descriptor)")
        }
        self.onReady = onReady
        own(poll)
    }

    /// Says what is of interest from now on; neither = nothing for the time being.
    public func watch(readable: Bool, writable: Bool) throws(LoopError) {
        loop.preconditionCurrent()
        guard let handle else { return }
        let poll = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_poll_t.self)
        guard readable || writable else {
            uv_poll_stop(poll)
            return
        }
        let events = (readable ? Int32(UV_READABLE.rawValue) : 0) | (writable ? Int32(UV_WRITABLE.rawValue) : 0)
        let status = uv_poll_start(poll, events) { handle, status, events in
            guard let handle, let owner = HandleOwner.from(handle, as: DescriptorWatcher.self) else { return }
            owner.loop.noteActivity()
            owner.onReady?(
                Readiness(
                    isReadable: events & Int32(UV_READABLE.rawValue) != 0, isWritable: events & Int32(UV_WRITABLE.rawValue) != 0,
                    isBroken: status < 0))
        }
        try check(status, "cannot watch a descriptor")
    }

    /// `onReady` is not called any more, and the descriptor may be closed. Again: nothing.
    public func close() {
        onReady = nil
        closeHandle()
    }

    override func loopStops() { close() }
}
