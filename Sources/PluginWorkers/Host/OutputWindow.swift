/// The credit that a worker has for what one stream gives. A value, no I/O.
///
/// What was passed on comes back as credit, but not faster than `bytesPerSecondMax`, so that a worker that floods is slowed down if it keeps to its
/// credit, and is found out if it does not.
struct OutputWindow: Sendable, Equatable {
    let windowBytes: Int
    let bytesPerSecondMax: Int
    /// What the worker may still send; the last message may overdraw it.
    private(set) var creditBytes: Int
    /// Passed on, and not given back yet.
    private(set) var owedBytes = 0
    /// What may be given back now.
    private var tokenBytes: Int
    private var refilledUs: UInt64

    init(windowBytes: Int, bytesPerSecondMax: Int, nowUs: UInt64) {
        self.windowBytes = windowBytes
        self.bytesPerSecondMax = bytesPerSecondMax
        creditBytes = windowBytes
        tokenBytes = windowBytes
        refilledUs = nowUs
    }

    /// A message came and was passed on.
    /// - Returns: false when the worker had no credit for it.
    mutating func received(_ bytes: Int) -> Bool {
        guard creditBytes > 0 else { return false }
        creditBytes -= bytes
        owedBytes += bytes
        return true
    }

    /// Credit to give the worker now, in bytes; 0 = none yet. Grants are few: a quarter of the window or more at a time.
    mutating func grant(nowUs: UInt64) -> Int {
        guard owedBytes >= windowBytes / 4 else { return 0 }
        refill(nowUs)
        let bytes = min(owedBytes, tokenBytes)
        guard bytes > 0 else { return 0 }
        owedBytes -= bytes
        tokenBytes -= bytes
        creditBytes += bytes
        return bytes
    }

    /// When to ask for the next grant, microseconds from now; nil = after the next message.
    var waitUs: UInt64? {
        guard owedBytes >= windowBytes / 4 else { return nil }
        return UInt64(windowBytes / 4) * 1_000_000 / UInt64(max(bytesPerSecondMax, 1)) + 1
    }

    private mutating func refill(_ nowUs: UInt64) {
        let elapsed = nowUs > refilledUs ? min(nowUs - refilledUs, 60_000_000) : 0
        let more = Int(elapsed) * bytesPerSecondMax / 1_000_000
        guard more > 0 else { return }
        tokenBytes = min(tokenBytes + more, windowBytes)
        refilledUs = nowUs
    }
}

/// How many events a second are let through. A value.
struct RateWindow: Sendable, Equatable {
    let perSecondMax: Int
    private var beganUs: UInt64 = 0
    private var count = 0
    /// Events beyond the limit in the second before this one.
    private(set) var suppressed = 0

    init(perSecondMax: Int) { self.perSecondMax = perSecondMax }

    /// - Returns: whether this one is within the limit.
    mutating func admit(nowUs: UInt64) -> Bool {
        if nowUs - beganUs >= 1_000_000 || beganUs == 0 {
            suppressed = max(0, count - perSecondMax)
            beganUs = nowUs
            count = 0
        }
        count += 1
        return count <= perSecondMax
    }

    /// What was suppressed, said once.
    mutating func takeSuppressed() -> Int {
        defer { suppressed = 0 }
        return suppressed
    }
}
