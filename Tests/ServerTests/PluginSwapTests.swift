import Foundation
import PluginHost
import TestSupport
import Testing
import Wire

@testable import Server

/// Builds of the sequencer (Tests/Plugins/sequencer.c): it answers audio chunk NUMBER with "NUMBER COUNT BUILD".
final class Builds {
    let folder: TemporaryFolder
    /// In the names of these builds: other tests of this process have theirs mapped too.
    let tag = String(UUID().uuidString.prefix(8))
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    init() throws { folder = try TemporaryFolder() }

    func make(_ build: Int, _ flags: String = "", name: String? = nil) throws -> String {
        let file = "\(folder.path)/\(name ?? "sequencer-\(build)-\(tag)").so"
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command =
            "clang -std=gnu17 -Wall -Wextra -Werror -fPIC -shared -fvisibility=hidden -I'\(root)/Sources/CVitrinePlugin/include' -DBUILD=\(build)"
        compiler.arguments = ["-c", "\(command) \(flags) -o '\(file)' '\(root)/Tests/Plugins/sequencer.c'"]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        return file
    }

    /// The same code under another hash: an ELF file may have anything behind its end.
    func variant(of file: String, _ number: Int) throws -> String {
        let copy = "\(folder.path)/variant-\(number)-\(tag).so"
        var data = try Data(contentsOf: URL(fileURLWithPath: file))
        data.append(Data("\(number)".utf8))
        try data.write(to: URL(fileURLWithPath: copy))
        return copy
    }

    /// The command line that was built with these tests.
    static var vitrine: String { "\(buildFolder)/vitrine" }

    static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["VITRINE_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/vitrine" } ?? "\(environment["HOME"] ?? "")/.cache/vitrine"
    }
}

extension TestServer {
    /// A server whose audio goes to this build of the sequencer.
    convenience init(sequencer file: String, loops: Int = 1, probes: Bool = true, _ change: (inout ServerConfiguration) -> Void = { _ in }) throws {
        let graph = (file as NSString).deletingLastPathComponent + "/graph.yaml"
        try Data(
            """
            graph: 1
            name: sequence
            nodes:
              - {id: count, type: plugin, plugin: sequencer, in: [client.audio]}
            """.utf8
        ).write(to: URL(fileURLWithPath: graph))
        try self.init(loops: loops) { configuration in
            configuration.graphFile = graph
            configuration.runtimeFolder = Builds.cache + "/openvino/libs"
            configuration.plugins = [PluginChoice(name: "sequencer", file: file)]
            configuration.probeProgram = probes ? Builds.vitrine : ""
            change(&configuration)
        }
    }

    func admin<Reply>(
        _ method: MethodDescriptor, _ request: [UInt8], _ decode: @escaping (UnsafeRawBufferPointer) throws -> Reply
    ) throws -> Result<Reply, RPCStatus> {
        try AdminCall(self, method, request, decode).result()
    }

    @discardableResult
    func swap(_ file: String, plugin: String = "", drainMs: UInt64 = 0) throws -> Result<ChangePluginReply, RPCStatus> {
        try admin(.adminSwapPlugin, ChangePluginRequest(file: file, plugin: plugin, drainUs: drainMs * 1_000).encoded()) {
            try ChangePluginReply(decoding: $0)
        }
    }

    func plugins() throws -> [LoadedPlugin] {
        try admin(.adminListPlugins, ListPluginsRequest().encoded()) { try ListPluginsReply(decoding: $0) }.get().plugins
    }
}

/// A call on the admin socket whose reply is read later.
final class AdminCall<Reply> {
    private let client: RawClient
    private let decode: (UnsafeRawBufferPointer) throws -> Reply

