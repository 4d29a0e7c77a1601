import ArgumentParser
import CheckedYAML
import Foundation
import Recording
import Server

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the server until SIGTERM or SIGINT.",
        discussion: "On SIGTERM no new sessions are taken, answers in the making are finished, then the server stops.")

    @Option(help: "The configuration file.")
    var config: String

    @Option(help: ArgumentHelp("Where to listen instead of the file's address; port 0 takes a free one.", valueName: "host:port"))
    var listen: String?

    @Option(help: "Number of event loops.")
    var loops: Int?

    @Option(help: ArgumentHelp("Where to serve metrics instead of the file's address; 'off' for nowhere.", valueName: "host:port"))
    var metrics: String?

    @Flag(help: "Serve beyond the loopback although the protocol is not encrypted.")
    var insecure = false

    @Option(help: ArgumentHelp("Record every session into this folder, instead of what the file says about recordings.", valueName: "folder"))
    var record: String?

    @Option(help: "Write the bound address to this file once the server is ready.")
    var addressFile: String?

    func run() throws {
        do {
            var configuration = try ServerConfiguration.load(config, cacheFolder: Environment.cacheFolder)
            if let listen { configuration.listen = listen }
            if let loops {
                guard (1...64).contains(loops) else { throw Environment.fail("--loops takes a number from 1 to 64", code: 64) }
                configuration.loops = loops
            }
            if let metrics { configuration.metrics = metrics == "off" ? "" : metrics }
            if insecure { configuration.isInsecure = true }
            if let record {
                configuration.recording = RecordingChoice(folder: record, limits: configuration.recording?.limits ?? RecordingLimits())
            }
            if configuration.pluginFolder.isEmpty { configuration.pluginFolder = Environment.pluginFolder }
            configuration.probeProgram = Environment.program
            let server = try VitrineServer(configuration)
            try server.start()
            printLine("listening on \(server.address)")
            if let addressFile { try "\(server.address)\n".write(toFile: addressFile, atomically: true, encoding: .utf8) }
            server.waitUntilStopped()
        } catch let error as YAMLError {
            throw Environment.fail("\(error)", code: 78)
        } catch let error as ServerError {
            throw Environment.fail(error.message)
        }
    }
}
