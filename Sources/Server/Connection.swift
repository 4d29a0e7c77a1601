import Catalog
import EventLoop
import Sessions
import Wire

/// What the connections of one loop share.
protocol ConnectionHost: AnyObject {
    var limits: ServerLimits { get }
    func verifier(admin: Bool) -> any TokenVerifier
    func method(_ path: String, admin: Bool) -> Method?
    func connectionClosed(_ connection: Connection)
    /// Asks whether the connection belongs to another loop, given its first Open. True when it was moved there.
    func moves(_ connection: Connection, opening: Open, readSoFar: [UInt8]) -> Bool
    func count(frameIn bytes: Int)
}

/// One accepted socket: bytes to frames to streams, and back. Confined to its loop.
///
/// Owns the socket, the framing state and the open streams. It knows no method; it finds the handler in the table.
final class Connection {
    let stream: ByteStream
    let isAdmin: Bool
    private unowned let host: any ConnectionHost
    private let loop: EventLoop
    private var decoder: FrameDecoder
    private var streams: StreamRegistry<StreamCall>
    private var firstFrameTimer: LoopTimer?
    /// When the peer was last heard, on the loop's clock, and whether it was asked for a sign of life since.
    private var heardUs: UInt64 = 0
    private var isAsked = false
    private var silenceTimer: LoopTimer?
    private var isClosed = false
    /// What was read from the first Open on: goes along when the socket moves to another loop.
    private var readSoFar: [UInt8] = []
    /// The loop that owns the session is this one, or the connection has no choice any more.
    private var isSettled: Bool

    /// Longer times mean the same as this one, 100 years: clocks must not overflow.
    static let timeoutUsMax: UInt64 = 100 * 365 * 86_400 * 1_000_000

    /// What the next session of this connection begins with, if that is not left to chance.
    private var seed: UInt64?

    init(stream: ByteStream, loop: EventLoop, host: any ConnectionHost, isAdmin: Bool, isSettled: Bool, seed: UInt64? = nil) {
        self.seed = seed
        self.stream = stream
        self.loop = loop
        self.host = host
        self.isAdmin = isAdmin
        self.isSettled = isSettled
        decoder = FrameDecoder(frameBytesMax: host.limits.frameBytesMax)
        streams = StreamRegistry(streamsMax: host.limits.streamsPerConnectionMax)
        let most = host.limits.outputBytesMax
        stream.limits = StreamLimits(highWaterBytes: min(1 << 20, most), lowWaterBytes: min(256 << 10, most), outputBytesMax: most)
    }

    /// Starts reading; `initial` are bytes that were read before the socket came to this loop.
    func start(initial: [UInt8] = []) {
        stream.onBytes = { [unowned self] in self.receive($0) }
        stream.onClose = { [unowned self] _ in self.closed() }
        firstFrameTimer = loop.after(UInt64(host.limits.firstFrameMsMax) * 1_000) { [unowned self] in
            fail(RPCStatus(.deadlineExceeded, "no whole frame came within \(host.limits.firstFrameMsMax) ms"))
        }
        heardUs = loop.nowUs
        // Whoever is at the admin socket is on this machine, and one within the process cannot vanish.
        if !isAdmin, host.limits.silenceMsMax > 0, loop.mode == .real { watchSilence() }
        if !initial.isEmpty { initial.withUnsafeBytes(receive) }
        if !isClosed { stream.startReading() }
    }

    var streamCount: Int { streams.count }

    /// The seed for a new session; the next one gets another.
    func takeSeed() -> UInt64? {
        defer {
            if let used = seed {
                var chance = SeededRandom(seed: ~used)
                seed = chance.next()
            }
        }
        return seed
    }

    // MARK: Silence

    /// A peer that says nothing is asked with a Ping; one that says nothing for as long again has vanished.
    private func watchSilence() {
        guard !isClosed else { return }
        let most = UInt64(host.limits.silenceMsMax) * 1_000
        let quiet = loop.nowUs - min(loop.nowUs, heardUs)
        guard quiet < 2 * most else {
            return fail(RPCStatus(.deadlineExceeded, "nothing came for \(quiet / 1_000) ms, not even an answer to a Ping"))
        }
        if quiet >= most, !isAsked {
            isAsked = true
            stream.write { FrameEncoder.ping(token: heardUs, into: &$0) }
        }
        silenceTimer = loop.after((quiet < most ? most : 2 * most) - quiet) { [unowned self] in watchSilence() }
    }

