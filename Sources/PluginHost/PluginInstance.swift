// Unsafe: calls through the plugin's function table. Invariants: `state` is what `create` gave and is used until `destroy` only; arguments live
// until the call returns; `handle` is this object, which outlives the plugin's state because it is let go only after `destroy`.

import CVitrinePlugin
public import EventLoop
import Inference
public import Router
public import Wire

/// One instance of a plugin: (generation, loop). Confined to its loop.
///
/// It keeps itself alive while an operation is under way; otherwise its owner does, until `retire()` has led to `destroy`.
public final class PluginInstance: Node {
    public let generation: PluginGeneration
    public let loop: EventLoop
    let host: PluginHost
    let texts: InstanceTexts

    private(set) var state: UnsafeMutableRawPointer?
    var machine: InstanceMachine
    var streams: [UInt64: PluginNodeStream] = [:]
    var works: [UInt64: Work] = [:]
    /// Streams with outputs or an end to be delivered on the next tick, in the order in which they got them.
    private var outbox: [PluginNodeStream] = []
    private var isFlushPlanned = false
    /// Reason that the plugin gave by `close` while its `open` was running.
    private var opening: UInt64 = 0
    private var refusal: RPCStatus?

    /// What takes its streams over, once a newer generation is there.
    var successor: PluginInstance?
    var drainTimer: LoopTimer?
    /// Called once, when the plugin's instance is destroyed.
    var onDestroyed: (() -> Void)?
    private var streamsCounted = 0

    init(generation: PluginGeneration, host: PluginHost, loop: EventLoop) {
        self.generation = generation
        self.host = host
        self.loop = loop
        let limits = host.configuration.limits
        let asked = Int(generation.manifest.streamsMax)
        machine = InstanceMachine(
            streamsMax: asked == 0 ? limits.instanceStreamsMax : min(asked, limits.instanceStreamsMax),
            streamOperationsMax: limits.streamOperationsMax)
        texts = InstanceTexts(generation)
    }

    // A job that outlives its loop, at a server's end, was the last to hold the instance: nothing may be called then.
    deinit { precondition(state == nil || loop.hasEnded, "a plugin instance is retired before it is let go") }

    public var name: String { generation.manifest.name }

    /// Streams that are open.
    public var openStreams: Int { machine.openStreams }

    /// Called when the plugin has been told what came of an operation of a stream.
    public var onCompleted: ((_ stream: UInt64) -> Void)?

    /// The number by which the plugin and `onCompleted` know a stream of this instance; 0 for another's.
    public func token(of stream: any NodeStream) -> UInt64 { (stream as? PluginNodeStream)?.token ?? 0 }

    /// Whether nothing is under way on a stream: what the plugin was given so far has been worked off, but for what it keeps for later.
    public func isQuiet(_ stream: UInt64) -> Bool { machine.operations(on: stream) == 0 && streams[stream]?.isDelivered != false }

    /// Operations that have not been completed.
    public var outstanding: Int { machine.outstanding }

    var table: UnsafePointer<vt_plugin> { generation.library.table }

    /// What names this instance in the plugin's calls.
    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    func create() throws(RPCStatus) {
        var reason = [CChar](repeating: 0, count: 1024)
        var made: UnsafeMutableRawPointer?
        let status = table.pointee.create(table, HostTable.shared.pointer, handle, &made, &reason, reason.count)
        guard status == VT_OK else {
            let text = String(decoding: reason.dropLast().prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw RPCStatus(StatusCode(abi: status), "plugin \(name) does not start: \(text.isEmpty ? "it gave no reason" : text)")
        }
        state = made
        // A plugin without state of its own may leave NULL; the host needs to see that there is an instance.
        isCreated = true
    }

    private(set) var isCreated = false

    private func discard() {
        guard isCreated else { return }
        table.pointee.destroy(state)
        state = nil
        isCreated = false
    }

    // MARK: - From the router

    public func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
        loop.preconditionCurrent()
        let token = try machine.open()
        let stream = PluginNodeStream(token: token, open: open, instance: self, events: events)
        let status = begin(stream, token: token)
        if status == VT_OK {
            count()
            return stream
        }
        let reason = refusal
        end(stream)
        stream.forget()
        settle()
        throw reason ?? RPCStatus(StatusCode(abi: status), "plugin \(name) refused the stream")
    }

