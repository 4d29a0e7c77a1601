/// One end's way to the other: messages between the loops of both, in order.
///
///     writer ──arrived(bytes)──▶ reader       at most `windowBytes` that the reader has not taken
///     writer ◀──taken(count)──── reader
///     either ──ended──▶ other                 after all its bytes
final class MemoryEnd {
    private let link: MemoryLink
    private let isNear: Bool
    /// What came and was not given to `onBytes` yet.
    var inbound: [[UInt8]] = []
    var hasEnded = false
    var number: UInt64 = 0

    /// Bytes under way in one direction: what a kernel's socket buffer would hold.
    static let windowBytes = 256 * 1024

    init(_ link: MemoryLink, isNear: Bool) {
        self.link = link
        self.isNear = isNear
    }

    /// Says something to the other end, on its loop.
    func tell(_ message: @escaping @Sendable (ByteStream) -> Void) {
        let (link, isNear) = (link, isNear)
        (isNear ? link.farLoop : link.nearLoop).submit {
            if let other = isNear ? link.far : link.near { message(other) }
        }
    }

    /// This end is gone: what is still said to it is dropped.
    func forget() { if isNear { link.near = nil } else { link.far = nil } }
}

/// Both ends of a stream within the process.
final class MemoryLink: @unchecked Sendable {
    // Invariant: `near` is touched on its loop alone, `far` on its.
    let nearLoop: EventLoop
    let farLoop: EventLoop
    var near: ByteStream?
    var far: ByteStream?

    init(near: EventLoop, far: EventLoop) {
        nearLoop = near
        farLoop = far
    }
}

extension ByteStream {
    /// Connects to somebody in this process without a socket: what replays use, since nothing of it is the kernel's to order.
    ///
    /// Call on `loop`. The other end is made on `other` (the same loop is allowed) and given to `accept` there; neither end reads yet. Bytes and
    /// ends come in the order in which they were sent.
    /// - Throws: `closed` when the loop is stopping.
    public static func connectWithin(
        _ loop: EventLoop, to other: EventLoop, accept: @escaping @Sendable (ByteStream) -> Void
    ) throws(LoopError) -> ByteStream {
        loop.preconditionCurrent()
        let link = MemoryLink(near: loop, far: other)
        let near = try ByteStream(.memory, loop: loop)
        near.join(link, isNear: true)
        other.submit {
            do throws(LoopError) {
                let far = try ByteStream(.memory, loop: other)
                far.join(link, isNear: false)
                accept(far)
            } catch {
                // The other loop is ending: this end sees an end of input.
                MemoryEnd(link, isNear: false).tell { $0.otherEnded() }
            }
        }
        return near
    }

    private func join(_ link: MemoryLink, isNear: Bool) {
        let end = MemoryEnd(link, isNear: isNear)
        end.number = loop.nextMemoryStream
        memory = end
        if isNear { link.near = self } else { link.far = self }
        // As with a handle: an open stream is kept alive by its loop.
        loop.memoryStreams[loop.nextMemoryStream] = self
        loop.nextMemoryStream += 1
    }

    func startReadingMemory() {
        isReading = true
        loop.nextTick { [self] in deliverInbound() }
    }

    /// Hands over as much as the other end's window allows; the rest waits for `taken`.
    func flushMemory() {
        guard let memory, state == .open || state == .flushing, !output.isEmpty else { return }
        let count = min(output.count, MemoryEnd.windowBytes - inFlightBytes)
        guard count > 0 else { return }
        let bytes = Array(output.prefix(count))
        if count == output.count { releaseOutput() } else { output.removeFirst(count) }
        inFlightBytes += count
        memory.tell { $0.arrived(bytes) }
        if pendingBytes >= limits.highWaterBytes { isCongested = true }
        if pendingBytes == 0 { drained() }
        if state == .flushing && pendingBytes == 0 { loop.nextTick { [self] in close(with: nil) } }
    }

    private func arrived(_ bytes: [UInt8]) {
        guard let memory else { return }
        memory.inbound.append(bytes)
        deliverInbound()
    }

    /// Gives what came to `onBytes`, as long as it is wanted.
    private func deliverInbound() {
        guard let memory else { return }
        while isReading, state == .open, !memory.inbound.isEmpty {
            let bytes = memory.inbound.removeFirst()
            memory.tell { $0.taken(bytes.count) }
            bytes.withUnsafeBytes { whole in
                var start = 0
                while start < whole.count, state == .open {
                    let end = min(start + EventLoop.readBytesMax, whole.count)
                    onBytes?(UnsafeRawBufferPointer(rebasing: whole[start..<end]))
                    start = end
                    if !isReading, start < whole.count {
                        memory.inbound.insert(Array(whole[start...]), at: 0)
                        break
                    }
                }
            }
            if isUnflushed { flush() }
        }
        if isReading, state == .open, memory.hasEnded, memory.inbound.isEmpty {
            pauseReading()
            closeAfterFlush()
        }
    }

    private func taken(_ count: Int) {
        inFlightBytes -= count
        if !output.isEmpty { flush() }
    }

    private func otherEnded() {
        guard let memory else { return }
        memory.hasEnded = true
        // Nobody takes what is still in the way.
        inFlightBytes = 0
        deliverInbound()
    }

    func closeMemory() {
        guard let memory else { return }
        memory.tell { $0.otherEnded() }
        memory.forget()
        loop.nextTick { [self] in
            loop.memoryStreams[memory.number] = nil
            memory.inbound = []
            handleClosed()
        }
    }
}