    // MARK: Frames in

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        heardUs = loop.nowUs
        isAsked = false
        if !isSettled { readSoFar.append(contentsOf: bytes) }
        do throws(RPCStatus) {
            try decoder.feed(bytes) { (frame) throws(RPCStatus) in
                guard !isClosed else { return }
                host.count(frameIn: frame.count)
                try self.frame(frame)
                // What was answered here need not be read again on another loop.
                if !isSettled, !isClosed { readSoFar.removeFirst(FrameDecoder.prefixBytes + frame.count) }
            }
        } catch {
            fail(error)
        }
    }

    private func frame(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        if let timer = firstFrameTimer {
            timer.cancel()
            firstFrameTimer = nil
        }
        let peek = try FramePeek(bytes)
        switch peek.body {
        case FrameBody.data:
            let id = peek.streamID
            guard let call = try target(id, isData: true) else { return }
            do throws(RPCStatus) {
                try call.handler?.data(peek.contents(in: bytes))
            } catch {
                end(id, error)
            }
        case FrameBody.open: try open(peek, bytes)
        case FrameBody.halfClose:
            guard let call = try target(peek.streamID, isData: true) else { return }
            streams.halfClosed(peek.streamID)
            call.handler?.halfClose()
        case FrameBody.cancel:
            guard try target(peek.streamID, isData: false) != nil else { return }
            finish(peek.streamID)
        case FrameBody.ping:
            let ping = try Ping(decoding: peek.contents(in: bytes))
            stream.write { FrameEncoder.pong(token: ping.token, into: &$0) }
        case FrameBody.pong, FrameBody.credit: break  // A pong has been heard by now, and answers are bounded by the output limit.
        case FrameBody.goAway: streams.goAway()
        case FrameBody.status: throw RPCStatus(.invalidArgument, "a client ends a stream with half_close or cancel, not with a status")
        default: throw RPCStatus(.invalidArgument, "a frame has one of open, data, half_close, cancel, credit, ping, pong, go_away")
        }
    }

    private func target(_ id: UInt64, isData: Bool) throws(RPCStatus) -> StreamCall? {
        switch streams.delivery(id, isData: isData) {
        case .to(let call): return call
        case .late: return nil
        case .broken(let status): throw status
        }
    }

    private func open(_ peek: FramePeek, _ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let id = peek.streamID
        let body = peek.contents(in: bytes)
        let open = try Open(decoding: body)
        if !isSettled {
            if host.moves(self, opening: open, readSoFar: readSoFar) { return }
            isSettled = true
            readSoFar = []
        }
        switch streams.opening(id) {
        case .broken(let status): throw status
        case .refused(let status): return sendStatus(id, status)
        case .accepted: break
        }
        let call = StreamCall(id: id, connection: self)
        do throws(RPCStatus) {
            try check(open.metadata)
            guard let method = host.method(open.method, admin: isAdmin) else {
                throw RPCStatus(.unimplemented, "there is no method '\(open.method)' on this socket")
            }
            let principal = try host.verifier(admin: isAdmin).principal(metadata: open.metadata, peer: stream.peerCredentials)
            call.handler = try method.open(MethodContext(call: call, principal: principal, metadata: open.metadata))
        } catch {
            return sendStatus(id, error)
        }
        streams.register(id, call)
        if open.timeoutUs > 0 {
            call.deadline = loop.after(min(open.timeoutUs, Connection.timeoutUsMax)) { [unowned self] in
                end(id, RPCStatus(.deadlineExceeded, "the stream's time of \(open.timeoutUs) µs is over"))
            }
        }
        call.opened()
    }

    private func check(_ metadata: [MetadataEntry]) throws(RPCStatus) {
        let bytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.count }
        guard metadata.count <= host.limits.metadataEntriesMax, bytes <= host.limits.metadataBytesMax else {
            throw RPCStatus(
                .resourceExhausted,
                "\(metadata.count) metadata entries of \(bytes) bytes; at most \(host.limits.metadataEntriesMax) of "
                    + "\(host.limits.metadataBytesMax) bytes are allowed"
            )
        }
    }

    // MARK: Frames out

    func send(_ id: UInt64, _ payload: [UInt8]) {
        guard !isClosed else { return }
        stream.write { output in payload.withUnsafeBytes { FrameEncoder.data(streamID: id, payload: $0, into: &output) } }
    }

    func send(_ id: UInt64, writing body: (inout [UInt8]) -> Void) {
        guard !isClosed else { return }
        stream.write { FrameEncoder.data(streamID: id, into: &$0, writing: body) }
    }

    func grant(_ id: UInt64, _ grant: CreditLedger.Grant) {
        guard !isClosed else { return }
        stream.write { FrameEncoder.credit(streamID: id, lane: grant.lane, bytes: grant.bytes, into: &$0) }
    }

    private func sendStatus(_ id: UInt64, _ status: RPCStatus) {
        guard !isClosed else { return }
        stream.write { FrameEncoder.status(streamID: id, status, into: &$0) }
    }

    /// Ends a stream from this side and tells both ends.
    func end(_ id: UInt64, _ status: RPCStatus) {
        guard let call = streams.remove(id) else { return }
        call.cancelled()
        sendStatus(id, status)
    }

    /// The handler has ended its stream.
    func handlerClosed(_ id: UInt64, _ status: RPCStatus) {
        guard streams.remove(id) != nil else { return }
        sendStatus(id, status)
    }

    /// The peer has ended the stream.
    private func finish(_ id: UInt64) {
        guard let call = streams.remove(id) else { return }
        call.cancelled()
        sendStatus(id, RPCStatus(.cancelled, "cancelled by the client"))
    }

    // MARK: Ends

    /// No new stream is served; open ones are finished.
    func goAway(_ status: RPCStatus) {
        streams.goAway()
        guard !isClosed else { return }
        stream.write { FrameEncoder.goAway(lastStreamID: streams.lastOpened, status, into: &$0) }
    }

    /// The peer does not keep to the protocol: say why, then end the connection. Nobody else is disturbed.
    private func fail(_ status: RPCStatus) {
        guard !isClosed else { return }
        stream.write { FrameEncoder.goAway(lastStreamID: streams.lastOpened, status, into: &$0) }
        close()
    }

    /// Ends all streams, sends what is still to be sent, closes the socket.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        cancelStreams()
        stream.closeAfterFlush()
    }

    /// Gives the socket up to another loop. Only before the first stream was opened.
    func detach() throws(LoopError) -> Int32 {
        isClosed = true
        cancelTimers()
        return try stream.detach()
    }

    private func cancelTimers() {
        firstFrameTimer?.cancel()
        silenceTimer?.cancel()
    }

    private func cancelStreams() {
        cancelTimers()
        for (id, call) in streams.handlers {
            _ = streams.remove(id)
            call.cancelled()
        }
    }

    private func closed() {
        isClosed = true
        cancelStreams()
        host.connectionClosed(self)
    }
}

