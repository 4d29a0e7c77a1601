import Foundation
import PluginHost
import PluginWorkers
import TestSupport
import Testing
import Wire

@testable import Server

/// Swaps of plugins that run in processes of their own, and moves between there and here.
@Suite("Swapping plugins in processes of their own", .serialized)
struct WorkerSwapTests {
    /// The programs of this build.
    private static var folder: String { String(Builds.vitrine.dropLast("/vitrine".count)) }

    private func server(_ file: String, run: PluginPlace = .worker, _ change: (inout ServerConfiguration) -> Void = { _ in }) throws -> TestServer {
        try TestServer(sequencer: file) { configuration in
            configuration.plugins[0].run = run
            configuration.runnerProgram = Self.folder + "/vitrine-plugin-worker"
            change(&configuration)
        }
    }

    private func change(
        _ server: TestServer, _ file: String, run: String = "", command: [String] = [], method: MethodDescriptor = .adminSwapPlugin
    ) throws -> Result<ChangePluginReply, RPCStatus> {
        try server.admin(method, ChangePluginRequest(file: file, run: run, command: command).encoded()) { try ChangePluginReply(decoding: $0) }
    }

    /// Gone, but for what takes a moment to go.
    private func settled(_ server: TestServer) throws -> [LoadedPlugin] {
        for _ in 0..<500 where try server.plugins().count > 1 { usleep(10_000) }
        return try server.plugins()
    }

