// Unsafe: export_state and import_state of the plugins' tables. Invariants: as in PluginInstance; the buffer that export_state gives carries one
// reference, which is given back here. The importer sees a copy that the host owns: the exporter's library may be unloaded any time later.

import CVitrinePlugin
import EventLoop
import Router
public import Wire

extension PluginInstance {
    /// What a swap counts of the plugin: streams that went on with the next build, and streams that were ended because they could not.
    public static let handedOverMetric = "streams_handed_over"
    public static let cutMetric = "streams_cut"

    /// Gives way to a newer generation. New streams are refused here (the router sends them to `successor`). Open ones are moved over as soon as
    /// they rest: when nothing is under way and everything emitted was delivered. A plugin that keeps state between messages takes part by
    /// `export_state` and `import_state`; one that keeps none (`stateful: false`) needs nothing. What cannot be moved goes on here until it ends,
    /// and after `withinUs` it is ended with UNAVAILABLE.
    ///
    /// On the loop.
    /// - Parameters:
    ///   - successor: this loop's instance of the newer generation; nil = the plugin is unloaded and nothing moves.
    ///   - onDestroyed: called once, when the instance is gone; never while work that does not end holds it.
    public func drain(into successor: PluginInstance?, withinUs: UInt64, onDestroyed: @escaping () -> Void) {
        loop.preconditionCurrent()
        precondition(successor?.loop === loop || successor == nil, "a stream stays on its loop")
        self.successor = successor
        self.onDestroyed = onDestroyed
        machine.retire()
        if successor != nil {
            for token in machine.openTokens {
                if let stream = streams[token] { handOver(stream) }
            }
        }
        drainTimer = loop.after(withinUs) { [self] in
            drainTimer = nil
            generation.phase.overdue()
            host.observer.count(name, Self.cutMetric, Double(machine.openStreams))
            let ms = withinUs / 1_000
            shutDown(RPCStatus(.unavailable, "plugin \(name) was replaced and its old build did not finish within \(ms) ms"))
        }
        settle()
    }

    /// Moves a stream to the successor if it rests now.
    func handOver(_ stream: PluginNodeStream) {
        // The successor may have been replaced meanwhile: straight to the newest.
        while let newer = successor?.successor { successor = newer }
        guard let successor, successor.isCreated, stream.instance === self, !stream.staysPut, rests(stream) else { return }
        switch exported(stream.token) {
        case .notNow: return
        case .never: stream.staysPut = true
        case .ready(let bytes):
            guard let token = successor.takeOver(stream, bytes) else {
                stream.staysPut = true
                return
            }
            let old = stream.token
            end(stream)
            stream.move(to: successor, token: token)
            host.observer.count(name, Self.handedOverMetric, 1)
            table.pointee.cancel(state, old)
            successor.settle()
        }
    }

    /// What a stream needs to go on in another build, as far as the plugin hands it over.
    public enum ExportedState {
        /// nil = there is nothing to carry.
        case ready(SharedBuffer?)
        /// It does not rest, or cannot yet; later perhaps.
        case notNow
        case never
    }

    /// A stream's state, for a build in another process; `token` as in `token(of:)`.
    public func exportedState(of token: UInt64) -> ExportedState {
        guard let stream = streams[token], rests(stream) else { return .notNow }
        return exported(token)
    }

    /// Gives a stream that was opened just now the state of another build's.
    /// - Returns: whether the plugin took it; where not, the stream is to be cancelled.
    public func importState(_ bytes: SharedBuffer, into token: UInt64) -> Bool {
        guard machine.isOpen(token), let take = table.pointee.import_state else { return false }
        let buffer = HostBuffer(bytes)
        return withExtendedLifetime(buffer) { take(state, token, buffer.header) == VT_OK } && machine.isOpen(token)
    }

    /// Whether nothing is under way on the stream and all it gave was delivered.
    private func rests(_ stream: PluginNodeStream) -> Bool {
        machine.rests(stream.token) && stream.outputs.isEmpty && stream.ending == nil && !stream.isInOutbox
    }

    private func exported(_ token: UInt64) -> ExportedState {
        let stateless = ExportedState.ready(nil)
        guard let export = table.pointee.export_state else { return generation.manifest.stateful ? .never : stateless }
        var bytes: UnsafeMutablePointer<vt_buffer>?
        switch Int(export(state, token, &bytes)) {
        case VT_OK:
            guard let bytes else { return stateless }
            defer { bytes.pointee.release(bytes) }
            return .ready(SharedBuffer(copying: UnsafeRawBufferPointer(start: bytes.pointee.data, count: bytes.pointee.length)))
        case VT_UNIMPLEMENTED: return generation.manifest.stateful ? .never : stateless
        case VT_UNAVAILABLE, VT_FAILED_PRECONDITION: return .notNow
        default: return .never
        }
    }

    /// Opens the stream here and gives it its state.
    /// - Returns: its token here; nil when the plugin did not take it, and then nothing is left of it here.
    private func takeOver(_ stream: PluginNodeStream, _ bytes: SharedBuffer?) -> UInt64? {
        guard let token = try? machine.open() else { return nil }
        var taken = begin(stream, token: token) == VT_OK && machine.isOpen(token)
        if taken, let bytes {
            taken = importState(bytes, into: token)
            if !taken, machine.isOpen(token) { table.pointee.cancel(state, token) }
        }
        guard taken, machine.isOpen(token) else {
            if case .closed(let operations) = machine.close(token) { for operation in operations { stop(operation) } }
            streams[token] = nil
            stream.outputs = []
            stream.ending = nil
            settle()
            return nil
        }
        return token
    }
}
