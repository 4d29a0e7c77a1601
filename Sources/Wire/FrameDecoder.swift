/// gRPC's Length-Prefixed-Message as a state machine: bytes in, whole frames out.
///
/// A frame is one flag byte (bit 0 = compressed), a four-byte big-endian length and that many bytes. A frame that lies
/// wholly inside the bytes given is lent to the callback where it is; only the beginning of an unfinished one is copied.
/// Memory follows what has arrived (never what a length field claims), is at most twice that and at most `frameBytesMax`
/// plus the prefix, and is given back when the frame is done: an idle decoder owns no heap memory.
public struct FrameDecoder: Sendable {
    /// Flag byte and length.
    public static let prefixBytes = 5
    /// The default limit of one frame: 4 MiB.
    public static let frameBytesMaxDefault = 4 * 1024 * 1024

    /// The largest frame taken, in bytes without the prefix.
    public let frameBytesMax: Int

    /// The beginning of an unfinished frame with its prefix; empty between frames.
    private var partial: [UInt8] = []
    /// Why decoding ended. Framing cannot be found again after an error.
    private var failure: RPCStatus?

    public init(frameBytesMax: Int = FrameDecoder.frameBytesMaxDefault) {
        precondition(frameBytesMax > 0 && frameBytesMax <= Int(UInt32.max), "a frame's length has 32 bits")
        self.frameBytesMax = frameBytesMax
    }

    /// Whether the bytes so far end with a whole frame: an end of stream here is orderly.
    public var isIdle: Bool { partial.isEmpty && failure == nil }

    /// Bytes kept of an unfinished frame, prefix included.
    public var keptBytes: Int { partial.count }

    /// Bytes of memory kept for it.
    var keptCapacity: Int { partial.capacity }

    /// Takes the next bytes of the connection and calls `onFrame` with each frame that they complete, in order.
    ///
    /// The frame is borrowed until `onFrame` returns. `onFrame` must not reach this decoder again: `feed` has exclusive
    /// access to it. An error of the framing or of `onFrame` ends decoding: every later call throws the same again.
    ///
    /// - Throws: UNIMPLEMENTED for a compressed frame, INVALID_ARGUMENT for other flags, RESOURCE_EXHAUSTED for a length
    ///   above `frameBytesMax`, and whatever `onFrame` throws.
    public mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ onFrame: (UnsafeRawBufferPointer) throws(RPCStatus) -> Void
    ) throws(RPCStatus) {
        if let failure { throw failure }
        do {
            try take(bytes, onFrame)
        } catch {
            failure = error
            partial = []
            throw error
        }
    }

    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ onFrame: (UnsafeRawBufferPointer) throws(RPCStatus) -> Void
    ) throws(RPCStatus) {
        var position = 0
        if !partial.isEmpty { position = try complete(bytes, onFrame) }
        while bytes.count - position >= Self.prefixBytes {
            let start = position + Self.prefixBytes
            let length = try frameLength(UnsafeRawBufferPointer(rebasing: bytes[position..<start]))
            guard bytes.count - start >= length else { break }
            try onFrame(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)]))
            position = start + length
        }
        if position < bytes.count { try keep(UnsafeRawBufferPointer(rebasing: bytes[position...])) }
    }

    /// Adds to the unfinished frame; returns how many of `bytes` it took.
    private mutating func complete(
        _ bytes: UnsafeRawBufferPointer, _ onFrame: (UnsafeRawBufferPointer) throws(RPCStatus) -> Void
    ) throws(RPCStatus) -> Int {
        var position = 0
        if partial.count < Self.prefixBytes {
            position = min(Self.prefixBytes - partial.count, bytes.count)
            partial.append(contentsOf: bytes[..<position])
            guard partial.count == Self.prefixBytes else { return position }
        }
        let total = Self.prefixBytes + (try partialLength())
        let more = min(total - partial.count, bytes.count - position)
        try keep(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + more)]))
        position += more
        guard partial.count == total else { return position }
        let frame = partial
        partial = []
        let result = frame.withUnsafeBytes { buffer in
            Result { () throws(RPCStatus) in try onFrame(UnsafeRawBufferPointer(rebasing: buffer[Self.prefixBytes...])) }
        }
        try result.get()
        return position
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let arrived = partial.count + bytes.count
        if arrived > partial.capacity {
            // Doubling, but never beyond the frame's own end.
            var wanted = max(2 * arrived, 256)
            if partial.count >= Self.prefixBytes { wanted = min(wanted, Self.prefixBytes + (try partialLength())) }
            partial.reserveCapacity(max(wanted, arrived))
        }
        partial.append(contentsOf: bytes)
    }

    private func partialLength() throws(RPCStatus) -> Int {
        let prefix = (partial[0], partial[1], partial[2], partial[3], partial[4])
        let result = withUnsafeBytes(of: prefix) { buffer in
            Result { () throws(RPCStatus) in try frameLength(buffer) }
        }
        return try result.get()
    }

    /// Reads and checks a prefix of five bytes.
    private func frameLength(_ prefix: UnsafeRawBufferPointer) throws(RPCStatus) -> Int {
        precondition(prefix.count == Self.prefixBytes, "a prefix has five bytes")
        if prefix[0] & 1 != 0 { throw RPCStatus(.unimplemented, "compressed frames are not supported: send flag byte 0") }
        if prefix[0] != 0 { throw RPCStatus(.invalidArgument, "flag byte \(prefix[0]) of a frame: only 0 is allowed") }
        let length = Int(prefix[1]) << 24 | Int(prefix[2]) << 16 | Int(prefix[3]) << 8 | Int(prefix[4])
        if length > frameBytesMax {
            throw RPCStatus(.resourceExhausted, "a frame of \(length) bytes: at most \(frameBytesMax) are allowed")
        }
        return length
    }
}
