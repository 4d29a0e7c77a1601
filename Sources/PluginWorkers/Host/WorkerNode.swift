public import EventLoop
import Inference
import PluginHost
public import Router
public import Wire

/// A plugin in a process of its own, as one loop's router sees it: it stays while the processes come and go. Confined to its loop.
public final class WorkerNode: Node {
    public let plugin: WorkerPlugin
    public let loop: EventLoop
    /// Called once after `retire`, when the last process is gone.
    public var onFinished: (() -> Void)?
    /// Called once: with nil when the first process serves, or with why it does not.
    private var onSettled: ((String?) -> Void)?
    /// What takes its streams over, once a newer build is there.
    var successor: WorkerNode?
    var drainTimer: LoopTimer?
    private(set) var machine: WorkerMachine
    private var process: WorkerProcess?
    private var services: WorkerServices?
    private var timer: LoopTimer?
    /// Streams on the present process's connection, by their number there.
    private var streams: [UInt64: WorkerStream] = [:]
    /// Streams that wait for a process, in the order in which they came.
    private(set) var waiting: [WorkerStream] = []
    private var nextID: UInt64 = 1
    /// What the present process was asked and has not answered.
    private let calls: WorkerCalls
    /// Ended with a process that has failed, and not told yet.
    private var ending: ArraySlice<WorkerStream> = []
    /// Actions that wait until those before them are done: what an action tells others may lead to further events.
    private var actions: [WorkerMachine.Action] = []
    private var isPerforming = false
    /// A node lives as long as it may have a process, whoever lets go of it.
    private var itself: WorkerNode?
    /// Holds a virtual clock while the process owes an answer.
    private var pending: PendingToken?

    /// Starts the first process. On the loop.
    /// - Parameter onSettled: called once, perhaps from within: with nil when the first process serves, or with why it does not.
    public init(_ plugin: WorkerPlugin, loop: EventLoop, onSettled: ((String?) -> Void)? = nil) {
        loop.preconditionCurrent()
        self.plugin = plugin
        self.loop = loop
        self.onSettled = onSettled
        machine = WorkerMachine(name: plugin.name, limits: plugin.limits.life)
        calls = WorkerCalls(loop)
        itself = self
        handle(.start)
    }

    public var name: String { plugin.name }

    /// Streams that are open or wait.
    public var openStreams: Int { streams.count + waiting.count + ending.count }

    /// Of the present process; 0 = there is none.
    public var pid: Int32 { process?.pid ?? 0 }

    public var state: WorkerMachine.State { machine.state }

    var isServing: Bool { machine.isServing }

    /// Whether the worker has done with everything that it was given.
    public var isAtRest: Bool { streams.values.allSatisfy { $0.ledger.isAtRest } && waiting.isEmpty }

    /// The host asks nothing more of the worker but to finish its streams; then the process goes.
    public func retire() {
        loop.preconditionCurrent()
        handle(.retire)
    }

    /// `retire`, ending every stream with `status` first.
    public func shutDown(_ status: RPCStatus = RPCStatus(.unavailable, "the plugin is being shut down")) {
        loop.preconditionCurrent()
        for stream in inOrder { end(stream, status) }
        handle(.retire)
    }

    // MARK: - From the router

    public func open(_ open: StreamOpen, events: any NodeEvents) throws(RPCStatus) -> any NodeStream {
        loop.preconditionCurrent()
        guard machine.takesStreams else { throw machine.refusal }
        let asked = Int(plugin.manifest.streamsMax)
        let most = asked == 0 ? plugin.limits.streamsMax : min(asked, plugin.limits.streamsMax)
        guard openStreams < most else { throw RPCStatus(.resourceExhausted, "the plugin has \(most) streams open, which is its limit") }
        let stream = WorkerStream(open, node: self, events: events)
        admit(stream)
        return stream
    }

    /// Takes a stream in, a new one or one of the build before.
    func admit(_ stream: WorkerStream) {
        armDeadline(stream)
        if machine.isServing { attach(stream) } else { waiting.append(stream) }
        changed()
    }

    /// Takes a stream in that the process has open already, as `id`.
    func take(_ stream: WorkerStream, _ id: UInt64) {
        armDeadline(stream)
        attach(stream, as: id)
        changed()
    }

