import ArgumentParser
import Foundation
import PluginHost
import PluginKit
import PluginTesting
import Wire

extension PluginCommand {
    /// What the server runs in a process of its own before it lets a candidate in. Says how far it got, one word a line; PluginProbe reads it.
    struct Probe: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Try a candidate: load, create, one stream, self-test.", shouldDisplay: false)

        @Argument(help: "The copy that the server has made; it is not copied again.")
        var file: String

        @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
        var models = ""

        @Option(name: .customLong("option"), help: ArgumentHelp("An option, for the plugin of that name.", valueName: "plugin:key=value"))
        var options: [String] = []

        func run() throws {
            stage("load")
            do {
                let library = try PluginLibrary(try PluginCandidate(copy: file))
                printLine("manifest " + library.manifest.encoded().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
                stage("create")
                let harness = try PluginHarness(
                    table: library.table, of: library, options: try pluginOptions(own(library.manifest.name)),
                    modelFiles: modelFiles(library.manifest, folder: models))
                stage("open")
                let stream = try harness.open()
                stream.cancel()
                stage("self-test")
                try harness.selfTest()
                stage("destroy")
                let violations = harness.finish()
                guard violations.isEmpty else { throw Environment.fail("\(file): the candidate breaks the contract: \(violations[0])") }
                stage("end")
            } catch let error as RPCStatus {
                throw Environment.fail(error.message)
            } catch let error as PluginError {
                throw Environment.fail("\(file): \(error)")
            }
        }

        private func own(_ plugin: String) -> [String] {
            options.compactMap { $0.hasPrefix(plugin + ":") ? String($0.dropFirst(plugin.count + 1)) : nil }
        }

        private func stage(_ name: String) { printLine(name) }
    }
}

/// Paths of a manifest's models by their names within the plugin.
func modelFiles(_ manifest: PluginManifest, folder: String) -> [String: String] {
    Dictionary(manifest.models.map { ($0.name, "\(folder)/\($0.path)") }, uniquingKeysWith: { first, _ in first })
}

/// "key=value" arguments as a table.
func pluginOptions(_ options: [String]) throws -> [String: String] {
    var table: [String: String] = [:]
    for option in options {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw Environment.fail("--option takes key=value, not '\(option)'", code: 64) }
        table[parts[0]] = parts[1]
    }
    return table
}
