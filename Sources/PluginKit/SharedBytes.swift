// Unsafe: bytes of the host's buffers. Invariant: a BufferReference holds one reference to its vt_buffer from init to deinit, and a shared
// vt_buffer's bytes do not change, so the range of a SharedBytes stays readable as long as it lives.

import CVitrinePlugin

/// One reference to a host's buffer. Sendable: retain and release may be called on any thread, the bytes are immutable.
final class BufferReference: @unchecked Sendable {
    let buffer: UnsafeMutablePointer<vt_buffer>

    init(retaining buffer: UnsafeMutablePointer<vt_buffer>) {
        self.buffer = buffer
        buffer.pointee.retain(buffer)
    }

    deinit { buffer.pointee.release(buffer) }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer.pointee.data, count: buffer.pointee.length)
    }
}

/// A piece of an input message without a copy. It keeps the host's buffer alive and may be read in a compute job.
public struct SharedBytes: Sendable {
    private let owner: BufferReference
    private let range: Range<Int>

    /// `range` must lie within the buffer.
    init(owner: BufferReference, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= owner.bytes.count, "shared bytes lie within their buffer")
        self.owner = owner
        self.range = range
    }

    /// `view` must lie within the buffer, or be empty.
    init(owner: BufferReference, view: UnsafeRawBufferPointer) {
        guard let start = view.baseAddress, let base = owner.bytes.baseAddress, !view.isEmpty else {
            self.init(owner: owner, range: 0..<0)
            return
        }
        let offset = start - base
        self.init(owner: owner, range: offset..<offset + view.count)
    }

    public var count: Int { range.count }

    public var isEmpty: Bool { range.isEmpty }

    /// The bytes are valid until `body` returns.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(rebasing: owner.bytes[range]))
    }
}
