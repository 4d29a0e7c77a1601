import ArgumentParser
import CheckedYAML
import Client
import EventLoop
import Foundation
import Replay
import Server
import Wire

struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Try plugins alone; load, swap and unload them in a running server.",
        subcommands: [
            Run.self, Describe.self, List.self, Load.self, Swap.self, Unload.self, New.self, Dev.self, Check.self, Time.self, Probe.self,
            CheckOne.self, PluginMeasureCommand.self,
        ])

    struct Location: ParsableArguments {
        @Option(help: ArgumentHelp("Folder of the plugins.", valueName: "folder"))
        var plugins: String?

        @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
        var models: String?

        @Option(name: .customLong("option"), help: ArgumentHelp("An option of the plugin; may be given several times.", valueName: "key=value"))
        var options: [String] = []

        @Flag(help: "Run the plugin in a process of its own. A file that is no shared object always does.")
        var worker = false

        @Option(help: "Threads for inference.")
        var threads = 2

        func configuration(loading name: String) throws -> ServerConfiguration {
            var configuration = ServerConfiguration()
            configuration.pluginFolder = plugins ?? Environment.pluginFolder
            configuration.modelsFolder = models ?? Environment.cacheFolder + "/models"
            configuration.runtimeFolder = Environment.cacheFolder + "/openvino/libs"
            configuration.inferenceThreads = max(1, threads)
            configuration.logLevel = .warning
            let table = try pluginOptions(options)
            let pairs = table.keys.sorted().map { PluginOption(key: $0, value: table[$0] ?? "") }
            let isFile = name.contains("/")
            // Options are the plugin's, by the name that it gives itself.
            let named = isFile && !pairs.isEmpty ? try PluginManifests.manifest(of: name, folder: "").name : name
            configuration.plugins = [
                PluginChoice(
                    name: named, file: isFile ? name : "", options: pairs, run: worker || (isFile && !name.hasSuffix(".so")) ? .worker : .inProcess)
            ]
            return configuration
        }
    }

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run one plugin over files and print its messages as JSON lines.",
            discussion: """
                speech-recognizer takes sound files, vision-encoder and pose-estimator pictures, text-encoder files of lines; '-' reads lines from \
                standard input: texts for a text plugin, names of files for the others. Every printed object names its file.
                """)

        @Argument(help: "Name of the plugin, or path of its file.")
        var name: String

        @Argument(help: "Files, or '-'.")
        var files: [String]

        @OptionGroup var location: Location

        @Option(help: "Inputs that are worked on at once.")
        var jobs = 2

        @Flag(help: "Print JSON lines (the default; kept for scripts).")
        var json = false

        func run() throws {
            guard (1...64).contains(jobs) else { throw Environment.fail("--jobs takes a number from 1 to 64", code: 64) }
            do {
                var configuration = try location.configuration(loading: name)
                let manifest = try PluginManifests.manifest(of: name, folder: configuration.pluginFolder)
                // Whole files are there at once: a plugin that can make use of that is told.
                if manifest.options.contains(where: { $0.key == "mode" }), !configuration.plugins[0].options.contains(where: { $0.key == "mode" }) {
                    configuration.plugins[0].options.append(PluginOption(key: "mode", value: "file"))
                }
                let runtime = try PluginRuntime(configuration)
                let loop = try EventLoop(name: "plugin-run")
                let runner = PluginFileRunner(runtime: runtime, loop: loop, files: files, jobs: jobs)
                vitrine.run(loop, runner) { $0.start() }
                runtime.shutdown()
                if let failure = runner.failure { throw Environment.fail(failure) }
                if runner.failed > 0 { throw Environment.fail("\(runner.failed) of \(runner.count) inputs failed") }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }

    struct Describe: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a plugin's manifest as JSON: of a file, or of what is live in a server.")

        @Argument(help: "Name of the plugin, or path of its file.")
        var name: String

        @OptionGroup var location: Location

        func run() throws {
            do {
                let manifest = try PluginManifests.manifest(of: name, folder: location.plugins ?? Environment.pluginFolder)
                printLine(try manifest.encoded().withUnsafeBytes { try ProtoJSON.encode($0, as: .pluginManifest) })
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the plugins that a running server has: live ones, and old builds that still have streams.")

        @OptionGroup var admin: AdminConnection

        @Flag(help: "Print the reply as JSON.")
        var json = false

        func run() throws {
            let reply = try admin.call(.adminListPlugins, ListPluginsRequest().encoded()) { try ListPluginsReply(decoding: $0) }
            if json { return printLine(try reply.encoded().withUnsafeBytes { try ProtoJSON.encode($0, as: .listPluginsReply) }) }
            for plugin in reply.plugins {
                printLine(
                    "\(plugin.manifest?.name ?? "?") \(plugin.manifest?.version ?? "?")  generation \(plugin.generation)  "
                        + "\(plugin.state)  \(plugin.streams) streams  \(plugin.run == "worker" ? "worker" : plugin.pureC ? "C" : "Swift")  "
                        + "sha256 \(plugin.sha256.prefix(12))"
                )
            }
            if reply.retiredSwiftImages > 0 {
                printLine("\(reply.retiredSwiftImages) of at most \(reply.retiredSwiftImagesMax) retired Swift images")
            }
        }
    }
}

/// Feeds files to a plugin and prints what comes. Confined to its loop.
private final class PluginFileRunner {
    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let jobs: Int
    private var files: ArraySlice<String>
    private var lines: (file: String, next: () -> String?, number: Int)?
    private var consumes: [String] = []
    private var run: PluginRun?
    private(set) var failure: String?
    private(set) var failed = 0
    private(set) var count = 0
    private var purpose = ImagePurpose.query

    init(runtime: PluginRuntime, loop: EventLoop, files: [String], jobs: Int) {
        self.runtime = runtime
        self.loop = loop
        self.files = files[...]
        self.jobs = jobs
    }

    func start() {
        do throws(ServerError) {
            let (node, manifest) = try runtime.onlyNode(on: loop)
            consumes = manifest.consumes
            // A plugin that gives poses looks at people.
            if manifest.produces.contains(where: { $0.kind == "pose" }) { purpose = .selfie }
            run = PluginRun(
                node: node, jobsMax: jobs, inputs: { [unowned self] in next() }, emit: { [unowned self] in print($0, $1, $2) },
                done: { [unowned self] in
                    runtime.retire([node])
                    loop.nextTick { self.loop.stop() }
                })
            run?.start()
        } catch {
            failure = error.message
            loop.stop()
        }
    }

    private func next() -> Result<PluginInput, RPCStatus>? {
        if var reading = lines {
            if let line = reading.next() {
                reading.number += 1
                lines = reading
                if line.isEmpty { return next() }
                return consumes.contains("text")
                    ? .success(PluginInput(file: reading.file, line: reading.number, messages: [text(line)])) : file(line)
            }
            lines = nil
        }
        guard let name = files.popFirst() else { return nil }
        if name == "-" {
            lines = (name, { readLine() }, 0)
            return next()
        }
        guard consumes.contains("text") else { return file(name) }
        guard let content = FileManager.default.contents(atPath: name) else {
            return failing(name, RPCStatus(.notFound, "no such file, or it cannot be read"))
        }
        var rest = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }[...]
        lines = (name, { rest.popFirst() }, 0)
        return next()
    }

    private func text(_ line: String) -> ClientMessage { ClientMessage(kind: .text(TextInput(text: line))) }

    private func failing(_ name: String, _ status: RPCStatus) -> Result<PluginInput, RPCStatus> {
        .failure(RPCStatus(status.code, status.message.hasPrefix(name) ? status.message : "\(name): \(status.message)"))
    }

    private func file(_ name: String) -> Result<PluginInput, RPCStatus> {
        do throws(RPCStatus) {
            if consumes.contains("audio") {
                var captured: UInt64 = 0
                let messages = try AudioFile.read(name).chunks(ms: 500).map { chunk in
                    defer { captured += 500_000 }
                    return ClientMessage(captureTimeUs: captured, kind: .audio(chunk))
                }
                return .success(PluginInput(file: name, messages: messages))
            }
            guard let data = FileManager.default.contents(atPath: name) else { throw RPCStatus(.notFound, "no such file, or it cannot be read") }
            return .success(
                PluginInput(
                    file: name, messages: [ClientMessage(kind: .image(ImagePart(purpose: purpose, imageID: 1, last: true, data: Array(data))))]))
        } catch {
            return failing(name, error)
        }
    }

    private func print(_ input: PluginInput, _ outputs: [SharedBuffer], _ status: RPCStatus) {
        count += 1
        var fields: [(String, JSONScalar)] = [("file", .string(input.file))]
        if input.line > 0 { fields.append(("line", .integer(Int64(input.line)))) }
        for output in outputs {
            do throws(RPCStatus) {
                let kind = try MessagePeek(pluginOutput: output.bytes).kind
                if kind == PluginOutputKind.problem { failed += 1 }
                printLine(try ProtoJSON.encode(output.bytes, as: .pluginOutput, prefixFields: fields))
            } catch {
                failed += 1
                printError("vitrine: \(input.file): \(error)")
            }
        }
        if status.code != .ok {
            failed += 1
            printError("vitrine: \(input.file.isEmpty ? "" : input.file + ": ")\(status)")
        }
    }
}
