import EventLoop
import Testing

@Suite("Streams within the process")
struct MemoryStreamTests {
    /// Runs `body` with both ends on two loops of one virtual clock, or on real ones.
    private func ends(
        isVirtual: Bool, accept: @escaping @Sendable (EventLoop, ByteStream) -> Void,
        _ body: @escaping @Sendable (EventLoop, ByteStream, @escaping @Sendable () -> Void) throws -> Void
    ) async throws {
        let clock = isVirtual ? try VirtualClock() : nil
        let here = try EventLoop(name: "here", index: 0, sharing: clock)
        let there = try EventLoop(name: "there", index: 1, sharing: clock)
        here.start()
        there.start()
        await withCheckedContinuation { continuation in
            here.submit {
                do {
                    let near = try ByteStream.connectWithin(here, to: there) { accept(there, $0) }
                    try body(here, near) { continuation.resume() }
                } catch {
                    Issue.record(error)
                    continuation.resume()
                }
            }
        }
        here.stop()
        there.stop()
        here.join()
        there.join()
    }

    @Test("carry everything, in order, both ways, and more than a window of it", arguments: [true, false])
    func echo(isVirtual: Bool) async throws {
        let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        try await ends(isVirtual: isVirtual) { _, far in
            far.onBytes = { bytes in
                #expect(bytes.count <= EventLoop.readBytesMax)
                far.write { $0.append(contentsOf: bytes) }
            }
            far.startReading()
        } _: { _, near, finish in
            let back = Box<[UInt8]>([])
            near.onBytes = { bytes in
                back.value.append(contentsOf: bytes)
                guard back.value.count == sent.count else { return }
                #expect(back.value == sent)
                finish()
            }
            near.startReading()
            near.write { $0.append(contentsOf: sent) }
            #expect(near.peer == "this process" && near.peerCredentials == nil)
        }
    }

    @Test("tell of an end after the last byte, also to one that reads late", arguments: [true, false])
    func end(isVirtual: Bool) async throws {
        try await ends(isVirtual: isVirtual) { there, far in
            far.write { $0.append(contentsOf: [1, 2, 3]) }
            far.closeAfterFlush()
        } _: { here, near, finish in
            let read = Box<[UInt8]>([])
            near.onBytes = { read.value.append(contentsOf: $0) }
            near.onClose = { error in
                #expect(error == nil)
                #expect(read.value == [1, 2, 3])
                #expect(!near.isOpen)
                finish()
            }
            here.after(2_000) {
                #expect(near.isOpen && read.value.isEmpty)
                near.startReading()
            }
        }
    }

    @Test("hold a writer back when the reader pauses, and close one that writes too much")
    func limits() async throws {
        try await ends(isVirtual: true) { there, far in
            far.onBytes = { _ in Issue.record("nobody reads") }
        } _: { here, near, finish in
            near.limits = StreamLimits(highWaterBytes: 1_000, lowWaterBytes: 100, outputBytesMax: 500_000)
            near.onClose = { error in
                #expect(error?.code == .outputLimit)
                #expect(error?.message.contains("this process reads too slowly") == true)
                finish()
            }
            near.write { $0.append(contentsOf: [UInt8](repeating: 7, count: 300_000)) }
            here.after(1) {
                #expect(near.isOpen && near.isCongested)
                #expect(near.pendingBytes == 300_000 - 256 * 1024)
                near.write { $0.append(contentsOf: [UInt8](repeating: 7, count: 500_000)) }
            }
        }
    }

    @Test("stay on their loop, and close with it")
    func loopEnds() async throws {
        try await ends(isVirtual: true) { there, far in
            #expect(throws: LoopError.self) { _ = try far.detach() }
            there.stop()
        } _: { _, near, finish in
            near.onClose = { _ in finish() }
            near.startReading()
        }
    }
}
