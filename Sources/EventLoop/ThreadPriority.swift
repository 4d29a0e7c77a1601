import CLibuv
import Glibc

/// How readily the calling thread gives the processor to others.
public enum ThreadPriority {
    /// Adds to its nice value, and to that of threads and processes it starts from now on.
    ///
    /// Refused nowhere, as it only lowers the priority; if it were, work would still be right.
    public static func lower(by increment: Int32) {
        // 0 = the calling thread, on Linux.
        let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, own + increment)
    }

    /// Whoever else wakes up gets the processor at once, where the kernel can do so (Linux 6.12): for work that nobody waits for.
    ///
    /// A nice value alone does not see to that: it says how much of the processor a thread gets, not how soon it gives it away.
    public static func giveWayAtOnce() { vitrine_take_long_slices() }
}
