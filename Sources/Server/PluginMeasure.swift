public import EventLoop
import Glibc
import PluginWorkers
public import Router
public import Wire

/// What a measurement of a plugin found. Times in microseconds.
public struct PluginMeasurement: Sendable, Equatable {
    /// One input after the other: from giving an input to its first output.
    public var medianUs: Double
    public var meanUs: Double
    public var p99Us: Double
    /// As many as fit: inputs a second over all streams.
    public var perSecond: Double
    public var inputs: Int
}

/// Measures how long one message takes through a plugin, by giving it the same one again and again. Confined to one loop.
///
/// First one stream with one input at a time, then `streams` streams with `ahead` inputs each on their way.
public final class PluginMeasure {
    private let node: any Node
    private let loop: EventLoop
    private let message: RoutedMessage
    private let count: Int
    private let done: (Result<PluginMeasurement, RPCStatus>) -> Void
    private var times: [UInt64] = []
    private var streams: [MeasuredStream] = []
    private var result = PluginMeasurement(medianUs: 0, meanUs: 0, p99Us: 0, perSecond: 0, inputs: 0)
    private var isOver = false

    /// Streams at once, and inputs on their way on each, when the rate is measured.
    public static let streams = 16
    public static let ahead = 4
    /// Between the pictures of a camera, microseconds.
    static let pictureUs: UInt64 = 33_333
    /// Inputs before the measured ones.
    static let warmUp = 50

    /// - Parameter count: inputs of each of the two measurements.
    public init(
        node: any Node, loop: EventLoop, message: ClientMessage, count: Int, done: @escaping (Result<PluginMeasurement, RPCStatus>) -> Void
    ) throws(RPCStatus) {
        self.node = node
        self.loop = loop
        self.count = count
        self.done = done
        let payload = SharedBuffer(message.encoded())
        self.message = RoutedMessage(
            kind: try MessagePeek(clientMessage: payload.bytes).kind, turnID: 1, revision: 0, captureTimeUs: 0, payload: payload)
        times.reserveCapacity(count)
    }

    public func start() {
        var left = count + Self.warmUp
        open(ahead: 1) { [self] ns in
            left -= 1
            if left < count { times.append(ns) }
            if left > 0 { return true }
            times.sort()
            result.meanUs = Double(times.reduce(0, +)) / Double(times.count) / 1_000
            result.medianUs = Double(times[times.count / 2]) / 1_000
            result.p99Us = Double(times[times.count * 99 / 100]) / 1_000
            loop.nextTick { self.many() }
            return false
        }
    }

    private func many() {
        for stream in streams { stream.cancel() }
        streams = []
        var left = count
        let began = Self.nowNs()
        for _ in 0..<Self.streams {
            open(ahead: Self.ahead) { [self] _ in
                left -= 1
                if left == 0 {
                    let seconds = Double(Self.nowNs() - began) / 1e9
                    result.perSecond = Double(count) / seconds
                    result.inputs = count
                    end(.success(result))
                }
                return left > 0
            }
        }
    }

    private func open(ahead: Int, _ answered: @escaping (UInt64) -> Bool) {
        guard !isOver else { return }
        do throws(RPCStatus) {
            streams.append(
                try MeasuredStream(node, message, ahead: ahead, answered: answered) { [self] status in
                    end(.failure(RPCStatus(status.code, "the plugin ended a stream: \(status.message)")))
                })
        } catch {
            end(.failure(error))
        }
    }

    private func end(_ outcome: Result<PluginMeasurement, RPCStatus>) {
        guard !isOver else { return }
        isOver = true
        loop.nextTick { [self] in
            for stream in streams { stream.cancel() }
            streams = []
            done(outcome)
        }
    }

    static func nowNs() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

/// Keeps a number of inputs on their way on one stream.
private final class MeasuredStream: NodeEvents {
    private var stream: (any NodeStream)?
    private var message: RoutedMessage
    private let answered: (UInt64) -> Bool
    private let ended: (RPCStatus) -> Void
    private var given: [UInt64] = []

    init(
        _ node: any Node, _ message: RoutedMessage, ahead: Int, answered: @escaping (UInt64) -> Bool, ended: @escaping (RPCStatus) -> Void
    ) throws(RPCStatus) {
        self.message = message
        self.answered = answered
        self.ended = ended
        stream = try node.open(StreamOpen(sessionKey: 1, turnID: 1), events: self)
        for _ in 0..<ahead { give() }
    }

    private func give() {
        // What follows a camera's pictures goes by their times.
        message.captureTimeUs += PluginMeasure.pictureUs
        given.append(PluginMeasure.nowNs())
        stream?.data(message)
    }

