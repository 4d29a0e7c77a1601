import Client
import EventLoop
import Foundation
import Replay
import Testing
import Wire

@testable import Server

@Suite("A server in the process, under virtual time")
struct InProcessTests {
    private func configuration(_ folder: TemporaryFolder, loops: Int) throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.loops = loops
        configuration.logLevel = .error
        configuration.graphFile = try folder.write("graph.yaml", TestServer.graph)
        return configuration
    }

    /// Twelve customers who send sound that comes back, each in its own rhythm and some at the same times; everything the server sent, and when.
    private func play(loops: Int, seed: UInt64 = 1) throws -> [String] {
        let folder = try TemporaryFolder()
        let clock = try VirtualClock()
        let server = try InProcessServer(try configuration(folder, loops: loops), clock: clock)
        defer { server.stop() }
        let loop = try EventLoop(name: "customers", sharing: clock)
        let target = InProcessTarget(loop: loop, seed: seed) { (loop, seed, resuming) throws(LoopError) in
            try server.connect(from: loop, seed: seed, resuming: resuming)
        }
        let crowd = Crowd(target)
        loop.submit { crowd.start() }
        loop.run()
        #expect(crowd.problems == [])
        return crowd.seen
    }

    /// Customers of one loop. Touched on it alone until it has ended.
    private final class Crowd: @unchecked Sendable {
        private let target: InProcessTarget
        private var conversations: [Int: Conversation] = [:]
        private var connections: [Int: ClientConnection] = [:]
        private var left = 12
        private(set) var seen: [String] = []
        private(set) var problems: [String] = []

        init(_ target: InProcessTarget) { self.target = target }

        func start() {
            target.onBytes = { [unowned self] seat, nowUs, bytes in
                seen.append("\(nowUs) \(seat.name) \(bytes.map { String($0, radix: 16) }.joined(separator: "."))")
            }
            for customer in 0..<12 {
                target.connect(ConversationSeat(name: "customer", repetition: customer)) { [self] connected in
                    do {
                        let connection = try connected.get()
                        connections[customer] = connection
                        conversations[customer] = Conversation(on: connection, onMessage: { _ in }, onEnd: { [self] in ended(customer, $0) })
                        speak(customer, pieces: 6)
                    } catch {
                        problems.append("\(error)")
                    }
                }
            }
        }

        private func speak(_ customer: Int, pieces: Int) {
            guard pieces > 0 else { return conversations[customer]?.finish() ?? () }
            do {
                let samples = (0..<64).map { UInt8(truncatingIfNeeded: $0 &* pieces &+ customer) }
                try conversations[customer]?.speak(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: samples))
            } catch {
                problems.append("\(error)")
            }
            target.loop.after(UInt64(1_000 * (customer % 4))) { [self] in speak(customer, pieces: pieces - 1) }
        }

        private func ended(_ customer: Int, _ status: RPCStatus) {
            if status.code != .ok { problems.append("\(customer): \(status)") }
            connections[customer]?.close()
            left -= 1
            if left == 0 { target.loop.stop() }
        }
    }

    @Test("sends the same bytes at the same times, in the same order, on any number of loops; another seed gives others")
    func sameBytes() throws {
        let first = try play(loops: 1)
        #expect(first.count >= 12)
        for loops in [1, 2, 2, 3] { #expect(try play(loops: loops) == first) }
        #expect(try play(loops: 1, seed: 2) != first)
    }

    @Test("asks for the catalogue to be imported when there is no database, and leaves nothing behind")
    func noDatabase() throws {
        let folder = try TemporaryFolder()
        var configuration = try configuration(folder, loops: 1)
        configuration.databaseFile = "\(folder.path)/none.sqlite"
        let error = #expect(throws: ServerError.self) { _ = try InProcessServer(configuration, clock: nil) }
        #expect(error?.message.contains("none.sqlite: No such file or directory; fill it with `vitrine catalog import`") == true)
        #expect(!FileManager.default.fileExists(atPath: configuration.databaseFile))
    }

    @Test("takes a candidate in the place of the plugin it names, and of no other")
    func candidate() {
        var configuration = ServerConfiguration()
        configuration.plugins = [PluginChoice(name: "one"), PluginChoice(name: "two", options: [PluginOption(key: "k", value: "v")])]
        let isReplaced = configuration.replacePlugin("two", by: "./two.so")
        #expect(isReplaced)
        #expect(
            configuration.plugins == [
                PluginChoice(name: "one"), PluginChoice(name: "two", file: "./two.so", options: [PluginOption(key: "k", value: "v")]),
            ])
        let isFound = configuration.replacePlugin("three", by: "./three.so")
        #expect(!isFound)
    }

    @Test("gives a session of a seed one id, on the loop that owns it")
    func ids() throws {
        for seed in UInt64(1)...50 {
            let id = SessionTable.id(from: seed)
            for loops in 1...4 {
                let owner = SessionTable.owner(of: id, loops: loops)
                let table = SessionTable(loop: try EventLoop(name: "t", index: owner, clock: .virtual), loops: loops, seed: 9)
                #expect(table.newSession(seed: seed).id == id)
                #expect(table.newSession(seed: seed).seed == table.newSession(seed: seed).seed)
            }
        }
    }
}
