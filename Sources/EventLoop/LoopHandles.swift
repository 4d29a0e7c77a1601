// Unsafe: the loop's own libuv handles, allocated together with the loop and freed after their close callbacks ran. Their `data` is an unretained
// pointer
// to the loop, which is alive whenever libuv runs: the thread that runs it holds it.

import CLibuv

/// The handles by which libuv calls the loop: before and after each poll, for the earliest timer, for a wake from another thread, and to poll
/// without waiting.
struct LoopHandles {
    let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
    let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
    let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    let wake = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)

    func start(loop: EventLoop) {
        let context = Unmanaged.passUnretained(loop).toOpaque()
        prepare.pointee.data = context
        check.pointee.data = context
        timer.pointee.data = context
        wake.pointee.data = context
        // These fail only for invalid arguments.
        uv_prepare_init(loop.uv, prepare)
        uv_check_init(loop.uv, check)
        uv_idle_init(loop.uv, idle)
        uv_timer_init(loop.uv, timer)
        let status = uv_poll_init(loop.uv, wake, loop.wakeDescriptor)
        precondition(status == 0, "an eventfd can be polled")
        uv_prepare_start(prepare) { handle in
            guard let context = handle?.pointee.data else { return }
            Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.beforePoll() }
        }
        uv_check_start(check) { handle in
            guard let context = handle?.pointee.data else { return }
            Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.afterPoll() }
        }
        uv_poll_start(wake, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            guard let context = handle?.pointee.data else { return }
            Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.woken() }
        }
    }

    /// Makes the next polls return at once, or lets them wait again.
    func spin(_ on: Bool) {
        if on { uv_idle_start(idle) { _ in } } else { uv_idle_stop(idle) }
    }

    /// Asks for `timersDue` after `ms` milliseconds of libuv's clock.
    func arm(ms: UInt64) {
        uv_timer_start(
            timer,
            { handle in
                guard let context = handle?.pointee.data else { return }
                Unmanaged<EventLoop>.fromOpaque(context)._withUnsafeGuaranteedRef { $0.timersDue() }
            }, ms, 0)
    }

    func disarm() { uv_timer_stop(timer) }

    /// Must be followed by running the loop until nothing is left.
    func close() {
        closeHandle(prepare)
        closeHandle(check)
        closeHandle(idle)
        closeHandle(timer)
        closeHandle(wake)
    }

    func deallocate() {
        prepare.deallocate()
        check.deallocate()
        idle.deallocate()
        timer.deallocate()
        wake.deallocate()
    }

    private func closeHandle<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self), nil)
    }
}
