// Unsafe: a write request is one allocation, `uv_write_t` followed by the bytes it writes, freed in its callback, which libuv calls exactly once.
// The request
// finds its stream through the handle's `data`; the handle is not freed before its requests were called back.

import CLibuv
import Glibc

extension ByteStream {
    /// Output storage that is larger than this is freed rather than kept by the loop for the next stream. Bytes.
    static let spareBytesMax = 256 * 1024
    /// Spare arrays a loop keeps.
    static let spareArraysMax = 8

    /// Appends to the pending output. It is offered to the kernel once: at the end of the read callback it was called from, else in this iteration.
    ///
    /// Ignored when the stream is closing. `body` may only append, and not write to this stream again.
    public func write(_ body: (inout [UInt8]) -> Void) {
        loop.preconditionCurrent()
        guard state == .open else { return }
        precondition(!isWriting, "write is not called from within write")
        isWriting = true
        var buffer = exchange(&output, with: [])
        if buffer.capacity == 0, let spare = loop.spareOutputs.popLast() { buffer = spare }
        body(&buffer)
        output = buffer
        isWriting = false
        if output.isEmpty {
            releaseOutput()
            return
        }
        if !isUnflushed {
            isUnflushed = true
            loop.unflushed.append(self)
        }
        let pending = pendingBytes
        if pending > limits.outputBytesMax {
            // What the kernel takes at once does not count.
            flush()
            let left = pendingBytes
            if left > limits.outputBytesMax {
                close(with: LoopError(.outputLimit, "\(peer) reads too slowly: \(left) bytes wait, \(limits.outputBytesMax) are allowed"))
            }
        } else if pending >= limits.highWaterBytes {
            isCongested = true
        }
    }

    /// Bytes that were written and that the kernel has not taken yet.
    public var pendingBytes: Int {
        guard inFlightBytes > 0, let stream = uvStream else { return output.count }
        return output.count + uv_stream_get_write_queue_size(stream)
    }

    /// Offers the pending output to the kernel; libuv keeps a copy of what is left and writes it when it can. Calls nobody back.
    func flush() {
        isUnflushed = false
        if memory != nil { return flushMemory() }
        guard inFlightBytes == 0, !output.isEmpty, state == .open || state == .flushing, let stream = uvStream else { return }
        let written = output.withUnsafeMutableBytes { bytes -> Int32 in
            var buffer = uv_buf_init(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(clamping: bytes.count))
            return uv_try_write(stream, &buffer, 1)
        }
        if written < 0 && written != UV_EAGAIN.rawValue {
            close(with: LoopError(uv: written, "writing to \(peer)"))
            return
        }
        let taken = max(0, Int(written))
        if taken < output.count { writeRest(from: taken, stream) }
        releaseOutput()
        if inFlightBytes >= limits.highWaterBytes { isCongested = true }
        if inFlightBytes == 0 { drained() }
    }

    private func writeRest(from start: Int, _ stream: UnsafeMutablePointer<uv_stream_t>) {
        let count = output.count - start
        let header = MemoryLayout<uv_write_t>.size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: header + count, alignment: MemoryLayout<uv_write_t>.alignment)
        let request = memory.bindMemory(to: uv_write_t.self, capacity: 1)
        output.withUnsafeBytes { bytes in (memory + header).copyMemory(from: bytes.baseAddress! + start, byteCount: count) }
        var buffer = uv_buf_init((memory + header).assumingMemoryBound(to: CChar.self), UInt32(clamping: count))
        let status = uv_write(request, stream, &buffer, 1) { request, status in
            guard let request else { return }
            let owner = request.pointee.handle.flatMap { HandleOwner.from($0, as: ByteStream.self) }
            request.deallocate()
            owner?.didWrite(status)
        }
        if status < 0 {
            memory.deallocate()
            close(with: LoopError(uv: status, "writing to \(peer)"))
        } else {
            inFlightBytes = count
        }
    }

    private func didWrite(_ status: Int32) {
        loop.noteActivity()
        inFlightBytes = 0
        if status < 0 {
            // A cancelled write belongs to a stream that is closing already.
            if status != UV_ECANCELED.rawValue { close(with: LoopError(uv: status, "writing to \(peer)")) }
            return
        }
        flush()
        if inFlightBytes == 0 && output.isEmpty { drained() }
        if state == .flushing && pendingBytes == 0 { close(with: nil) }
    }

    /// Called whenever output has left. The closure runs later in this iteration, because `flush` may be within one of the client's calls.
    func drained() {
        guard isCongested, state == .open, pendingBytes <= limits.lowWaterBytes else { return }
        isCongested = false
        if onDrained != nil { loop.nextTick { [self] in if state == .open { onDrained?() } } }
    }

    /// Empties the output and gives its storage back to the loop.
    func releaseOutput() {
        guard output.capacity > 0 else { return }
        var spare = exchange(&output, with: [])
        guard spare.capacity <= Self.spareBytesMax, loop.spareOutputs.count < Self.spareArraysMax else { return }
        spare.removeAll(keepingCapacity: true)
        loop.spareOutputs.append(spare)
    }
}
