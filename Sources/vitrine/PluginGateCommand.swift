import ArgumentParser
import Catalog
import CheckedYAML
import Foundation
import PluginHost
import Server

extension PluginCommand {
    /// What the server runs in a process of its own for `--gate`: the same server with the candidate in it, on a Unix socket and a copy of the shop's
    /// database, and conversations against that.
    struct Gate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold conversations with a candidate before it goes live.",
            discussion: "Exits with 1 when something expected did not come, and shows what came instead. The shop's own database is not written to.")

        @Argument(help: "Conversation scripts, or folders of them.")
        var scripts: [String]

        @Option(help: "The server's configuration file.")
        var config: String

        @Option(name: .customLong("plugin"), help: ArgumentHelp("A candidate in the place of the configured plugin.", valueName: "name=file"))
        var candidates: [String] = []

        @Option(help: ArgumentHelp("Time for all conversations.", valueName: "ms"))
        var msMax = 600_000

        func run() throws {
            // A socket's path has at most 107 bytes.
            let folder = "/tmp/vitrine-gate-\(getuid())-\(getpid())"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            defer { try? FileManager.default.removeItem(atPath: folder) }
            do {
                let server = try VitrineServer(try configured(folder))
                try server.start()
                defer {
                    server.drain()
                    server.waitUntilStopped()
                }
                let run = try ChildRun.run(
                    [Environment.program, "replay", "--server", "\(server.address)"] + (try files()), msMax: msMax, outputBytesMax: 4 << 20)
                write(run.output, to: 1)
                write(run.errors, to: 2)
                switch run.end {
                case .exit(0): break
                case .exit(let code): throw ExitCode(code)
                case .signal, .timedOut: throw Environment.fail("the conversations did not end within \(msMax) ms")
                }
            } catch let error as YAMLError {
                throw Environment.fail("\(error)", code: 78)
            } catch let error as ServerError {
                throw Environment.fail(error.message)
            } catch let error as StoreError {
                throw Environment.fail(error.message)
            }
        }

        private func configured(_ folder: String) throws -> ServerConfiguration {
            var configuration = try ServerConfiguration.load(config, cacheFolder: Environment.cacheFolder)
            configuration.listen = "unix:\(folder)/socket"
            configuration.adminSocket = ""
            configuration.metrics = ""
            configuration.logLevel = .error
            configuration.limits.drainMsMax = 1_000
            if configuration.pluginFolder.isEmpty { configuration.pluginFolder = Environment.pluginFolder }
            for (name, file) in try pluginOptions(candidates).sorted(by: { $0.key < $1.key }) {
                if let index = configuration.plugins.firstIndex(where: { $0.name == name }) {
                    configuration.plugins[index].file = file
                } else {
                    configuration.plugins.append(PluginChoice(name: name, file: file))
                }
            }
            if !configuration.databaseFile.isEmpty {
                try SQLiteStores.copy(configuration.databaseFile, to: "\(folder)/shop.sqlite")
                configuration.databaseFile = "\(folder)/shop.sqlite"
            }
            return configuration
        }

        /// The scripts, those of folders in the order of their names.
        private func files() throws -> [String] {
            var files: [String] = []
            for path in scripts {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                    throw Environment.fail("\(path): no such file or folder", code: 66)
                }
                guard isFolder.boolValue else {
                    files.append(path)
                    continue
                }
                let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
                files += names.sorted().map { "\(path)/\($0)" }
            }
            guard !files.isEmpty else { throw Environment.fail("\(scripts.joined(separator: ", ")): there is no conversation", code: 66) }
            return files
        }
    }
}
