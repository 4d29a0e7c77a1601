import ArgumentParser
import Foundation
import PluginHost
import PluginKit
import PluginTesting
import Server
import Wire

extension PluginCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that a plugin keeps to the contract.",
            discussion: """
                Every check runs in a process of its own, so that one that crashes or hangs is told of like the others. Exits with 1 when a check \
                fails. The models that the manifest names are used where they are there.

                \(Conformance.checks.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))

                A program, or a shared object with --worker, is held to the worker's protocol instead:

                \(WorkerCheck.checks.map { "  \($0.name): \($0.about)" }.joined(separator: "\n"))
                """)

        @Argument(help: "The shared object, or the program of a worker.")
        var file: String

        @Flag(help: "Check a shared object behind the worker's runner.")
        var worker = false

        @Option(name: .customLong("only"), help: ArgumentHelp("Run only this check; may be given several times.", valueName: "check"))
        var only: [String] = []

        @Option(name: .customLong("option"), help: ArgumentHelp("An option of the plugin.", valueName: "key=value"))
        var options: [String] = []

        @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
        var models: String?

        @Option(help: ArgumentHelp("What a call into the plugin may take at best; debug builds want more.", valueName: "ms"))
        var callMsMax = 20

        @Option(help: ArgumentHelp("Time for one check.", valueName: "ms"))
        var checkMsMax = 120_000

        @Option(help: "Streams of the check for leaks; with fewer only larger leaks are found.")
        var streams = 1_000

        @Flag(help: "Print one JSON object a check.")
        var json = false

        func run() throws {
            let options = try pluginOptions(options)
            // What glibc's threads keep at hand of freed memory counts as allocated: without that the check for leaks counts what the plugin holds.
            setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 0)
            guard worker || !file.hasSuffix(".so") else { return try report(Conformance.checks.map { ($0.name, $0.about) }, problems) }
            do {
                let path = file.contains("/") ? file : "./\(file)"
                var configuration = ServerConfiguration()
                configuration.modelsFolder = models ?? Environment.cacheFolder + "/models"
                configuration.runtimeFolder = Environment.cacheFolder + "/openvino/libs"
                configuration.logLevel = .error
                let pairs = options.keys.sorted().map { PluginOption(key: $0, value: options[$0] ?? "") }
                // Options are the plugin's, by the name that it gives itself.
                let name = pairs.isEmpty ? path : try PluginManifests.manifest(of: path, folder: "").name
                configuration.plugins = [PluginChoice(name: name, file: path, options: pairs, run: .worker)]
                let check = try WorkerCheck(configuration, leakStreams: streams) { kinds in
                    (
                        SampleInputs.payloads(for: kinds).map { WorkerCheck.Input(bytes: $0.bytes, kind: $0.kind) },
                        SampleInputs.malformed(for: kinds).map { WorkerCheck.Input(bytes: $0.bytes, kind: $0.kind) }
                    )
                }
                defer { check.close() }
                try report(WorkerCheck.checks.map { ($0.name, $0.about) }) { name in
                    guard let wanted = WorkerCheck.checks.first(where: { $0.name == name }) else { return [] }
                    return check.run(wanted)
                }
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            }
        }

        /// Runs the wanted checks and prints what they find.
        private func report(_ checks: [(name: String, about: String)], _ problems: (String) throws -> [String]) throws {
            if let unknown = only.first(where: { name in !checks.contains { $0.name == name } }) {
                throw Environment.fail("there is no check '\(unknown)'; there are \(checks.map(\.name).joined(separator: ", "))", code: 64)
            }
            var failed = 0
            for check in checks where only.isEmpty || only.contains(check.name) {
                let problems = try problems(check.name)
                if !problems.isEmpty { failed += 1 }
                if json {
                    let data = try JSONSerialization.data(
                        withJSONObject: ["check": check.name, "passed": problems.isEmpty, "problems": problems],
                        options: [.sortedKeys, .withoutEscapingSlashes])
                    printLine(String(decoding: data, as: UTF8.self))
                } else {
                    printLine("\(problems.isEmpty ? "✔" : "✘") \(check.name): \(check.about)")
                    for problem in problems { printLine("    \(problem)") }
                }
            }
            if failed > 0 { throw Environment.fail("\(file): \(failed) check\(failed == 1 ? "" : "s") failed") }
        }

        private func problems(_ check: String) throws -> [String] {
            var arguments = [Environment.program, "plugin", "check-one", file, check, "--call-ms-max", "\(callMsMax)", "--streams", "\(streams)"]
            arguments += ["--models", models ?? Environment.cacheFolder + "/models"] + options.flatMap { ["--option", $0] }
            let run = try ChildRun.run(arguments, msMax: checkMsMax, outputBytesMax: 1 << 20)
            let lines = run.output.split(separator: "\n").map(String.init)
            switch run.end {
            case .exit(0) where lines.last == "end": return Array(lines.dropLast())
            case .exit(let code):
                let said = run.errors.split(separator: "\n").last.map(String.init) ?? "the plugin ended the process with code \(code)"
                return lines + [said.hasPrefix("vitrine: ") ? String(said.dropFirst(9)) : said]
            case .signal(let signal): return lines + ["the plugin crashed (\(String(cString: strsignal(signal))))"]
            case .timedOut: return lines + ["the plugin hangs: the check was stopped after \(checkMsMax) ms"]
            }
        }
    }

    /// One check, in the process that may not survive it.
    struct CheckOne: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "check-one", abstract: "Run one check here.", shouldDisplay: false)

        @Argument var file: String
        @Argument var check: String
        @Option(name: .customLong("option")) var options: [String] = []
        @Option var models = ""
        @Option var callMsMax = 20
        @Option var streams = 1_000

        func run() throws {
            guard let check = Conformance.checks.first(where: { $0.name == check }) else { throw Environment.fail("no such check", code: 64) }
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-check-\(getpid())").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            defer { try? FileManager.default.removeItem(atPath: folder) }
            do {
                let library = try PluginLibrary.load(file, runFolder: folder, number: 0)
                // A candidate may end this process at any time.
                library.forgetFile()
                try? FileManager.default.removeItem(atPath: folder)
                let inference = try CheckInference(
                    library.manifest, options: try pluginOptions(options), modelsFolder: models,
                    runtimeFolder: Environment.cacheFolder + "/openvino/libs")
                defer { inference?.close() }
                let conformance = Conformance(
                    table: library.table, options: try pluginOptions(options), modelFiles: modelFiles(library.manifest, folder: models),
                    callMsMax: callMsMax, leakStreams: streams, infer: inference?.answer)
                for problem in conformance.run(check) { printLine(problem.replacingOccurrences(of: "\n", with: " ")) }
                printLine("end")
                withExtendedLifetime(library) {}
            } catch let error as RPCStatus {
                throw Environment.fail(error.message)
            }
        }
    }
}
