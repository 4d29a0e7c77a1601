import EventLoop
import Testing

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test("the allowed forms are parsed")
    func parses() throws {
        #expect(try SocketAddress(parsing: "127.0.0.1:80") == .tcp(host: "127.0.0.1", port: 80))
        #expect(try SocketAddress(parsing: "[::1]:65535") == .tcp(host: "::1", port: 65_535))
        #expect(try SocketAddress(parsing: "shop.example:0") == .tcp(host: "shop.example", port: 0))
        #expect(try SocketAddress(parsing: "unix:run/x.sock") == .unix(path: "run/x.sock"))
        #expect(try SocketAddress(parsing: "/run/x.sock") == .unix(path: "/run/x.sock"))
    }

    @Test(
        "anything else is refused with the text and the allowed forms",
        arguments: ["", "80", "host:", "host:65536", "host:-1", ":80", "::1:80", "host:8o", "unix:", "host:+1"])
    func refuses(_ text: String) {
        #expect {
            _ = try SocketAddress(parsing: text)
        } throws: { error in
            guard let error = error as? LoopError else { return false }
            return error.code == .addressInvalid && error.message.contains("\"\(text)\"") && error.message.contains("HOST:PORT")
        }
    }

    @Test("a path longer than the kernel takes is refused, one that fits is not")
    func longPath() throws {
        #expect(throws: LoopError.self) { _ = try SocketAddress(parsing: "/" + String(repeating: "a", count: 107)) }
        _ = try SocketAddress(parsing: "/" + String(repeating: "a", count: 106))
    }

    @Test("an address prints in the form it is parsed from")
    func prints() throws {
        for text in ["127.0.0.1:80", "[::1]:1", "unix:/run/x.sock"] { #expect(try SocketAddress(parsing: text).description == text) }
    }

    @Test("loopback is recognised")
    func loopback() throws {
        for text in ["127.0.0.1:80", "127.9.9.9:1", "localhost:80", "[::1]:80", "unix:x"] {
            #expect(try SocketAddress(parsing: text).isLoopback)
        }
        for text in ["0.0.0.0:80", "[::]:80", "127.example:80", "10.0.0.1:80"] { #expect(try !SocketAddress(parsing: text).isLoopback) }
    }
}
