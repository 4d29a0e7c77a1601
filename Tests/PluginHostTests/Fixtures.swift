import EventLoop
import Glibc
import Inference
import PluginHost
import Router
import TestSupport
import Testing
import Wire

/// The root of the source tree.
let sourceRoot = String(#filePath.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/\($1)" })

/// Runs a shell command and waits; the exit code.
func shell(_ command: String) -> Int32 {
    let status = system(command)
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
}

/// A folder with room for models, plugins and copies, removed when the object goes.
final class Workshop: @unchecked Sendable {
    let path: String
    let observer = Recorder()

    init() throws {
        var template = Array("/tmp/vitrine-test-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path = try #require(made.map { String(cString: $0) })
        try write("addition.xml", additionIR)
    }

    deinit { _ = shell("rm -rf '\(path)'") }

    func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen("\(path)/\(name)", "w"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }

    /// Compiles the probe plugin with this manifest and returns its path.
    func probe(_ manifest: PluginManifest = probeManifest, name: String = "probe.so", flags: String = "") throws -> String {
        let bytes = manifest.encoded().map(String.init).joined(separator: ",")
        try write("probe.c", "static const unsigned char manifest_bytes[] = {\(bytes)};\n" + probeSource)
        let command =
            "clang -std=gnu17 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -I'\(sourceRoot)/Sources/CVitrinePlugin/include' \(flags)"
        #expect(shell("\(command) -o '\(path)/\(name)' '\(path)/probe.c'") == 0)
        return "\(path)/\(name)"
    }

    func host(options: [String: [String: String]] = [:], limits: PluginLimits = PluginLimits()) throws -> PluginHost {
        let inference = try InferenceService(configuration: InferenceConfiguration(libraryFolder: "\(Cache.folder)/openvino/libs"))
        let configuration = PluginHostConfiguration(
            pluginFolder: path, modelsFolder: path, runFolder: "\(path)/run", options: options, limits: limits)
        let observer = observer
        return PluginHost(
            configuration: configuration, inference: inference, compute: ComputePool(threads: 2, queueItemsMax: 64, name: "test-pool"),
            observer: PluginHostObserver(
                log: { _, _, message in observer.note(message) }, count: { _, metric, amount in for _ in 0..<Int(amount) { observer.note(metric) } }))
    }

    var copies: Int {
        guard let folder = opendir("\(path)/run") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 2
    }
}

let probeManifest = PluginManifest(
    name: "probe", version: "1.2.3", consumes: ["text"], models: [ModelRequirement(name: "add", path: "addition.xml", precision: "f32", requests: 1)],
    options: [Option(key: "greeting", defaultValue: "hello")])

/// What a plugin said, from any thread.
final class Recorder: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var noted: [String] = []

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit { mutex.deallocate() }

    func note(_ text: String) {
        pthread_mutex_lock(mutex)
        noted.append(text)
        pthread_mutex_unlock(mutex)
    }

    var notes: [String] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return noted
    }

    func count(_ text: String) -> Int { notes.filter { $0 == text }.count }
}

/// Collects a stream's events; confined to the loop.
final class Events: NodeEvents {
    var emitted: [[UInt8]] = []
    var closed: [RPCStatus] = []
    var onEvent: (Events) -> Void

    init(_ onEvent: @escaping (Events) -> Void = { _ in }) {
        self.onEvent = onEvent
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        emitted.append(Array(payload.bytes))
        onEvent(self)
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        closed.append(status)
        onEvent(self)
    }

    var texts: [String] { emitted.map { String(decoding: $0, as: UTF8.self) } }
}

func message(_ text: String) -> RoutedMessage {
    RoutedMessage(kind: ClientMessageKind.text, turnID: 1, revision: 0, captureTimeUs: 0, payload: SharedBuffer(Array(text.utf8)))
}
