import Foundation
import Testing

/// The example shop as its users run it: the built program, the real plugins and models, a server process on a free port.
final class ShopProcess: @unchecked Sendable {
    // Invariant: touched by the one test that owns it, in a serialized suite.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Folder of the built program and plugins.
    static var build: String {
        ProcessInfo.processInfo.environment["VITRINE_TEST_BUILD"] ?? Bundle.main.bundleURL.path
    }

    let folder: String
    private(set) var address: String
    private var server: Process

    /// Imports the example shop once into a folder of its own and starts the server.
    init() throws {
        folder = NSTemporaryDirectory() + "vitrine-e2e-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let shop = ShopProcess.root + "/examples/jewelry"
        let configuration = """
            listen: 127.0.0.1:0
            shop: jewelry
            log: {level: warning}
            admin_socket: \(folder)/admin.sock
            graph: \(shop)/graph.yaml
            catalog: {folder: \(shop)/catalog, database: \(folder)/shop.sqlite,
              intents: \(shop)/intents.yaml, dialogue: \(shop)/dialogue.yaml, reviews: \(shop)/reviews.yaml,
              rules: \(shop)/rules.yaml}
            auth: {tokens: \(shop)/tokens.yaml}
            recording: {folder: \(folder)/recordings}
            plugins:
              folder: \(ShopProcess.build)
              load: [{name: speech-recognizer}, {name: text-encoder}, {name: vision-encoder}, {name: pose-estimator}]
            """
        try configuration.write(toFile: folder + "/shop.yaml", atomically: true, encoding: .utf8)
        let imported = try ShopProcess.run(["catalog", "import", "--config", folder + "/shop.yaml", shop])
        try #require(imported.status == 0, "the import failed (is `make setup` done?): \(imported.output)")
        (server, address) = try ShopProcess.serve(folder)
    }

    /// Starts a server of the folder's shop and waits until it serves.
    private static func serve(_ folder: String) throws -> (Process, String) {
        unlink(folder + "/address")
        let server = Process()
        server.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
        server.arguments = ["serve", "--config", folder + "/shop.yaml", "--address-file", folder + "/address"]
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        var found = ""
        for _ in 0..<1_200 where found.isEmpty && server.isRunning {
            found = ((try? String(contentsOfFile: folder + "/address", encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
            if found.isEmpty { usleep(50_000) }
        }
        try #require(!found.isEmpty, "the server did not start within 60 s")
        return (server, found)
    }

    /// Kills the server, as a power cut would, and starts another one.
    func restartAfterKill() throws {
        // What a turn leaves is written just after its end is told.
        usleep(1_000_000)
        kill(server.processIdentifier, SIGKILL)
        ShopProcess.wait(server)
        (server, address) = try ShopProcess.serve(folder)
    }

    /// Ends the server in order and starts another one whose configuration says more.
    func restart(adding configuration: String) throws {
        _ = stop()
        let file = folder + "/shop.yaml"
        try (String(contentsOfFile: file, encoding: .utf8) + "\n" + configuration).write(toFile: file, atomically: true, encoding: .utf8)
        (server, address) = try ShopProcess.serve(folder)
    }

    /// Holds a conversation whose customer says one thing and stays, until `wanted` stands in what came back, which is returned. The customer is
    /// left connected: end it with `terminate`.
    func begin(_ token: String, resuming: String? = nil, say text: String, until wanted: String) throws -> (chat: Process, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
        process.arguments = ["chat", "--server", address, "--json", "--token", token] + (resuming.map { ["--resume", $0] } ?? [])
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data((text + "\n").utf8))
        var said = ""
        while !said.contains(wanted) {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the conversation ended before '\(wanted)' came: \(said)")
            said += String(decoding: more, as: UTF8.self)
        }
        inputs.append(input)
        return (process, said)
    }

    /// Held open, so that customers stay.
    private var inputs: [Pipe] = []

    /// Runs the program to its end: (exit status, what it printed on both streams).
    static func run(
        _ arguments: [String], input: String? = nil, program: String = build + "/vitrine", environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        if !environment.isEmpty { process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 } }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try process.run()
            pipe.fileHandleForWriting.write(Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        } else {
            try process.run()
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        wait(process)
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// Foundation's own wait spins a run loop, which does not work from several threads at once.
    private static func wait(_ process: Process) {
        while process.isRunning { usleep(5_000) }
    }

    func chat(_ arguments: [String]) throws -> (status: Int32, output: String) {
        try ShopProcess.run(["chat", "--server", address] + arguments)
    }

    var isRunning: Bool { server.isRunning }

    /// SIGTERM: the exit status.
    func stop() -> Int32 {
        server.terminate()
        ShopProcess.wait(server)
        return server.terminationStatus
    }

    deinit {
        if server.isRunning { server.terminate() }
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) was not removed: \(error)") }
    }
}