    private func armDeadline(_ stream: WorkerStream) {
        guard stream.opening.deadlineUs > 0 else { return }
        let left = stream.opening.deadlineUs > loop.nowUs ? stream.opening.deadlineUs - loop.nowUs : 0
        stream.deadline = loop.after(left) { [weak self, weak stream] in
            guard let self, let stream else { return }
            end(stream, RPCStatus(.deadlineExceeded, "the plugin's worker did not finish the stream in its time"))
        }
    }

    /// Sends what may be sent.
    func pump(_ stream: WorkerStream) {
        guard let id = stream.wireID, let process, machine.isServing, !stream.isMoving else { return }
        while !process.isCongested, let item = stream.ledger.next() {
            let message = item.message
            let now = loop.nowUs
            let timeout = message.deadlineUs == 0 ? 0 : message.deadlineUs > now ? message.deadlineUs - now : 1
            process.write {
                FrameEncoder.data(streamID: id, into: &$0) {
                    RunEncoder.input(
                        sequence: item.sequence, turnID: message.turnID, revision: message.revision, captureTimeUs: message.captureTimeUs,
                        timeoutUs: timeout, message: message.payload.bytes, into: &$0)
                }
            }
        }
        if stream.isHalfClosed, !stream.isHalfCloseSent, stream.ledger.isFlushed {
            stream.isHalfCloseSent = true
            process.write { FrameEncoder.halfClose(streamID: id, into: &$0) }
        }
        holdVirtualTime()
    }

    /// Ends a stream from the host's side: the worker is told, and the router.
    func end(_ stream: WorkerStream, _ status: RPCStatus) {
        guard stream.events != nil else { return }
        forget(stream, tellsWorker: true)
        stream.close(status)
    }

    /// Nothing more is said of the stream.
    func forget(_ stream: WorkerStream, tellsWorker: Bool) {
        stream.stopTimers()
        if let id = stream.wireID, streams.removeValue(forKey: id) != nil {
            services?.ended(id)
            if tellsWorker { cancelRun(id) }
        } else {
            waiting.removeAll { $0 === stream }
        }
        changed()
        if openStreams == 0 { handle(.idle) }
    }

    var inOrder: [WorkerStream] { streams.values.sorted { ($0.wireID ?? 0) < ($1.wireID ?? 0) } + waiting }

    private func attach(_ stream: WorkerStream) { attach(stream, as: openRun(stream)) }

    private func attach(_ stream: WorkerStream, as id: UInt64) {
        stream.wireID = id
        stream.retry?.cancel()
        streams[id] = stream
        pump(stream)
    }

    /// Opens a stream in the process; its number there.
    func openRun(_ stream: WorkerStream) -> UInt64 {
        let id = takeID()
        let deadline = stream.opening.deadlineUs
        let left = deadline == 0 ? 0 : deadline > loop.nowUs ? deadline - loop.nowUs : 1
        process?.write {
            FrameEncoder.open(streamID: id, method: MethodDescriptor.pluginRun.path, metadata: stream.metadata, timeoutUs: left, into: &$0)
        }
        return id
    }

    func cancelRun(_ id: UInt64) { process?.write { FrameEncoder.cancel(streamID: id, into: &$0) } }

    private func takeID() -> UInt64 {
        defer { nextID += 2 }
        return nextID
    }

    // MARK: - The machine

    private func handle(_ event: WorkerMachine.Event) {
        let before = machine.state
        machine.note(hasStreams: openStreams > 0)
        actions += machine.handle(event, nowUs: loop.nowUs)
        if machine.state != before {
            report()
            changed()
            tellSettled()
        }
        guard !isPerforming else { return }
        isPerforming = true
        while !actions.isEmpty { perform(actions.removeFirst()) }
        isPerforming = false
    }

    private func perform(_ action: WorkerMachine.Action) {
        switch action {
        case .spawn: spawn()
        case .describe:
            let question = DescribeRequest(abiVersion: WorkerPlugin.abiVersion)
            ask(.pluginDescribe, question, "it does not describe itself") { [self] (reply) throws(RPCStatus) in
                try described(reply.withUnsafeBytes { bytes in Result { () throws(RPCStatus) in try PluginManifest.checked(bytes) } }.get())
            }
        case .prepare: prepare()
        case .admit:
            process?.startWatching()
            let came = waiting
            waiting = []
            for stream in came where stream.events != nil { attach(stream) }
        case .endStreams(let status): endStreams(status)
        case .kill: process?.kill()
        case .arm(let ms):
            timer?.cancel()
            timer = loop.after(UInt64(ms) * 1_000) { [weak self] in self?.handle(.timeUp) }
        case .disarm: timer?.cancel()
        case .finish:
            drainTimer?.cancel()
            plugin.status.set(loop.index, nil)
            onFinished?()
            onFinished = nil
            itself = nil
        }
    }

