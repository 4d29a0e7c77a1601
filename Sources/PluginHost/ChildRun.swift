// Unsafe: posix_spawn's argument arrays. Invariant: every C string and both attribute objects live until posix_spawn has returned.

import Glibc
import Locks
public import Wire

/// A program that is run to its end, or for as long as it may take.
public struct ChildRun: Sendable {
    public enum End: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
        case timedOut
    }

    public var end: End
    /// Standard output, as far as it was kept.
    public var output: String
    /// Standard error, likewise.
    public var errors: String

    /// Starts a program, collects what it says, and waits; kills it when its time is over. Blocks: not on a loop.
    /// - Throws: NOT_FOUND when the program cannot be started.
    public static func run(_ arguments: [String], msMax: Int, outputBytesMax: Int) throws(RPCStatus) -> ChildRun {
        var out: [Int32] = [-1, -1]
        var err: [Int32] = [-1, -1]
        guard pipe(&out) == 0 else { throw RPCStatus(.resourceExhausted, "no pipe: \(String(cString: strerror(errno)))") }
        guard pipe(&err) == 0 else {
            for descriptor in out { close(descriptor) }
            throw RPCStatus(.resourceExhausted, "no pipe: \(String(cString: strerror(errno)))")
        }
        defer { for descriptor in [out[0], err[0]] { close(descriptor) } }
        // A child that another thread starts meanwhile must not hold these open.
        for descriptor in out + err { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let spawned = Result { () throws(RPCStatus) in try spawn(arguments, output: out[1], errors: err[1]) }
        for descriptor in [out[1], err[1]] { close(descriptor) }
        let child = try spawned.get()
        if running.withLock({ $0.begin(child) }) { kill(-child, SIGKILL) }
        defer { running.withLock { $0.end(child) } }
        var collected = [Collected(descriptor: out[0]), Collected(descriptor: err[0])]
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(msMax))
        var inTime = collect(&collected, until: deadline, bytesMax: outputBytesMax)
        var status: Int32 = 0
        // One that has closed its outputs may still run.
        while inTime, waitpid(child, &status, WNOHANG) == 0 {
            usleep(Self.endPollUs)
            inTime = ContinuousClock.now < deadline
        }
        if !inTime {
            kill(-child, SIGKILL)
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
        let signal = status & 0x7f
        let end: End = !inTime ? .timedOut : signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
        return ChildRun(
            end: end, output: String(decoding: collected[0].bytes, as: UTF8.self), errors: String(decoding: collected[1].bytes, as: UTF8.self))
    }

    /// Ends every program that is being run, with all that it has started, and those that are run from now on: this process is about to end, and
    /// they lead process groups of their own, which a terminal's ^C does not reach. Any thread.
    public static func endAll() {
        // Under the lock: one that has ended meanwhile is not in the list, and its number may be another program's.
        running.withLock { running in
            for child in running.endAll() { kill(-child, SIGKILL) }
        }
    }

    /// The programs that are being run.
    private struct Running {
        private var children: Set<pid_t> = []
        private var isOver = false

        /// - Returns: whether it is to be ended at once.
        mutating func begin(_ child: pid_t) -> Bool {
            children.insert(child)
            return isOver
        }

        mutating func end(_ child: pid_t) { children.remove(child) }

        mutating func endAll() -> Set<pid_t> {
            isOver = true
            return children
        }
    }

    private static let running = Lock(Running())

    /// Between looks at whether a child that has closed its outputs has ended.
    private static let endPollUs: UInt32 = 500

    private struct Collected {
        var descriptor: Int32
        var bytes: [UInt8] = []
        var isOpen = true
    }

    /// - Returns: false when the time was over first.
    private static func collect(_ streams: inout [Collected], until deadline: ContinuousClock.Instant, bytesMax: Int) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while streams.contains(where: \.isOpen) {
            let left = ContinuousClock.now.duration(to: deadline)
            let ms = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            guard ms > 0 else { return false }
            var polled = streams.map { pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0) }
            let ready = poll(&polled, nfds_t(polled.count), Int32(clamping: ms))
            if ready < 0 && errno == EINTR { continue }
            for (index, entry) in polled.enumerated() where streams[index].isOpen && entry.revents != 0 {
                let count = read(entry.fd, &chunk, chunk.count)
                if count <= 0 {
                    streams[index].isOpen = false
                } else {
                    streams[index].bytes += chunk[..<count].prefix(max(0, bytesMax - streams[index].bytes.count))
                }
            }
        }
        return true
    }

    private static func spawn(_ arguments: [String], output: Int32, errors: Int32) throws(RPCStatus) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // Nothing of the server's own signal handling reaches the child; it leads a group, so that all of it can be ended.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var child: pid_t = 0
        let status = posix_spawn(&child, arguments[0], &actions, &attributes, words, environ)
        guard status == 0 else { throw RPCStatus(.notFound, "\(arguments[0]) cannot be started: \(String(cString: strerror(status)))") }
        return child
    }
}
