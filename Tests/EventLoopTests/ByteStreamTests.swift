import EventLoop
import Glibc
import Testing

@Suite("Streams")
struct ByteStreamTests {
    private static func echo(_ address: SocketAddress, bytes: Int) async throws {
        try await onLoop { loop, finish in
            try pair(address, loop) { server, client, listener in
                var received: [UInt8] = []
                received.reserveCapacity(bytes)
                server.limits.outputBytesMax = bytes * 2
                client.limits.outputBytesMax = bytes * 2
                server.onBytes = { bytes in server.write { $0.append(contentsOf: bytes) } }
                client.onBytes = { chunk in
                    received.append(contentsOf: chunk)
                    if received.count == bytes {
                        #expect(received == pattern(bytes))
                        client.close()
                    }
                }
                server.onClose = { error in
                    #expect(error == nil)
                    listener.close()
                    finish()
                }
                server.startReading()
                client.startReading()
                client.write { $0.append(contentsOf: pattern(bytes)) }
            }
        }
    }

    @Test("bytes come back over TCP and a Unix socket, few or more than the kernel buffers", arguments: [1, 4_000_000])
    func echoes(bytes: Int) async throws {
        try await Self.echo(anyPort, bytes: bytes)
        let loop = try EventLoop(name: "path")
        try await Self.echo(.unix(path: temporarySocket("echo", loop: loop)), bytes: bytes)
    }

    @Test("a host name is looked up")
    func named() async throws {
        try await onLoop { loop, finish in
            let listener = try SocketListener.listen(.tcp(host: "localhost", port: 0), loop: loop) { $0.close() }
            ByteStream.connect(listener.boundAddress, loop: loop) { result in
                #expect((try? result.get()) != nil)
                finish()
            }
        }
    }