    func cancel() {
        stream?.cancel()
        stream = nil
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        guard !given.isEmpty else { return }
        if answered(PluginMeasure.nowNs() - given.removeFirst()) { give() }
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        self.stream = nil
        ended(status)
    }
}

/// What becomes of streams whose worker is killed again and again.
public struct WorkerDeathCount: Sendable, Equatable {
    public var kills = 0
    /// Streams that were opened, ended in OK, ended in UNAVAILABLE, ended otherwise, or never.
    public var opened = 0
    public var finished = 0
    public var unavailable = 0
    public var otherwise = 0
    /// New streams that were refused while no process was there.
    public var refused = 0
    /// Outputs, and those that came twice, out of order, or were missing on a stream that ended in OK.
    public var outputs = 0
    public var wrong = 0
    /// From a kill to the next process that serves, microseconds, sorted.
    public var downUs: [UInt64] = []
    /// Of this process, bytes: after a tenth of the kills, and after the last.
    public var residentEarly = 0
    public var residentLate = 0
    public var descriptorsEarly = 0
    public var descriptorsLate = 0
}

/// Keeps streams of inputs going on a worker and kills it (SIGKILL) again and again. Confined to one loop.
public final class WorkerDeaths {
    private let node: WorkerNode
    private let loop: EventLoop
    private let message: RoutedMessage
    private let kills: Int
    private let streams: Int
    private let done: (WorkerDeathCount) -> Void
    private var count = WorkerDeathCount()
    private var killedUs: UInt64 = 0
    private var isOver = false
    private var timer: LoopTimer?

    /// Inputs of one stream, and microseconds between them.
    static let inputs = 20
    static let everyUs: UInt64 = 5_000
    /// Of service between two kills, microseconds.
    static let servedUs: UInt64 = 20_000

    /// nil when the node is no worker's.
    public init?(
        node: any Node, loop: EventLoop, message: ClientMessage, kills: Int, streams: Int, done: @escaping (WorkerDeathCount) -> Void
    ) throws(RPCStatus) {
        guard let worker = node as? WorkerNode else { return nil }
        self.node = worker
        self.loop = loop
        self.kills = kills
        self.streams = streams
        self.done = done
        let payload = SharedBuffer(message.encoded())
        self.message = RoutedMessage(
            kind: try MessagePeek(clientMessage: payload.bytes).kind, turnID: 1, revision: 0, captureTimeUs: 0, payload: payload)
    }

    public func start() {
        for _ in 0..<streams { talk() }
        var readySinceUs: UInt64 = 0
        timer = loop.every(1_000) { [self] in
            guard node.state == .ready, !isOver else {
                readySinceUs = 0
                return
            }
            if readySinceUs == 0 {
                readySinceUs = loop.nowUs
                if killedUs > 0 { count.downUs.append(loop.nowUs - killedUs) }
            }
            guard loop.nowUs - readySinceUs >= Self.servedUs else { return }
            kill(-node.pid, SIGKILL)
            killedUs = loop.nowUs
            readySinceUs = 0
            count.kills += 1
            if count.kills == max(1, kills / 10) { (count.residentEarly, count.descriptorsEarly) = ProcessUsage.now() }
            if count.kills == kills { finish() }
        }
    }

    /// One stream: inputs at a pace, then its end; the next one follows.
    private func talk() {
        guard !isOver else { return }
        do throws(RPCStatus) {
            let stream = try PacedStream(node, loop, message) { [self] status, outputs in
                count.outputs += outputs
                switch status.code {
                case .ok:
                    count.finished += 1
                    if outputs != Self.inputs { count.wrong += 1 }
                case .unavailable: count.unavailable += 1
                default: count.otherwise += 1
                }
                loop.after(Self.everyUs) { self.talk() }
                settle()
            }
            count.opened += 1
            stream.start()
        } catch {
            count.refused += 1
            loop.after(Self.everyUs) { [self] in talk() }
        }
    }

    private func finish() {
        isOver = true
        timer?.cancel()
        settle()
    }

    private func settle() {
        guard isOver, node.openStreams == 0 else { return }
        count.downUs.sort()
        (count.residentLate, count.descriptorsLate) = ProcessUsage.now()
        let result = count
        loop.nextTick { [self] in done(result) }
    }
}

/// One stream that is given an input every few milliseconds.
private final class PacedStream: NodeEvents {
    private var stream: (any NodeStream)?
    private let loop: EventLoop
    private let message: RoutedMessage
    private let ended: (RPCStatus, Int) -> Void
    private var left = WorkerDeaths.inputs
    private var outputs = 0
    private var timer: LoopTimer?

    init(_ node: WorkerNode, _ loop: EventLoop, _ message: RoutedMessage, ended: @escaping (RPCStatus, Int) -> Void) throws(RPCStatus) {
        self.loop = loop
        self.message = message
        self.ended = ended
        stream = try node.open(StreamOpen(sessionKey: 1, turnID: 1), events: self)
    }

    func start() {
        timer = loop.every(WorkerDeaths.everyUs) { [self] in
            left -= 1
            stream?.data(message)
            guard left == 0 else { return }
            stream?.halfClose()
            timer?.cancel()
        }
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) { outputs += 1 }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        timer?.cancel()
        timer = nil
        self.stream = nil
        ended(status, outputs)
    }
}
