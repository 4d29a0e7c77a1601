// Unsafe: sockaddr storage is passed to and from the system by pointers that live for the call.

import CLibuv
import Glibc

/// A sockaddr of any family with its length.
struct SystemAddress {
    var storage: sockaddr_storage
    var length: socklen_t

    init() {
        storage = sockaddr_storage()
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }

    init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.init()
        self.length = length
        withUnsafeMutableBytes(of: &storage) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: address, count: min(Int(length), target.count)))
        }
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        withUnsafeBytes(of: storage) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
    }

    /// Lets the system fill the address in; nil when it reports an error.
    static func filled(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) -> SystemAddress? {
        var address = SystemAddress()
        var length = address.length
        let status = withUnsafeMutableBytes(of: &address.storage) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length) }
        address.length = length
        return status == 0 ? address : nil
    }

    /// The numeric host and the port, nil for other families than IPv4 and IPv6.
    var tcp: SocketAddress? {
        guard storage.ss_family == sa_family_t(AF_INET) || storage.ss_family == sa_family_t(AF_INET6) else { return nil }
        var host = [CChar](repeating: 0, count: 64)
        var port = [CChar](repeating: 0, count: 8)
        let status = withPointer {
            getnameinfo($0, length, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard status == 0, let number = UInt16(Self.text(port)) else { return nil }
        return .tcp(host: Self.text(host), port: number)
    }

    static func unix(path: String) -> SystemAddress {
        var address = SystemAddress()
        var unix = sockaddr_un()
        unix.sun_family = sa_family_t(AF_UNIX)
        precondition(path.utf8.count <= SocketAddress.unixPathBytesMax, "a Unix address is checked before it is used")
        withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafeMutableBytes(of: &address.storage) { target in withUnsafeBytes(of: &unix) { target.copyMemory(from: $0) } }
        address.length = socklen_t(MemoryLayout<sockaddr_un>.size)
        return address
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension SocketAddress {
    /// The first address a host stands for, looked up while the caller waits; numeric addresses and localhost need no network.
    static func resolve(host: String, port: UInt16, listening: Bool) throws(LoopError) -> SystemAddress {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = listening ? AI_PASSIVE | AI_NUMERICSERV : AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0, let first = list?.pointee, let address = first.ai_addr else {
            throw LoopError(.addressInvalid, "the host \"\(host)\" has no address: \(String(cString: gai_strerror(status)))")
        }
        return SystemAddress(copying: address, length: first.ai_addrlen)
    }

    /// Refuses paths the kernel would cut or reject without saying why.
    static func checkUnix(path: String) throws(LoopError) {
        if path.isEmpty || path.utf8.contains(0) || path.utf8.count > unixPathBytesMax {
            throw LoopError(.addressInvalid, "the socket path \"\(path)\" must have 1 to \(unixPathBytesMax) bytes and no NUL")
        }
    }
}
