import EventLoop
import Inference
import Router
import Wire

/// When a stream may be asked for its state once more.
private enum AskAgain {
    /// When it has done with more than this input.
    case after(UInt64)
    case never
}

/// One stream of a worker, as the router holds it. Confined to the loop.
final class WorkerStream: NodeStream {
    let opening: StreamOpen
    let budget: MemoryBudget
    /// nil once the last event was delivered or the router has cancelled.
    private(set) var events: (any NodeEvents)?
    var ledger: InputLedger
    var window: OutputWindow
    /// Its number on the present process's connection; nil while it waits for one.
    var wireID: UInt64?
    /// Processes that it has lost.
    var losses = 0
    /// The last input that an output may belong to which came without acknowledging any.
    private var looseUpTo: UInt64 = 0
    private(set) var isHalfClosed = false
    var isHalfCloseSent = false
    /// Its state is on the way to another build: nothing is sent meanwhile.
    var isMoving = false
    private var askAgain = AskAgain.after(0)
    var deadline: LoopTimer?
    var retry: LoopTimer?
    var grantTimer: LoopTimer?
    /// The build that serves it now; a hand-over changes it.
    private var node: WorkerNode

    init(_ opening: StreamOpen, node: WorkerNode, events: any NodeEvents) {
        self.opening = opening
        self.node = node
        self.events = events
        let limits = node.plugin.limits
        budget = MemoryBudget(bytesMax: limits.streamTensorBytesMax)
        ledger = InputLedger(bytesMax: limits.streamInputBytesMax, keepsSent: node.plugin.manifest.idempotent && limits.retryMsMax > 0)
        window = OutputWindow(
            windowBytes: limits.streamOutputBytesMax, bytesPerSecondMax: limits.streamOutputBytesPerSecondMax, nowUs: node.loop.nowUs)
    }

    func data(_ message: RoutedMessage) {
        node.loop.preconditionCurrent()
        guard events != nil, !isHalfClosed else { return }
        if node.successor != nil { node.handOver(self) }
        do throws(RPCStatus) {
            try ledger.add(message)
            node.pump(self)
        } catch {
            // Not from within this call.
            node.loop.nextTick { [self] in node.end(self, error) }
        }
    }

    func halfClose() {
        node.loop.preconditionCurrent()
        guard events != nil, !isHalfClosed else { return }
        isHalfClosed = true
        node.pump(self)
    }

    func cancel() {
        node.loop.preconditionCurrent()
        guard events != nil else { return }
        events = nil
        node.forget(self, tellsWorker: true)
    }

    func deliver(_ kind: UInt32, _ payload: SharedBuffer) { events?.nodeStream(self, emitted: kind, payload: payload) }

    /// The worker has said how far it is, and perhaps given something.
    /// - Throws: INVALID_ARGUMENT for an input that it was not given.
    func took(_ reply: RunReplyPeek) throws(RPCStatus) {
        let before = ledger.acknowledged
        try ledger.acknowledge(reply.acknowledged)
        // Given again, the inputs that are not acknowledged might give it twice.
        if reply.output != nil, ledger.acknowledged == before { looseUpTo = ledger.lastSent }
    }

    /// The last event.
    func close(_ status: RPCStatus) {
        guard let last = events else { return }
        events = nil
        last.nodeStream(self, closed: status)
    }

    /// Whether the next process can go on where the last one has died: nothing of what was given is lost by giving the rest again.
    func mayGoOn(idempotent: Bool, stateful: Bool) -> Bool {
        guard losses == 0 else { return false }
        if ledger.lastSent == 0 { return true }
        return idempotent && ledger.keepsSent && looseUpTo <= ledger.acknowledged && (!stateful || ledger.acknowledged == 0)
    }

    func isHeld(by node: WorkerNode) -> Bool { self.node === node && events != nil }

    /// Whether another build can go on with it: nothing is under way, and nothing was said that is needed later.
    func rests(stateful: Bool) -> Bool { !isHalfClosed && ledger.isAtRest && (!stateful || ledger.lastSent == 0) }

    /// Another build did not take the stream.
    func stay(forGood: Bool) {
        isMoving = false
        askAgain = forGood ? .never : .after(ledger.acknowledged)
    }

    /// Whether it may be asked for its state.
    var mayBeAsked: Bool {
        guard !isHalfClosed, ledger.isAtRest else { return false }
        return switch askAgain {
        case .never: false
        case .after(let input): ledger.acknowledged > input
        }
    }

    /// Another build goes on with the stream.
    func move(to node: WorkerNode) {
        self.node = node
        wireID = nil
        isHalfCloseSent = false
        isMoving = false
        askAgain = .after(0)
        looseUpTo = 0
        ledger.moved()
        renewWindow()
    }

    /// Lost its process: waits for the next one.
    func detach() {
        losses += 1
        wireID = nil
        isHalfCloseSent = false
        isMoving = false
        looseUpTo = 0
        if ledger.lastSent > 0 { ledger.rewind() }
        renewWindow()
    }

    private func renewWindow() {
        window = OutputWindow(
            windowBytes: window.windowBytes, bytesPerSecondMax: window.bytesPerSecondMax, nowUs: node.loop.nowUs)
        grantTimer?.cancel()
    }

    func stopTimers() {
        deadline?.cancel()
        retry?.cancel()
        grantTimer?.cancel()
    }

    /// What the stream's Open says of it.
    var metadata: [MetadataEntry] {
        var entries = [
            MetadataEntry(key: RunMetadata.sessionKey, value: Array("\(opening.sessionKey)".utf8)),
            MetadataEntry(key: RunMetadata.turnID, value: Array("\(opening.turnID)".utf8)),
            MetadataEntry(key: RunMetadata.epoch, value: Array("\(opening.epoch)".utf8)),
        ]
        if !opening.language.isEmpty { entries.append(MetadataEntry(key: RunMetadata.language, value: Array(opening.language.utf8))) }
        return entries
    }
}
