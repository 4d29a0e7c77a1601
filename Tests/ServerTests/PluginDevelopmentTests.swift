import Foundation
import PluginHost
import Testing
import Wire

@testable import Server

/// What `vitrine plugin new --language c` writes, from there to a gated swap: the way of docs/plugins.md.
@Suite("From nothing to a live plugin", .serialized)
struct PluginDevelopmentTests {
    private let folder: TemporaryFolder
    private var plugin: String { "\(folder.path)/louder" }
    private var library: String { "\(plugin)/.build/louder.so" }

    init() throws { folder = try TemporaryFolder() }

    private func run(_ arguments: String...) throws -> ChildRun {
        try ChildRun.run(arguments, msMax: 120_000, outputBytesMax: 1 << 20)
    }

    private func begin() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let made = try run(Builds.vitrine, "plugin", "new", "louder", "--language", "c", "--folder", plugin, "--vitrine", root)
        try #require(made.end == .exit(0), "\(made.errors)")
        let built = try run("/usr/bin/make", "-s", "-C", plugin, ".build/louder.so", "test")
        #expect(built.end == .exit(0) && built.output.contains("passed"), "\(built.output)\(built.errors)")
    }

    /// A server from the plugin's own serve/server.yaml, as `vitrine serve` would read it.
    private func serve() throws -> TestServer {
        let file = "\(plugin)/serve/server.yaml"
        let written = try ServerConfiguration.load(file, cacheFolder: Builds.cache)
        return try TestServer { configuration in
            configuration.file = file
            configuration.graphFile = written.graphFile
            configuration.plugins = written.plugins
            configuration.runtimeFolder = written.runtimeFolder
            configuration.probeProgram = Builds.vitrine
        }
    }

    private func heard(_ client: RawClient) throws -> String {
        client.say(1, ClientMessage(kind: .text(TextInput(text: "a gold ring"))))
        let messages = try client.messages { if case .transcript? = $0.kind { true } else { false } }
        guard case .transcript(let words)? = messages.last?.kind else { return "" }
        return words.text
    }

    @Test("A gate lets a build pass or refuses it, showing what came; the development loop makes an edit live")
    func gate() throws {
        try begin()
        let server = try serve()
        let client = try RawClient(server.address)
        _ = try client.converse()
        #expect(try heard(client) == "A GOLD RING")

        let source = "\(plugin)/louder.c"
        let text = try String(contentsOfFile: source, encoding: .utf8)
        let edited = text.replacingOccurrences(of: "? text.bytes[i] - 32 :", with: "? '*' :")
        try #require(edited != text)
        try edited.write(toFile: source, atomically: true, encoding: .utf8)
        let script = try folder.write(
            "loud.yaml",
            """
            conversation: "It is loud"
            steps:
              - say: "a gold ring"
                continue: true
                expect:
                  - transcript: {contains: ["GOLD"]}
                within_ms: 1500
            """)
        let socket = server.server.configuration.adminSocket
        let refused = try run(Builds.vitrine, "plugin", "dev", plugin, "--server", socket, "--once", "--gate", script)
        #expect(refused.end == .exit(1) && refused.output.contains("does not pass its gate"), "\(refused.output)\(refused.errors)")
        #expect(refused.output.contains("* **** ****"), "what came instead is shown: \(refused.output)")
        #expect(try heard(client) == "A GOLD RING", "what is live stays")

        try text.replacingOccurrences(of: "Says it louder", with: "Says it as loud").write(toFile: source, atomically: true, encoding: .utf8)
        let passed = try run(Builds.vitrine, "plugin", "dev", plugin, "--server", socket, "--once", "--gate", script)
        #expect(passed.end == .exit(0) && passed.output.contains("description: Says it louder → Says it as loud"), "\(passed.output)\(passed.errors)")
        #expect(try server.plugins().filter { $0.state == "live" }.map(\.generation) == [2])
        #expect(try heard(client) == "A GOLD RING")

        try "not C".write(toFile: source, atomically: true, encoding: .utf8)
        let broken = try run(Builds.vitrine, "plugin", "dev", plugin, "--server", socket, "--once")
        #expect(broken.end == .exit(1) && broken.output.contains("it does not build; what is live stays"))
    }

    @Test("A signal ends the development loop, and the build that is under way with it")
    func interrupted() throws {
        try begin()
        let started = "\(plugin)/started"
        let loop = Process()
        loop.executableURL = URL(fileURLWithPath: Builds.vitrine)
        loop.arguments = ["plugin", "dev", plugin, "--server", "\(plugin)/none.sock", "--build", "echo $$ > \(started); sleep 300; true"]
        loop.standardOutput = FileHandle.nullDevice
        try loop.run()
        var group: pid_t?
        for _ in 0..<1_500 where group == nil {
            group = (try? String(contentsOfFile: started, encoding: .utf8)).flatMap { pid_t($0.trimmingCharacters(in: .newlines)) }
            usleep(20_000)
        }
        let build = try #require(group)
        #expect(kill(-build, 0) == 0)
        kill(loop.processIdentifier, SIGINT)
        for _ in 0..<1_500 where kill(-build, 0) == 0 { usleep(20_000) }
        #expect(kill(-build, 0) != 0 && errno == ESRCH, "nobody is left of the build's group")
        for _ in 0..<1_500 where loop.isRunning { usleep(20_000) }
        #expect(!loop.isRunning && loop.terminationStatus == 0)
    }

    @Test("A new plugin in C builds, passes its own test, and keeps to the contract")
    func new() throws {
        try begin()
        let checked = try run(Builds.vitrine, "plugin", "check", library, "--call-ms-max", "150")
        #expect(checked.end == .exit(0), "\(checked.output)\(checked.errors)")
        let again = try run(Builds.vitrine, "plugin", "new", "louder", "--language", "c", "--folder", plugin)
        #expect(again.end == .exit(73) && again.errors.contains("is there already"))
        let odd = try run(Builds.vitrine, "plugin", "new", "No-Name", "--language", "c")
        #expect(odd.end == .exit(64) && odd.errors.contains("'No-Name' is no name"))
    }
}
