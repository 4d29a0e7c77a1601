import EventLoop
import Inference
import Router
import Wire

/// One stream of a plugin instance, as the router holds it. Confined to the loop.
final class PluginNodeStream: NodeStream {
    let token: UInt64
    /// On the loop's clock; 0 = none.
    let deadlineUs: UInt64
    let sessionKey: UInt64
    let budget: MemoryBudget
    var random: SeededRandom
    /// Emitted, not delivered.
    var outputs: [(kind: UInt32, payload: SharedBuffer)] = []
    /// Set when the plugin has closed the stream.
    var ending: RPCStatus?
    var isInOutbox = false
    /// nil once the last event was delivered or the router has cancelled.
    private(set) var events: (any NodeEvents)?
    private let instance: PluginInstance

    init(token: UInt64, open: StreamOpen, instance: PluginInstance, events: any NodeEvents) {
        self.token = token
        self.instance = instance
        self.events = events
        sessionKey = open.sessionKey
        deadlineUs = open.deadlineUs
        budget = MemoryBudget(bytesMax: instance.host.configuration.limits.streamTensorBytesMax)
        // A stream's numbers depend on its session and turn only, not on what else the instance does.
        random = SeededRandom(seed: open.sessionKey ^ (open.turnID &* 0x9e37_79b9_7f4a_7c15))
    }

    func data(_ message: RoutedMessage) {
        instance.loop.preconditionCurrent()
        instance.data(self, message)
    }

    func halfClose() {
        instance.loop.preconditionCurrent()
        instance.halfClose(self)
    }

    func cancel() {
        instance.loop.preconditionCurrent()
        instance.cancel(self)
    }

    /// Hands what was emitted to the router, then the end. The router may cancel in between: then nothing follows.
    func deliver() {
        var ready: [(kind: UInt32, payload: SharedBuffer)] = []
        swap(&ready, &outputs)
        for output in ready { events?.nodeStream(self, emitted: output.kind, payload: output.payload) }
        // What was emitted meanwhile comes first, on the next tick.
        guard let ending, outputs.isEmpty, let last = events else { return }
        events = nil
        last.nodeStream(self, closed: ending)
    }

    /// No event follows.
    func forget() {
        events = nil
        outputs = []
    }
}
