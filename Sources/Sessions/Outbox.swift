/// Server messages that the client has not acknowledged, kept so that it can resume: a bounded queue of bytes.
///
/// When the limit is passed the oldest go first; a client that comes back for them is told so instead of silently missing some.
struct Outbox {
    /// Serialized ServerMessages, oldest first.
    private var kept: [(sequence: UInt64, bytes: [UInt8])] = []
    private var head = 0
    private(set) var bytes = 0
    private(set) var lastSequence: UInt64 = 0
    /// The newest sequence that was dropped unacknowledged.
    private(set) var lostUpTo: UInt64 = 0
    let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    /// Goes on numbering where a stored session stood.
    mutating func resume(at sequence: UInt64) { lastSequence = max(lastSequence, sequence - min(sequence, 1)) }

    mutating func keep(_ message: [UInt8], sequence: UInt64) {
        kept.append((sequence, message))
        bytes += message.count
        while bytes > bytesMax, head < kept.count {
            lostUpTo = kept[head].sequence
            dropHead()
        }
        compact()
    }

    mutating func acknowledge(upTo sequence: UInt64) {
        while head < kept.count, kept[head].sequence <= sequence { dropHead() }
        compact()
    }

    /// What the client has not seen, or nil when part of it is no longer kept.
    func after(_ sequence: UInt64) -> [[UInt8]]? {
        guard sequence <= lastSequence, sequence >= lostUpTo else { return nil }
        return kept[head...].filter { $0.sequence > sequence }.map(\.bytes)
    }

    private mutating func dropHead() {
        bytes -= kept[head].bytes.count
        kept[head].bytes = []
        head += 1
    }

    private mutating func compact() {
        if head == kept.count {
            kept.removeAll(keepingCapacity: kept.capacity <= 64)
            head = 0
        } else if head > 64, head * 2 > kept.count {
            kept.removeFirst(head)
            head = 0
        }
    }
}
