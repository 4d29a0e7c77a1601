import Glibc

/// Where a loop's time comes from.
public enum LoopClock {
    public enum Mode: Sendable, Equatable {
        /// The machine's monotonic clock.
        case real
        /// Time stands still while anything is left to compute or a PendingToken is held, then jumps to the next event. See `VirtualClock`.
        case virtual
    }

    /// Both clocks begin here, so that 0 can mean "no time" in messages: one second, in microseconds.
    public static let startUs: UInt64 = 1_000_000

    /// The instant, on the machine's monotonic clock in nanoseconds, that counts as `startUs`; fixed on first use in the process.
    static let epochNs: UInt64 = machineNs()

    /// Nanoseconds of CLOCK_MONOTONIC, the clock libuv's timers use.
    static func machineNs() -> UInt64 {
        var time = timespec()
        let status = clock_gettime(CLOCK_MONOTONIC, &time)
        precondition(status == 0, "CLOCK_MONOTONIC exists on every Linux")
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// Microseconds since the process' epoch on the real clock.
    static func realUs() -> UInt64 {
        let epoch = epochNs
        let now = machineNs()
        return startUs &+ (now >= epoch ? (now &- epoch) / 1_000 : 0)
    }

    /// The whole millisecond of libuv's timer clock at or after `us`: a timer set for it is never early.
    static func timerMs(atUs us: UInt64) -> UInt64 { (epochNs &+ (us &- startUs) &* 1_000 &+ 999_999) / 1_000_000 }
}
