public import Wire

/// The life of a plugin's worker, over all the processes that it takes.
///
///     stopped ──start──▶ starting ──spawned──▶ describing ──described──▶ preparing ──prepared──▶ ready
///                           ▲                     │  died, broke, too slow   │                     │ died, broke, silent
///                           │                     ▼                          ▼                     ▼
///                        backoff ◀──exited──── ending ◀────────────────────────────────────────────┘
///
///     any of them ──retire──▶ draining ──no stream left, or time is up──▶ ending ──exited──▶ finished
///
/// A value: events in, actions out, no I/O. Its promises: there is never more than one process; each process that was spawned is asked to go or has
/// gone before the next one is spawned; streams are ended once for each process that fails; after `retire` nothing is spawned; `finished` comes
/// once. Restarts wait for a time that doubles from `restartMsMin` to `restartMsMax` and begins anew after `steadyMs` of service.
public struct WorkerMachine: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        /// Not started yet.
        case stopped
        /// Waiting for the operating system to make the process.
        case starting
        /// It was asked what it is.
        case describing
        /// It was told its options and models.
        case preparing
        case ready
        /// It was told to go; what becomes of it afterwards depends on `isRetired` and `isRefused`.
        case ending
        /// No process; one comes when the time is up.
        case backoff
        /// Serves the streams that are open.
        case draining
        /// No process, and none will come.
        case finished
    }

    public enum Event: Sendable, Equatable {
        case start
        case spawned
        case spawnFailed(String)
        case described
        case prepared
        /// It said something that it may not say, was silent for too long, or was refused by what it said of itself.
        case broke(RPCStatus)
        /// As `broke`, and another process would not do better: none is spawned again.
        case refused(RPCStatus)
        case exited(String)
        case timeUp
        case retire
        /// The last stream has ended.
        case idle
    }

    public enum Action: Sendable, Equatable {
        case spawn
        case describe
        case prepare
        /// Open what waited for the worker.
        case admit
        /// End every stream, waiting or open, with this status.
        case endStreams(RPCStatus)
        /// Take the process down at once.
        case kill
        /// `timeUp` after this many milliseconds; replaces what was armed before.
        case arm(ms: Int)
        case disarm
        /// Nothing follows.
        case finish
    }

    public struct Limits: Sendable, Equatable {
        /// From spawning to `prepared`.
        public var startMsMax: Int
        public var restartMsMin: Int
        public var restartMsMax: Int
        /// After so much service a failure is a first one again.
        public var steadyMs: Int
        /// From `retire` to the end of the last stream.
        public var drainMsMax: Int

        public init(
            startMsMax: Int = 20_000, restartMsMin: Int = 100, restartMsMax: Int = 30_000, steadyMs: Int = 10_000, drainMsMax: Int = 60_000
        ) {
            self.startMsMax = startMsMax
            self.restartMsMin = restartMsMin
            self.restartMsMax = restartMsMax
            self.steadyMs = steadyMs
            self.drainMsMax = drainMsMax
        }
    }

    public let name: String
    public let limits: Limits
    public private(set) var state = State.stopped
    /// Why there is no service; nil while there is, or before the first start.
    public private(set) var trouble: String?
    /// Processes that ended without having been asked to.
    public private(set) var failures = 0
    public private(set) var isRetired = false
    public private(set) var isRefused = false
    /// Failures in a row.
    private var streak = 0
    private var readySinceUs: UInt64 = 0
    /// Whether streams are open: draining ends with the last one.
    public private(set) var hasStreams = false

    public init(name: String, limits: Limits = Limits()) {
        self.name = name
        self.limits = limits
    }

    /// Whether new streams may be opened now, or wait for a worker that is on its way for the first time in a row.
    public var takesStreams: Bool {
        switch state {
        case .ready: !isRetired
        case .stopped, .starting, .describing, .preparing: !isRetired && streak == 0
        case .ending, .backoff, .draining, .finished: false
        }
    }

    /// Whether messages can be sent.
    public var isServing: Bool { state == .ready || state == .draining }

    /// What a stream that cannot be opened is told.
    public var refusal: RPCStatus {
        if isRetired { return RPCStatus(.unavailable, "this generation of the plugin takes no new streams") }
        return RPCStatus(.unavailable, "the worker of \(name) is down\(trouble.map { ": \($0)" } ?? "")")
    }

    public mutating func note(hasStreams: Bool) { self.hasStreams = hasStreams }

    /// - Parameter nowUs: the loop's clock.
    public mutating func handle(_ event: Event, nowUs: UInt64) -> [Action] {
        switch (event, state) {
        case (.start, .stopped) where !isRetired: return spawn()
        case (.spawned, .starting):
            if isRetired { return end() }
            state = .describing
            return [.describe]
        case (.spawnFailed(let reason), .starting): return gone(reason, nowUs: nowUs, endsStreams: true)
        case (.described, .describing):
            state = .preparing
            return [.prepare]
        case (.prepared, .preparing): return becomeReady(nowUs: nowUs)
        case (.broke(let status), .describing), (.broke(let status), .preparing), (.broke(let status), .ready), (.broke(let status), .draining):
            trouble = status.message
            return end(streams: RPCStatus(.unavailable, "the worker of \(name) was ended: \(status.message)"))
        case (.refused(let status), .describing), (.refused(let status), .preparing):
            isRefused = true
            trouble = status.message
            return end(streams: RPCStatus(status.code, "the worker of \(name) cannot serve: \(status.message)"))
        case (.exited(let reason), .describing), (.exited(let reason), .preparing), (.exited(let reason), .ready), (.exited(let reason), .draining):
            return gone(reason, nowUs: nowUs, endsStreams: true)
        case (.exited(let reason), .ending): return gone(trouble ?? reason, nowUs: nowUs, endsStreams: false)
        case (.timeUp, .describing), (.timeUp, .preparing):
            return handle(.broke(RPCStatus(.deadlineExceeded, "it was not ready within \(limits.startMsMax) ms")), nowUs: nowUs)
        case (.timeUp, .backoff): return spawn()
        case (.timeUp, .draining):
            return end(
                streams: RPCStatus(.unavailable, "the worker of \(name) is being taken down; the time to finish, \(limits.drainMsMax) ms, is over"))
        case (.idle, .draining): return end()
        case (.retire, _) where !isRetired: return retire()
        default: return []
        }
    }

    private mutating func spawn() -> [Action] {
        state = .starting
        return [.arm(ms: limits.startMsMax), .spawn]
    }

    private mutating func becomeReady(nowUs: UInt64) -> [Action] {
        state = .ready
        trouble = nil
        readySinceUs = nowUs
        return [.disarm, .admit]
    }

    /// Takes the process down. `exited` follows.
    private mutating func end(streams status: RPCStatus? = nil) -> [Action] {
        state = .ending
        return [.disarm] + (status.map { [.endStreams($0)] } ?? []) + [.kill]
    }

    /// There is no process any more.
    private mutating func gone(_ reason: String, nowUs: UInt64, endsStreams: Bool) -> [Action] {
        let served = readySinceUs > 0 ? nowUs - readySinceUs : 0
        readySinceUs = 0
        var actions: [Action] = [.disarm]
        if endsStreams { actions.append(.endStreams(RPCStatus(.unavailable, "the worker of \(name) is gone: \(reason)"))) }
        if isRetired || isRefused {
            state = .finished
            return actions + (isRetired ? [.finish] : [])
        }
        trouble = reason
        failures += 1
        if served >= UInt64(limits.steadyMs) * 1_000 { streak = 0 }
        let wait = min(limits.restartMsMin << min(streak, 20), limits.restartMsMax)
        streak += 1
        state = .backoff
        return actions + [.arm(ms: wait)]
    }

    private mutating func retire() -> [Action] {
        isRetired = true
        switch state {
        case .stopped, .backoff, .finished:
            state = .finished
            return [.disarm, .finish]
        case .starting, .ending: return []
        case .describing, .preparing: return end(streams: refusal)
        case .ready, .draining:
            guard hasStreams else { return end() }
            state = .draining
            return [.arm(ms: limits.drainMsMax)]
        }
    }
}
