import EventLoop
import Glibc
import Inference
import Locks
import PluginHost
import PluginWorkers
import Router
import Testing
import Wire

/// The root of the source tree.
let sourceRoot = String(#filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/\($1)" })

/// Runs a shell command and waits; the exit code.
func shell(_ command: String) -> Int32 {
    let status = system(command)
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
}

/// A folder of a test's own, removed with it.
final class Folder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/vitrine-test-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { _ = shell("rm -rf '\(path)'") }

    func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }
}

let fakeManifest = PluginManifest(name: "fake", version: "1.0.0", consumes: ["text"], produces: [OutputPort(kind: "labels")], streamsMax: 200)

/// The fake worker, compiled once for each manifest.
final class FakeWorker: Sendable {
    let manifest: PluginManifest
    let folder: Folder
    let observer = Recorder()

    init(_ manifest: PluginManifest = fakeManifest) throws {
        self.manifest = manifest
        folder = try Folder()
        var other = manifest
        other.version = "2.0.0"
        let define = { (manifest: PluginManifest) in manifest.encoded().map(String.init).joined(separator: ",") }
        try folder.write("fake.c", "#define MANIFEST \(define(manifest))\n#define OTHER \(define(other))\n\(fakeWorkerSource)")
        try #require(shell("clang -std=gnu17 -O1 -w -o '\(folder.path)/fake' '\(folder.path)/fake.c'") == 0)
    }

    func command(_ mode: String) -> ChildProcess.Command { ChildProcess.Command("\(folder.path)/fake", [mode, "\(folder.path)/marker"]) }

    func plugin(_ mode: String = "", limits: WorkerLimits = quick) -> WorkerPlugin {
        let observer = observer
        return WorkerPlugin(
            command: command(mode), manifest: manifest, options: ["a": "b"], models: [], limits: limits, inference: NoInference(),
            observer: PluginHostObserver(log: { _, _, message in observer.note(message) }))
    }
}

/// Limits by which a test need not wait long.
let quick = WorkerLimits(
    life: WorkerMachine.Limits(startMsMax: 5_000, restartMsMin: 10, restartMsMax: 50), memoryBytesMax: 64 << 20, silenceMsMax: 1_500,
    retryMsMax: 3_000)

/// For workers that need no models.
final class NoInference: InferenceProvider {
    private let refusal = RPCStatus(.unimplemented, "there are no models here")

    func model(_ path: String, name: String, options: ModelOptions) throws(RPCStatus) -> any InferenceModel { throw refusal }

    func tensor(_ type: TensorType, _ shape: [Int], budget: MemoryBudget?) throws(RPCStatus) -> HostTensor { throw refusal }

    func submit(
        _ job: InferenceJob, on loop: EventLoop, done: @escaping (Result<[HostTensor], RPCStatus>) -> Void
    ) throws(RPCStatus) -> InferenceTicket { throw refusal }

    func cancel(_ ticket: InferenceTicket) {}
}

/// What was logged, from any thread.
final class Recorder: Sendable {
    private let noted = Lock<[String]>([])

    func note(_ text: String) { noted.withLock { $0.append(text) } }
    var notes: [String] { noted.withLock { $0 } }
}

/// Collects a stream's events; confined to the loop.
final class Events: NodeEvents {
    var emitted: [SharedBuffer] = []
    var closed: [RPCStatus] = []
    private let onEvent: (Events) -> Void

    init(_ onEvent: @escaping (Events) -> Void = { _ in }) { self.onEvent = onEvent }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        #expect(closed.isEmpty, "nothing follows the end")
        emitted.append(payload)
        onEvent(self)
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        closed.append(status)
        onEvent(self)
    }

    /// What the fake worker gave.
    var texts: [String] {
        emitted.map { payload in
            guard let output = try? PluginOutput(decoding: payload.bytes), case .labels(let labels) = output.kind else { return "?" }
            return labels.scheme
        }
    }
}

func text(_ text: String) -> RoutedMessage {
    RoutedMessage(
        kind: ClientMessageKind.text, turnID: 1, revision: 0, captureTimeUs: 0,
        payload: SharedBuffer(ClientMessage(kind: .text(TextInput(text: text))).encoded()))
}

/// A loop on a thread of its own, for the length of a test.
func withLoop<R: Sendable>(_ body: @escaping @Sendable (EventLoop, @escaping @Sendable (R) -> Void) throws -> Void) async throws -> R {
    let loop = try EventLoop(name: "test")
    loop.start()
    let result = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
        let once = Once(continuation)
        loop.submit {
            do {
                try body(loop) { once.take()?.resume(returning: $0) }
            } catch {
                once.take()?.resume(throwing: error)
            }
        }
    }
    loop.stop()
    loop.join()
    return result
}

/// The first outcome counts; a test may go on telling.
private final class Once<R: Sendable>: Sendable {
    private let continuation: Lock<CheckedContinuation<R, any Error>?>

    init(_ continuation: CheckedContinuation<R, any Error>) { self.continuation = Lock(continuation) }

    func take() -> CheckedContinuation<R, any Error>? {
        continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
    }
}