/// One open stream as its handler sees it.
final class StreamCall {
    let id: UInt64
    /// Until the stream ends: the connection lives at least as long as its streams.
    private var connection: Connection?
    var handler: (any StreamHandler)?
    var deadline: LoopTimer?
    /// Ended by the handler before the connection had registered it.
    private var early: RPCStatus?
    private var isRegistered = false

    init(id: UInt64, connection: Connection) {
        self.id = id
        self.connection = connection
    }

    /// What a new session on this stream begins with; nil = chance.
    func takeSeed() -> UInt64? { connection?.takeSeed() }

    func send(_ payload: [UInt8]) { connection?.send(id, payload) }
    func send(writing body: (inout [UInt8]) -> Void) { connection?.send(id, writing: body) }
    func grant(_ grant: CreditLedger.Grant) { connection?.grant(id, grant) }

    /// The last call: the stream ends with this status.
    func close(_ status: RPCStatus) {
        guard isRegistered else {
            early = status
            return
        }
        deadline?.cancel()
        handler = nil
        let connection = exchange(&connection, with: nil)
        connection?.handlerClosed(id, status)
    }

    func opened() {
        isRegistered = true
        if let early { close(early) }
    }

    func cancelled() {
        deadline?.cancel()
        let handler = exchange(&handler, with: nil)
        handler?.cancel()
        connection = nil
    }
}
