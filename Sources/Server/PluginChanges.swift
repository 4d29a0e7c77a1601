import EventLoop
import Fusion
import Logging
import PluginHost
import Router
import Sessions
import Synchronization
import Wire

/// Loads, swaps and unloads plugins while the server serves: one change at a time, on a thread of its own; loops only learn the outcome.
///
///     read ─▶ probe ─▶ gate ─▶ load ─▶ start ─▶ publish ─▶ (the old build drains)
///
/// Up to `publish` nothing that is live has changed, and whatever goes wrong is rolled back.
final class PluginChanges: @unchecked Sendable {
    // Invariant: everything is set in `init`; what changes is behind `state`.
    private let runtime: PluginRuntime
    private let configuration: ServerConfiguration
    private let loops: [EventLoop]
    private let workers: WorkerTable
    private let log: Logger
    private let state: Mutex<State>

    private struct State {
        /// What is being changed; nil = nothing.
        var busy: String?
        /// Counts up, so that a change that was given up knows it.
        var ticket: UInt64 = 0
        var deployment: Deployment
        /// Old generations that still have streams or work.
        var draining: [PluginGeneration] = []
    }

    init(runtime: PluginRuntime, configuration: ServerConfiguration, loops: [EventLoop], workers: WorkerTable, log: Logger, deployment: Deployment) {
        self.runtime = runtime
        self.configuration = configuration
        self.loops = loops
        self.workers = workers
        self.log = log
        state = Mutex(State(deployment: deployment))
    }

    /// Generations that were replaced and are not gone yet.
    var draining: [PluginGeneration] { state.withLock { $0.draining } }

    // MARK: Asking

    /// Takes a file in: for a plugin that is not there yet, or in the place of the one that is. `done` is called once, on any thread.
    func change(_ request: ChangePluginRequest, isSwap: Bool, done: @escaping @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void) {
        begin(request.file, done) { [self] attempt throws(RPCStatus) in
            try replace(request, isSwap: isSwap, attempt)
        }
    }

    /// Takes a plugin out. `done` is called once, on any thread.
    func unload(_ request: UnloadPluginRequest, done: @escaping @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void) {
        begin(request.plugin, done) { [self] attempt throws(RPCStatus) in
            try remove(request, attempt)
        }
    }

    private func begin(
        _ what: String, _ done: @escaping @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void,
        _ body: @escaping @Sendable (Attempt) throws(RPCStatus) -> ChangePluginReply
    ) {
        let begun = state.withLock { state -> Result<UInt64, RPCStatus> in
            if let busy = state.busy {
                return .failure(RPCStatus(.aborted, "another change of plugins is under way (\(busy)): ask again when it is over"))
            }
            state.busy = what
            state.ticket += 1
            return .success(state.ticket)
        }
        switch begun {
        case .failure(let status): done(.failure(status))
        case .success(let ticket):
            let attempt = Attempt(ticket: ticket, loop: loops[0], msMax: configuration.limits.pluginStartMsMax) { [self] in
                free(ticket)
                done(.failure($0))
            }
            LoaderThread.run { [self, log] in
                let result = Result { () throws(RPCStatus) in try body(attempt) }
                free(ticket)
                if case .failure(let status) = result {
                    log.warning("plugins stay as they are", metadata: ["asked": "\(what)", "reason": "\(status)"])
                }
                if attempt.finish() { done(result) }
            }
        }
    }

    private func free(_ ticket: UInt64) {
        state.withLock { state in
            guard state.ticket == ticket else { return }
            state.busy = nil
        }
    }

    // MARK: Load and swap

