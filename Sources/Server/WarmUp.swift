import EventLoop
import Router
import Wire

/// What a first input costs once only (kernels chosen for a shape, tables read) is paid before a customer waits for it: an instance that nobody
/// uses yet gets the inputs that its manifest names, on a stream of its own. What it gives goes nowhere.
///
///     open ─▶ inputs, half-close ─▶ closed by the plugin, or cancelled after `msMax`
final class WarmUp: NodeEvents, @unchecked Sendable {
    // Invariant: everything but `done` is touched on the loop only, but for `outcome`, which is written there before `done` is signalled and read
    // after waiting for it.
    private let inputs: [RoutedMessage]
    private let loop: EventLoop
    private let msMax: Int
    private var stream: (any NodeStream)?
    private var timer: LoopTimer?
    private var outcome: RPCStatus?
    private let done = ThreadSignal()

    private init(_ inputs: [RoutedMessage], on loop: EventLoop, msMax: Int) {
        self.inputs = inputs
        self.loop = loop
        self.msMax = msMax
    }

    /// Blocks; not on a loop. All loops at once.
    /// - Parameter node: what is warmed on a loop, asked for there; nil = nothing.
    /// - Throws: FAILED_PRECONDITION with what ended the stream, DEADLINE_EXCEEDED when it does not end.
    static func run(
        _ manifest: PluginManifest, on loops: [EventLoop], msMax: Int, node: @escaping @Sendable (EventLoop) -> (any Node)?
    ) throws(RPCStatus) {
        guard !manifest.warmUp.isEmpty else { return }
        var inputs: [RoutedMessage] = []
        for message in manifest.warmUp {
            let payload = SharedBuffer(message.encoded())
            inputs.append(
                RoutedMessage(
                    kind: try MessagePeek(clientMessage: payload.bytes).kind, turnID: 1, revision: 0, captureTimeUs: message.captureTimeUs,
                    payload: payload))
        }
        let all = loops.map { WarmUp(inputs, on: $0, msMax: msMax) }
        for one in all { one.loop.submit { one.begin(node(one.loop)) } }
        var failure: RPCStatus?
        for one in all {
            one.done.wait()
            failure = failure ?? one.outcome
        }
        guard let failure else { return }
        let code: StatusCode = failure.code == .deadlineExceeded ? .deadlineExceeded : .failedPrecondition
        throw RPCStatus(code, "\(manifest.name) does not work off the inputs that its manifest names to warm it up: \(failure.message)")
    }

    private func begin(_ node: (any Node)?) {
        guard let node else { return finish(nil) }
        do throws(RPCStatus) {
            let stream = try node.open(StreamOpen(sessionKey: 1, turnID: 1), events: self)
            self.stream = stream
            timer = loop.after(UInt64(msMax) * 1_000) { [self] in
                stream.cancel()
                finish(RPCStatus(.deadlineExceeded, "it is not done after \(msMax) ms"))
            }
            for input in inputs { stream.data(input) }
            stream.halfClose()
        } catch {
            finish(error)
        }
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {}

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) { finish(status.code == .ok ? nil : status) }

    private func finish(_ status: RPCStatus?) {
        outcome = status
        timer?.cancel()
        timer = nil
        stream = nil
        done.signal()
    }
}
