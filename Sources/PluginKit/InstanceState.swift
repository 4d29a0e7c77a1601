import CVitrinePlugin
import Wire

/// One instance's streams and the closures that wait for an operation. Confined to the instance's loop.
final class InstanceState {
    typealias Continuation = (Completion, HostCalls) -> Void

    private struct Open {
        let stream: PluginStream
        let handler: any StreamHandler
    }

    private struct Waiting {
        let stream: PluginStream
        let then: Continuation
    }

    let calls: HostCalls
    private let plugin: any VitrinePlugin
    private var streams: [vt_stream: Open] = [:]
    private var waiting: [vt_operation: Waiting] = [:]

    /// The types that a stream's first calls make the runtime look for, in the conformances of every image that is mapped: a millisecond after
    /// some hundred builds. They are asked for while the instance is made, which is not on a loop.
    private let prepared: [Any.Type] = [Result<InputContent, PluginError>.self, Result<UnsafeMutablePointer<vt_buffer>, PluginError>.self]

    init(plugin: any VitrinePlugin, calls: HostCalls) {
        self.plugin = plugin
        self.calls = calls
        streams.reserveCapacity(1)
        waiting.reserveCapacity(1)
    }

    func open(_ token: vt_stream, _ open: vt_open) -> vt_status {
        let stream = PluginStream(token: token, open: open, instance: self)
        do {
            let handler = try plugin.open(stream)
            if !stream.isClosed { streams[token] = Open(stream: stream, handler: handler) }
            return StatusCode.ok.abi
        } catch {
            // The reason travels by `close`, the refusal by what is returned.
            let refusal = error.status.code == .ok ? RPCStatus(.unknown, error.status.message) : error.status
            stream.close(refusal)
            return refusal.code.abi
        }
    }

    func data(_ token: vt_stream, _ message: vt_message) -> vt_status {
        guard let open = streams[token], let payload = message.payload else { return StatusCode.invalidArgument.abi }
        do {
            try open.handler.receive(InputMessage(message, payload: payload))
        } catch {
            open.stream.close(error.status)
        }
        return StatusCode.ok.abi
    }

    func halfClose(_ token: vt_stream) {
        streams[token]?.handler.halfClosed()
    }

    func cancel(_ token: vt_stream) {
        guard let open = streams[token] else { return }
        open.stream.detach()
        open.handler.cancelled()
    }

    /// - Returns: a buffer with one reference, or why there is none.
    func exportState(_ token: vt_stream) -> Result<UnsafeMutablePointer<vt_buffer>, PluginError> {
        guard let handler = streams[token]?.handler.stateHandOver else {
            return .failure(PluginError(.unimplemented, "the plugin hands no state over"))
        }
        return Result { () throws(PluginError) in try calls.makeBuffer(try handler.exportState()) }
    }

    func importState(_ token: vt_stream, _ bytes: UnsafeRawBufferPointer) -> vt_status {
        guard let handler = streams[token]?.handler.stateHandOver else { return StatusCode.unimplemented.abi }
        do {
            try handler.importState(bytes)
            return StatusCode.ok.abi
        } catch {
            return error.status.code == .ok ? StatusCode.unknown.abi : error.status.code.abi
        }
    }

    func completed(_ completion: vt_completion) {
        guard let entry = waiting.removeValue(forKey: completion.operation) else { return }
        entry.stream.outstanding -= 1
        entry.then(Completion(completion), calls)
    }

    /// Streams with operations under way.
    var pending: UInt32 {
        streams.values.reduce(0) { $0 + ($1.stream.outstanding > 0 ? 1 : 0) }
    }

    func selfTest() throws(PluginError) { try plugin.selfTest() }

    func wait(for operation: vt_operation, on stream: PluginStream, _ then: @escaping Continuation) {
        stream.outstanding += 1
        let replaced = waiting.updateValue(Waiting(stream: stream, then: then), forKey: operation)
        precondition(replaced == nil, "the host names every operation anew")
    }

    func forget(_ token: vt_stream) {
        streams[token] = nil
    }
}
