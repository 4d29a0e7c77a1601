import ArgumentParser
import CheckedYAML
import Foundation
import Replay
import Wire

/// Which scripts are meant, and how they are read.
struct ScriptFiles: ParsableArguments {
    @Argument(help: "Conversation scripts (YAML), or folders of them; in a folder, names that begin with '_' are left out.")
    var scripts: [String] = []

    @Option(name: .customLong("filter"), help: ArgumentHelp("Only scripts with this tag; '!tag': without it. All given must hold.", valueName: "tag"))
    var filters: [String] = []

    @Option(
        name: .customLong("var"),
        help: ArgumentHelp("A variable's value, before the script's own; chooses rows of a matrix.", valueName: "name=value"))
    var variables: [String] = []

    /// The chosen scripts, in the order of files and matrix rows.
    func load() throws -> [Script] {
        guard !scripts.isEmpty else { throw Environment.fail("which scripts? See --help", code: ReplayCommand.Exit.usage) }
        var values: [String: String] = [:]
        for pair in variables {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Environment.fail("--var takes name=value, not '\(pair)'", code: ReplayCommand.Exit.usage)
            }
            values[parts[0]] = parts[1]
        }
        let reader = ScriptReader(cacheFolder: Environment.cacheFolder, variables: values)
        var all: [Script] = []
        do {
            for file in try files() { all += try reader.load(file) }
        } catch let error as YAMLError {
            throw Environment.fail("\(error)", code: ReplayCommand.Exit.badFile)
        }
        let chosen = all.filter { script in
            filters.allSatisfy { $0.hasPrefix("!") ? !script.tags.contains(String($0.dropFirst())) : script.tags.contains($0) }
        }
        guard !chosen.isEmpty else {
            let tags = Set(all.flatMap(\.tags)).sorted().joined(separator: ", ")
            throw Environment.fail("no script has the tags \(filters.joined(separator: ", ")); there are \(tags)", code: ReplayCommand.Exit.usage)
        }
        return chosen
    }

    private func files() throws -> [String] {
        var files: [String] = []
        for path in scripts {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                files.append(path)
                continue
            }
            let names = try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
                (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) && !(name.split(separator: "/").last ?? "").hasPrefix("_")
            }
            guard !names.isEmpty else { throw Environment.fail("\(path): no scripts in this folder", code: ReplayCommand.Exit.badFile) }
            files += names.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
        }
        return files
    }

    /// What the scripts speak and show.
    func assets(of scripts: [Script], progress: ReplayProgress) throws -> ScriptAssets {
        do {
            return try ScriptAssets.load(scripts, synthesiser: SpeechSynthesiser(folder: Environment.cacheFolder + "/speech")) {
                progress.preparing($0, of: $1)
            }
        } catch {
            throw Environment.fail("\(error)", code: ReplayCommand.Exit.badFile)
        }
    }
}
