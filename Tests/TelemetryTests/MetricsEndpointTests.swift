import Glibc
import Synchronization
import Telemetry
import TestSupport
import Testing

@Suite("The metrics endpoint", .serialized)
struct MetricsEndpointTests {
    private func ask(_ port: UInt16, _ method: String, _ path: String, body: String = "") -> String? {
        let head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: \(body.utf8.count)"
        return loopbackExchange(port: port, "\(head)\r\n\r\n\(body)")
    }

    @Test("GET /metrics gives the registry's text with the format's content type")
    func metrics() throws {
        let registry = MetricsRegistry()
        registry.counter("frames_total", help: "Frames.").add(41)
        let endpoint = try MetricsEndpoint(registry: registry) { [] }
        defer { endpoint.stop() }
        let answer = ask(endpoint.port, "GET", "/metrics")
        #expect(answer?.hasPrefix("HTTP/1.1 200 ") == true)
        #expect(answer?.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") == true)
        #expect(answer?.hasSuffix(registry.exposition()) == true)
        let head = ask(endpoint.port, "HEAD", "/metrics")
        #expect(head?.hasPrefix("HTTP/1.1 200 ") == true)
        #expect(head?.hasSuffix("\r\n\r\n") == true)
    }

    @Test("readiness is the closure's: the reasons with 503, or 200; health is always 200")
    func readiness() throws {
        let isReady = Flag()
        let endpoint = try MetricsEndpoint(registry: MetricsRegistry()) { isReady.value ? [] : ["models are loading", "no catalogue"] }
        defer { endpoint.stop() }
        let before = ask(endpoint.port, "GET", "/readyz")
        #expect(before?.hasPrefix("HTTP/1.1 503 ") == true)
        #expect(before?.hasSuffix("not ready: models are loading\nnot ready: no catalogue\n") == true)
        isReady.raise()
        #expect(ask(endpoint.port, "GET", "/readyz")?.hasPrefix("HTTP/1.1 200 ") == true)
        #expect(ask(endpoint.port, "GET", "/healthz")?.hasSuffix("ok\n") == true)
    }

    @Test("other paths are 404, other methods 405, nonsense is survived")
    func refusals() throws {
        let endpoint = try MetricsEndpoint(registry: MetricsRegistry()) { [] }
        defer { endpoint.stop() }
        for path in ["/", "/metrics/", "/metricsx", "/../metrics", "/%6detrics%00"] {
            let answer = ask(endpoint.port, "GET", path)
            #expect(answer?.hasPrefix("HTTP/1.1 404 ") == true, "\(path): \(answer ?? "no answer")")
        }
        let post = ask(endpoint.port, "POST", "/metrics", body: String(repeating: "x", count: 100_000))
        #expect(post?.hasPrefix("HTTP/1.1 405 ") == true)
        #expect(post?.contains("Allow: GET, HEAD\r\n") == true)
        #expect(loopbackExchange(port: endpoint.port, "nonsense\r\n\r\n") != nil)
        #expect(ask(endpoint.port, "GET", "/" + String(repeating: "a", count: 60_000))?.hasPrefix("HTTP/1.1 41") == true)
        #expect(ask(endpoint.port, "GET", "/healthz")?.hasPrefix("HTTP/1.1 200 ") == true)
    }

    @Test("after stop nobody answers and the port is free; stopping again does nothing")
    func stops() throws {
        let endpoint = try MetricsEndpoint(registry: MetricsRegistry()) { [] }
        let port = endpoint.port
        endpoint.stop()
        endpoint.stop()
        #expect(loopbackExchange(port: port, "GET /healthz HTTP/1.0\r\n\r\n") == nil)
        let again = try MetricsEndpoint(port: port, registry: MetricsRegistry()) { [] }
        #expect(again.port == port)
        again.stop()
    }

    private func failure(_ host: String, _ port: UInt16 = 0) -> TelemetryError? {
        do throws(TelemetryError) {
            try MetricsEndpoint(host: host, port: port, registry: MetricsRegistry()) { [] }.stop()
            return nil
        } catch {
            return error
        }
    }

    @Test("a busy port, a name and an address beyond the loopback are refused with the address")
    func badAddresses() throws {
        let endpoint = try MetricsEndpoint(registry: MetricsRegistry()) { [] }
        defer { endpoint.stop() }
        let busy = failure("127.0.0.1", endpoint.port)
        #expect(busy?.message.contains("port \(endpoint.port)") == true)
        #expect(busy?.message.contains("in use") == true)
        #expect(failure("nowhere")?.message.contains("\"nowhere\"") == true)
        #expect(failure("0.0.0.0")?.message.contains("beyond the loopback") == true)
        #expect(failure("::")?.message.contains("beyond the loopback") == true)
        let open = try MetricsEndpoint(host: "0.0.0.0", allowBeyondLoopback: true, registry: MetricsRegistry()) { [] }
        #expect(ask(open.port, "GET", "/healthz")?.hasSuffix("ok\n") == true)
        open.stop()
    }

    private final class Flag: Sendable {
        private let flag = Atomic<Bool>(false)
        var value: Bool { flag.load(ordering: .acquiring) }
        func raise() { flag.store(true, ordering: .releasing) }
    }
}