    /// Tells the plugin of a stream.
    func begin(_ stream: PluginNodeStream, token: UInt64) -> vt_status {
        streams[token] = stream
        opening = token
        refusal = nil
        defer { opening = 0 }
        let open = stream.opening
        return open.language.withCString { language in
            var argument = vt_open()
            argument.struct_size = UInt32(MemoryLayout<vt_open>.size)
            argument.session_key = open.sessionKey
            argument.turn_id = open.turnID
            argument.epoch = open.epoch
            argument.deadline_us = open.deadlineUs
            argument.language = language
            return table.pointee.open(state, token, &argument)
        }
    }

    func data(_ stream: PluginNodeStream, _ message: RoutedMessage) {
        guard machine.takesInput(stream.token) else { return }
        let buffer = HostBuffer(message.payload)
        var argument = vt_message()
        argument.struct_size = UInt32(MemoryLayout<vt_message>.size)
        argument.kind = message.kind
        argument.revision = message.revision
        argument.turn_id = message.turnID
        argument.capture_time_us = message.captureTimeUs
        argument.deadline_us = message.deadlineUs
        let status = withExtendedLifetime(buffer) {
            argument.payload = buffer.header
            return table.pointee.data(state, stream.token, &argument)
        }
        if status != VT_OK { close(stream.token, RPCStatus(StatusCode(abi: status), "plugin \(name) refused a message")) }
        guard successor != nil else { return }
        handOver(stream)
        settle()
    }

    func halfClose(_ stream: PluginNodeStream) {
        if machine.halfClose(stream.token) { table.pointee.half_close(state, stream.token) }
    }

    /// The router wants nothing more: the plugin is told, the node's events are not.
    func cancel(_ stream: PluginNodeStream) {
        let isOpen = machine.isOpen(stream.token)
        end(stream)
        stream.forget()
        if isOpen { table.pointee.cancel(state, stream.token) }
        settle()
    }

    /// Takes no new streams; when the open ones have ended and every operation is completed, the plugin's instance is destroyed.
    public func retire() {
        loop.preconditionCurrent()
        machine.retire()
        settle()
    }

    /// `retire`, ending every open stream with `status` first.
    public func shutDown(_ status: RPCStatus = RPCStatus(.unavailable, "the plugin is being shut down")) {
        loop.preconditionCurrent()
        for token in machine.openTokens {
            guard let stream = streams[token] else { continue }
            let events = stream.events
            cancel(stream)
            events?.nodeStream(stream, closed: status)
        }
        retire()
    }

    // MARK: - From the plugin

    func emit(_ token: UInt64, kind: UInt32, payload: SharedBuffer) -> vt_status {
        guard machine.isOpen(token), let stream = streams[token], PluginOutputKind.name(of: kind) != nil else {
            return vt_status(VT_INVALID_ARGUMENT)
        }
        guard stream.outputs.count < host.configuration.limits.streamOutputItemsMax else { return vt_status(VT_RESOURCE_EXHAUSTED) }
        stream.outputs.append((kind, payload))
        plan(stream)
        return vt_status(VT_OK)
    }

    func close(_ token: UInt64, _ status: RPCStatus) {
        guard machine.isOpen(token), let stream = streams[token] else { return }
        if token == opening { refusal = status }
        end(stream)
        stream.ending = status
        plan(stream)
    }

