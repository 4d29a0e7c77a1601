import CLibuv
import Glibc

/// How much output a stream may hold for a peer that reads slowly.
public struct StreamLimits: Sendable, Equatable {
    /// From here on `isCongested` is true: stop producing. Bytes.
    public var highWaterBytes: Int
    /// Below this `onDrained` is called after a congestion. Bytes.
    public var lowWaterBytes: Int
    /// Beyond this the stream is closed with an `outputLimit` error. Bytes.
    public var outputBytesMax: Int
    /// How long `closeAfterFlush` waits for the peer to take the rest. Milliseconds.
    public var flushMsMax: Int

    public init(highWaterBytes: Int = 1 << 20, lowWaterBytes: Int = 256 << 10, outputBytesMax: Int = 16 << 20, flushMsMax: Int = 5_000) {
        precondition(0 <= lowWaterBytes && lowWaterBytes <= highWaterBytes && highWaterBytes <= outputBytesMax, "low ≤ high ≤ max")
        // libuv's buffers have 32-bit lengths.
        precondition(outputBytesMax <= 1 << 31, "a stream holds at most 2 GiB")
        precondition(flushMsMax >= 0, "a time is not negative")
        self.highWaterBytes = highWaterBytes
        self.lowWaterBytes = lowWaterBytes
        self.outputBytesMax = outputBytesMax
        self.flushMsMax = flushMsMax
    }
}

/// A connected TCP or Unix socket, or one end of a stream within the process, on one loop; every call is made on that loop.
///
///     open ──close(), error, end of input──▶ closing ──handle gone──▶ closed: onClose, once
///     open ──detach()──▶ detached: no callback any more
///
/// An open stream keeps itself alive until it is closed. No call of this class calls a closure before it returns: `onBytes` and `onDrained` come from
/// the poll phase, `onClose` from the closing phase of an iteration. An idle stream holds no buffer.
public final class ByteStream: HandleOwner {
    /// Bytes from the peer, borrowed until the closure returns; at most `EventLoop.readBytesMax` at a time.
    public var onBytes: ((UnsafeRawBufferPointer) -> Void)?
    /// Exactly once, unless detached. Nil = orderly: the peer ended its output, or this side called `close`. All three closures are dropped
    /// afterwards.
    public var onClose: ((LoopError?) -> Void)?
    /// Pending output has fallen below the low-water mark after having reached the high one.
    public var onDrained: (() -> Void)?
    public var limits = StreamLimits()

    enum State {
        case open
        /// Closes as soon as the pending output is written.
        case flushing
        case closing
        case detached
    }

    var state = State.open
    /// Output that was not offered to the kernel yet; its storage is lent by the loop and goes back when the array is empty.
    var output: [UInt8] = []
    /// Bytes handed to libuv in a write request that is not done yet; 0 = none.
    var inFlightBytes = 0
    var isUnflushed = false
    var isWriting = false
    /// Pending output has reached the high-water mark and not yet fallen below the low one.
    public internal(set) var isCongested = false
    var isReading = false
    /// The way to the other end, for a stream within the process.
    var memory: MemoryEnd?
    var closeError: LoopError?
    private var flushTimer: LoopTimer?
    let kind: Kind

    enum Kind {
        case tcp
        case unix
        case memory
    }

    /// Makes the handle, not connected yet.
    init(_ kind: Kind, loop: EventLoop) throws(LoopError) {
        self.kind = kind
        super.init(loop: loop)
        if loop.isStopping { throw LoopError(.closed, "cannot open a stream: the loop \(loop.name) is stopping") }
        switch kind {
        case .tcp:
            let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
            uv_tcp_init(loop.uv, tcp)
            own(tcp)
        case .unix:
            let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
            uv_pipe_init(loop.uv, pipe, 0)
            own(pipe)
        case .memory: break
        }
    }