    @Test("what is written within one iteration leaves together")
    func coalesced() async throws {
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                client.onBytes = { bytes in
                    #expect(String(bytes: bytes) == "onetwothree")
                    finish()
                }
                client.startReading()
                server.write { $0.append(contentsOf: Array("one".utf8)) }
                server.write { $0.append(contentsOf: Array("two".utf8)) }
                loop.nextTick { server.write { $0.append(contentsOf: Array("three".utf8)) } }
                #expect(server.pendingBytes == 6)
            }
        }
    }

    @Test("a peer that does not read makes the stream congested; when it reads, the stream drains once")
    func waterMarks() async throws {
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                var drained = 0
                var received = 0
                let total = 8_000_000
                server.limits.outputBytesMax = total
                server.onDrained = {
                    drained += 1
                    #expect(server.pendingBytes <= server.limits.lowWaterBytes)
                    #expect(!server.isCongested)
                }
                client.onBytes = { bytes in
                    received += bytes.count
                    if received == total {
                        loop.after(5_000) {
                            #expect(drained == 1)
                            #expect(server.pendingBytes == 0)
                            finish()
                        }
                    }
                }
                server.write { $0.append(contentsOf: [UInt8](repeating: 7, count: total)) }
                #expect(server.isCongested)
                loop.after(10_000) {
                    #expect(server.isCongested)
                    #expect(server.pendingBytes > 0)
                    client.startReading()
                }
            }
        }
    }

    @Test("a stream whose output exceeds its limit is closed with an error that names the limit")
    func outputLimit() async throws {
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, _, _ in
                server.limits = StreamLimits(highWaterBytes: 1_000, lowWaterBytes: 100, outputBytesMax: 50_000)
                server.onClose = { error in
                    #expect(error?.code == .outputLimit)
                    #expect(error?.message.contains("50000") == true)
                    finish()
                }
                func more() {
                    guard server.isOpen else { return }
                    server.write { $0.append(contentsOf: [UInt8](repeating: 1, count: 40_000)) }
                    loop.nextTick { more() }
                }
                more()
            }
        }
    }

    @Test("the end of input closes both sides in order, once each, after the pending output was written")
    func orderly() async throws {
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                var closed: [String] = []
                var received = 0
                server.onClose = { error in
                    #expect(error == nil)
                    closed.append("server")
                }
                client.onClose = { error in
                    #expect(error == nil)
                    closed.append("client")
                    loop.after(2_000) {
                        #expect(closed == ["server", "client"] || closed == ["client", "server"])
                        #expect(received == 2_000_000)
                        finish()
                    }
                }
                client.onBytes = { received += $0.count }
                client.startReading()
                server.write { $0.append(contentsOf: [UInt8](repeating: 1, count: 2_000_000)) }
                server.closeAfterFlush()
                server.closeAfterFlush()
                server.write { $0.append(1) }
            }
        }
    }

    @Test("a reset is reported as an error, once; close calls onClose later, not within the call")
    func abrupt() async throws {
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                var closes = 0
                var inside = false
                server.onClose = { error in
                    closes += 1
                    #expect(error?.code == .connectionReset)
                    loop.after(2_000) {
                        #expect(closes == 1)
                        finish()
                    }
                }
                client.onClose = { error in
                    #expect(error == nil)
                    #expect(!inside)
                }
                server.startReading()
                // Closing with unread input makes the kernel send a reset.
                server.write { $0.append(contentsOf: [1, 2, 3]) }
                loop.after(5_000) {
                    inside = true
                    client.close()
                    client.close()
                    inside = false
                }
            }
        }
    }

    @Test("closeAfterFlush gives up on a peer that takes nothing")
    func flushTimeout() async throws {
        try await onLoop(clock: .virtual) { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                server.limits.flushMsMax = 700
                server.limits.outputBytesMax = 1 << 30
                server.onClose = { error in
                    #expect(error?.code == .outputLimit)
                    #expect(error?.message.contains("700 ms") == true)
                    #expect(loop.nowUs == LoopClock.startUs + 700_000)
                    #expect(client.isOpen)
                    finish()
                }
                server.write { $0.append(contentsOf: [UInt8](repeating: 1, count: 20_000_000)) }
                server.closeAfterFlush()
            }
        }
    }

    @Test("a paused stream delivers nothing, a resumed one everything")
    func pause() async throws {
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                var received = 0
                var paused = false
                server.onBytes = { bytes in
                    #expect(!paused)
                    received += bytes.count
                    if received == 300_000 { return finish() }
                    paused = true
                    server.pauseReading()
                    loop.after(1_000) {
                        paused = false
                        server.resumeReading()
                    }
                }
                server.startReading()
                client.write { $0.append(contentsOf: [UInt8](repeating: 9, count: 300_000)) }
            }
        }
    }

    @Test("a socket moves to another loop with nothing lost and without a close", arguments: [true, false])
    func handOver(tcp: Bool) async throws {
        let other = try EventLoop(name: "other")
        other.start()
        try await onLoop { loop, finish in
            let address = tcp ? anyPort : SocketAddress.unix(path: temporarySocket("move", loop: loop))
            try pair(address, loop) { server, client, listener in
                server.onClose = { _ in Issue.record("a detached stream was closed") }
                client.onBytes = { bytes in
                    #expect(String(bytes: bytes) == "from other: hello")
                    listener.close()
                    finish()
                }
                client.startReading()
                client.write { $0.append(contentsOf: Array("hello".utf8)) }
                do {
                    let fd = try server.detach()
                    #expect(!server.isOpen)
                    #expect(throws: LoopError.self) { _ = try server.detach() }
                    other.submit {
                        do {
                            let adopted = try ByteStream.adopt(fd: fd, loop: other)
                            adopted.onBytes = { bytes in
                                #expect(other.isCurrent)
                                adopted.write { $0.append(contentsOf: Array("from other: \(String(bytes: bytes))".utf8)) }
                            }
                            adopted.startReading()
                        } catch {
                            Issue.record(error)
                        }
                    }
                } catch {
                    Issue.record(error)
                }
            }
        }
        other.stop()
        other.join()
    }

    @Test("what is no socket is not adopted, and its descriptor is closed")
    func adoptFile() async throws {
        try await onLoop { loop, finish in
            var ends: [Int32] = [-1, -1]
            #expect(pipe(&ends) == 0)
            #expect(throws: LoopError.self) { _ = try ByteStream.adopt(fd: ends[1], loop: loop) }
            // The end of input shows that the writing end is closed.
            var byte: UInt8 = 0
            #expect(read(ends[0], &byte, 1) == 0)
            close(ends[0])
            finish()
        }
    }

    @Test("stopping a loop closes its streams; onClose is called for each")
    func stop() async throws {
        let closes = Box(0)
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, client, _ in
                server.onClose = { _ in closes.value += 1 }
                client.onClose = { _ in closes.value += 1 }
                finish()
            }
        }
        #expect(closes.value == 2)
    }

    @Test("the credentials of a Unix peer are those of its process; TCP has none")
    func credentials() async throws {
        try await onLoop { loop, finish in
            try pair(.unix(path: temporarySocket("who", loop: loop)), loop) { server, _, listener in
                #expect(server.peerCredentials?.pid == getpid())
                #expect(server.peerCredentials?.uid == getuid())
                #expect(server.peer == "unix:pid \(getpid())")
                listener.close()
                finish()
            }
        }
        try await onLoop { loop, finish in
            try pair(anyPort, loop) { server, _, _ in
                #expect(server.peerCredentials == nil)
                #expect(server.peer.hasPrefix("127.0.0.1:"))
                finish()
            }
        }
    }
}

/// Bytes whose period, a prime, shares no factor with any buffer's size: what is lost, doubled or moved shows.
private func pattern(_ count: Int) -> [UInt8] {
    let block = (0..<9_973).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    bytes.removeLast(bytes.count - count)
    return bytes
}