    init(_ server: TestServer, _ method: MethodDescriptor, _ request: [UInt8], _ decode: @escaping (UnsafeRawBufferPointer) throws -> Reply) throws {
        client = try RawClient(server.adminAddress)
        self.decode = decode
        client.send([
            Frame(streamID: 1, kind: .open(Open(method: method.path))), Frame(streamID: 1, kind: .data(request)),
            Frame(streamID: 1, kind: .halfClose(HalfClose())),
        ])
    }

    /// Waits for it: up to 30 s.
    func result() throws -> Result<Reply, RPCStatus> {
        var reply: Reply?
        while true {
            guard let frame = try client.next() else { throw TimedOut(description: "the admin connection was closed") }
            switch frame.kind {
            case .data(let bytes)?: reply = try bytes.withUnsafeBytes(decode)
            case .status(let status)?:
                let status = RPCStatus(StatusCode(rawValue: status.code) ?? .unknown, status.message)
                guard let reply, status.code == .ok else { return .failure(status) }
                return .success(reply)
            default: break
            }
        }
    }
}

/// A customer whose microphone sends numbers.
final class Counting {
    let client: RawClient
    private(set) var sent: UInt64 = 0
    private(set) var answers: [(number: UInt64, count: UInt64, build: Int)] = []
    private(set) var problems: [String] = []

    init(_ server: TestServer) throws {
        client = try RawClient(server.address)
        _ = try client.converse()
    }

    func send(_ chunks: Int = 1) {
        for _ in 0..<chunks {
            sent += 1
            let samples = withUnsafeBytes(of: sent.littleEndian) { Array($0) } + [UInt8](repeating: 0, count: 24)
            client.say(1, ClientMessage(kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: samples))))
        }
    }

    /// Reads until as many answers have come as chunks were sent, or a problem.
    func read() throws {
        while answers.count < sent, problems.isEmpty {
            _ = try client.messages { message in
                switch message.kind {
                case .transcript(let transcript)?:
                    let parts = transcript.text.split(separator: " ").map(String.init)
                    answers.append((UInt64(parts[0]) ?? 0, UInt64(parts[1]) ?? 0, Int(parts[2]) ?? 0))
                    return true
                case .problem(let problem)?:
                    problems.append(problem.message)
                    return true
                default: return false
                }
            }
        }
    }
}

@Suite("Swapping a plugin under live streams", .serialized)
struct PluginSwapTests {
    @Test("50 swaps lose, repeat and reorder nothing; state is handed over; old builds are unloaded", arguments: [1, 2])
    func fifty(loops: Int) throws {
        let builds = try Builds()
        let first = try builds.make(1)
        let server = try TestServer(sequencer: first, loops: loops, probes: false)
        let customers = try (0..<6).map { _ in try Counting(server) }
        for customer in customers { customer.send(3) }
        #expect(mapped(builds) == 1)
        for number in 1...50 {
            let call = try AdminCall(
                server, .adminSwapPlugin, ChangePluginRequest(file: try builds.variant(of: first, number)).encoded()
            ) { try ChangePluginReply(decoding: $0) }
            for customer in customers { customer.send(2) }
            let reply = try call.result().get()
            #expect(reply.plugin?.generation == UInt32(number) + 1 && !reply.unchanged)
            for customer in customers { customer.send(1) }
        }
        for customer in customers {
            try customer.read()
            #expect(customer.problems == [])
            #expect(customer.answers.map(\.number) == Array(1...customer.sent), "every chunk once, in order")
            #expect(customer.answers.map(\.count) == Array(1...customer.sent), "the count goes on over every swap")
        }
        for _ in 0..<200 where try server.plugins().count > 1 { usleep(10_000) }
        #expect(try server.plugins().map(\.state) == ["live"], "old builds are gone")
        for _ in 0..<200 where mapped(builds) > 1 { usleep(10_000) }
        #expect(mapped(builds) == 1)
    }

    @Test("The same file again does nothing")
    func identical() throws {
        let builds = try Builds()
        let first = try builds.make(1)
        let server = try TestServer(sequencer: first)
        let reply = try server.swap(first).get()
        #expect(reply.unchanged && reply.plugin?.generation == 1 && reply.deployment == 1)
    }

