import EventLoop
import Fusion
import Locks
import Logging
import PluginHost
import PluginWorkers
import Router
import Sessions
import Synchronization
import Wire

/// Loads, swaps and unloads plugins while the server serves: one change at a time, on a thread of its own; loops only learn the outcome.
///
///     read ─▶ probe ─▶ gate ─▶ load ─▶ start ─▶ warm-up ─▶ publish ─▶ (the old build drains)
///
/// Up to `publish` nothing that is live has changed, and whatever goes wrong is rolled back.
final class PluginChanges: @unchecked Sendable {
    // Invariant: everything is set in `init`; what changes is behind `state`.
    private let runtime: PluginRuntime
    private let configuration: ServerConfiguration
    private let loops: [EventLoop]
    private let workers: WorkerTable
    private let log: Logger
    private let state: Lock<State>

    private struct State {
        /// What is being changed; nil = nothing.
        var busy: String?
        /// Counts up, so that a change that was given up knows it.
        var ticket: UInt64 = 0
        var deployment: Deployment
        /// Old builds that still have streams or work.
        var draining: [any PluginBuild] = []
    }

    init(runtime: PluginRuntime, configuration: ServerConfiguration, loops: [EventLoop], workers: WorkerTable, log: Logger, deployment: Deployment) {
        self.runtime = runtime
        self.configuration = configuration
        self.loops = loops
        self.workers = workers
        self.log = log
        state = Lock(State(deployment: deployment))
        runtime.metrics.watch(
            draining: { [weak self] in self?.draining ?? [] }, retiredSwiftImages: { [runtime] in runtime.pluginHost?.retiredSwiftImages ?? 0 })
    }

    /// Builds that were replaced and are not gone yet.
    var draining: [any PluginBuild] { state.withLock { $0.draining } }

    // MARK: Asking

    /// Takes a file in: for a plugin that is not there yet, or in the place of the one that is. `done` is called once, on any thread.
    func change(_ request: ChangePluginRequest, isSwap: Bool, done: @escaping @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void) {
        begin(isSwap ? "swap" : "load", request.file, done) { [self] attempt throws(RPCStatus) in
            try replace(request, isSwap: isSwap, attempt)
        }
    }

    /// Takes a plugin out. `done` is called once, on any thread.
    func unload(_ request: UnloadPluginRequest, done: @escaping @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void) {
        begin("unload", request.plugin, done) { [self] attempt throws(RPCStatus) in
            try remove(request, attempt)
        }
    }

    private func begin(
        _ kind: String, _ what: String, _ done: @escaping @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void,
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
                runtime.metrics.changed(kind, PluginMetrics.ChangeOutcome(result), steps: attempt.steps)
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
        let live = runtime.live
        let asked = try PluginChange.place(asked: request.run)
        let source = try attempt.step("read") { () throws(RPCStatus) in
            try PluginSource.read(request, live: live, host: host, settledMs: configuration.limits.pluginSettledMs)
        }
        if let same = source.sameBuild(in: live, place: asked) {
            return ChangePluginReply(
                plugin: runtime.describe(same), before: runtime.describe(same), unchanged: true, steps: attempt.steps,
                deployment: state.withLock { $0.deployment.number })
        }
        let manifest = try probe(source, request, host, attempt)
        var old: (any PluginBuild)?
        if let manifest { old = try PluginChange.check(manifest, request, isSwap: isSwap, live: live) }
        let name = manifest?.name ?? request.plugin
        let place = try PluginChange.place(
            of: source, named: name, asked: asked, live: live, configuration: configuration, retiredSwiftImages: host.retiredSwiftImages)
        if !request.gates.isEmpty {
            let gate = ReplayGate(program: configuration.probeProgram, configuration: configuration)
            try attempt.step("gate") { () throws(RPCStatus) in try gate.check(name, source, scripts: request.gates, live: live) }
        }
        attempt.limitTime()
        let build = try attempt.step("load") { () throws(RPCStatus) in
            try source.build(place, manifest, host, limits: configuration.plugins.first { $0.name == name }?.limits, runner: configuration.runner)
        }
        if manifest == nil { old = try PluginChange.check(build.manifest, request, isSwap: isSwap, live: live) }
        let nodes = try attempt.step("start") { () throws(RPCStatus) in try StartedNode.start(build, on: loops, host) }
        do throws(RPCStatus) {
            if !build.manifest.warmUp.isEmpty {
                try attempt.step("warm-up") { () throws(RPCStatus) in
                    try StartedNode.warm(nodes, build, msMax: configuration.limits.pluginStartMsMax)
                }
            }
            guard attempt.claim() else { throw RPCStatus(.deadlineExceeded, "the change was given up") }
        } catch {
            for node in nodes { node.discard() }
            throw error
        }
        let deployment = attempt.step("publish") {
            if let generation = build as? PluginGeneration { host.publish(generation) } else { host.withdraw(build.name) }
            runtime.replace(old, with: build)
            return publish(old: old, Dictionary(uniqueKeysWithValues: nodes.map { ($0.loop.index, $0) }), drainUs: request.drainUs)
        }
        log.info(
            "plugin \(old == nil ? "loaded" : "swapped")",
            metadata: [
                "plugin": "\(build.name)", "version": "\(build.manifest.version)", "generation": "\(build.number)", "run": "\(place.rawValue)",
                "sha256": "\(build.sha256.prefix(12))",
            ])
        return ChangePluginReply(
            plugin: runtime.describe(build), before: old.map(runtime.describe), steps: attempt.steps, deployment: deployment,
            differences: old.map { PluginChange.differences($0, build) } ?? [])
    }

