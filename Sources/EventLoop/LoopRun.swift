// Unsafe: walks libuv's handles; each handle that is not the loop's own carries a pointer to its `HandleOwner` (see HandleOwner.swift).
// The walk's context is an unretained pointer to the loop, which the caller holds.

import CLibuv
import Locks

/// The life of a running loop, on its thread: iterate until `stop`, then close what is open and run what is left.
enum LoopRun {
    /// Iterations after `stop` in which closing callbacks may still submit work; what is then left is dropped.
    static let drainIterationsMax = 10_000

    static func untilStopped(_ loop: EventLoop) {
        while !loop.isStopping { uv_run(loop.uv, UV_RUN_DEFAULT) }
        loop.timers.removeAll()
        drain(loop)
    }

    static func drain(_ loop: EventLoop) {
        for number in loop.memoryStreams.keys.sorted() { loop.memoryStreams[number]?.loopStops() }
        uv_walk(
            loop.uv,
            { handle, context in
                guard let handle, let context, uv_is_closing(handle) == 0 else { return }
                let loop = Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue()
                HandleOwner.of(handle, loop)?.loopStops()
            }, Unmanaged.passUnretained(loop).toOpaque())
        for _ in 0..<drainIterationsMax {
            uv_run(loop.uv, UV_RUN_NOWAIT)
            if loop.mode == .virtual {
                loop.runWork()
                loop.flushStreams()
            }
            let ended = loop.mailbox.withLock { box in
                guard box.items.isEmpty && loop.ring.isEmpty && loop.ownedHandles == 0 && loop.memoryStreams.isEmpty else { return false }
                box.isClosed = true
                return true
            }
            if ended { return }
        }
        loop.mailbox.withLock { $0.isClosed = true }
    }
}
