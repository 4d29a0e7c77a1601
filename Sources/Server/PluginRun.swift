import EventLoop
public import Router
public import Wire

/// One thing to run a plugin on: where it came from and the messages it makes.
public struct PluginInput: Sendable {
    /// File name, as given; "-" = standard input.
    public var file: String
    /// Line of a text file, from 1; 0 = the whole file.
    public var line: Int
    public var messages: [ClientMessage]
    /// Why it cannot be run; nil = it can.
    public var problem: RPCStatus?

    public init(file: String, line: Int = 0, messages: [ClientMessage]) {
        self.file = file
        self.line = line
        self.messages = messages
    }

    /// A file of which nothing can be made.
    public init(file: String, problem: RPCStatus) {
        self.init(file: file, messages: [])
        self.problem = problem
    }
}

/// Runs one plugin over many inputs, a few streams at a time, and hands the outputs out in the order of the inputs. Confined to one loop.
public final class PluginRun {
    private let node: any Node
    private let inputs: () -> PluginInput?
    private let emit: (PluginInput, [SharedBuffer], RPCStatus) -> Void
    private let done: () -> Void
    private let jobsMax: Int
    private var waiting: [Int: (input: PluginInput, outputs: [SharedBuffer], status: RPCStatus)] = [:]
    private var running: [Int: PluginRunStream] = [:]
    private var nextInput = 0
    private var nextOutput = 0
    private var isExhausted = false

    /// `inputs` gives the next input, nil at the end; its problem becomes its status. `emit` gets each input's outputs, in order.
    public init(
        node: any Node, jobsMax: Int, inputs: @escaping () -> PluginInput?,
        emit: @escaping (PluginInput, [SharedBuffer], RPCStatus) -> Void, done: @escaping () -> Void
    ) {
        self.node = node
        self.jobsMax = jobsMax
        self.inputs = inputs
        self.emit = emit
        self.done = done
    }

    /// Starts as many streams as may run; call once, on the loop.
    public func start() { fill() }

    private func fill() {
        // Finished inputs that wait for an earlier one count too, so that memory stays bounded.
        while !isExhausted, running.count < jobsMax, waiting.count + running.count < jobsMax * 4 {
            guard let next = inputs() else {
                isExhausted = true
                break
            }
            let index = nextInput
            nextInput += 1
            if let problem = next.problem { finish(index, next, [], problem) } else { start(next, index) }
        }
        if isExhausted, running.isEmpty, waiting.isEmpty { done() }
    }

    private func start(_ input: PluginInput, _ index: Int) {
        do throws(RPCStatus) {
            let stream = PluginRunStream { [unowned self] outputs, status in
                running[index] = nil
                finish(index, input, outputs, status)
                fill()
            }
            running[index] = stream
            try stream.run(input.messages, on: node, key: UInt64(index))
        } catch {
            running[index] = nil
            finish(index, input, [], error)
        }
    }

    private func finish(_ index: Int, _ input: PluginInput, _ outputs: [SharedBuffer], _ status: RPCStatus) {
        waiting[index] = (input, outputs, status)
        while let ready = waiting.removeValue(forKey: nextOutput) {
            emit(ready.input, ready.outputs, ready.status)
            nextOutput += 1
        }
    }
}

/// One input's stream.
private final class PluginRunStream: NodeEvents {
    private var stream: (any NodeStream)?
    private var outputs: [SharedBuffer] = []
    private let done: ([SharedBuffer], RPCStatus) -> Void

    init(done: @escaping ([SharedBuffer], RPCStatus) -> Void) { self.done = done }

    func run(_ messages: [ClientMessage], on node: any Node, key: UInt64) throws(RPCStatus) {
        let opened = try node.open(StreamOpen(sessionKey: key), events: self)
        stream = opened
        for message in messages {
            let payload = SharedBuffer(message.encoded())
            let peek = try MessagePeek(clientMessage: payload.bytes)
            opened.data(RoutedMessage(kind: peek.kind, turnID: 0, revision: 0, captureTimeUs: message.captureTimeUs, payload: payload))
        }
        opened.halfClose()
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) { outputs.append(payload) }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        self.stream = nil
        done(outputs, status)
    }
}