    private func replace(_ request: ChangePluginRequest, isSwap: Bool, _ attempt: Attempt) throws(RPCStatus) -> ChangePluginReply {
        guard let host = runtime.pluginHost else {
            throw RPCStatus(.failedPrecondition, "this server was started without plugins (plugins.load), so that it has no inference runtime")
        }
        guard request.file.hasPrefix("/") else { throw RPCStatus(.invalidArgument, "'\(request.file)' is not an absolute path") }
        let candidate = try attempt.step("read") { () throws(RPCStatus) in
            try host.candidate(request.file, settledMs: configuration.limits.pluginSettledMs)
        }
        let live = runtime.live
        if let same = live.first(where: { $0.library.sha256 == candidate.sha256 }) {
            return ChangePluginReply(
                plugin: runtime.describe(same), before: runtime.describe(same), unchanged: true, steps: attempt.steps,
                deployment: state.withLock { $0.deployment.number })
        }
        try PluginChange.checkImages(candidate, live: live, host: host, max: configuration.limits.retiredSwiftImagesMax, plugin: request.plugin)
        if !configuration.probeProgram.isEmpty {
            let probe = PluginProbe(
                program: configuration.probeProgram, modelsFolder: configuration.modelsFolder, msMax: configuration.limits.pluginProbeMsMax)
            let manifest = try attempt.step("probe") { () throws(RPCStatus) in
                try probe.manifest(of: candidate, options: options(for: request.plugin))
            }
            try PluginChange.check(manifest, request, isSwap: isSwap, live: live)
            if !request.gates.isEmpty {
                let gate = ReplayGate(program: configuration.probeProgram, configuration: configuration)
                try attempt.step("gate") { () throws(RPCStatus) in try gate.check(manifest.name, candidate, scripts: request.gates) }
            }
        } else if !request.gates.isEmpty {
            throw RPCStatus(.failedPrecondition, "this server was started without a program for probes, and a gate needs one")
        }
        attempt.limitTime()
        let generation = try attempt.step("load") { () throws(RPCStatus) in try host.generation(of: candidate) }
        let old = try PluginChange.check(generation.manifest, request, isSwap: isSwap, live: live)
        let instances = try attempt.step("start") { () throws(RPCStatus) in try start(generation, host) }
        guard attempt.claim() else {
            discard(instances)
            throw RPCStatus(.deadlineExceeded, "the change was given up")
        }
        let deployment = attempt.step("publish") {
            host.publish(generation)
            runtime.replace(old, with: generation)
            return publish(old: old, Dictionary(uniqueKeysWithValues: instances.map { ($0.loop.index, $0) }), drainUs: request.drainUs)
        }
        log.info(
            "plugin \(old == nil ? "loaded" : "swapped")",
            metadata: [
                "plugin": "\(generation.manifest.name)", "version": "\(generation.manifest.version)", "generation": "\(generation.number)",
                "sha256": "\(generation.library.sha256.prefix(12))",
            ])
        return ChangePluginReply(
            plugin: runtime.describe(generation), before: old.map(runtime.describe), steps: attempt.steps, deployment: deployment,
            differences: old.map { PluginChange.differences($0.manifest, generation.manifest) } ?? [])
    }

    private func options(for plugin: String) -> [String: String] {
        var options: [String: String] = [:]
        for option in configuration.plugins.first(where: { $0.name == plugin })?.options ?? [] { options[option.key] = option.value }
        return options
    }

    /// One instance for each loop, made here; a failure takes those that were made back.
    private func start(_ generation: PluginGeneration, _ host: PluginHost) throws(RPCStatus) -> [LoopBound<PluginInstance>] {
        var made: [LoopBound<PluginInstance>] = []
        for loop in loops {
            do throws(RPCStatus) {
                made.append(try host.instanceToBe(of: generation, for: loop))
            } catch {
                discard(made)
                throw error
            }
        }
        return made
    }

    private func discard(_ instances: [LoopBound<PluginInstance>]) {
        for instance in instances { instance.loop.submit { instance.value.discard() } }
    }

    // MARK: Unload

    private func remove(_ request: UnloadPluginRequest, _ attempt: Attempt) throws(RPCStatus) -> ChangePluginReply {
        guard let old = runtime.live.first(where: { $0.manifest.name == request.plugin }) else {
            throw PluginChange.notLive(request.plugin, runtime.live)
        }
        let plan = state.withLock { $0.deployment.plan }
        if !request.force, let node = plan.streams.first(where: { $0.kind == .plugin(request.plugin) }) {
            throw RPCStatus(
                .failedPrecondition,
                "node '\(node.id)' of graph '\(plan.name)' needs \(request.plugin): its inputs would get UNAVAILABLE; say so with force, or swap it")
        }
        let deployment = attempt.step("publish") {
            runtime.pluginHost?.withdraw(request.plugin)
            runtime.replace(old, with: nil)
            return publish(old: old, [:], drainUs: request.drainUs)
        }
        log.info("plugin unloaded", metadata: ["plugin": "\(request.plugin)", "generation": "\(old.number)"])
        return ChangePluginReply(before: runtime.describe(old), steps: attempt.steps, deployment: deployment)
    }

    // MARK: Publish

    /// Gives every loop the new deployment and its instance, and lets the old ones drain.
    /// - Returns: the deployment's number, once every loop has it.
    private func publish(old: PluginGeneration?, _ instances: [Int: LoopBound<PluginInstance>], drainUs: UInt64) -> UInt64 {
        let deployment = state.withLock { state in
            state.deployment = state.deployment.with(generations: runtime.generationNames)
            if let old { state.draining.append(old) }
            return state.deployment
        }
        let within = drainUs == 0 ? UInt64(configuration.limits.pluginDrainMsMax) * 1_000 : drainUs
        let gone = Countdown(loops.count) { [self] in
            guard let old else { return }
            // The library is unloaded where the last reference goes: not on a loop.
            LoaderThread.run { [self] in state.withLock { $0.draining.removeAll { $0 === old } } }
        }
        let done = ThreadSignal()
        for loop in loops {
            let instance = instances[loop.index]
            loop.submit { [workers] in
                let worker = workers.on(loop)
                let before = worker.publish(deployment, replacing: old?.manifest.name, with: instance?.value)
                if let before {
                    before.drain(into: instance?.value, withinUs: within) { gone.down() }
                } else {
                    gone.down()
                }
                done.signal()
            }
        }
        for _ in loops { done.wait() }
        old?.drain()
        return deployment.number
    }
}

/// Calls somebody once, when the last of several has reported.
private final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let done: @Sendable () -> Void

    init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.done = done
    }

    func down() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { done() }
    }
}
