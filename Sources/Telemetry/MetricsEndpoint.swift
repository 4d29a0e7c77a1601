// Unsafe: libmicrohttpd calls `handle` on its thread with an unretained pointer to the endpoint's `Pages`, which the endpoint keeps until the
// daemon has stopped.

import CMicrohttpd
import Glibc
import Locks

/// Why the endpoint could not start.
public struct TelemetryError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
}

/// A small HTTP server for `/metrics`, `/healthz` and `/readyz`, on a thread of its own.
///
/// Readings of the registry and `notReady` are called on that thread. GET and HEAD only; it is meant for the loopback and has neither TLS nor
/// authentication.
public final class MetricsEndpoint: Sendable {
    /// Connections at a time; more are refused.
    public static let connectionsMax: UInt32 = 32
    /// Seconds without a byte after which a connection is closed.
    public static let timeoutSecondsMax: UInt32 = 10
    /// Bytes of memory for one connection's headers.
    public static let connectionBytesMax = 16 * 1024

    /// The port that is listened on.
    public let port: UInt16
    private let pages: Pages
    private let daemon: Lock<OpaquePointer?>

    /// - Parameters:
    ///   - host: an IPv4 or IPv6 address.
    ///   - port: 0 = a free port.
    ///   - allowBeyondLoopback: without it, an address that other machines can reach is refused.
    ///   - notReady: the reasons for which the server should get no traffic yet (or any more); none = ready.
    /// - Throws: an error that names the address and says what was wrong with it.
    public init(
        host: String = "127.0.0.1", port: UInt16 = 0, allowBeyondLoopback: Bool = false, registry: MetricsRegistry,
        notReady: @escaping @Sendable () -> [String]
    ) throws(TelemetryError) {
        guard let address = BindAddress(host: host, port: port) else {
            throw TelemetryError(message: "the metrics address \"\(host)\" is no IPv4 or IPv6 address")
        }
        guard address.isLoopback || allowBeyondLoopback else {
            let reason = "is beyond the loopback, which must be allowed explicitly: metrics have no authentication"
            throw TelemetryError(message: "the metrics address \(host) \(reason)")
        }
        pages = Pages(registry: registry, notReady: notReady)
        let context = Unmanaged.passUnretained(pages).toOpaque()
        let started = address.withPointer { pointer in
            vitrine_start_http(
                pointer, address.isIPv6 ? 1 : 0, Pages.handle, context, Self.connectionsMax, Self.timeoutSecondsMax, Self.connectionBytesMax)
        }
        guard let started else {
            throw TelemetryError(message: "cannot serve metrics on \(host) port \(port): \(String(cString: strerror(errno)))")
        }
        daemon = Lock(started)
        self.port = vitrine_http_port(started)
    }

    /// Closes the port and every connection, and ends the thread; returns when that is done. Again: nothing.
    public func stop() {
        let running = daemon.withLock { $0.take() }
        if let running { MHD_stop_daemon(running) }
    }

    deinit { stop() }
}

/// A numeric address as the system wants it.
private struct BindAddress {
    private var storage = sockaddr_storage()
    let isIPv6: Bool
    let isLoopback: Bool

    init?(host: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = four
            isIPv6 = false
            isLoopback = UInt32(bigEndian: four.s_addr) >> 24 == 127
            withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: &address) { target.copyMemory(from: $0) } }
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = six
            isIPv6 = true
            isLoopback = withUnsafeBytes(of: &six) { bytes in bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
            withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: &address) { target.copyMemory(from: $0) } }
        } else {
            return nil
        }
    }

    func withPointer<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        withUnsafeBytes(of: storage) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self)) }
    }
}

/// What the endpoint answers.
private final class Pages: Sendable {
    private let registry: MetricsRegistry
    private let notReady: @Sendable () -> [String]

    init(registry: MetricsRegistry, notReady: @escaping @Sendable () -> [String]) {
        self.registry = registry
        self.notReady = notReady
    }

    private struct Answer {
        var status: UInt32
        var body: String
        var contentType = "text/plain; charset=utf-8"
        var allow: String?
    }

    private func answer(_ method: String, _ path: String) -> Answer {
        guard ["/metrics", "/healthz", "/readyz"].contains(path) else {
            return Answer(status: 404, body: "not found; there are /metrics, /healthz and /readyz\n")
        }
        guard method == "GET" || method == "HEAD" else {
            return Answer(status: 405, body: "only GET and HEAD are allowed\n", allow: "GET, HEAD")
        }
        switch path {
        case "/metrics": return Answer(status: 200, body: registry.exposition(), contentType: Exposition.contentType)
        case "/healthz": return Answer(status: 200, body: "ok\n")
        default:
            let reasons = notReady()
            if reasons.isEmpty { return Answer(status: 200, body: "ready\n") }
            return Answer(status: 503, body: reasons.map { "not ready: \($0)\n" }.joined())
        }
    }

    /// Called once when the headers are there, for each part of a body, and once at the end of the request, when it is answered.
    static let handle: MHD_AccessHandlerCallback = { context, connection, url, method, _, _, uploadSize, request in
        guard let context, let connection, let url, let method, let request else { return .NO }
        if request.pointee == nil {
            // Any value but nil: marks the request as seen.
            request.pointee = context
            return .YES
        }
        if let uploadSize, uploadSize.pointee > 0 {
            // A body is read and thrown away.
            uploadSize.pointee = 0
            return .YES
        }
        let pages = Unmanaged<Pages>.fromOpaque(context).takeUnretainedValue()
        return Pages.send(pages.answer(String(cString: method), String(cString: url)), on: connection)
    }

    private static func send(_ answer: Answer, on connection: OpaquePointer) -> MHD_Result {
        var body = answer.body
        let response = body.withUTF8 { bytes in
            MHD_create_response_from_buffer(bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
        }
        guard let response else { return .NO }
        defer { MHD_destroy_response(response) }
        MHD_add_response_header(response, "Content-Type", answer.contentType)
        if let allow = answer.allow { MHD_add_response_header(response, "Allow", allow) }
        return MHD_queue_response(connection, answer.status, response)
    }
}
