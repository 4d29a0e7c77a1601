import EventLoop
import PluginHost
import Router
import Wire

/// One Run stream in the runner: the host's inputs go to the plugin's stream, what that gives goes back as far as there is credit. Confined to the
/// loop.
final class RunnerStream: NodeEvents {
    private let id: UInt64
    private unowned let connection: RunnerConnection
    private let instance: PluginInstance
    private var stream: (any NodeStream)?
    private var token: UInt64 = 0
    private var taken: UInt64 = 0
    private var acknowledged: UInt64 = 0
    /// What the host still takes, bytes; the last message may overdraw it.
    private var credit: Int
    /// Serialized outputs that wait for credit.
    private var waiting: ArraySlice<SharedBuffer> = []
    private var waitingBytes = 0
    private var ending: RPCStatus?
    /// Bytes of inputs that were taken and not given back yet, by lane.
    private var returned: [Lane: Int] = [:]

    /// What a plugin may give at first where the host does not say.
    static let windowBytes = 1 << 20
    /// Outputs that wait for credit, bytes; more ends the stream.
    static let waitingBytesMax = 32 << 20

    /// - Parameter windowBytes: credit for outputs to begin with.
    init(_ id: UInt64, connection: RunnerConnection, instance: PluginInstance, windowBytes: Int) {
        self.id = id
        credit = windowBytes
        self.connection = connection
        self.instance = instance
    }

    /// - Returns: the plugin stream's own number.
    func open(_ open: StreamOpen) throws(RPCStatus) -> UInt64 {
        let opened = try instance.open(open, events: self)
        stream = opened
        token = instance.token(of: opened)
        return token
    }

    func input(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let peek = try RunRequestPeek(bytes)
        let payload = SharedBuffer(copying: UnsafeRawBufferPointer(rebasing: bytes[peek.message]))
        let kind: UInt32
        do throws(RPCStatus) {
            kind = try MessagePeek(clientMessage: payload.bytes).kind
        } catch {
            // The stream's fault, not the connection's.
            connection.status(id, error)
            return cancel()
        }
        let now = instance.loop.nowUs
        taken = peek.sequence
        stream?.data(
            RoutedMessage(
                kind: kind, turnID: peek.turnID, revision: peek.revision, captureTimeUs: peek.captureTimeUs,
                deadlineUs: peek.timeoutUs == 0 ? 0 : now &+ peek.timeoutUs, payload: payload))
        give(back: payload.count, InputLedger.lane(of: kind))
        // The plugin may have answered at once: that goes first, on the next tick.
        instance.loop.nextTick { [self] in acknowledge() }
    }

    func halfClose() { stream?.halfClose() }

    /// The host wants nothing more.
    func cancel() {
        stream?.cancel()
        stream = nil
        connection.forget(id, token: token)
    }

    func granted(_ bytes: UInt64) {
        credit += Int(clamping: min(bytes, UInt64(Int32.max)))
        flush()
    }

    /// Tells the host how far the plugin is, if that is news and nothing waits that belongs to it.
    func acknowledge() {
        guard stream != nil, waiting.isEmpty, taken > acknowledged, instance.isQuiet(token) else { return }
        acknowledged = taken
        write(nil)
    }

    /// What another build needs to go on with the stream; empty = nothing.
    /// - Throws: UNAVAILABLE while it does not rest, UNIMPLEMENTED when the plugin never hands it over.
    func exportedState() throws(RPCStatus) -> [UInt8] {
        guard waiting.isEmpty, taken == acknowledged else { throw RPCStatus(.unavailable, "the stream does not rest") }
        switch instance.exportedState(of: token) {
        case .ready(let bytes): return bytes.map { Array($0.bytes) } ?? []
        case .notNow: throw RPCStatus(.unavailable, "the plugin does not hand the stream over now")
        case .never: throw RPCStatus(.unimplemented, "the plugin hands no state over")
        }
    }

    /// The state of another build's stream, before any input.
    /// - Throws: FAILED_PRECONDITION when the stream had inputs, INVALID_ARGUMENT when the plugin does not take it.
    func importState(_ bytes: [UInt8]) throws(RPCStatus) {
        guard taken == 0 else { throw RPCStatus(.failedPrecondition, "the stream has had inputs already") }
        guard instance.importState(SharedBuffer(bytes), into: token) else { throw RPCStatus(.invalidArgument, "the plugin does not take the state") }
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        waiting.append(payload)
        waitingBytes += payload.count
        flush()
        guard waitingBytes > Self.waitingBytesMax else { return }
        connection.status(id, RPCStatus(.resourceExhausted, "\(waitingBytes) bytes of the plugin's output wait; at most \(Self.waitingBytesMax) may"))
        cancel()
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        self.stream = nil
        ending = status
        flush()
    }

    private func flush() {
        while credit > 0, let next = waiting.popFirst() {
            waitingBytes -= next.count
            credit -= next.count
            if waiting.isEmpty, instance.isQuiet(token) { acknowledged = taken }
            write(next)
        }
        guard waiting.isEmpty, let ending else { return }
        connection.status(id, ending)
        connection.forget(id, token: token)
    }

    private func write(_ output: SharedBuffer?) {
        connection.write {
            FrameEncoder.data(streamID: id, into: &$0) { RunEncoder.reply(acknowledged: acknowledged, output: output?.bytes, into: &$0) }
        }
    }

    /// Lets the host send more, in grants of at least a quarter of the window.
    private func give(back bytes: Int, _ lane: Lane) {
        let due = returned[lane, default: 0] + bytes
        guard due >= InputLedger.window(lane) / 4 else {
            returned[lane] = due
            return
        }
        returned[lane] = 0
        connection.write { FrameEncoder.credit(streamID: id, lane: lane, bytes: UInt64(due), into: &$0) }
    }
}