    private func spawn() {
        nextID = 1
        do throws(RPCStatus) {
            process = try WorkerProcess.spawn(plugin, loop: loop, events: self)
            handle(.spawned)
        } catch {
            handle(.spawnFailed(error.message))
        }
    }

    private func prepare() {
        guard let process else { return }
        let services = WorkerServices(node: self, coder: process.coder) { [weak process] in process?.write($0) }
        self.services = services
        process.serve(services)
        var request = StartRequest(nowUs: loop.nowUs, inlineTensorBytesMax: UInt32(clamping: plugin.limits.inlineTensorBytesMax))
        request.outputWindowBytes = UInt64(plugin.limits.streamOutputBytesMax)
        request.options = plugin.options.keys.sorted().map { OptionValue(key: $0, value: plugin.options[$0] ?? "") }
        request.models = zip(plugin.manifest.models, plugin.models).map { ModelFile(name: $0.name, path: $1.path) }
        ask(.pluginStart, request, "it does not start") { [self] _ in handle(.prepared) }
    }

    /// One of the first two questions to every process, for which the machine watches the time; what is no answer ends the process.
    private func ask(
        _ method: MethodDescriptor, _ request: some WireMessage, _ failing: String, then: @escaping ([UInt8]) throws(RPCStatus) -> Void
    ) {
        call(method, request, withinMs: nil) { [self] result in
            // Of one that has gone, how it ended says more.
            guard process != nil else { return }
            do throws(RPCStatus) {
                switch result {
                case .success(let reply): try then(reply)
                case .failure(let status): throw RPCStatus(status.code, "\(failing): \(status.message)")
                }
            } catch {
                handle(.broke(error))
            }
        }
    }

    /// Asks the process something; `done` is called once.
    func call(
        _ method: MethodDescriptor, _ request: some WireMessage, withinMs: Int?, done: @escaping (Result<[UInt8], RPCStatus>) -> Void
    ) {
        let id = takeID()
        calls.began(id, withinMs: withinMs, done: done)
        process?.write {
            FrameEncoder.open(streamID: id, method: method.path, into: &$0)
            FrameEncoder.data(streamID: id, message: request, into: &$0)
            FrameEncoder.halfClose(streamID: id, into: &$0)
        }
        holdVirtualTime()
    }

    /// The process has failed: what can go on with the next one waits for it, the rest ends.
    private func endStreams(_ status: RPCStatus) {
        let manifest = plugin.manifest
        let open = inOrder
        streams = [:]
        waiting = []
        for stream in open {
            if stream.wireID != nil, !machine.isRetired, !machine.isRefused, plugin.limits.retryMsMax > 0,
                stream.mayGoOn(idempotent: manifest.idempotent, stateful: manifest.stateful)
            {
                stream.detach()
                waiting.append(stream)
                stream.retry = loop.after(UInt64(plugin.limits.retryMsMax) * 1_000) { [weak self, weak stream] in
                    if let self, let stream { end(stream, status) }
                }
            } else {
                ending.append(stream)
            }
        }
        // Events may open, cancel and send: the tables are in order by now.
        while let stream = ending.popFirst() {
            stream.stopTimers()
            let (sent, done) = (stream.ledger.lastSent, stream.ledger.acknowledged)
            stream.close(sent == 0 ? status : RPCStatus(status.code, "\(status.message) (it had done with \(done) of \(sent) inputs)"))
        }
    }

    // MARK: - What others see

    private func changed() {
        holdVirtualTime()
        guard machine.state != .finished || !machine.isRetired else { return }
        let trouble = machine.isServing ? nil : machine.trouble ?? "its worker is starting"
        plugin.status.set(
            loop.index, WorkerStatus.Loop(trouble: trouble, pid: pid, failures: machine.failures, streams: openStreams))
    }

    private func tellSettled() {
        guard let told = onSettled, machine.isServing || machine.trouble != nil else { return }
        onSettled = nil
        told(machine.isServing ? nil : machine.trouble)
    }

    private func report() {
        switch machine.state {
        case .ready: plugin.observer.log(name, .info, "the worker is ready (process \(pid))")
        case .backoff: plugin.observer.log(name, .warning, "the worker is down: \(machine.trouble ?? "")")
        case .ending where machine.trouble != nil: plugin.observer.log(name, .warning, "the worker is taken down: \(machine.trouble ?? "")")
        case .finished where machine.isRefused: plugin.observer.log(name, .error, "the worker cannot serve: \(machine.trouble ?? "")")
        default: break
        }
    }