    @Test("A swap goes through its steps, and says what differs")
    func steps() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1))
        let customer = try Counting(server)
        customer.send()
        try customer.read()
        let reply = try server.swap(try builds.make(2)).get()
        #expect(reply.steps.map(\.name) == ["read", "probe", "load", "start", "publish"])
        #expect(reply.before?.generation == 1 && reply.plugin?.generation == 2 && reply.deployment == 2)
        customer.send()
        try customer.read()
        #expect(customer.answers.map(\.build) == [1, 2] && customer.answers.map(\.count) == [1, 2])
    }

    @Test("What the manifest names warms an instance up before it serves, at start and in a swap; a build that cannot work it off is refused")
    func warmUp() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1, "-DWARM_UP=1")) { $0.limits.pluginStartMsMax = 500 }
        let customer = try Counting(server)
        customer.send()
        try customer.read()
        let reply = try server.swap(try builds.make(2, "-DWARM_UP=1")).get()
        #expect(reply.steps.map(\.name) == ["read", "probe", "load", "start", "warm-up", "publish"])
        customer.send()
        try customer.read()
        func refusal(_ build: Int, _ flags: String) throws -> RPCStatus? {
            guard case .failure(let status) = try server.swap(try builds.make(build, flags)) else { return nil }
            return status
        }
        let fails = try refusal(3, "-DWARM_UP=2")
        #expect(fails?.code == .failedPrecondition && fails?.message.contains("to warm it up: plugin sequencer refused a message") == true)
        let endless = try refusal(4, "-DWARM_UP=3")
        #expect(endless?.code == .deadlineExceeded)
        let text = try refusal(5, "-DWARM_UP=4")
        #expect(text?.message.contains("warm_up is \"text\"; allowed: audio") == true)
        customer.send()
        try customer.read()
        #expect(customer.answers.map(\.build) == [101, 102, 102] && customer.answers.map(\.count) == [1, 2, 3])
        #expect(try server.plugins().map(\.generation) == [2])
    }

    @Test("What is no good is refused with what was wrong, and what is live stays")
    func refusals() throws {
        let builds = try Builds()
        let first = try builds.make(1)
        let server = try TestServer(sequencer: first)
        let customer = try Counting(server)
        func refusal(_ file: String, plugin: String = "") throws -> RPCStatus? {
            guard case .failure(let status) = try server.swap(file, plugin: plugin) else { return nil }
            return status
        }
        let whole = try Data(contentsOf: URL(fileURLWithPath: first))
        let torn = try builds.folder.write("torn.so", "")
        try whole.prefix(whole.count * 2 / 3).write(to: URL(fileURLWithPath: torn))
        #expect(try refusal(torn)?.message.contains("the ELF file is damaged") == true)
        let text = try refusal(try builds.folder.write("text.so", String(repeating: "no library ", count: 50)))
        #expect(text?.code == .failedPrecondition && text?.message.contains("not an ELF file") == true)
        #expect(try refusal("/nowhere/x.so")?.code == .notFound)
        #expect(try refusal("relative.so")?.code == .invalidArgument)
        #expect(try refusal(try builds.make(2, "-DWRONG_ABI"))?.message.contains("does not serve ABI version 1") == true)
        let failed = try refusal(try builds.make(3, "-DSELF_TEST=1"))
        #expect(failed?.message.contains("failing as told") == true, "\(String(describing: failed))")
        let crash = try refusal(try builds.make(4, "-DSELF_TEST=2"))
        #expect(crash?.message.contains("crashed in self-test (Aborted)") == true)
        let shape = try refusal(try builds.make(6, "'-DPRODUCES=\"labels\"'"))
        #expect(shape?.code == .failedPrecondition && shape?.message.contains("the live port transcript is missing in the candidate") == true)
        let other = try refusal(try builds.make(7), plugin: "speech-recognizer")
        #expect(other?.message.contains("is named sequencer, not speech-recognizer") == true)
        customer.send(2)
        try customer.read()
        #expect(customer.answers.map(\.build) == [1, 1])
        #expect(try server.plugins().map(\.generation) == [1])
    }

    @Test("A build that hangs in its self-test is refused when its time is over, and what is live stays")
    func hanging() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1)) { $0.limits.pluginProbeMsMax = isSanitized ? 15_000 : 4_000 }
        guard case .failure(let status) = try server.swap(try builds.make(2, "-DSELF_TEST=3")) else {
            Issue.record("it was not refused")
            return
        }
        #expect(status.code == .deadlineExceeded && status.message.contains("hangs in self-test"))
        #expect(try server.plugins().map(\.generation) == [1])
    }

    @Test("A file that is still being written is waited for")
    func growing() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1), probes: false)
        var wasHeldUp = true
        // A writer whom the machine held up for nearly as long as a whole file rests shows nothing: another one then.
        for number in 2...9 where wasHeldUp {
            let whole = try Data(contentsOf: URL(fileURLWithPath: try builds.make(number)))
            let path = try builds.folder.write("growing-\(number).so", "")
            let call = try AdminCall(server, .adminSwapPlugin, ChangePluginRequest(file: path).encoded()) { try ChangePluginReply(decoding: $0) }
            let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            var (last, longest) = (ContinuousClock.now, Duration.zero)
            for part in stride(from: 0, to: whole.count, by: 2_048) {
                try writer.write(contentsOf: whole[part..<min(part + 2_048, whole.count)])
                longest = max(longest, ContinuousClock.now - last)
                last = .now
                usleep(15_000)
            }
            try writer.close()
            wasHeldUp = longest > .milliseconds(40)
            let result = try call.result()
            if !wasHeldUp { #expect(try result.get().unchanged == false) }
        }
        #expect(!wasHeldUp)
    }

    @Test("A candidate that hangs when it starts is given up; the next change is served")
    func hangs() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1)) { $0.limits.pluginStartMsMax = 500 }
        let mark = "\(builds.folder.path)/mark"
        guard case .failure(let status) = try server.swap(try builds.make(2, "'-DHANG_FILE=\"\(mark)\"'")) else {
            throw TimedOut(description: "swapped")
        }
        #expect(status.code == .deadlineExceeded && status.message.contains("did not start within 500 ms"))
        #expect(try server.swap(try builds.make(3)).get().plugin?.generation == 3)
    }

    @Test("Two changes at once: the second is told to come again")
    func atOnce() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1))
        let (second, third) = (try builds.make(2), try builds.make(3))
        let one = try AdminCall(server, .adminSwapPlugin, ChangePluginRequest(file: second).encoded()) { try ChangePluginReply(decoding: $0) }
        let two = try AdminCall(server, .adminSwapPlugin, ChangePluginRequest(file: third).encoded()) { try ChangePluginReply(decoding: $0) }
        let results = [try one.result(), try two.result()]
        let refused = results.compactMap { if case .failure(let status) = $0 { status } else { nil } }
        #expect(refused.count == 1 && refused.first?.code == .aborted)
        #expect(refused.first?.message.contains("another change of plugins is under way") == true)
        #expect(try server.plugins().filter { $0.state == "live" }.map(\.generation) == [2])
    }

    @Test("Streams that cannot be handed over end on the old build; work that does not end is told of, and gone when it ends")
    func neverRests() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1, "-DNEVER_RESTS -DNO_STATE"))
        let customer = try Counting(server)
        customer.send()
        try customer.read()
        #expect(try server.swap(try builds.make(2), drainMs: 200).get().plugin?.generation == 2)
        customer.send()
        try customer.read()
        #expect(customer.answers.map(\.build) == [1, 1], "an open stream goes on where it is")
        _ = try customer.client.messages {
            if case .problem(let problem)? = $0.kind { problem.message.contains("did not finish within 200 ms") } else { false }
        }
        #expect(try server.plugins().map(\.state).sorted() == ["live", "stuck"])
        for _ in 0..<1_000 where try server.plugins().count > 1 { usleep(10_000) }
        #expect(try server.plugins().map(\.generation) == [2])
    }

    @Test("Load, unload, and what they refuse")
    func unload() throws {
        let builds = try Builds()
        let first = try builds.make(1)
        let server = try TestServer(sequencer: first)
        func change(_ method: MethodDescriptor, _ request: [UInt8]) throws -> Result<ChangePluginReply, RPCStatus> {
            try server.admin(method, request) { try ChangePluginReply(decoding: $0) }
        }
        let second = try builds.make(2)
        guard case .failure(let exists) = try change(.adminLoadPlugin, ChangePluginRequest(file: second).encoded()) else {
            return #expect(Bool(false))
        }
        #expect(exists.code == .alreadyExists && exists.message.contains("swap it"))
        guard case .failure(let needed) = try change(.adminUnloadPlugin, UnloadPluginRequest(plugin: "sequencer").encoded()) else {
            return #expect(Bool(false))
        }
        #expect(needed.code == .failedPrecondition && needed.message.contains("node 'count' of graph 'sequence' needs sequencer"))
        #expect(try change(.adminUnloadPlugin, UnloadPluginRequest(plugin: "sequencer", force: true).encoded()).get().before?.generation == 1)
        let customer = try Counting(server)
        customer.send()
        try customer.read()
        #expect(customer.problems.first?.contains("no plugin serves node 'count'") == true)
        guard case .failure(let absent) = try server.swap(second) else { return #expect(Bool(false)) }
        #expect(absent.code == .notFound)
        #expect(try change(.adminLoadPlugin, ChangePluginRequest(file: second).encoded()).get().plugin?.generation == 2)
        let next = try Counting(server)
        next.send()
        try next.read()
        #expect(next.answers.map(\.build) == [2])
    }

    @Test("A watcher hears what plugins log")
    func watch() throws {
        let builds = try Builds()
        let server = try TestServer(sequencer: try builds.make(1))
        let client = try RawClient(server.adminAddress)
        client.send([
            Frame(streamID: 1, kind: .open(Open(method: MethodDescriptor.adminWatchPlugin.path))),
            Frame(streamID: 1, kind: .data(WatchPluginRequest(plugin: "sequencer").encoded())),
        ])
        // The request is there once another one behind it was answered.
        client.send(2, .open(Open(method: MethodDescriptor.adminHealth.path)))
        client.send(2, .data([]))
        client.send(2, .halfClose(HalfClose()))
        #expect(try client.status(of: 2) == .ok)
        server.server.pluginLog.said("other", .info, "not this")
        server.server.pluginLog.said("sequencer", .warning, "hear this")
        guard case .data(let bytes)? = try client.next()?.kind else { throw TimedOut(description: "no line came") }
        let line = try bytes.withUnsafeBytes { try PluginLogLine(decoding: $0) }
        #expect(line == PluginLogLine(plugin: "sequencer", level: "warning", message: "hear this"))
    }

    /// Mapped plugins.
    private func mapped(_ builds: Builds) -> Int { mappedFiles().filter { $0.contains("-\(builds.tag).so") }.count }

    /// Files that this process has mapped, each once.
    private func mappedFiles() -> [String] {
        guard let maps = fopen("/proc/self/maps", "r") else { return [] }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 4_096)
        var files: [String] = []
        while fgets(&line, Int32(line.count), maps) != nil {
            let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if let path = text.split(separator: " ").last, path.hasPrefix("/"), !files.contains(String(path)) { files.append(String(path)) }
        }
        return files
    }
}