    var uvStream: UnsafeMutablePointer<uv_stream_t>? {
        handle.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: uv_stream_t.self) }
    }

    /// False from the moment that closing or detaching begins.
    public var isOpen: Bool { state == .open }

    // MARK: Reading

    /// Begins to deliver bytes to `onBytes`.
    public func startReading() {
        loop.preconditionCurrent()
        guard state == .open, !isReading else { return }
        if memory != nil { return startReadingMemory() }
        guard let stream = uvStream else { return }
        isReading = true
        let status = uv_read_start(
            stream,
            { handle, _, buffer in
                guard let handle, let loop = HandleOwner.from(handle, as: ByteStream.self)?.loop else { return }
                buffer?.pointee = uv_buf_init(
                    loop.readBuffer.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(EventLoop.readBytesMax))
            },
            { handle, count, _ in
                guard let handle, let stream = HandleOwner.from(handle, as: ByteStream.self) else { return }
                stream.didRead(count)
            })
        if status < 0 { close(with: LoopError(uv: status, "cannot read from \(peer)")) }
    }

    /// No bytes are delivered until `resumeReading`; the kernel's buffer fills and the peer has to wait. May be called from `onBytes`.
    public func pauseReading() {
        loop.preconditionCurrent()
        guard isReading else { return }
        isReading = false
        if let stream = uvStream { uv_read_stop(stream) }
    }

    public func resumeReading() { startReading() }

    private func didRead(_ count: Int) {
        loop.noteActivity()
        if count > 0 {
            onBytes?(UnsafeRawBufferPointer(rebasing: loop.readBuffer[0..<count]))
            if isUnflushed { flush() }
        } else if count == Int(UV_EOF.rawValue) {
            pauseReading()
            closeAfterFlush()
        } else if count < 0 {
            close(with: LoopError(uv: Int32(count), "reading from \(peer)"))
        }
    }

    // MARK: Closing

    /// Writes what is pending, then closes; what is written from now on is ignored. Closes with `outputLimit` if the peer does not take it in time.
    public func closeAfterFlush() {
        loop.preconditionCurrent()
        guard state == .open else { return }
        state = .flushing
        pauseReading()
        if isUnflushed { flush() }
        guard state == .flushing else { return }
        if pendingBytes == 0 {
            close()
        } else {
            flushTimer = loop.after(UInt64(limits.flushMsMax) * 1_000) { [unowned self] in
                let message = "\(peer) did not take the last \(pendingBytes) bytes within \(limits.flushMsMax) ms"
                close(with: LoopError(.outputLimit, message))
            }
        }
    }

    /// Offers what is pending to the kernel once, then closes.
    public func close() {
        loop.preconditionCurrent()
        if state == .open && isUnflushed { flush() }
        close(with: nil)
    }

    /// Closes; `onClose` follows with this error.
    func close(with error: LoopError?) {
        guard state == .open || state == .flushing else { return }
        state = .closing
        closeError = error
        flushTimer?.cancel()
        flushTimer = nil
        if memory != nil { closeMemory() } else { closeHandle() }
    }

    override func loopStops() { close() }

    override func handleClosed() {
        releaseOutput()
        let onClose = state == .detached ? nil : self.onClose
        onBytes = nil
        onDrained = nil
        self.onClose = nil
        onClose?(closeError)
    }

    // MARK: Handing over

    /// Takes the socket out of this loop, to be adopted by another (`adopt`), perhaps after a `submit`. The caller owns the returned descriptor.
    ///
    /// No closure of this stream is called any more. What `onBytes` got is the caller's to hand on; what the kernel holds stays in the socket.
    /// - Throws: `invalidState` if output is pending or the stream is not open.
    public func detach() throws(LoopError) -> Int32 {
        loop.preconditionCurrent()
        if memory != nil { throw LoopError(.invalidState, "a stream within the process stays on its loop") }
        if isUnflushed { flush() }
        guard state == .open, let handle else { throw LoopError(.invalidState, "only an open stream can be handed over") }
        guard pendingBytes == 0 else {
            throw LoopError(.invalidState, "\(pendingBytes) bytes of output are pending; hand over when they are written")
        }
        var descriptor: Int32 = -1
        try check(uv_fileno(handle, &descriptor), "cannot hand the connection over")
        // libuv closes the descriptor with the handle, so the socket lives on in a duplicate.
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        if duplicate < 0 { throw LoopError(uv: -errno, "cannot hand the connection over") }
        state = .detached
        closeHandle()
        return duplicate
    }
}
