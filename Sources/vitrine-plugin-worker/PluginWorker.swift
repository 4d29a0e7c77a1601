// The program that serves a plugin's shared object as a worker; a server starts it.

import ArgumentParser
import Glibc
import PluginWorkers
import Wire

@main
struct PluginWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: WorkerRunner.program,
        abstract: "Serve a plugin's shared object in a process of its own. Started by `vitrine serve` for plugins with `run: worker`.")

    @Argument(help: "The plugin's file.")
    var library: String

    @ArgumentParser.Option(help: "Threads for the plugin's compute jobs.")
    var computeThreads = 2

    func run() throws {
        guard (1...256).contains(computeThreads) else { throw ValidationError("--compute-threads takes a number from 1 to 256") }
        do throws(RPCStatus) {
            try PluginRunner.run(library: library, computeThreads: computeThreads)
        } catch {
            let text = Array("\(error.message)\n".utf8)
            // What cannot be said to a closed pipe is said by the exit code.
            _ = write(STDERR_FILENO, text, text.count)
            throw ExitCode(1)
        }
    }
}