    /// The stream is over for the plugin: what is under way on it ends as soon as it can.
    func end(_ stream: PluginNodeStream) {
        guard case .closed(let operations) = machine.close(stream.token) else { return }
        streams[stream.token] = nil
        for operation in operations { stop(operation) }
    }

    // MARK: - Next tick

    private func plan(_ stream: PluginNodeStream) {
        if !stream.isInOutbox {
            stream.isInOutbox = true
            outbox.append(stream)
        }
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        loop.nextTick { [self] in flush() }
    }

    private func flush() {
        isFlushPlanned = false
        var streams: [PluginNodeStream] = []
        swap(&streams, &outbox)
        for stream in streams { stream.isInOutbox = false }
        for stream in streams {
            stream.deliver()
            if successor != nil { handOver(stream) }
        }
        settle()
    }

    /// Tells the plugin what came of an operation.
    func complete(_ operation: UInt64, _ kind: vt_operation_kind, _ status: RPCStatus, outputs: [(name: String, tensor: HostTensor)] = []) {
        works[operation] = nil
        guard let ending = machine.ended(operation, status) else { return }
        let given = ending.status.code == .ok ? outputs : []
        withCStrings(given.map(\.name)) { names in
            let named = zip(names, given).map { vt_named_tensor(name: $0, tensor: HostTable.borrow($1.tensor)) }
            named.withUnsafeBufferPointer { named in
                ending.status.message.withCString { message in
                    var completion = vt_completion()
                    completion.struct_size = UInt32(MemoryLayout<vt_completion>.size)
                    completion.kind = kind
                    completion.operation = operation
                    completion.status = ending.status.code.abi
                    completion.message = message
                    completion.output_count = UInt32(named.count)
                    completion.outputs = named.baseAddress
                    withExtendedLifetime(given) { table.pointee.completed(state, ending.stream, &completion) }
                }
            }
        }
        onCompleted?(ending.stream)
        if successor != nil, let stream = streams[ending.stream] { handOver(stream) }
        settle()
    }

    func settle() {
        count()
        guard isCreated, machine.mayDestroy() else { return }
        discard()
        drainTimer?.cancel()
        drainTimer = nil
        let told = onDestroyed
        onDestroyed = nil
        told?()
    }

    private func count() {
        guard machine.openStreams != streamsCounted else { return }
        generation.counted(streams: machine.openStreams - streamsCounted)
        streamsCounted = machine.openStreams
    }
}

/// C strings that live as long as the instance: options and the models' paths.
final class InstanceTexts {
    private var options: [String: UnsafeMutablePointer<CChar>] = [:]
    private var paths: [String: UnsafeMutablePointer<CChar>] = [:]

    init(_ generation: PluginGeneration) {
        for (key, value) in generation.options { options[key] = Self.copy(value) }
        for (requirement, model) in zip(generation.manifest.models, generation.models) { paths[requirement.name] = Self.copy(model.path) }
    }

    deinit {
        for text in options.values { text.deallocate() }
        for text in paths.values { text.deallocate() }
    }

    func option(_ key: String) -> UnsafePointer<CChar>? { options[key].map { UnsafePointer($0) } }

    func path(_ model: String) -> UnsafePointer<CChar>? { paths[model].map { UnsafePointer($0) } }

    private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { (copy + index).initialize(to: byte) }
        return copy
    }
}

extension StatusCode {
    /// As the ABI says it.
    var abi: vt_status { vt_status(rawValue) }

    /// A code that is none of gRPC's 17 counts as UNKNOWN.
    init(abi: vt_status) {
        self = UInt32(exactly: abi).flatMap(StatusCode.init(rawValue:)) ?? .unknown
    }
}

/// C strings for `texts`, valid until `body` returns.
private func withCStrings(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Void) {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
        starts.append(bytes.count)
        bytes.append(contentsOf: text.utf8CString)
    }
    bytes.withUnsafeBufferPointer { bytes in
        body(starts.map { start in bytes.baseAddress.map { $0 + start } })
    }
}
