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
                configuration.plugins[0].suitFiles(manifest)
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

        @Option(name: [.customLong("server"), .customLong("admin-socket")], help: ArgumentHelp("The admin socket of a server.", valueName: "path"))
        var adminSocket: String?

        func run() throws {
            do {
                let manifest = try adminSocket.map(live) ?? PluginManifests.manifest(of: name, folder: location.plugins ?? Environment.pluginFolder)
                printLine(try manifest.encoded().withUnsafeBytes { try ProtoJSON.encode($0, as: .pluginManifest) })
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }

        /// Of the build that serves; old ones that still drain are not asked for.
        private func live(in socket: String) throws -> PluginManifest {
            var admin = AdminConnection()
            admin.adminSocket = socket
            let reply = try admin.call(.adminListPlugins, ListPluginsRequest().encoded()) { try ListPluginsReply(decoding: $0) }
            let serving = reply.plugins.filter { $0.state == "live" || $0.state == "down" }.compactMap(\.manifest)
            guard let manifest = serving.first(where: { $0.name == name }) else {
                let names = serving.map(\.name).sorted().joined(separator: ", ")
                throw Environment.fail("the server has no plugin '\(name)'; it has \(names.isEmpty ? "none" : names)")
            }
            return manifest
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
    /// A file of lines that is being read.
    private struct Lines {
        var file: String
        var number = 0
        /// No line had words so far.
        var isEmpty = true
        var next: () -> String?

        init(file: String, next: @escaping () -> String?) {
            self.file = file
            self.next = next
        }
    }

    private var lines: Lines?
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

    private func next() -> PluginInput? {
        while true {
            if var reading = lines {
                while let line = reading.next() {
                    reading.number += 1
                    if line.isEmpty { continue }
                    reading.isEmpty = false
                    lines = reading
                    return isText ? PluginInput(file: reading.file, line: reading.number, messages: [text(line)]) : file(line)
                }
                lines = nil
                if reading.isEmpty { return failing(reading.file, RPCStatus(.invalidArgument, "there is no line with words in it")) }
            }
            guard let name = files.popFirst() else { return nil }
            if name == "-" {
                lines = Lines(file: name) { nextInputLine() }
            } else if isText {
                do throws(RPCStatus) {
                    var rest = try InputFile.read(name, bytesMax: InputFile.textBytesMax)[...]
                    lines = Lines(file: name) {
                        guard !rest.isEmpty else { return nil }
                        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
                        rest = rest[line.endIndex...].dropFirst()
                        return String(decoding: line, as: UTF8.self)
                    }
                } catch {
                    return failing(name, error)
                }
            } else {
                return file(name)
            }
        }
    }

    private var isText: Bool { consumes.contains("text") }

    private func text(_ line: String) -> ClientMessage { ClientMessage(kind: .text(TextInput(text: line))) }

    private func failing(_ name: String, _ status: RPCStatus) -> PluginInput {
        PluginInput(file: name, problem: RPCStatus(status.code, status.message.hasPrefix(name) ? status.message : "\(name): \(status.message)"))
    }

    private func file(_ name: String) -> PluginInput {
        do throws(RPCStatus) {
            if consumes.contains("audio") {
                try InputFile.check(name)
                let audio = try AudioFile.read(name)
                guard !audio.samples.isEmpty else { throw RPCStatus(.invalidArgument, "there are no samples in it") }
                var captured: UInt64 = 0
                let messages = audio.chunks(ms: 500).map { chunk in
                    defer { captured += 500_000 }
                    return ClientMessage(captureTimeUs: captured, kind: .audio(chunk))
                }
                return PluginInput(file: name, messages: messages)
            }
            let data = try InputFile.read(name, bytesMax: InputFile.pictureBytesMax)
            return PluginInput(file: name, messages: [ClientMessage(kind: .image(ImagePart(purpose: purpose, imageID: 1, last: true, data: data)))])
        } catch {
            return failing(name, error)
        }
    }

    /// Every input has at least one line on standard output, so that whoever reads knows what became of each.
    private func print(_ input: PluginInput, _ outputs: [SharedBuffer], _ status: RPCStatus) {
        count += 1
        var fields: [(String, JSONScalar)] = [("file", .string(input.file))]
        if input.line > 0 { fields.append(("line", .integer(Int64(input.line)))) }
        var hasFailed = status.code != .ok
        for output in outputs {
            do throws(RPCStatus) {
                let kind = try MessagePeek(pluginOutput: output.bytes).kind
                if kind == PluginOutputKind.problem { hasFailed = true }
                printLine(try ProtoJSON.encode(output.bytes, as: .pluginOutput, prefixFields: fields))
            } catch {
                hasFailed = true
                tell(error, of: input, fields)
            }
        }
        if status.code != .ok { tell(status, of: input, fields) }
        if hasFailed { failed += 1 }
    }

    /// On standard error for who looks, as JSON for who reads.
    private func tell(_ status: RPCStatus, of input: PluginInput, _ fields: [(String, JSONScalar)]) {
        printError("vitrine: \(status.message.hasPrefix(input.file) ? "" : input.file + ": ")\(status)")
        let problem = PluginOutput(kind: .problem(InputProblem(code: status.code.rawValue, message: status.message)))
        do throws(RPCStatus) {
            printLine(try ProtoJSON.encode(problem.encoded(), as: .pluginOutput, prefixFields: fields))
        } catch {
            printError("vitrine: \(input.file): \(error)")
        }
    }
}
