import EventLoop
import Glibc
import PluginHost
import PluginWorkers
import Router
import Wire

/// What a change of plugins is about: a shared object, of which a copy was made, or a program, which runs where it is.
enum PluginSource: Sendable {
    case library(PluginCandidate)
    case program(ChildProcess.Command)

    /// - Throws: NOT_FOUND, FAILED_PRECONDITION or INVALID_ARGUMENT, with the file's name.
    static func read(
        _ request: ChangePluginRequest, live: [any PluginBuild], host: PluginHost, settledMs: Int
    ) throws(RPCStatus) -> PluginSource {
        if request.command.isEmpty, WorkerRunner.serves(request.file) {
            return .library(try host.candidate(request.file, settledMs: settledMs))
        }
        let command: ChildProcess.Command
        if let program = request.command.first {
            command = ChildProcess.Command(program, Array(request.command.dropFirst()))
        } else if let named = live.compactMap({ ($0 as? WorkerPlugin)?.command }).first(where: { names($0, request.file) }) {
            command = named
        } else {
            command = WorkerRunner.command(for: request.file)
            guard access(request.file, command.program == request.file ? X_OK : R_OK) == 0 else {
                let code = errno
                throw RPCStatus(
                    code == ENOENT ? .notFound : .failedPrecondition,
                    "\(request.file): \(String(cString: strerror(code))); a worker's program is executable, or its command is named with it")
            }
        }
        // Waits until the files are whole; a program is looked at again when it is started.
        _ = try host.fingerprint(of: command.program, command.arguments, settledMs: settledMs)
        return .program(command)
    }

    /// Whether a command names a file, however the paths are written.
    static func names(_ command: ChildProcess.Command, _ file: String) -> Bool {
        let wanted = resolved(file)
        return ([command.program] + command.arguments).contains { $0.contains("/") && resolved($0) == wanted }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// The live build that this is already. A program is never: its file may be the same and what it reads another.
    func sameBuild(in live: [any PluginBuild], place: PluginPlace?) -> (any PluginBuild)? {
        guard case .library(let candidate) = self else { return nil }
        return live.first { $0.sha256 == candidate.sha256 && (place == nil || PluginPlace(of: $0) == place) }
    }

    /// Maps the library, or makes the worker's models ready. Blocks.
    func build(
        _ place: PluginPlace, _ manifest: PluginManifest?, _ host: PluginHost, limits: WorkerLimits?, runner: String
    ) throws(RPCStatus) -> any PluginBuild {
        let limits = limits ?? WorkerLimits()
        switch self {
        case .library(let candidate):
            if place == .inProcess { return try host.generation(of: candidate) }
            return try WorkerPlugin.load(candidate, manifest: manifest, host: host, limits: limits, runner: runner)
        case .program(let command): return try WorkerPlugin.load(command, manifest: manifest, host: host, limits: limits)
        }
    }
}

/// What takes new streams on one loop, made for a change and not seen by anybody else yet.
enum StartedNode: Sendable {
    case instance(LoopBound<PluginInstance>)
    case worker(LoopBound<WorkerNode>)

    var loop: EventLoop {
        switch self {
        case .instance(let instance): instance.loop
        case .worker(let node): node.loop
        }
    }

    /// On its loop.
    var node: any Node {
        switch self {
        case .instance(let instance): instance.value
        case .worker(let node): node.value
        }
    }

    /// Any thread.
    func discard() {
        loop.submit { [self] in
            switch self {
            case .instance(let instance): instance.value.retire()
            case .worker(let node): node.value.shutDown()
            }
        }
    }

    /// Blocks; not on a loop.
    /// - Throws: FAILED_PRECONDITION or DEADLINE_EXCEEDED, naming the plugin.
    static func warm(_ nodes: [StartedNode], _ build: any PluginBuild, msMax: Int) throws(RPCStatus) {
        try WarmUp.run(build.manifest, on: nodes.map(\.loop), msMax: msMax) { loop in nodes.first { $0.loop === loop }?.node }
    }

    /// One for each loop, ready to serve. Blocks; not on a loop. A failure takes those that were made back.
    static func start(_ build: any PluginBuild, on loops: [EventLoop], _ host: PluginHost) throws(RPCStatus) -> [StartedNode] {
        var made: [StartedNode] = []
        do throws(RPCStatus) {
            if let worker = build as? WorkerPlugin {
                // All at once: a process takes its time to start.
                let starting = loops.map { WorkerStart(worker, on: $0) }
                var failure: RPCStatus?
                for start in starting {
                    let (node, trouble) = start.wait()
                    made.append(.worker(node))
                    if let trouble { failure = RPCStatus(.failedPrecondition, "the worker of \(worker.name) does not start: \(trouble)") }
                }
                if let failure { throw failure }
            }
            if let generation = build as? PluginGeneration {
                for loop in loops { made.append(.instance(try host.instanceToBe(of: generation, for: loop))) }
            }
            return made
        } catch {
            for node in made { node.discard() }
            throw error
        }
    }
}

/// A worker on its way on one loop, for a thread that waits for it.
final class WorkerStart: @unchecked Sendable {
    // Invariant: `node` and `trouble` are written on the loop before `done` is signalled, and read after waiting for it.
    private var node: LoopBound<WorkerNode>?
    private var trouble: String?
    private let done = ThreadSignal()

    init(_ worker: WorkerPlugin, on loop: EventLoop) {
        loop.submit { [self] in
            let node = WorkerNode(worker, loop: loop) { [self] trouble in
                self.trouble = trouble
                // It may not have started to exist yet: the next tick is after that.
                loop.nextTick { self.done.signal() }
            }
            self.node = LoopBound(node, loop: loop)
        }
    }

    func wait() -> (LoopBound<WorkerNode>, trouble: String?) {
        done.wait()
        guard let node else { preconditionFailure("invariant: a worker settles after it was made") }
        return (node, trouble)
    }
}