    /// What a process of its own finds out about it; nil when there is no program that tries shared objects.
    private func probe(
        _ source: PluginSource, _ request: ChangePluginRequest, _ host: PluginHost, _ attempt: Attempt
    ) throws(RPCStatus) -> PluginManifest? {
        guard !configuration.probeProgram.isEmpty else {
            guard request.gates.isEmpty else {
                throw RPCStatus(.failedPrecondition, "this server was started without a program for probes, and a gate needs one")
            }
            return nil
        }
        let probe = PluginProbe(
            program: configuration.probeProgram, modelsFolder: configuration.modelsFolder, msMax: configuration.limits.pluginProbeMsMax)
        return try attempt.step("probe") { () throws(RPCStatus) in
            switch source {
            case .library(let candidate): return try probe.manifest(of: candidate, options: configuration.pluginOptions)
            case .program(let command):
                // Which plugin it is, it says itself, once it has started; until then its command tells.
                let chosen = configuration.plugins.first { $0.name == request.plugin || $0.command == [command.program] + command.arguments }
                var limits = chosen?.limits ?? WorkerLimits()
                limits.life.startMsMax = min(limits.life.startMsMax, configuration.limits.pluginProbeMsMax)
                return try WorkerProbe.manifest(of: command, limits: limits, observer: host.observer)
            }
        }
    }

    // MARK: Unload

    private func remove(_ request: UnloadPluginRequest, _ attempt: Attempt) throws(RPCStatus) -> ChangePluginReply {
        guard let old = runtime.live.first(where: { $0.name == request.plugin }) else {
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

    /// Gives every loop agents that know another state of the catalogue. Blocks; not on a loop.
    /// - Returns: the deployment's number, once every loop has it.
    func publish(agents: [any Agent], classifier: (any ModalityClassifier)?, catalogueHash: String) -> UInt64 {
        let deployment = state.withLock { state in
            state.deployment = state.deployment.with(agents: agents, classifier: classifier, catalogueHash: catalogueHash)
            return state.deployment
        }
        let done = ThreadSignal()
        for loop in loops {
            loop.submit { [workers] in
                _ = workers.on(loop).publish(deployment, replacing: nil, with: nil)
                done.signal()
            }
        }
        for _ in loops { done.wait() }
        return deployment.number
    }

    /// Gives every loop the new deployment and its instance, and lets the old ones drain.
    /// - Returns: the deployment's number, once every loop has it.
    private func publish(old: (any PluginBuild)?, _ nodes: [Int: StartedNode], drainUs: UInt64) -> UInt64 {
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
            let started = nodes[loop.index]
            loop.submit { [workers] in
                let next = started?.node
                switch workers.on(loop).publish(deployment, replacing: old?.name, with: next) {
                case let before as PluginInstance: before.drain(into: next as? PluginInstance, withinUs: within) { gone.down() }
                case let before as WorkerNode: before.drain(into: next as? WorkerNode, withinUs: within) { gone.down() }
                default: gone.down()
                }
                done.signal()
            }
        }
        for _ in loops { done.wait() }
        old?.phase.drain()
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
