import CLibuv
import Glibc

/// Accepts connections on one loop; every call is made on that loop. Lives until `close` or until the loop ends.
public final class SocketListener: HandleOwner {
    /// The address as bound: with the port the system chose where 0 was asked for.
    public private(set) var boundAddress: SocketAddress
    /// A connection could not be accepted (such as too many open files); the listener goes on.
    public var onError: ((LoopError) -> Void)?
    private var onAccept: ((ByteStream) -> Void)?
    private let kind: ByteStream.Kind

    /// Listens. Accepted streams do not read yet.
    /// - Parameters:
    ///   - backlog: connections that wait to be accepted at most.
    ///   - unixMode: permissions of a Unix socket's file, in force before the first connection is possible.
    /// - Throws: `addressInUse`, `addressInvalid`, `notFound` (directory of a Unix socket), `permissionDenied`; the message names the address.
    public static func listen(
        _ address: SocketAddress, loop: EventLoop, backlog: Int = 1024, unixMode: UInt32 = 0o600,
        onAccept: @escaping (ByteStream) -> Void
    ) throws(LoopError) -> SocketListener {
        loop.preconditionCurrent()
        if loop.isStopping { throw LoopError(.closed, "cannot listen on \(address): the loop \(loop.name) is stopping") }
        let listener = SocketListener(address, loop: loop, onAccept)
        do throws(LoopError) {
            switch address {
            case .tcp(let host, let port): try listener.bindTCP(host, port)
            case .unix(let path): try listener.bindUnix(path, mode: unixMode)
            }
            try listener.start(backlog: backlog)
        } catch {
            listener.closeHandle()
            throw error
        }
        return listener
    }

    private init(_ address: SocketAddress, loop: EventLoop, _ onAccept: @escaping (ByteStream) -> Void) {
        boundAddress = address
        self.onAccept = onAccept
        if case .unix = address { kind = .unix } else { kind = .tcp }
        super.init(loop: loop)
    }

    /// Stops accepting, and removes the file of a Unix socket.
    public func close() {
        loop.preconditionCurrent()
        onAccept = nil
        closeHandle()
    }

    override func handleClosed() {
        onAccept = nil
        onError = nil
    }

    private func bindTCP(_ host: String, _ port: UInt16) throws(LoopError) {
        let target = try SocketAddress.resolve(host: host, port: port, listening: true)
        let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(loop.uv, tcp)
        own(tcp)
        try check(target.withPointer { uv_tcp_bind(tcp, $0, 0) }, "cannot listen on \(boundAddress)")
    }

    private func bindUnix(_ path: String, mode: UInt32) throws(LoopError) {
        try SocketAddress.checkUnix(path: path)
        try Self.removeStale(path)
        let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
        uv_pipe_init(loop.uv, pipe, 0)
        own(pipe)
        let status = uv_pipe_bind(pipe, path)
        // libuv reports a missing directory as EACCES on some systems, so the directory is asked for itself.
        if status < 0 { throw Self.bindError(status, path) }
        // Nobody can connect between bind and listen, so nobody slips in before the mode is set.
        if chmod(path, mode) != 0 { throw LoopError(uv: -errno, "cannot set the permissions of the socket \(path)") }
    }

    private static func bindError(_ status: Int32, _ path: String) -> LoopError {
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        var info = stat()
        if stat(directory, &info) != 0 {
            return LoopError(.notFound, "cannot listen on unix:\(path): the directory \(directory) does not exist")
        }
        return LoopError(uv: status, "cannot listen on unix:\(path)")
    }

    /// Removes a socket file that a process left behind, and only such a file.
    private static func removeStale(_ path: String) throws(LoopError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw LoopError(.addressInUse, "cannot listen on unix:\(path): a file that is not a socket has that name")
        }
        // Not blocking: a listener with a full backlog answers EAGAIN, and is a listener.
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        if probe < 0 { throw LoopError(uv: -errno, "cannot listen on unix:\(path)") }
        defer { Glibc.close(probe) }
        let address = SystemAddress.unix(path: path)
        let status = address.withPointer { connect(probe, $0, address.length) }
        guard status != 0, errno == ECONNREFUSED else {
            throw LoopError(.addressInUse, "cannot listen on unix:\(path): another process listens there")
        }
        if unlink(path) != 0 && errno != ENOENT {
            throw LoopError(uv: -errno, "cannot remove the stale socket \(path)")
        }
    }

    private func start(backlog: Int) throws(LoopError) {
        guard let handle else { return }
        let stream = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        let status = uv_listen(stream, Int32(clamping: backlog)) { server, status in
            guard let server, let listener = HandleOwner.from(server, as: SocketListener.self) else { return }
            listener.incoming(server, status)
        }
        try check(status, "cannot listen on \(boundAddress)")
        guard kind == .tcp, case .tcp(let host, _) = boundAddress else { return }
        var descriptor: Int32 = -1
        try check(uv_fileno(handle, &descriptor), "cannot listen on \(boundAddress)")
        // The host stays as it was asked for: it is what a user recognises.
        if let bound = SystemAddress.filled({ getsockname(descriptor, $0, $1) })?.tcp, case .tcp(_, let port) = bound {
            boundAddress = .tcp(host: host, port: port)
        }
    }

    private func incoming(_ server: UnsafeMutablePointer<uv_stream_t>, _ status: Int32) {
        loop.noteActivity()
        do throws(LoopError) {
            try check(status, "cannot accept a connection on \(boundAddress)")
            let stream = try ByteStream(kind, loop: loop)
            guard let client = stream.uvStream else { return }
            do throws(LoopError) {
                try check(uv_accept(server, client), "cannot accept a connection on \(boundAddress)")
            } catch {
                stream.abandon()
                throw error
            }
            stream.connected()
            if let onAccept { onAccept(stream) } else { stream.abandon() }
        } catch {
            onError?(error)
        }
    }
}
