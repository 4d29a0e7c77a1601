public import CVitrinePlugin
import Glibc
import PluginKit
public import Wire

/// Whether a plugin keeps to the contract of vitrine_plugin.h: checks that any author can run, in any language.
///
/// Each check makes instances of its own. A plugin may crash or hang in one: run each in a process of its own, as `vitrine plugin check` does.
public struct Conformance {
    public struct Check: Sendable {
        public let name: String
        /// What is checked, in a sentence.
        public let about: String
        let run: @Sendable (Conformance) throws -> [String]
    }

    let table: UnsafePointer<vt_plugin>
    let options: [String: String]
    let modelFiles: [String: String]
    let infer: ((HarnessInference) throws(RPCStatus) -> [HarnessTensor])?
    /// What one call into the plugin may take, milliseconds.
    let callMsMax: Int
    /// Streams of the check for leaks.
    let leakStreams: Int

    /// - Parameters:
    ///   - infer: answers inferences; without it they end with UNAVAILABLE, which a plugin must bear, but less of it is tried.
    ///   - callMsMax: what one call into the plugin may take at best. The contract says 50 µs; a debug build on a busy machine takes more.
    ///   - leakStreams: streams of the check for leaks, from 10 on: the fewer, the larger a leak must be to be found.
    public init(
        table: UnsafePointer<vt_plugin>, options: [String: String] = [:], modelFiles: [String: String] = [:], callMsMax: Int = 20,
        leakStreams: Int = 1_000,
        infer: ((HarnessInference) throws(RPCStatus) -> [HarnessTensor])? = nil
    ) {
        self.table = table
        self.options = options
        self.modelFiles = modelFiles
        self.callMsMax = callMsMax
        self.leakStreams = max(10, leakStreams)
        self.infer = infer
    }

    /// All checks, in the order in which they are worth reading.
    public static let checks: [Check] = [
        Check(name: "self-test", about: "its own self-test passes") { try $0.selfTest() },
        Check(name: "lifecycle", about: "a stream is opened, answered, half-closed and closed with one status; everything is given back") {
            try $0.lifecycle()
        },
        Check(name: "instances", about: "two instances with interleaved streams do not disturb each other") { try $0.instances() },
        Check(name: "cancel", about: "a stream is cancelled at every point; nothing is emitted after that") { try $0.cancel() },
        Check(name: "credit", about: "a full output queue is respected, and the stream still ends") { try $0.credit() },
        Check(name: "refusals", about: "operations that the host does not accept, or that fail, end in a status or a problem") { try $0.refusals() },
        Check(name: "malformed", about: "payloads that are no messages, or other ones, end in a status or a problem") { try $0.malformed() },
        Check(name: "hand-over", about: "a stream that is handed to another instance goes on there") { try $0.handOver() },
        Check(name: "threads", about: "the host is called on the threads that the contract names, and no undeclared thread runs") {
            try $0.threads()
        },
        Check(name: "blocking", about: "no call holds the loop up") { try $0.blocking() },
        Check(name: "leaks", about: "1,000 streams (--streams) leave no memory, buffers or tensors behind") { try $0.leaks() },
    ]

    /// What is wrong by one check; empty when it passes.
    public func run(_ check: Check) -> [String] {
        do {
            return try check.run(self)
        } catch let error as PluginError {
            return ["\(error.status.code.name): \(error.status.message)"]
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: Parts of checks

    func harness() throws(PluginError) -> PluginHarness {
        let harness = try PluginHarness(table: table, options: options, modelFiles: modelFiles)
        harness.infer = infer
        return harness
    }

    func samples(_ harness: PluginHarness) -> [ClientMessage] { SampleInputs.messages(for: harness.manifest.consumes) }

    /// Half-closes and lets time go by until the stream has ended.
    /// - Returns: what is wrong, if it has not.
    func end(_ stream: HarnessStream, _ harness: PluginHarness, after what: String) -> String? {
        stream.halfClose()
        for _ in 0..<Self.secondsToEnd where stream.isOpen { harness.advance(byUs: 1_000_000) }
        harness.settle()
        guard stream.isOpen else { return nil }
        stream.cancel()
        harness.settle()
        return "\(what): the stream is not closed \(Self.secondsToEnd) s after it was half-closed"
    }

    /// Virtual seconds that a plugin may take to end a stream.
    static let secondsToEnd = 60

    /// One stream with every sample, to its end.
    func conversation(_ harness: PluginHarness, _ what: String = "a whole stream") throws -> [String] {
        let stream = try harness.open()
        for message in samples(harness) {
            stream.send(message)
            harness.settle()
        }
        return end(stream, harness, after: what).map { [$0] } ?? []
    }

    func finish(_ harness: PluginHarness, _ problems: [String]) -> [String] {
        var problems = problems
        harness.settle()
        let pending = harness.plugin.pointee.pending(harness.state)
        if harness.streams.isEmpty, pending != 0 { problems.append("pending says \(pending) although no stream is open") }
        return problems + harness.finish()
    }

    /// Bytes that the process has allocated.
    static func heapBytes() -> Int { vt_heap_bytes() }

    /// The threads that run once no further one has come for 100 ms: libraries of the host's that were just loaded may still be starting theirs.
    static func settledThreads() -> Int {
        var count = threads(), quiet = 0
        while quiet < 10 {
            usleep(10_000)
            let now = threads()
            quiet = now == count ? quiet + 1 : 0
            count = now
        }
        return count
    }

    static func threads() -> Int {
        guard let folder = opendir("/proc/self/task") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 2
    }
}
