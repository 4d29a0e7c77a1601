import Foundation
import TestSupport
import Testing

/// `vitrine plugin check` over everything that ships, with the real models, and the way of docs/plugins.md in Python.
///
/// In a debug build on a busy machine, so with long calls allowed and few streams in the check for leaks; `make bench-workers` runs it in full.
@Suite("Plugins that ship keep to the contract", .serialized)
struct PluginCheckTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "vitrine-check-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["VITRINE_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/vitrine" } ?? "\(environment["HOME"] ?? "")/.cache/vitrine"
    }

    /// An interpreter with protobuf's runtime and Pillow, as the set-up of the tests makes it, and the kit from the source tree.
    private static let python = cache + "/client-venv"
    private static let kit = ["PYTHONPATH": ShopProcess.root + "/Sources/PluginKitPython"]

    private func check(_ file: String, behindRunner: Bool = false) throws {
        var arguments = ["plugin", "check", file, "--call-ms-max", "400", "--streams", "20"]
        if behindRunner { arguments.append("--worker") }
        var last = "leaks"
        // A sanitizer keeps what was freed for a while: in the runner's process that counts as growth.
        if behindRunner && isSanitized {
            last = "malformed"
            arguments += ["handshake", "lifecycle", "interleaved", "cancel", "hand-over", "credit", last].flatMap { ["--only", $0] }
        }
        let run = try ShopProcess.run(arguments, environment: Self.kit)
        #expect(run.status == 0 && run.output.contains("✔ \(last)") && !run.output.contains("✘"), "\(run.output)")
    }

    private func make(_ example: String, _ file: String) throws -> String {
        let made = try ShopProcess.run(
            ["-s", "-C", "\(ShopProcess.root)/examples/plugins/\(example)", "OUT=\(folder)"], program: "/usr/bin/make")
        try #require(made.status == 0, "\(made.output)")
        return "\(folder)/\(file)"
    }

    @Test(
        "the plugins", .timeLimit(.minutes(10)),
        arguments: ["SpeechRecognizer", "TextEncoder", "VisionEncoder", "PoseEstimator", "SpeechSynthesizer"])
    func shipped(name: String) throws {
        defer { clean() }
        try check("\(ShopProcess.build)/lib\(name).so")
    }

    @Test("the examples in C", .timeLimit(.minutes(10)))
    func examplesInC() throws {
        defer { clean() }
        let meter = try make("c", "level-meter.so")
        try check(meter)
        try check(meter, behindRunner: true)
        try check(try make("c-worker", "level-worker"))
    }

    @Test("the example in Python", .timeLimit(.minutes(10)))
    func exampleInPython() throws {
        defer { clean() }
        let program = "\(folder)/dominant-colour"
        try "#!/bin/sh\nexec '\(Self.python)/bin/python3' '\(ShopProcess.root)/examples/plugins/python/dominant_colour.py'\n".write(
            toFile: program, atomically: true, encoding: .utf8)
        chmod(program, 0o755)
        try check(program)
    }

    @Test("A new plugin in Python passes its own test and the checks, serves, and is live again after an edit", .timeLimit(.minutes(10)))
    func newInPython() throws {
        defer { clean() }
        let plugin = "\(folder)/louder"
        let made = try ShopProcess.run(["plugin", "new", "louder", "--language", "python", "--folder", plugin, "--vitrine", ShopProcess.root])
        try #require(made.status == 0, "\(made.output)")
        try FileManager.default.createSymbolicLink(atPath: "\(plugin)/.venv", withDestinationPath: Self.python)
        let tested = try ShopProcess.run(
            ["-s", "-C", plugin, "-o", ".venv/bin/python3", "test"], program: "/usr/bin/make", environment: Self.kit)
        #expect(tested.status == 0 && tested.output.contains("OK"), "\(tested.output)")
        try check("\(plugin)/louder.py")

        let server = Process()
        server.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
        server.arguments = ["serve", "--config", plugin + "/serve/server.yaml", "--listen", "127.0.0.1:0", "--address-file", folder + "/address"]
        server.environment = ProcessInfo.processInfo.environment.merging(Self.kit) { $1 }
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        defer { server.terminate() }
        for _ in 0..<1_200 where server.isRunning && !FileManager.default.fileExists(atPath: folder + "/address") { usleep(50_000) }
        let address = try String(contentsOfFile: folder + "/address", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        func said() throws -> String {
            try ShopProcess.run(["chat", "--server", address, "--text", "a gold ring"]).output
        }
        #expect(try said().contains("A GOLD RING!"))
        let source = "\(plugin)/louder.py"
        try String(contentsOfFile: source, encoding: .utf8).replacingOccurrences(of: ".upper()", with: ".title()").write(
            toFile: source, atomically: true, encoding: .utf8)
        let dev = try ShopProcess.run(
            ["plugin", "dev", plugin, "--server", plugin + "/serve/admin.sock", "--once", "--build", "make -s -o .venv/bin/python3"],
            environment: Self.kit)
        #expect(dev.status == 0 && dev.output.contains("louder 0.1.0 is live: generation 2"), "\(dev.output)")
        #expect(try said().contains("A Gold Ring!"))
        let list = try ShopProcess.run(["plugin", "list", "--server", plugin + "/serve/admin.sock"])
        #expect(list.output.contains("louder 0.1.0  generation 2  live") && list.output.contains("worker"), "\(list.output)")
    }

    private func clean() {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) was not removed: \(error)") }
    }
}
