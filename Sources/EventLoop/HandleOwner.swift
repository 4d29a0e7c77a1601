// Unsafe: the rules for the `data` pointers of libuv handles.
//
// A handle of a stream, listener or watcher is one heap allocation. While it is open its `data` is a retained pointer to its HandleOwner, so an
// open handle keeps
// its owner alive even if nobody else does. The close callback gives the reference back and frees the allocation. The loop's own handles
// (LoopHandles.swift)
// carry the loop instead; they are told apart by type of handle, which the loop never shares (prepare, check, idle, timer), and the one poll
// handle of
// the loop's own by its address.

import CLibuv

/// The base of whatever owns one libuv handle on a loop.
public class HandleOwner {
    public let loop: EventLoop
    /// Nil once closing has begun.
    final var handle: UnsafeMutablePointer<uv_handle_t>?

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Takes charge of a handle that libuv has initialised.
    final func own<Handle>(_ pointer: UnsafeMutablePointer<Handle>) {
        precondition(handle == nil, "an owner has one handle")
        let handle = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: uv_handle_t.self)
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        self.handle = handle
        loop.ownedHandles += 1
    }

    /// Begins to close the handle; `handleClosed` follows from the loop, never from within this call.
    final func closeHandle() {
        guard let handle else { return }
        self.handle = nil
        uv_close(handle) { handle in
            guard let handle, let data = handle.pointee.data else { return }
            let owner = Unmanaged<HandleOwner>.fromOpaque(data).takeRetainedValue()
            handle.deallocate()
            owner.loop.ownedHandles -= 1
            owner.loop.noteActivity()
            owner.handleClosed()
        }
    }

    /// The handle is gone.
    func handleClosed() {}

    /// The loop ends: close.
    func loopStops() { closeHandle() }

    /// The owner of a handle of `loop`, nil for the loop's own handles.
    final class func of(_ handle: UnsafeMutablePointer<uv_handle_t>, _ loop: EventLoop) -> HandleOwner? {
        switch handle.pointee.type {
        case UV_PREPARE, UV_CHECK, UV_IDLE, UV_TIMER: return nil
        case UV_POLL where handle == UnsafeMutableRawPointer(loop.handles.wake).assumingMemoryBound(to: uv_handle_t.self): return nil
        default: return handle.pointee.data.map { Unmanaged<HandleOwner>.fromOpaque($0).takeUnretainedValue() }
        }
    }

    /// The owner behind a callback's handle.
    @inline(__always)
    final class func from<Handle, Owner: HandleOwner>(_ handle: UnsafeMutablePointer<Handle>, as: Owner.Type) -> Owner? {
        let raw = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        return raw.pointee.data.map { Unmanaged<Owner>.fromOpaque($0).takeUnretainedValue() }
    }
}
