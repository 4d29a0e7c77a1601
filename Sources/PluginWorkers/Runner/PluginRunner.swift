import EventLoop
import Glibc
import Inference
import PluginHost
public import Wire

/// Serves a shared object as a worker: the other end of the socket, and the plugin's host in this process.
///
/// Streams, timers, compute jobs and randomness are this process's own, by the very code that the server runs; inference, log, metrics and options
/// are the server's, through the socket.
public enum PluginRunner {
    /// Runs until the host closes the socket. Blocks.
    /// - Parameters:
    ///   - library: the plugin's file.
    ///   - computeThreads: for the plugin's compute jobs.
    /// - Throws: why it cannot serve; its words are for the process's standard error.
    public static func run(library: String, computeThreads: Int) throws(RPCStatus) {
        guard let socket = descriptor(WorkerEnvironment.socket), let descriptors = descriptor(WorkerEnvironment.descriptors) else {
            throw RPCStatus(
                .failedPrecondition,
                "this program is started by a server: \(WorkerEnvironment.socket) and \(WorkerEnvironment.descriptors) name its sockets")
        }
        let folder = "/tmp/vitrine-worker-\(getuid())-\(getpid())"
        guard mkdir(folder, 0o700) == 0 else { throw RPCStatus(.failedPrecondition, "\(folder) cannot be made: \(String(cString: strerror(errno)))") }
        let loaded: PluginLibrary
        do throws(RPCStatus) {
            loaded = try PluginLibrary.load(library, runFolder: folder, number: 0)
        } catch {
            rmdir(folder)
            throw error
        }
        // A process that is killed leaves nothing behind.
        loaded.forgetFile()
        rmdir(folder)
        let loop: EventLoop
        do {
            loop = try EventLoop(name: "worker")
        } catch {
            throw RPCStatus(.resourceExhausted, "\(error)")
        }
        let compute = ComputePool(threads: computeThreads, queueItemsMax: computeItemsMax, name: "compute")
        defer { compute.shutdown() }
        let outcome = Outcome()
        loop.submit {
            do {
                let stream = try ByteStream.adopt(fd: socket, loop: loop)
                outcome.connection = RunnerConnection(stream, DescriptorSocket(descriptors), loaded, folder, compute, loop)
                outcome.connection?.start { status in
                    outcome.failure = status
                    loop.stop()
                }
            } catch {
                outcome.failure = RPCStatus(.failedPrecondition, "descriptor \(socket) is no socket: \(error)")
                loop.stop()
            }
        }
        loop.run()
        // What the plugin has under way may refer to it: nothing is taken down around it.
        if outcome.connection?.isSettled == false { _exit(1) }
        if let failure = outcome.failure { throw failure }
    }

    /// Compute jobs that wait for a thread.
    static let computeItemsMax = 4_096

    private static func descriptor(_ name: String) -> Int32? { getenv(name).flatMap { Int32(String(cString: $0)) } }
}

/// What became of a run.
private final class Outcome: @unchecked Sendable {
    // Invariant: written on the loop, read after it has ended.
    var connection: RunnerConnection?
    var failure: RPCStatus?
}
