// PluginTesting: a host for one plugin instance in a test, without a server.
//
// It plays the host's side of the ABI in plain memory: it writes down what the plugin emits, logs and asks for, carries operations out when the test
// says so, keeps a clock that moves only when told, and notes every breach of the contract in `violations`. It also holds the conformance checks
// (`Conformance`), which any author can run. It must never depend on the server's modules: a plugin's own repository imports it.

public import CVitrinePlugin
import Glibc
import Locks
public import PluginKit
import Synchronization
public import Wire

/// One inference that a plugin asks for.
public struct HarnessInference {
    /// The model's name within the plugin.
    public var model: String
    public var inputs: [(name: String, tensor: HarnessTensor)]
    public var outputs: [String]
}

/// A host for one instance of a plugin. Used on one thread, which is the instance's loop.
///
///     let harness = try PluginHarness(MyPlugin.self)
///     let stream = try harness.open()
///     stream.send(text: "hello")
///     stream.halfClose()
///     harness.settle()
///     #expect(stream.outputs.count == 1 && stream.status == .ok)
///     #expect(harness.finish() == [])
public final class PluginHarness {
    /// What answers inferences; without one they end with UNAVAILABLE.
    public var infer: ((HarnessInference) throws(RPCStatus) -> [HarnessTensor])?
    /// Outputs that fit into a stream's queue; it is emptied whenever the plugin's call has returned.
    public var outputItemsMax = 1_024
    /// What operations are answered with instead of being accepted.
    public var refusal: StatusCode?
    /// The clock, microseconds.
    public private(set) var nowUs: UInt64 = 1_000_000
    /// What the plugin counted.
    public var counters: [String: Double] { notes.withLock { $0.counters } }
    public let manifest: PluginManifest

    /// Longest call into the plugin so far (without `create` and `self_test`), microseconds of real time, and which it was.
    public private(set) var longestCall: (us: UInt64, name: String) = (0, "")

    /// Kept until the instance is destroyed: its code must stay mapped until then.
    private let library: AnyObject?
    let plugin: UnsafePointer<vt_plugin>
    let table: UnsafeMutablePointer<vt_host>
    let alive = Alive()
    let notes = Lock(Notes())
    var state: UnsafeMutableRawPointer?
    private(set) var isAlive = false
    private let texts: HarnessTexts
    private let thread = pthread_self()

    var streams: [UInt64: HarnessStream] = [:]
    var waiting: [PendingOperation] = []
    private var nextStream: UInt64 = 1
    var nextOperation: UInt64 = 1
    /// Emissions refused since the plugin was last called.
    var refusedInCall = 0

    /// Lines of the plugin's log that are kept.
    public static let logLinesMax = 1_000

    struct Notes {
        var violations: [String] = []
        var log: [String] = []
        var counters: [String: Double] = [:]
    }

    struct PendingOperation {
        var id: UInt64
        var stream: UInt64
        var kind: vt_operation_kind
        var job: vt_job?
        var context: UnsafeMutableRawPointer?
        var inference: HarnessInference?
        var dueUs: UInt64 = 0
        var isAbandoned = false
    }

    /// - Parameters:
    ///   - options: values of the manifest's options; the others have their defaults.
    ///   - modelFiles: files by the model's name within the plugin, for plugins that read tables beside a model.
    /// - Throws: what the plugin says when it cannot start.
    public convenience init<Plugin: VitrinePlugin>(
        _ plugin: Plugin.Type, options: [String: String] = [:], modelFiles: [String: String] = [:]
    ) throws(PluginError) {
        guard let table = PluginEntry.table(for: plugin, abi: UInt32(VT_ABI_VERSION)) else {
            throw PluginError(.failedPrecondition, "the plugin does not serve ABI version \(VT_ABI_VERSION)")
        }
        try self.init(table: table, options: options, modelFiles: modelFiles)
    }

