// Unsafe: a connect or lookup request is an allocation freed in its callback, which libuv calls exactly once; its `data` is a retained `Attempt`.

import CLibuv
import Glibc

extension ByteStream {
    /// Connects; `done` is called once, later, on the loop, with a stream that does not read yet. On the loop only.
    public static func connect(
        _ address: SocketAddress, loop: EventLoop, _ done: @escaping (Result<ByteStream, LoopError>) -> Void
    ) {
        loop.preconditionCurrent()
        let attempt = ConnectAttempt(address, loop: loop, done)
        attempt.start()
    }

    /// Makes a stream of a connected socket and takes the descriptor, which is closed on error. It does not read yet. On the loop only.
    /// - Throws: `invalidState` if the descriptor is no connected stream socket.
    public static func adopt(fd: Int32, loop: EventLoop) throws(LoopError) -> ByteStream {
        loop.preconditionCurrent()
        let stream: ByteStream
        do throws(LoopError) {
            guard let address = SystemAddress.filled({ getsockname(fd, $0, $1) }) else {
                throw LoopError(.invalidState, "descriptor \(fd) is no socket")
            }
            stream = try ByteStream(address.storage.ss_family == sa_family_t(AF_UNIX) ? .unix : .tcp, loop: loop)
        } catch {
            Glibc.close(fd)
            throw error
        }
        do throws(LoopError) {
            try stream.open(fd)
        } catch {
            Glibc.close(fd)
            stream.abandon()
            throw error
        }
        return stream
    }

    /// Two connected Unix sockets, close-on-exec, for `adopt`.
    public static func socketPair() throws(LoopError) -> (Int32, Int32) {
        var pair: (Int32, Int32) = (-1, -1)
        let status = withUnsafeMutableBytes(of: &pair) {
            socketpair(
                AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, $0.baseAddress!.assumingMemoryBound(to: Int32.self))
        }
        if status < 0 { throw LoopError(uv: -errno, "cannot make a pair of sockets") }
        return pair
    }

    private func open(_ fd: Int32) throws(LoopError) {
        guard let handle else { return }
        let raw = UnsafeMutableRawPointer(handle)
        switch kind {
        case .tcp: try check(uv_tcp_open(raw.assumingMemoryBound(to: uv_tcp_t.self), fd), "cannot adopt descriptor \(fd)")
        case .unix: try check(uv_pipe_open(raw.assumingMemoryBound(to: uv_pipe_t.self), fd), "cannot adopt descriptor \(fd)")
        case .memory: preconditionFailure("a stream within the process has no descriptor")
        }
        connected()
    }

    /// Quiet for so long, and the kernel asks whether the peer is still there: whoever vanished without a word is noticed in the end.
    private static let keepAliveSeconds: UInt32 = 60

    /// Waiting to fill a packet (Nagle) would delay small messages.
    func connected() {
        guard kind == .tcp, let handle else { return }
        let tcp = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self)
        // Refused only by a connection that is broken already, which the next read reports.
        uv_tcp_nodelay(tcp, 1)
        uv_tcp_keepalive(tcp, 1, Self.keepAliveSeconds)
    }

    /// Closes a stream that nobody has seen.
    func abandon() {
        state = .detached
        closeHandle()
    }
}

/// One attempt to connect: look the host up if it is a name, then connect. Keeps itself alive through its pending request.
private final class ConnectAttempt {
    private let address: SocketAddress
    private let loop: EventLoop
    private let done: (Result<ByteStream, LoopError>) -> Void
    private var stream: ByteStream?
    /// Held while the system looks the name up on a thread of its own.
    private var lookup: PendingToken?

    init(_ address: SocketAddress, loop: EventLoop, _ done: @escaping (Result<ByteStream, LoopError>) -> Void) {
        self.address = address
        self.loop = loop
        self.done = done
    }

    func start() {
        do throws(LoopError) {
            switch address {
            case .tcp(let host, let port): try lookUp(host, port)
            case .unix(let path): try connectUnix(path)
            }
        } catch {
            finish(error)
        }
    }