    @Test(
        "Open streams of a worker go on with the next build, with what they keep: nothing is lost, repeated or out of order",
        arguments: ["-DSTATELESS", ""])
    func handOver(flags: String) throws {
        let builds = try Builds()
        let first = try builds.make(1, flags)
        let server = try server(first) { $0.metrics = "127.0.0.1:0" }
        let customers = try (0..<4).map { _ in try Counting(server) }
        for number in 1...8 {
            for customer in customers { customer.send(3) }
            let call = try AdminCall(
                server, .adminSwapPlugin, ChangePluginRequest(file: try builds.variant(of: first, number)).encoded()
            ) { try ChangePluginReply(decoding: $0) }
            for customer in customers { customer.send(5) }
            let reply = try call.result().get()
            #expect(reply.plugin?.run == "worker" && reply.plugin?.generation == UInt32(number) + 1)
            #expect(reply.steps.map(\.name) == ["read", "probe", "load", "start", "publish"])
        }
        for customer in customers {
            customer.send()
            try customer.read()
            #expect(customer.problems == [])
            #expect(customer.answers.map(\.number) == Array(1...customer.sent), "every chunk once, in order")
            #expect(customer.answers.map(\.count) == Array(1...customer.sent), "the count goes on over every swap")
        }
        let left = try settled(server)
        #expect(left.map(\.state) == ["live"] && left.map(\.generation) == [9], "old processes are gone")
        let metrics = try httpGet("/metrics", try #require(server.server.metricsPort))
        #expect(metrics.contains("\nvitrine_plugin_changes_total{change=\"swap\",outcome=\"live\"} 8\n"))
        #expect(metrics.contains("\nvitrine_plugin_generation{plugin=\"sequencer\"} 9\n"))
        #expect(metrics.contains("\nvitrine_plugin_draining_builds 0\n"))
        #expect(metrics.contains("vitrine_plugin_streams_handed_over_total{plugin=\"sequencer\"} "))
        #expect(metrics.contains("vitrine_plugin_change_ms_count{step=\"publish\"} 8"))
    }

    @Test(
        "A stream whose state is not given, not given in time, or not taken goes on where it was",
        arguments: [
            ("-DEXPORT=VT_UNIMPLEMENTED", "", [1, 1, 1, 1]), ("-DEXPORT=VT_INTERNAL", "", [1, 1, 1, 1]),
            ("-DEXPORT=-1", "", [1, 1, 2, 2]), ("-DEXPORT=-2", "", [1, 1, 1, 1]),
            ("", "-DIMPORT=VT_INVALID_ARGUMENT", [1, 1, 1, 1]), ("", "-DIMPORT=-1", [1, 1, 1, 1]), ("", "-DNO_STATE", [1, 1, 1, 1]),
        ])
    func notHandedOver(before: String, after: String, answers: [Int]) throws {
        let builds = try Builds()
        let server = try server(try builds.make(1, before))
        let customer = try Counting(server)
        customer.send()
        try customer.read()
        #expect(try change(server, try builds.make(2, after)).get().plugin?.generation == 2)
        for _ in 2...4 {
            customer.send()
            try customer.read()
        }
        #expect(customer.answers.map(\.build) == answers && customer.answers.map(\.count) == [1, 2, 3, 4] && customer.problems == [])
        // One that crashed over it is started anew.
        for _ in 0..<500 where try server.plugins().contains(where: { $0.state == "down" }) { usleep(10_000) }
        let other = try Counting(server)
        other.send()
        try other.read()
        #expect(other.answers.map(\.build) == [2], "the new build serves whoever comes")
    }

    @Test("A plugin moves to a process of its own and back, by request; the same file elsewhere is a change")
    func moves() throws {
        let builds = try Builds()
        let first = try builds.make(1, "-DSTATELESS")
        let server = try server(first, run: .inProcess)
        #expect(try server.plugins().map(\.run) == ["in_process"])
        let there = try change(server, first, run: "worker").get()
        #expect(there.differences == ["runs: in_process → worker"] && !there.unchanged)
        let customer = try Counting(server)
        customer.send(3)
        try customer.read()
        #expect(customer.answers.map(\.number) == [1, 2, 3])
        #expect(try change(server, first).get().unchanged, "where it runs now is where it stays")
        let back = try change(server, try builds.make(2, "-DSTATELESS"), run: "in_process").get()
        #expect(back.differences == ["runs: worker → in_process"] && back.plugin?.pureC == true)
        let other = try Counting(server)
        other.send()
        try other.read()
        #expect(other.answers.map(\.build) == [2])
        guard case .failure(let odd) = try change(server, first, run: "anywhere") else { throw TimedOut(description: "taken") }
        #expect(odd.code == .invalidArgument && odd.message == "a plugin runs in_process or worker, not 'anywhere'")
    }

    @Test(
        "A program is started anew where it lies; what does not start, or is another plugin, is refused and what is live stays",
        .disabled(
            if: isSanitized, "behind a shell, the sanitizer's shadow memory counts against the limit of a worker's memory"))
    func programs() throws {
        let builds = try Builds()
        func runs(_ library: String) -> String { "#!/bin/sh\nexec '\(Self.folder)/vitrine-plugin-worker' '\(library)'\n" }
        let program = try builds.folder.write("program", runs(try builds.make(1, "-DSTATELESS")))
        chmod(program, 0o755)
        let server = try server(program) {
            $0.plugins = [PluginChoice(name: "sequencer", run: .worker, command: ["/bin/sh", program])]
        }
        let customer = try Counting(server)
        customer.send()
        try customer.read()
        try Data(runs(try builds.make(2, "-DSTATELESS")).utf8).write(to: URL(fileURLWithPath: program))
        let reply = try change(server, program).get()
        #expect(reply.plugin?.file == "/bin/sh \(program)", "the live command names the file: it is run the same way")
        customer.send()
        try customer.read()
        #expect(customer.answers.map(\.build) == [1, 2])

        try Data("#!/bin/sh\necho no luck today >&2; exit 3\n".utf8).write(to: URL(fileURLWithPath: program))
        guard case .failure(let dies) = try change(server, program) else { throw TimedOut(description: "taken") }
        #expect(dies.code == .unavailable && dies.message.contains("exit code 3") && dies.message.contains("no luck today"), "\(dies)")
        let plain = try builds.folder.write("plain", "text")
        guard case .failure(let notOne) = try change(server, plain) else { throw TimedOut(description: "taken") }
        #expect(notOne.code == .failedPrecondition && notOne.message.contains("a worker's program is executable"))
        guard case .failure(let inside) = try change(server, program, run: "in_process") else { throw TimedOut(description: "taken") }
        #expect(inside.message.contains("no luck today") || inside.message.contains("a program cannot run in_process"))
        #expect(try settled(server).map(\.generation) == [2])
    }

    @Test("Beyond the limit of retired Swift images a build is refused, or runs in a process of its own, as the configuration says")
    func swiftImages() throws {
        let folder = try TemporaryFolder()
        let candidate = try PluginCandidate("\(Self.folder)/libTextEncoder.so", runFolder: folder.path, number: 1)
        #expect(!candidate.isPureC)
        func place(_ policy: SwiftImagesPolicy, asked: PluginPlace? = nil, retired: Int) throws -> PluginPlace {
            var configuration = ServerConfiguration()
            configuration.atSwiftImagesMax = policy
            configuration.limits.retiredSwiftImagesMax = 4
            return try PluginChange.place(
                of: .library(candidate), named: "text-encoder", asked: asked, live: [], configuration: configuration, retiredSwiftImages: retired)
        }
        #expect(try place(.refuse, retired: 3) == .inProcess && place(.worker, retired: 3) == .inProcess)
        #expect(try place(.worker, retired: 4) == .worker && place(.refuse, asked: .worker, retired: 4) == .worker)
        let refused = #expect(throws: RPCStatus.self) { try place(.refuse, retired: 4) }
        #expect(refused?.code == .resourceExhausted && refused?.message.contains("at_swift_images_max: worker") == true)
    }
}
