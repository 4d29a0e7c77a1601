import EventLoop
import PluginHost
import PluginWorkers
import Wire

/// Plays conversations against a candidate in a process of its own before it goes live: the same configuration on a copy of the shop's database,
/// under virtual time.
struct ReplayGate {
    /// The program that has the `replay` command.
    var program: String
    var configuration: ServerConfiguration

    static let outputBytesMax = 4 << 20

    /// Blocks; for loader threads.
    /// - Parameter live: what the candidate would serve beside: builds that are no longer those of the configuration come along.
    /// - Throws: FAILED_PRECONDITION with what was expected and what came when a conversation fails, DEADLINE_EXCEEDED when they do not end.
    func check(_ plugin: String, _ source: PluginSource, scripts: [String], live: [any PluginBuild]) throws(RPCStatus) {
        guard !configuration.file.isEmpty else {
            throw RPCStatus(.failedPrecondition, "a gate needs a server that was started from a configuration file")
        }
        var arguments = [program, "replay"] + scripts + ["--config", configuration.file]
        for (name, file) in try replaced(plugin, source, live) { arguments += ["--plugin", "\(name)=\(file)"] }
        let run = try ChildRun.run(arguments, msMax: configuration.limits.pluginGateMsMax, outputBytesMax: Self.outputBytesMax)
        switch run.end {
        case .exit(0): return
        case .timedOut:
            throw RPCStatus(.deadlineExceeded, "the gate's conversations did not end within \(configuration.limits.pluginGateMsMax) ms")
        case .signal(let signal):
            throw RPCStatus(.failedPrecondition, "the candidate brought the gate's process down (signal \(signal))\n\(run.errors)")
        case .exit(1) where !run.output.isEmpty:
            throw RPCStatus(.failedPrecondition, "the candidate does not pass its gate:\n\(run.output)")
        case .exit(let code):
            throw RPCStatus(.failedPrecondition, "the gate could not be held (exit code \(code)): \(run.errors)\(run.output)")
        }
    }

    /// Files in the place of those that the configuration names.
    private func replaced(
        _ plugin: String, _ source: PluginSource, _ live: [any PluginBuild]
    ) throws(RPCStatus) -> [(name: String, file: String)] {
        guard let choice = configuration.plugins.first(where: { $0.name == plugin }) else {
            throw RPCStatus(
                .failedPrecondition, "the configuration loads no plugin \(plugin), so that no conversation can reach it: a gate is for swaps")
        }
        var files: [(name: String, file: String)] = []
        switch source {
        case .library(let candidate): files.append((plugin, candidate.copy))
        case .program(let command) where command.arguments.isEmpty: files.append((plugin, command.program))
        case .program(let command):
            guard [command.program] + command.arguments == choice.command else {
                throw RPCStatus(.failedPrecondition, "a gate for \(plugin) runs the configuration's command, and this is another")
            }
        }
        for build in live where build.name != plugin && build.number > 1 {
            guard configuration.plugins.contains(where: { $0.name == build.name }) else { continue }
            if let copy = (build as? PluginGeneration)?.library.copy ?? (build as? WorkerPlugin)?.image?.copy { files.append((build.name, copy)) }
        }
        return files
    }
}
