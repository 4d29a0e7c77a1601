public import Wire

/// The life of one plugin instance: its streams, the operations under way, and when it may be destroyed.
///
///     open ──▶ (halfClosed) ──▶ closed ──▶ forgotten, when its last operation has been completed
///
/// A value: events in, actions out, no I/O. Its promises: every operation is completed exactly once, with CANCELLED after its stream
/// closed or it was abandoned; a stream closes once; nothing is said of a stream after it is forgotten; the instance is
/// destroyed once, when it was retired and no stream and no operation is left.
public struct InstanceMachine: Sendable {
    public enum Closing: Equatable, Sendable {
        /// Operations whose work should end early; each still ends by `ended`.
        case closed(stop: [UInt64])
        /// The stream was closed already, or never was.
        case notOpen
    }

    public struct Ending: Equatable, Sendable {
        public var stream: UInt64
        /// What the plugin is told, whatever came of the work.
        public var status: RPCStatus

        public init(stream: UInt64, status: RPCStatus) {
            self.stream = stream
            self.status = status
        }
    }

    private enum Phase { case open, halfClosed, closed }

    private struct Stream {
        var phase = Phase.open
        /// In the order of starting.
        var operations: [UInt64] = []
    }

    private struct Operation {
        let stream: UInt64
        var isAbandoned = false
    }

    /// Streams open at the same time, at most.
    public let streamsMax: Int
    /// Operations under way on one stream, at most.
    public let streamOperationsMax: Int

    private var streams: [UInt64: Stream] = [:]
    private var operations: [UInt64: Operation] = [:]
    private var nextStream: UInt64 = 1
    private var nextOperation: UInt64 = 1
    private var isRetired = false
    private var isDestroyed = false
    public private(set) var openStreams = 0

    public init(streamsMax: Int, streamOperationsMax: Int) {
        self.streamsMax = streamsMax
        self.streamOperationsMax = streamOperationsMax
    }

    /// Operations under way.
    public var outstanding: Int { operations.count }

    /// Operations under way on one stream.
    public func operations(on stream: UInt64) -> Int { streams[stream]?.operations.count ?? 0 }

    /// A name for a new stream.
    /// - Throws: UNAVAILABLE once retired, RESOURCE_EXHAUSTED at `streamsMax`.
    public mutating func open() throws(RPCStatus) -> UInt64 {
        guard !isRetired else { throw RPCStatus(.unavailable, "this generation of the plugin takes no new streams") }
        guard openStreams < streamsMax else {
            throw RPCStatus(.resourceExhausted, "the plugin has \(streamsMax) streams open, which is its limit")
        }
        let token = nextStream
        nextStream += 1
        openStreams += 1
        streams[token] = Stream()
        return token
    }

    /// Whether the stream takes data and emits.
    public func isOpen(_ stream: UInt64) -> Bool {
        guard let phase = streams[stream]?.phase else { return false }
        return phase != .closed
    }

    /// Whether input may still be given to the plugin.
    public func takesInput(_ stream: UInt64) -> Bool { streams[stream]?.phase == .open }

    /// Whether the stream takes input and nothing is under way on it: the moment to hand it over.
    public func rests(_ stream: UInt64) -> Bool {
        guard let state = streams[stream] else { return false }
        return state.phase == .open && state.operations.isEmpty
    }

    /// - Returns: whether the plugin is to be told.
    public mutating func halfClose(_ stream: UInt64) -> Bool {
        guard streams[stream]?.phase == .open else { return false }
        streams[stream]?.phase = .halfClosed
        return true
    }

    /// The plugin or the host ends the stream.
    public mutating func close(_ stream: UInt64) -> Closing {
        guard isOpen(stream), let operations = streams[stream]?.operations else { return .notOpen }
        streams[stream]?.phase = .closed
        openStreams -= 1
        forgetIfDone(stream)
        return .closed(stop: operations)
    }

    /// A name for a new operation.
    /// - Throws: INVALID_ARGUMENT when the stream is not open, RESOURCE_EXHAUSTED at `streamOperationsMax`.
    public mutating func begin(on stream: UInt64) throws(RPCStatus) -> UInt64 {
        guard isOpen(stream), let count = streams[stream]?.operations.count else {
            throw RPCStatus(.invalidArgument, "operations belong to an open stream")
        }
        guard count < streamOperationsMax else {
            throw RPCStatus(.resourceExhausted, "the stream has \(streamOperationsMax) operations under way, which is its limit")
        }
        let token = nextOperation
        nextOperation += 1
        operations[token] = Operation(stream: stream)
        streams[stream]?.operations.append(token)
        return token
    }

    /// What `begin` named was not started after all; the plugin was told by the call's status.
    public mutating func withdraw(_ operation: UInt64) {
        _ = ended(operation, .ok)
    }

    /// - Returns: whether the work should end early; false for what is not under way or was abandoned before.
    public mutating func abandon(_ operation: UInt64) -> Bool {
        guard operations[operation]?.isAbandoned == false else { return false }
        operations[operation]?.isAbandoned = true
        return true
    }

    /// The work of an operation is over.
    /// - Returns: what to tell the plugin; nil when the operation was completed before or never was.
    public mutating func ended(_ operation: UInt64, _ status: RPCStatus) -> Ending? {
        guard let ended = operations.removeValue(forKey: operation) else { return nil }
        let isClosed = !isOpen(ended.stream)
        streams[ended.stream]?.operations.removeAll { $0 == operation }
        forgetIfDone(ended.stream)
        if isClosed { return Ending(stream: ended.stream, status: RPCStatus(.cancelled, "the stream is closed")) }
        if ended.isAbandoned { return Ending(stream: ended.stream, status: RPCStatus(.cancelled, "the operation was abandoned")) }
        return Ending(stream: ended.stream, status: status)
    }

    /// No new streams from now on.
    public mutating func retire() { isRetired = true }

    /// - Returns: true once, when the plugin's `destroy` is to be called.
    public mutating func mayDestroy() -> Bool {
        guard isRetired, !isDestroyed, streams.isEmpty, operations.isEmpty else { return false }
        isDestroyed = true
        return true
    }

    /// Open streams in the order of opening.
    public var openTokens: [UInt64] { streams.keys.filter(isOpen).sorted() }

    private mutating func forgetIfDone(_ stream: UInt64) {
        if let state = streams[stream], state.phase == .closed, state.operations.isEmpty { streams[stream] = nil }
    }
}
