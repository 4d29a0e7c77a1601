import EventLoop
import Synchronization
import Testing

/// Runs `body` on a fresh loop and waits until it calls its second argument; then ends the loop.
func onLoop(
    clock: LoopClock.Mode = .real, _ body: @escaping @Sendable (EventLoop, @escaping @Sendable () -> Void) throws -> Void
) async throws {
    let loop = try EventLoop(name: "test", clock: clock)
    loop.start()
    let failure: (any Error)? = await withCheckedContinuation { continuation in
        let once = Once(continuation)
        loop.submit {
            do { try body(loop) { once.finish(nil) } } catch { once.finish(error) }
        }
    }
    loop.stop()
    loop.join()
    if let failure { throw failure }
}

/// Resumes a continuation the first time it is asked to.
private final class Once: Sendable {
    private let continuation: CheckedContinuation<(any Error)?, Never>
    private let done = Atomic<Bool>(false)

    init(_ continuation: CheckedContinuation<(any Error)?, Never>) { self.continuation = continuation }

    func finish(_ error: (any Error)?) {
        if !done.exchange(true, ordering: .acquiringAndReleasing) { continuation.resume(returning: error) }
    }
}

/// A value that only its loop touches, for closures that must be Sendable.
final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

/// A connected pair: a listener's side and a client's side, both on `loop`, neither reading yet.
func pair(
    _ address: SocketAddress, _ loop: EventLoop, _ body: @escaping (_ server: ByteStream, _ client: ByteStream, SocketListener) -> Void
) throws {
    let box = Box<(server: ByteStream?, client: ByteStream?, listener: SocketListener?)>((nil, nil, nil))
    let ready = {
        if let server = box.value.server, let client = box.value.client, let listener = box.value.listener {
            box.value = (nil, nil, nil)
            body(server, client, listener)
        }
    }
    let listener = try SocketListener.listen(address, loop: loop) { stream in
        box.value.server = stream
        ready()
    }
    box.value.listener = listener
    ByteStream.connect(listener.boundAddress, loop: loop) { result in
        do {
            box.value.client = try result.get()
            ready()
        } catch {
            Issue.record(error)
        }
    }
}

let anyPort = SocketAddress.tcp(host: "127.0.0.1", port: 0)

/// A path in a directory for temporary files that nobody else uses.
func temporarySocket(_ name: String, loop: EventLoop) -> String {
    var random = SystemRandomNumberGenerator()
    return "/tmp/vitrine-test-\(String(random.next(), radix: 16))-\(name).sock"
}

extension String {
    init(bytes: UnsafeRawBufferPointer) { self.init(decoding: bytes, as: UTF8.self) }
}
