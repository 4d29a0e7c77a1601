import PluginHost
import Wire

/// Plays conversations against a candidate in a process of its own before it goes live.
struct ReplayGate {
    /// The program that has the `plugin gate` command.
    var program: String
    var configuration: ServerConfiguration

    static let outputBytesMax = 4 << 20

    /// Blocks; for loader threads.
    /// - Throws: FAILED_PRECONDITION with what was expected and what came when a conversation fails, DEADLINE_EXCEEDED when they do not end.
    func check(_ plugin: String, _ candidate: PluginCandidate, scripts: [String]) throws(RPCStatus) {
        guard !configuration.file.isEmpty else {
            throw RPCStatus(.failedPrecondition, "a gate needs a server that was started from a configuration file")
        }
        let arguments =
            [program, "plugin", "gate", "--config", configuration.file, "--plugin", "\(plugin)=\(candidate.copy)"]
            + ["--ms-max", "\(configuration.limits.pluginGateMsMax)"] + scripts
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
}
