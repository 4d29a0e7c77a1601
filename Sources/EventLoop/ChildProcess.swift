// Unsafe: C strings and the arrays of pointers to them live for the call of uv_spawn, which copies what it needs. The handle follows HandleOwner's
// rules.

import CLibuv
import Glibc

/// Another program, run as a child of this process in a process group of its own. Every call is made on the loop.
///
/// An open handle keeps itself alive until the program has ended. When the loop ends first, the program is killed.
public final class ChildProcess: HandleOwner {
    /// What to run.
    public struct Command: Sendable, Equatable {
        /// A path, or a name that is looked for in the folders of PATH.
        public var program: String
        /// Without the program's own name.
        public var arguments: [String]
        /// Added to this process's environment, where a name given later counts.
        public var environment: [(name: String, value: String)]
        /// The working folder; "" = this process's.
        public var folder: String

        public init(_ program: String, _ arguments: [String] = [], environment: [(name: String, value: String)] = [], folder: String = "") {
            self.program = program
            self.arguments = arguments
            self.environment = environment
            self.folder = folder
        }

        public static func == (left: Command, right: Command) -> Bool {
            left.program == right.program && left.arguments == right.arguments && left.folder == right.folder
                && left.environment.elementsEqual(right.environment) { $0 == $1 }
        }
    }

    /// How the program ended.
    public struct Exit: Sendable, Equatable, CustomStringConvertible {
        /// What it returned; 0 when a signal ended it.
        public var code: Int
        /// The signal that ended it; 0 = it returned.
        public var signal: Int32

        public init(code: Int, signal: Int32) {
            self.code = code
            self.signal = signal
        }

        public var description: String {
            signal == 0 ? "it ended with exit code \(code)" : "it was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }

    /// Of the child; valid until `onExit` is called.
    public let pid: Int32
    private var onExit: ((Exit) -> Void)?

    /// Starts a program. Every other descriptor of this process is marked to be closed when a program starts, whoever opened it.
    /// - Parameters:
    ///   - descriptors: what the child gets as its descriptors 0, 1, 2 …; nil = /dev/null for 0 to 2, and nothing above. They stay the caller's.
    ///   - onExit: called once, on the loop, never from within this call; also when the loop ends first, which kills the program.
    /// - Throws: `notFound` or `permissionDenied` when the program cannot be run, `resourceExhausted`.
    public static func spawn(
        _ command: Command, descriptors: [Int32?], loop: EventLoop, onExit: @escaping (Exit) -> Void
    ) throws(LoopError) -> ChildProcess {
        loop.preconditionCurrent()
        if loop.isStopping { throw LoopError(.closed, "cannot start \(command.program): the loop \(loop.name) is stopping") }
        vitrine_close_descriptors_on_exec()
        unblock(SIGCHLD)
        let process = UnsafeMutablePointer<uv_process_t>.allocate(capacity: 1)
        process.initialize(to: uv_process_t())
        let status = start(command, descriptors, process, loop)
        let child = ChildProcess(process, loop: loop, onExit: status < 0 ? nil : onExit)
        if status < 0 {
            child.closeHandle()
            throw LoopError(uv: status, "cannot start \(command.program)")
        }
        return child
    }

    private init(_ process: UnsafeMutablePointer<uv_process_t>, loop: EventLoop, onExit: ((Exit) -> Void)?) {
        pid = process.pointee.pid
        self.onExit = onExit
        super.init(loop: loop)
        own(process)
    }

    /// Sends a signal to the child's process group: to it and to whatever it has started. Ignored once it has ended.
    public func kill(_ signal: Int32) {
        loop.preconditionCurrent()
        guard handle != nil, pid > 0 else { return }
        Glibc.kill(-pid, signal)
    }

    /// Limits what the program may take from now on. Both the soft and the hard limit are set; raising is not possible afterwards.
    /// - Throws: `system` when the kernel refuses.
    public func limit(_ resource: Resource, to value: UInt64) throws(LoopError) {
        loop.preconditionCurrent()
        guard handle != nil, pid > 0 else { return }
        if vitrine_limit_process(pid, resource.raw, value) != 0 {
            throw LoopError(uv: -errno, "cannot limit the \(resource) of process \(pid) to \(value)")
        }
    }

    /// What can be limited, by the names of setrlimit(2).
    public enum Resource: Sendable {
        /// Bytes of private writable memory: heap, stacks, anonymous mappings (RLIMIT_DATA).
        case memory
        /// Bytes of a core file (RLIMIT_CORE).
        case coreFile
        /// Descriptors (RLIMIT_NOFILE).
        case descriptors

        fileprivate var raw: Int32 {
            switch self {
            case .memory: Int32(RLIMIT_DATA.rawValue)
            case .coreFile: Int32(RLIMIT_CORE.rawValue)
            case .descriptors: Int32(RLIMIT_NOFILE.rawValue)
            }
        }
    }

    private static func start(
        _ command: Command, _ descriptors: [Int32?], _ process: UnsafeMutablePointer<uv_process_t>, _ loop: EventLoop
    ) -> Int32 {
        var options = uv_process_options_t()
        options.flags = UInt32(UV_PROCESS_DETACHED.rawValue)
        options.exit_cb = { process, code, signal in
            guard let process, let child = HandleOwner.from(process, as: ChildProcess.self) else { return }
            child.ended(Exit(code: signal == 0 ? Int(code) : 0, signal: signal))
        }
        var streams = descriptors.map { descriptor in
            var stream = uv_stdio_container_t()
            stream.flags = descriptor == nil ? UV_IGNORE : UV_INHERIT_FD
            stream.data.fd = descriptor ?? -1
            return stream
        }
        let arguments = CStrings([command.program] + command.arguments)
        let environment = CStrings(Self.environment(command.environment))
        return command.program.withCString { program in
            command.folder.withCString { folder in
                streams.withUnsafeMutableBufferPointer { streams in
                    options.file = program
                    options.args = arguments.pointers
                    options.env = environment.pointers
                    if !command.folder.isEmpty { options.cwd = folder }
                    options.stdio = streams.baseAddress
                    options.stdio_count = Int32(streams.count)
                    return withExtendedLifetime((arguments, environment)) { uv_spawn(loop.uv, process, &options) }
                }
            }
        }
    }

    /// This process's environment with `added`, in a fixed order.
    private static func environment(_ added: [(name: String, value: String)]) -> [String] {
        var lines: [String] = []
        var next = vitrine_environment()
        while let line = next?.pointee {
            lines.append(String(cString: line))
            next = next?.advanced(by: 1)
        }
        for (name, value) in added {
            lines.removeAll { $0.hasPrefix("\(name)=") }
            lines.append("\(name)=\(value)")
        }
        return lines
    }

    private func ended(_ exit: Exit) {
        loop.noteActivity()
        let onExit = onExit
        self.onExit = nil
        closeHandle()
        // What it has started goes with it.
        Glibc.kill(-pid, SIGKILL)
        onExit?(exit)
    }

    /// Nobody is left to wait for it.
    override func loopStops() {
        guard handle != nil, pid > 0 else { return closeHandle() }
        Glibc.kill(-pid, SIGKILL)
        closeHandle()
        // It was killed: this takes as long as the kernel needs to take it down.
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let onExit = onExit
        self.onExit = nil
        onExit?(Exit(code: 0, signal: SIGKILL))
    }

    override func handleClosed() { onExit = nil }
}

/// A NULL-terminated array of C strings.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { (pointers + index).initialize(to: strdup(text)) }
        (pointers + texts.count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
