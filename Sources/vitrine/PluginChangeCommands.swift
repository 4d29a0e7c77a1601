import ArgumentParser
import Foundation
import Wire

/// The commands that change what a running server has.
extension PluginCommand {
    struct Load: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a plugin into a running server.",
            discussion: """
                The file is copied, probed in a process of its own and warmed up before the server lets it in. A graph that names it finds it. A \
                file whose name does not end in .so is a worker's program; it runs where it is.
                """)

        @Argument(help: "The shared object, or the program of a worker.")
        var file: String
        @OptionGroup var change: ChangeOptions

        func run() throws { try change.run(.adminLoadPlugin, file, drainMs: 0) }
    }

    struct Swap: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a new build in the place of the live one, without losing a frame.",
            discussion: """
                New streams go to the new build; open ones are handed over as soon as they rest, or end on the old one within the drain time. \
                Whatever goes wrong before that leaves the live build where it is. The same shared object again does nothing; a worker's program is \
                started anew each time, since what it reads may have changed.
                """)

        @Argument(help: "The shared object, or the program of a worker.")
        var file: String
        @OptionGroup var change: ChangeOptions
        @Option(help: ArgumentHelp("How long open streams may go on with the old build.", valueName: "ms"))
        var drainMs = 0

        func run() throws { try change.run(.adminSwapPlugin, file, drainMs: drainMs) }
    }

    struct Unload: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a plugin out of a running server.")

        @Argument(help: "The plugin's name.")
        var name: String
        @OptionGroup var admin: AdminConnection
        @Flag(help: "Even when a node of the graph needs it: its inputs get UNAVAILABLE.")
        var force = false
        @Option(help: ArgumentHelp("How long open streams may go on.", valueName: "ms"))
        var drainMs = 0

        func run() throws {
            let request = UnloadPluginRequest(plugin: name, force: force, drainUs: UInt64(max(0, drainMs)) * 1_000)
            let reply = try admin.call(.adminUnloadPlugin, request.encoded()) { try ChangePluginReply(decoding: $0) }
            printLine("unloaded \(name) (generation \(reply.before?.generation ?? 0)); deployment \(reply.deployment)")
        }
    }

    struct ChangeOptions: ParsableArguments {
        @OptionGroup var admin: AdminConnection

        @Option(help: ArgumentHelp("The plugin that the file must be.", valueName: "name"))
        var plugin = ""

        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("Conversations, files or folders, that must pass with the candidate before it goes live.", valueName: "path"))
        var gate: [String] = []

        @Option(help: ArgumentHelp("Where it runs: in_process or worker; where it runs now if not given.", valueName: "place"))
        var run = ""

        @Option(
            name: .customLong("command"), parsing: .upToNextOption,
            help: ArgumentHelp("How a program that is not executable is run: its interpreter and arguments, the file among them.", valueName: "word"))
        var command: [String] = []

        @Flag(help: "Print the reply as JSON.")
        var json = false

        func run(_ method: MethodDescriptor, _ file: String, drainMs: Int) throws {
            let reply = try ask(method, file, drainMs: drainMs)
            if json { return printLine(try reply.encoded().withUnsafeBytes { try ProtoJSON.encode($0, as: .changePluginReply) }) }
            for line in ChangeReport.lines(reply) { printLine(line) }
        }

        func ask(_ method: MethodDescriptor, _ file: String, drainMs: Int) throws -> ChangePluginReply {
            let request = ChangePluginRequest(
                file: absolute(file), plugin: plugin, gates: gate.map(absolute), drainUs: UInt64(max(0, drainMs)) * 1_000, run: run,
                command: command.map { $0.contains("/") || FileManager.default.fileExists(atPath: $0) ? absolute($0) : $0 })
            // A gate may play for minutes; the server has its own limits.
            return try admin.call(method, request.encoded(), timeoutMs: 900_000) { try ChangePluginReply(decoding: $0) }
        }

        private func absolute(_ path: String) -> String {
            URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: FileManager.default.currentDirectoryPath)).standardizedFileURL.path
        }
    }
}

/// A change in words.
enum ChangeReport {
    static func lines(_ reply: ChangePluginReply) -> [String] {
        guard let now = reply.plugin, let manifest = now.manifest else { return [] }
        if reply.unchanged { return ["\(manifest.name): the same file is live already (generation \(now.generation)); nothing was done"] }
        let ms = reply.steps.map { "\($0.name) \(milliseconds($0.tookUs))" }.joined(separator: ", ")
        let total = milliseconds(reply.steps.reduce(0) { $0 + $1.tookUs })
        var lines = ["\(manifest.name) \(manifest.version) is live: generation \(now.generation), deployment \(reply.deployment), \(total) (\(ms))"]
        lines += reply.differences.map { "  \($0)" }
        return lines
    }

    static func milliseconds(_ us: UInt64) -> String {
        us < 10_000 ? "\((us + 50) / 100 * 100 / 1_000).\((us + 50) / 100 % 10) ms" : "\(us / 1_000) ms"
    }
}
