import EventLoop
import Glibc
import Testing

@Suite("Listeners and failing addresses")
struct SocketListenerTests {
    private func failure(_ body: () throws -> Void) -> LoopError? {
        do { try body() } catch { return error as? LoopError }
        return nil
    }

    @Test("a busy port is an error that names the address")
    func busyPort() async throws {
        try await onLoop { loop, finish in
            let first = try SocketListener.listen(anyPort, loop: loop) { _ in }
            let address = first.boundAddress
            let error = failure { _ = try SocketListener.listen(address, loop: loop) { _ in } }
            #expect(error?.code == .addressInUse)
            #expect(error?.message.contains(address.description) == true)
            finish()
        }
    }

    @Test("an address of another machine and a host that does not exist are errors")
    func badHosts() async throws {
        try await onLoop { loop, finish in
            let foreign = failure { _ = try SocketListener.listen(.tcp(host: "192.0.2.1", port: 0), loop: loop) { _ in } }
            #expect(foreign?.code == .addressInvalid)
            let unknown = failure { _ = try SocketListener.listen(.tcp(host: "no host", port: 0), loop: loop) { _ in } }
            #expect(unknown?.code == .addressInvalid)
            #expect(unknown?.message.contains("no host") == true)
            finish()
        }
    }

    @Test("nobody listening is reported to connect, later and once")
    func refused() async throws {
        try await onLoop { loop, finish in
            var inside = true
            var left = 3
            let ended = {
                left -= 1
                if left == 0 { finish() }
            }
            let expectFailure = { (_ address: SocketAddress, _ code: LoopError.Code, _ part: String) in
                ByteStream.connect(address, loop: loop) { result in
                    #expect(!inside)
                    switch result {
                    case .success: Issue.record("connected to nobody")
                    case .failure(let error):
                        #expect(error.code == code)
                        #expect(error.message.contains(part))
                    }
                    ended()
                }
            }
            let listener = try SocketListener.listen(anyPort, loop: loop) { _ in }
            let address = listener.boundAddress
            listener.close()
            expectFailure(.unix(path: "/tmp/vitrine-test-nobody.sock"), .notFound, "nobody.sock")
            expectFailure(.unix(path: String(repeating: "x", count: 300)), .addressInvalid, "107")
            inside = false
            loop.after(1_000) { expectFailure(address, .connectionRefused, address.description) }
        }
    }

    @Test("the directory of a Unix socket must exist; the error names it")
    func missingDirectory() async throws {
        try await onLoop { loop, finish in
            let error = failure { _ = try SocketListener.listen(.unix(path: "/tmp/vitrine-no-such-dir/x.sock"), loop: loop) { _ in } }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("/tmp/vitrine-no-such-dir ") == true)
            finish()
        }
    }

    @Test("a socket file gets its mode, is removed on close, and is refused while another listens")
    func unixFile() async throws {
        try await onLoop { loop, finish in
            let path = temporarySocket("file", loop: loop)
            let listener = try SocketListener.listen(.unix(path: path), loop: loop, unixMode: 0o640) { _ in }
            var info = stat()
            #expect(stat(path, &info) == 0)
            #expect(info.st_mode & 0o777 == 0o640)
            let second = failure { _ = try SocketListener.listen(.unix(path: path), loop: loop) { _ in } }
            #expect(second?.code == .addressInUse)
            #expect(stat(path, &info) == 0)
            listener.close()
            #expect(stat(path, &info) != 0)
            finish()
        }
    }

    @Test("a stale socket file is replaced; a file that is no socket is not")
    func staleFile() async throws {
        try await onLoop { loop, finish in
            let path = temporarySocket("stale", loop: loop)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
            #expect(bound == 0)
            close(fd)
            let listener = try SocketListener.listen(.unix(path: path), loop: loop) { _ in }
            listener.close()

            let plain = open(path, O_CREAT | O_WRONLY, 0o600)
            close(plain)
            let error = failure { _ = try SocketListener.listen(.unix(path: path), loop: loop) { _ in } }
            #expect(error?.code == .addressInUse)
            #expect(error?.message.contains("not a socket") == true)
            var info = stat()
            #expect(stat(path, &info) == 0)
            unlink(path)
            finish()
        }
    }
}
