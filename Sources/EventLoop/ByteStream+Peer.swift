// Unsafe: credentials are read into plain integers in the layout of the kernel's `struct ucred`.

import CLibuv
import Glibc

extension ByteStream {
    private var descriptor: Int32? {
        guard let handle else { return nil }
        var descriptor: Int32 = -1
        return uv_fileno(handle, &descriptor) == 0 ? descriptor : nil
    }

    /// Who is at the other end, for messages: `HOST:PORT`, `unix:pid N`, or `a closed connection`.
    public var peer: String {
        guard kind != .memory else { return "this process" }
        guard let descriptor else { return "a closed connection" }
        switch kind {
        case .tcp, .memory: return SystemAddress.filled { getpeername(descriptor, $0, $1) }?.tcp?.description ?? "a closed connection"
        case .unix: return peerCredentials.map { "unix:pid \($0.pid)" } ?? "a closed connection"
        }
    }

    /// The process at the other end of a Unix socket, as the kernel saw it when the connection was made. Nil for TCP.
    public var peerCredentials: (uid: UInt32, gid: UInt32, pid: Int32)? {
        guard kind == .unix, let descriptor else { return nil }
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var length = socklen_t(12)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, length == 12 else { return nil }
        return (credentials.uid, credentials.gid, credentials.pid)
    }
}
