import EventLoop
import Foundation
import Testing
import Wire

/// Something that is wrong with a shop: what becomes of the messages that pass, in both directions. State is kept per connection.
struct SeededBug: Sendable, CustomTestStringConvertible {
    /// What passes on instead of one frame; later means so many milliseconds late.
    struct Passing: Sendable {
        var frame: Frame
        var lateMs = 0
    }

    /// What a bug remembers of one connection.
    struct Memory {
        var count = 0
        var held: [Frame] = []
    }

    var name: String
    /// The example script that finds it.
    var script: String
    /// What the report says.
    var says: String
    var toServer: @Sendable (Frame, inout Memory) -> [Passing] = { frame, _ in [Passing(frame: frame)] }
    var toClient: @Sendable (Frame, inout Memory) -> [Passing] = { frame, _ in [Passing(frame: frame)] }

    var testDescription: String { name }
}

/// Stands between a customer and a shop and passes everything on, but for one bug. On a loop and a port of its own.
final class FaultyLine: @unchecked Sendable {
    // Invariant: after `init` only the loop's thread touches what is not constant.
    private let loop: EventLoop
    private let upstream: SocketAddress
    private let bug: SeededBug
    private var listener: SocketListener?
    private var pairs: [ObjectIdentifier: Pair] = [:]

    /// Two streams that belong together, and what waits until the second stands.
    private final class Pair {
        let client: ByteStream
        var server: ByteStream?
        var waiting: [Frame] = []
        var clientMemory = SeededBug.Memory()
        var serverMemory = SeededBug.Memory()

        init(_ client: ByteStream) { self.client = client }
    }

    init(to upstream: SocketAddress, bug: SeededBug) throws {
        self.upstream = upstream
        self.bug = bug
        loop = try EventLoop(name: "faulty-line")
        let ready = Ready()
        loop.start()
        loop.submit { [self] in
            do {
                let listening = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0), loop: loop) { [unowned self] in accept($0) }
                listener = listening
                if case .tcp(_, let port) = listening.boundAddress { ready.port = port }
            } catch {
                ready.failure = error
            }
            ready.done.signal()
        }
        ready.done.wait()
        if let failure = ready.failure { throw failure }
        boundPort = ready.port
    }

    private var boundPort: UInt16 = 0
    var address: String { "127.0.0.1:\(boundPort)" }

    private final class Ready: @unchecked Sendable {
        // Invariant: written before `done` is signalled, read after waiting for it.
        var port: UInt16 = 0
        var failure: (any Error)?
        let done = DispatchSemaphore(value: 0)
    }

    func close() {
        loop.stop()
        loop.join()
    }

    private func accept(_ client: ByteStream) {
        let pair = Pair(client)
        pairs[ObjectIdentifier(pair)] = pair
        // One stream's end comes after the pair was let go by the other's.
        client.onClose = { [weak self, weak pair] _ in pair.map { self?.drop($0) } }
        read(client) { [weak self, weak pair] frame in pair.map { self?.pass(frame, of: $0, up: true) } }
        ByteStream.connect(upstream, loop: loop) { [self] connected in
            guard case .success(let server) = connected, pairs[ObjectIdentifier(pair)] != nil else { return client.close() }
            pair.server = server
            server.onClose = { [weak self, weak pair] _ in pair.map { self?.drop($0) } }
            read(server) { [weak self, weak pair] frame in pair.map { self?.pass(frame, of: $0, up: false) } }
            for frame in pair.waiting { pass(frame, of: pair, up: true) }
            pair.waiting = []
        }
    }

    private func read(_ stream: ByteStream, _ each: @escaping (Frame) -> Void) {
        var decoder = FrameDecoder(frameBytesMax: 16 << 20)
        stream.onBytes = { [unowned stream] bytes in
            do throws(RPCStatus) {
                try decoder.feed(bytes) { (frame) throws(RPCStatus) in each(try Frame(decoding: frame)) }
            } catch {
                stream.close()
            }
        }
        stream.startReading()
    }

    private func pass(_ frame: Frame, of pair: Pair, up: Bool) {
        guard !up || pair.server != nil else { return pair.waiting.append(frame) }
        let passing = up ? bug.toServer(frame, &pair.clientMemory) : bug.toClient(frame, &pair.serverMemory)
        for item in passing {
            guard item.lateMs > 0 else {
                write(item.frame, of: pair, up: up)
                continue
            }
            loop.after(UInt64(item.lateMs) * 1_000) { [weak self, weak pair] in
                if let self, let pair { write(item.frame, of: pair, up: up) }
            }
        }
    }

    private func write(_ frame: Frame, of pair: Pair, up: Bool) {
        (up ? pair.server : pair.client)?.write { FrameEncoder.frame(frame, into: &$0) }
    }

    private func drop(_ pair: Pair) {
        guard pairs.removeValue(forKey: ObjectIdentifier(pair)) != nil else { return }
        pair.client.closeAfterFlush()
        pair.server?.closeAfterFlush()
        // The streams' own callbacks may still be on the stack.
        loop.nextTick { _ = pair }
    }
}
