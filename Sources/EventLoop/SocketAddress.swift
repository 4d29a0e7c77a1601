/// Where a stream connects to or a listener listens.
public enum SocketAddress: Sendable, Equatable, CustomStringConvertible {
    /// A host name, IPv4 or IPv6 address (without brackets) and a port; port 0 lets the system choose when listening.
    case tcp(host: String, port: UInt16)
    /// A path in the file system, at most 107 bytes.
    case unix(path: String)

    /// Bytes of a Unix socket's path, by the kernel's `sockaddr_un` less its NUL.
    public static let unixPathBytesMax = 107

    /// Parses `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH`, or a path that contains a slash.
    /// - Throws: `addressInvalid`, naming what was wrong and the forms that are allowed.
    public init(parsing text: String) throws(LoopError) {
        func invalid(_ reason: String) -> LoopError {
            LoopError(.addressInvalid, "\"\(text)\" is no address: \(reason); allowed are HOST:PORT, [IPV6]:PORT and unix:PATH")
        }
        if text.hasPrefix("unix:") || text.contains("/") {
            let path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
            if path.isEmpty { throw invalid("the path is empty") }
            if path.utf8.contains(0) { throw invalid("the path contains a NUL") }
            if path.utf8.count > Self.unixPathBytesMax { throw invalid("the path has more than \(Self.unixPathBytesMax) bytes") }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { throw invalid("the port is missing") }
        var host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(digits) else {
            throw invalid("the port is not a number from 0 to 65535")
        }
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw invalid("an IPv6 address stands in brackets")
        }
        if host.isEmpty { throw invalid("the host is missing") }
        if host.utf8.contains(0) { throw invalid("the host contains a NUL") }
        self = .tcp(host: host, port: port)
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Whether only programs on this machine can reach the address: a Unix socket, `localhost`, 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host)
        }
    }

    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
