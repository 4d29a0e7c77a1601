// Client: the other end of the wire, for programs and for the `vitrine` command itself.
//
// Owns the socket, the framing, the streams and their credit on the client's side. Callbacks on one loop; nothing blocks. It knows the
// protocol and nothing of shops, agents or scripts.

public import EventLoop
public import Wire

/// A connection to a Vitrine server, confined to its loop.
public final class ClientConnection {
    private let stream: ByteStream
    private let loop: EventLoop
    private var decoder: FrameDecoder
    private var streams: [UInt64: ClientStream] = [:]
    private var nextID: UInt64 = 1
    private var closeReason: RPCStatus?
    /// The server serves no new streams.
    public private(set) var isGoingAway = false
    /// Called once, when the connection is gone.
    public var onClose: ((RPCStatus) -> Void)?

    /// Frames larger than this are refused.
    public static let frameBytesMax = 16 << 20

    /// Speaks over a stream that is connected and does not read yet. Call on its loop.
    public init(over stream: ByteStream) {
        let loop = stream.loop
        self.stream = stream
        self.loop = loop
        decoder = FrameDecoder(frameBytesMax: ClientConnection.frameBytesMax)
        stream.onBytes = { [weak self] in self?.receive($0) }
        stream.onClose = { [weak self] error in self?.closed(error) }
        stream.startReading()
    }

    /// Connects. Call on the loop; `done` is called on it.
    public static func connect(_ address: SocketAddress, loop: EventLoop, _ done: @escaping (Result<ClientConnection, RPCStatus>) -> Void) {
        ByteStream.connect(address, loop: loop) { result in
            switch result {
            case .success(let stream): done(.success(ClientConnection(over: stream)))
            case .failure(let error): done(.failure(RPCStatus(.unavailable, "cannot connect to \(address): \(error)")))
            }
        }
    }

    /// Opens a stream of a method. `onData` gets each serialized response, `onEnd` the status, once.
    public func open(
        _ method: MethodDescriptor, metadata: [MetadataEntry] = [], timeoutUs: UInt64 = 0, windows: ClientWindows = ClientWindows(),
        onData: @escaping (UnsafeRawBufferPointer) -> Void, onEnd: @escaping (RPCStatus) -> Void
    ) -> ClientStream {
        let id = nextID
        nextID += 1
        let opened = ClientStream(id: id, connection: self, windows: windows, onData: onData, onEnd: onEnd)
        if let closeReason {
            loop.nextTick { onEnd(closeReason) }
            return opened
        }
        streams[id] = opened
        stream.write { FrameEncoder.open(streamID: id, Open(method: method.path, metadata: metadata, timeoutUs: timeoutUs), into: &$0) }
        return opened
    }

    /// Cancels what is open and closes the socket.
    public func close() {
        closeReason = closeReason ?? RPCStatus(.cancelled, "closed by the client")
        stream.closeAfterFlush()
    }

    /// Ends the connection at once, without a word: what a lost network looks like.
    public func abort() {
        closeReason = closeReason ?? RPCStatus(.unavailable, "the connection was lost")
        stream.close()
    }

    /// Reads nothing until `resumeReading`: what comes waits in the kernel's buffers, then in the server's.
    public func pauseReading() { stream.pauseReading() }

    public func resumeReading() { stream.resumeReading() }

    func write(_ body: (inout [UInt8]) -> Void) {
        guard closeReason == nil else { return }
        stream.write(body)
    }

    var pendingBytes: Int { stream.pendingBytes }

    func forget(_ id: UInt64) { streams[id] = nil }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        do throws(RPCStatus) {
            try decoder.feed(bytes) { (frame) throws(RPCStatus) in try self.frame(frame) }
        } catch {
            closeReason = RPCStatus(.internalError, "the server does not keep to the protocol: \(error.message)")
            stream.close()
        }
    }

    private func frame(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let peek = try FramePeek(bytes)
        let body = peek.contents(in: bytes)
        switch peek.body {
        case FrameBody.data: streams[peek.streamID]?.onData(body)
        case FrameBody.status:
            let status = try Status(decoding: body)
            guard let ended = streams.removeValue(forKey: peek.streamID) else { return }
            ended.ended(RPCStatus(StatusCode(rawValue: status.code) ?? .unknown, status.message))
        case FrameBody.credit:
            let credit = try Credit(decoding: body)
            streams[peek.streamID]?.granted(credit.bytes, on: credit.lane)
        case FrameBody.ping:
            let ping = try Ping(decoding: body)
            stream.write { FrameEncoder.pong(token: ping.token, into: &$0) }
        case FrameBody.goAway:
            let away = try GoAway(decoding: body)
            isGoingAway = true
            if away.code != StatusCode.ok.rawValue {
                closeReason = RPCStatus(StatusCode(rawValue: away.code) ?? .unavailable, away.message)
            }
        default: break
        }
    }

    private func closed(_ error: LoopError?) {
        let reason = closeReason ?? RPCStatus(.unavailable, error.map { "the connection was lost: \($0)" } ?? "the server closed the connection")
        closeReason = reason
        let open = streams.values.sorted { $0.id < $1.id }
        streams.removeAll()
        for stream in open { stream.ended(reason) }
        onClose?(reason)
        onClose = nil
    }
}

/// What a server grants a new stream before it says anything: the protocol's initial windows, bytes.
public struct ClientWindows: Sendable, Equatable {
    public var audioBytes: UInt64 = 256 << 10
    public var mediaBytes: UInt64 = 8 << 20
    public var videoBytes: UInt64 = 1 << 20

    public init() {}
}
