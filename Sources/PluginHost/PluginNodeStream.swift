import EventLoop
import Inference
import Router
import Wire

/// One stream of a plugin instance, as the router holds it. Confined to the loop.
final class PluginNodeStream: NodeStream {
    private(set) var token: UInt64
    let opening: StreamOpen
    let budget: MemoryBudget
    var random: SeededRandom
    /// Emitted, not delivered.
    var outputs: [(kind: UInt32, payload: SharedBuffer)] = []
    /// Of the delivery that is going on, what is still to come.
    private var undelivered = 0
    /// Nothing that was emitted is still on its way.
    var isDelivered: Bool { outputs.isEmpty && undelivered == 0 }
    /// Set when the plugin has closed the stream.
    var ending: RPCStatus?
    var isInOutbox = false
    /// nil once the last event was delivered or the router has cancelled.
    private(set) var events: (any NodeEvents)?
    /// The generation that serves it now; a hand-over changes it.
    private(set) var instance: PluginInstance
    /// It was tried and the plugin could not: it ends where it is.
    var staysPut = false

    var deadlineUs: UInt64 { opening.deadlineUs }
    var sessionKey: UInt64 { opening.sessionKey }

    init(token: UInt64, open: StreamOpen, instance: PluginInstance, events: any NodeEvents) {
        self.token = token
        self.instance = instance
        self.events = events
        opening = open
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

    /// Another generation goes on with the stream.
    func move(to instance: PluginInstance, token: UInt64) {
        self.instance = instance
        self.token = token
    }

    /// Hands what was emitted to the router, then the end. The router may cancel in between: then nothing follows.
    func deliver() {
        var ready: [(kind: UInt32, payload: SharedBuffer)] = []
        swap(&ready, &outputs)
        undelivered = ready.count
        for output in ready {
            undelivered -= 1
            events?.nodeStream(self, emitted: output.kind, payload: output.payload)
        }
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