    /// As above, for a plugin's function table in any language.
    /// - Parameter library: what keeps the table's code mapped, if that is not for the whole process.
    public init(
        table plugin: UnsafePointer<vt_plugin>, of library: AnyObject? = nil, options: [String: String] = [:], modelFiles: [String: String] = [:]
    ) throws(PluginError) {
        self.library = library
        self.plugin = plugin
        do {
            manifest = try PluginManifest(
                decoding: UnsafeRawBufferPointer(start: plugin.pointee.manifest, count: plugin.pointee.manifest_length))
        } catch {
            throw PluginError(error)
        }
        texts = HarnessTexts(manifest, options: options, modelFiles: modelFiles)
        table = .allocate(capacity: 1)
        table.initialize(to: vt_host())
        fillTable()
        var reason = [CChar](repeating: 0, count: 1_024)
        let status = plugin.pointee.create(plugin, table, handle, &state, &reason, reason.count)
        guard status == VT_OK else {
            throw PluginError(StatusCode(abi: status), Self.text(reason).isEmpty ? "the plugin gave no reason" : Self.text(reason))
        }
        isAlive = true
    }

    deinit {
        if isAlive { plugin.pointee.destroy(state) }
        table.deallocate()
    }

    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// Every breach of the contract so far, in words.
    public var violations: [String] { notes.withLock { $0.violations } }

    /// What the plugin logged: "warning: …".
    public var log: [String] { notes.withLock { $0.log } }

    /// Buffers and tensors that the plugin holds.
    public var held: Int { alive.total }

    // MARK: Streams

    /// Opens a stream.
    /// - Throws: the plugin's refusal.
    public func open(
        sessionKey: UInt64 = 1, turnID: UInt64 = 1, language: String = "en", deadlineUs: UInt64 = 0
    ) throws(RPCStatus) -> HarnessStream {
        let stream = HarnessStream(token: nextStream, sessionKey: sessionKey, harness: self)
        nextStream += 1
        streams[stream.token] = stream
        let status = language.withCString { language in
            var open = vt_open()
            open.struct_size = UInt32(MemoryLayout<vt_open>.size)
            open.session_key = sessionKey
            open.turn_id = turnID
            open.deadline_us = deadlineUs
            open.language = language
            return call("open") { plugin.pointee.open(state, stream.token, &open) }
        }
        guard status != VT_OK else { return stream }
        let given = stream.status
        stream.end(given ?? RPCStatus(StatusCode(abi: status), ""))
        streams[stream.token] = nil
        throw given ?? RPCStatus(StatusCode(abi: status), "the plugin refused the stream")
    }

    // MARK: Operations

    /// Operations that have not been completed.
    public var outstanding: Int { waiting.count }

    /// Completes what is due, and what follows from that, until nothing is due any more. Timers in the future wait for `advance`.
    /// - Parameter operationsMax: more than that counts as a violation: the plugin never comes to rest.
    public func settle(operationsMax: Int = 100_000) {
        var done = 0
        while step() {
            done += 1
            if done == operationsMax { return violate("\(operationsMax) operations were completed and the plugin goes on asking for more") }
        }
    }

    /// Completes the oldest operation that is due.
    /// - Returns: false when none is.
    @discardableResult
    public func step() -> Bool {
        guard let index = waiting.firstIndex(where: { $0.dueUs <= nowUs || isCancelled($0) }) else { return false }
        let operation = waiting.remove(at: index)
        complete(operation)
        return true
    }

    /// Moves the clock and completes what becomes due, in the order of time.
    public func advance(byUs us: UInt64) {
        let end = nowUs + us
        settle()
        while let next = waiting.map(\.dueUs).filter({ $0 > nowUs && $0 <= end }).min() {
            nowUs = next
            settle()
        }
        nowUs = end
    }

    /// The plugin's own self-test.
    public func selfTest() throws(PluginError) {
        guard let test = plugin.pointee.self_test else { return }
        var reason = [CChar](repeating: 0, count: 1_024)
        let status = test(state, &reason, reason.count)
        guard status == VT_OK else {
            throw PluginError(StatusCode(abi: status), Self.text(reason).isEmpty ? "the self-test gave no reason" : Self.text(reason))
        }
    }