    private func lookUp(_ host: String, _ port: UInt16) throws(LoopError) {
        var numeric = SystemAddress()
        let four = numeric.withMutable(as: sockaddr_in.self) { uv_ip4_addr(host, Int32(port), $0) }
        if four == 0 {
            numeric.length = socklen_t(MemoryLayout<sockaddr_in>.size)
            return try connectTCP(numeric)
        }
        let six = numeric.withMutable(as: sockaddr_in6.self) { uv_ip6_addr(host, Int32(port), $0) }
        if six == 0 {
            numeric.length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            return try connectTCP(numeric)
        }
        if loop.isStopping { throw LoopError(.closed, "cannot connect: the loop \(loop.name) is stopping") }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_getaddrinfo(
            loop.uv, request,
            { request, status, list in
                guard let request, let data = request.pointee.data else { return }
                let attempt = Unmanaged<ConnectAttempt>.fromOpaque(data).takeRetainedValue()
                request.deallocate()
                attempt.lookedUp(status, list)
            }, host, String(port), &hints)
        if status < 0 {
            Unmanaged.passUnretained(self).release()
            request.deallocate()
            throw LoopError(.addressInvalid, "the host \"\(host)\" cannot be looked up: \(String(cString: uv_strerror(status)))")
        }
        loop.ownedHandles += 1
        lookup = loop.acquirePending("name lookup")
    }

    private func lookedUp(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        loop.ownedHandles -= 1
        loop.noteActivity()
        lookup?.release()
        defer { uv_freeaddrinfo(list) }
        do throws(LoopError) {
            guard status == 0, let first = list?.pointee, let found = first.ai_addr else {
                throw LoopError(.addressInvalid, "the host of \(address) has no address: \(String(cString: uv_strerror(status)))")
            }
            try connectTCP(SystemAddress(copying: found, length: first.ai_addrlen))
        } catch {
            finish(error)
        }
    }

    private func connectTCP(_ target: SystemAddress) throws(LoopError) {
        let stream = try ByteStream(.tcp, loop: loop)
        self.stream = stream
        guard let handle = stream.handle else { return }
        let request = makeRequest()
        let tcp = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self)
        let status = target.withPointer { uv_tcp_connect(request, tcp, $0, Self.connected) }
        if status < 0 {
            Unmanaged.passUnretained(self).release()
            request.deallocate()
            throw LoopError(uv: status, "cannot connect to \(address)")
        }
    }

    private func connectUnix(_ path: String) throws(LoopError) {
        try SocketAddress.checkUnix(path: path)
        let stream = try ByteStream(.unix, loop: loop)
        self.stream = stream
        guard let handle = stream.handle else { return }
        uv_pipe_connect(makeRequest(), UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self), path, Self.connected)
    }

    private func makeRequest() -> UnsafeMutablePointer<uv_connect_t> {
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        return request
    }

    private static let connected: uv_connect_cb = { request, status in
        guard let request, let data = request.pointee.data else { return }
        let attempt = Unmanaged<ConnectAttempt>.fromOpaque(data).takeRetainedValue()
        request.deallocate()
        attempt.loop.noteActivity()
        if status < 0 {
            attempt.finish(LoopError(uv: status, "cannot connect to \(attempt.address)"))
        } else {
            attempt.finish(nil)
        }
    }

    /// Errors that are known at once are reported in the next turn, so that `done` never runs within `connect`.
    private func finish(_ error: LoopError?) {
        guard let error else {
            guard let stream else { return }
            stream.connected()
            self.stream = nil
            return done(.success(stream))
        }
        stream?.abandon()
        stream = nil
        loop.nextTick { [done] in done(.failure(error)) }
    }
}

extension SystemAddress {
    /// Lets a C function write an address of a known type into the storage.
    fileprivate mutating func withMutable<T>(as: T.Type, _ body: (UnsafeMutablePointer<T>) -> Int32) -> Int32 {
        withUnsafeMutableBytes(of: &storage) { body($0.baseAddress!.assumingMemoryBound(to: T.self)) }
    }
}
