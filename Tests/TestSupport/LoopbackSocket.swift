// Unsafe: socket addresses. Invariant: an address lives on the stack for the call that is given it.

import Glibc

/// A TCP connection to a port of this machine, on the test's own thread; nil when nobody listens. Whoever gets it closes it.
public func loopbackSocket(port: UInt16) -> Int32? {
    // Not for the processes that other tests start meanwhile.
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard status == 0 else {
        close(descriptor)
        return nil
    }
    return descriptor
}

/// Sends a request, and gives all that comes back until the other side closes; nil when nobody listens or the request cannot be written.
public func loopbackExchange(port: UInt16, _ request: String) -> String? {
    guard let descriptor = loopbackSocket(port: port) else { return nil }
    defer { close(descriptor) }
    let bytes = Array(request.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { return nil }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(descriptor, &buffer, buffer.count), count > 0 { answer += buffer[..<count] }
    return String(decoding: answer, as: UTF8.self)
}