    /// Cancels what is open, completes what is under way, destroys the instance, and tells what was wrong, with what the plugin still holds.
    public func finish() -> [String] {
        guard isAlive else { return violations }
        for token in streams.keys.sorted() { streams[token]?.cancel() }
        while !waiting.isEmpty { complete(waiting.removeFirst()) }
        plugin.pointee.destroy(state)
        isAlive = false
        let (buffers, tensors) = (alive.buffers.load(ordering: .acquiring), alive.tensors.load(ordering: .acquiring))
        if buffers != 0 { violate("\(buffers) buffers were not released before destroy returned") }
        if tensors != 0 { violate("\(tensors) tensors were not released before destroy returned") }
        return violations
    }

    // MARK: Inside

    func violate(_ what: String) {
        notes.withLock { notes in
            // One line for what is done again and again.
            if notes.violations.count < 100, !notes.violations.contains(what) { notes.violations.append(what) }
        }
    }

    /// Whether this is the loop's thread; notes it when not.
    func onLoop(_ function: String) -> Bool {
        if pthread_equal(pthread_self(), thread) != 0 { return true }
        violate("\(function) was called on another thread than the loop's")
        return false
    }

    func option(_ key: String) -> UnsafePointer<CChar>? { texts.options[key].map { UnsafePointer($0) } }
    func modelPath(_ name: String) -> UnsafePointer<CChar>? { texts.paths[name].map { UnsafePointer($0) } }

    /// Calls the plugin and measures it.
    func call<R>(_ name: String, _ body: () -> R) -> R {
        refusedInCall = 0
        let clock = ContinuousClock()
        let began = clock.now
        let result = body()
        let took = began.duration(to: clock.now)
        let us = UInt64(took.components.seconds) * 1_000_000 + UInt64(took.components.attoseconds / 1_000_000_000_000)
        if us > longestCall.us { longestCall = (us, name) }
        for token in streams.keys.sorted() { streams[token]?.queued = 0 }
        return result
    }

    private func isCancelled(_ operation: PendingOperation) -> Bool { operation.isAbandoned || streams[operation.stream]?.isOpen != true }

    private func complete(_ operation: PendingOperation) {
        var status = RPCStatus.ok
        var outputs: [HarnessTensor] = []
        if isCancelled(operation) {
            status = RPCStatus(.cancelled, operation.isAbandoned ? "the operation was abandoned" : "the stream is closed")
        } else if let job = operation.job {
            let code = HarnessThread.run { job(operation.context) }
            if code != VT_OK { status = RPCStatus(StatusCode(abi: code), "the compute job failed") }
        } else if let inference = operation.inference {
            do throws(RPCStatus) {
                guard let infer else { throw RPCStatus(.unavailable, "the harness has nothing that answers inferences") }
                outputs = try infer(inference).compactMap { $0.counted(alive) }
            } catch {
                status = error
            }
        }
        let names = operation.inference?.outputs ?? []
        let strings = names.map { strdup($0) }
        defer { for string in strings { free(string) } }
        let named = zip(strings, outputs).map { name, tensor in
            vt_named_tensor(name: name.map { UnsafePointer($0) }, tensor: OpaquePointer(Unmanaged.passUnretained(tensor).toOpaque()))
        }
        named.withUnsafeBufferPointer { named in
            status.message.withCString { message in
                var completion = vt_completion()
                completion.struct_size = UInt32(MemoryLayout<vt_completion>.size)
                completion.kind = operation.kind
                completion.operation = operation.id
                completion.status = status.code.abi
                completion.message = message
                completion.output_count = UInt32(named.count)
                completion.outputs = named.baseAddress
                withExtendedLifetime(outputs) { call("completed") { plugin.pointee.completed(state, operation.stream, &completion) } }
            }
        }
        forgetIfDone(operation.stream)
    }

    /// A stream that is over and has nothing under way is never named again.
    func forgetIfDone(_ token: UInt64) {
        if streams[token]?.isOpen == false, !waiting.contains(where: { $0.stream == token }) { streams[token] = nil }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension StatusCode {
    var abi: vt_status { vt_status(rawValue) }

    init(abi: vt_status) { self = UInt32(exactly: abi).flatMap(StatusCode.init(rawValue:)) ?? .unknown }
}