    private func holdVirtualTime() {
        guard loop.mode == .virtual else { return }
        let owes: Bool
        switch machine.state {
        case .starting, .describing, .preparing, .ending: owes = true
        case .ready, .draining: owes = !calls.isEmpty || streams.values.contains { $0.ledger.unacknowledged > 0 || $0.isHalfCloseSent }
        case .stopped, .backoff, .finished: owes = false
        }
        if owes, pending == nil { pending = loop.acquirePending("plugin worker") }
        if !owes {
            pending?.release()
            pending = nil
        }
    }
}

extension WorkerNode: WorkerServicesNode {
    func stream(_ wireID: UInt64) -> WorkerStream? { streams[wireID] }
}

// MARK: - From the process

extension WorkerNode: WorkerProcessEvents {
    func process(_ process: WorkerProcess, frame peek: FramePeek, _ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let contents = peek.contents(in: bytes)
        guard let stream = streams[peek.streamID] else {
            if try calls.frame(peek, contents) {
                holdVirtualTime()
                return try process.countService()
            }
            // What crosses a Cancel is late, not wrong; but it is not free.
            guard peek.streamID < nextID else { throw RPCStatus(.invalidArgument, "stream \(peek.streamID) was never opened") }
            return try process.countService()
        }
        switch peek.body {
        case FrameBody.data: try gave(stream, contents)
        case FrameBody.status:
            let status = RPCStatus(try Status(decoding: contents))
            forget(stream, tellsWorker: false)
            stream.close(status)
        case FrameBody.credit:
            try process.countService()
            let credit = try Credit(decoding: contents)
            stream.ledger.grant(credit.bytes, on: credit.lane)
            pump(stream)
        default: throw RPCStatus(.invalidArgument, "a worker sends data, status and credit on a stream of the host's")
        }
    }

    private func described(_ manifest: PluginManifest) {
        guard manifest == plugin.manifest else {
            return handle(
                .refused(RPCStatus(.failedPrecondition, "its manifest is not the one that the plugin was loaded with: load the plugin again")))
        }
        handle(.described)
    }

    private func gave(_ stream: WorkerStream, _ contents: UnsafeRawBufferPointer) throws(RPCStatus) {
        let peek = try RunReplyPeek(contents)
        try stream.took(peek)
        defer { if successor != nil { handOver(stream) } }
        guard let range = peek.output else {
            try process?.countService()
            return pump(stream)
        }
        let output = UnsafeRawBufferPointer(rebasing: contents[range])
        let kind = try MessagePeek(pluginOutput: output).kind
        guard kind != 0 else { throw RPCStatus(.invalidArgument, "an output has none of the kinds of PluginOutput") }
        guard stream.window.received(output.count) else {
            throw RPCStatus(
                .resourceExhausted,
                "it gave more than its credit: \(plugin.limits.streamOutputBytesMax) bytes at a time, "
                    + "\(plugin.limits.streamOutputBytesPerSecondMax) a second"
            )
        }
        stream.deliver(kind, SharedBuffer(copying: output))
        grant(stream)
        holdVirtualTime()
    }

    /// Gives credit back, now or when the long-run limit allows it.
    private func grant(_ stream: WorkerStream) {
        guard let id = stream.wireID, streams[id] === stream else { return }
        let bytes = stream.window.grant(nowUs: loop.nowUs)
        if bytes > 0 { process?.write { FrameEncoder.credit(streamID: id, lane: .control, bytes: UInt64(bytes), into: &$0) } }
        guard let wait = stream.window.waitUs, stream.grantTimer?.isActive != true else { return }
        stream.grantTimer = loop.after(wait) { [weak self, weak stream] in
            if let self, let stream { grant(stream) }
        }
    }

    func process(_ process: WorkerProcess, broke status: RPCStatus) { handle(.broke(status)) }

    func processDrained(_ process: WorkerProcess) {
        for stream in streams.values.sorted(by: { ($0.wireID ?? 0) < ($1.wireID ?? 0) }) { pump(stream) }
    }

    func process(_ process: WorkerProcess, gone reason: String) {
        services = nil
        self.process = nil
        calls.close()
        handle(.exited(reason))
        holdVirtualTime()
    }
}
