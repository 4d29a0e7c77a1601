import EventLoop
import Glibc
import Wire

/// What a process tells the node that spawned it. On the loop.
protocol WorkerProcessEvents: AnyObject {
    /// A frame of one of the host's streams. Throwing ends the process.
    func process(_ process: WorkerProcess, frame peek: FramePeek, _ bytes: UnsafeRawBufferPointer) throws(RPCStatus)
    /// It does not keep to the protocol or to its limits. The process is still there.
    func process(_ process: WorkerProcess, broke status: RPCStatus)
    /// There is room for output again.
    func processDrained(_ process: WorkerProcess)
    /// The process has ended and everything that it said was read. Nothing follows.
    func process(_ process: WorkerProcess, gone reason: String)
}

/// One process of a worker with its sockets: bytes to frames, liveness, and the words it writes to its standard output. Confined to the loop.
final class WorkerProcess {
    let coder: TensorCoder
    private let plugin: WorkerPlugin
    private let loop: EventLoop
    private weak var events: (any WorkerProcessEvents)?
    private let child: ChildProcess
    private let stream: ByteStream
    private let output: ProcessOutput
    private var decoder: FrameDecoder
    private var services: WorkerServices?
    private var serviceRate: RateWindow
    private var exit: ChildProcess.Exit?
    private var isSocketClosed = false
    private var isBroken = false
    private var isGone = false
    private var heardUs: UInt64
    private var askedUs: UInt64 = 0
    private var watch: LoopTimer?

    /// Output to a worker that reads slowly: from here on inputs wait in their streams. Bytes.
    static let congestionBytes = 4 << 20
    /// Beyond this the worker is taken to hang. Bytes.
    static let outputBytesMax = 128 << 20
    /// What is left to do when a process or its socket has gone, and the other has not, milliseconds.
    static let lingerMsMax = 500

    var pid: Int32 { child.pid }
    var isCongested: Bool { stream.isCongested }

    /// Starts the plugin's program. On the loop.
    /// - Throws: why it cannot be started.
    static func spawn(_ plugin: WorkerPlugin, loop: EventLoop, events: any WorkerProcessEvents) throws(RPCStatus) -> WorkerProcess {
        do {
            var sockets = Sockets()
            defer { sockets.closeTheirs() }
            try sockets.open()
            var command = plugin.command
            command.environment += [(WorkerEnvironment.socket, "3"), (WorkerEnvironment.descriptors, "4"), ("PYTHONUNBUFFERED", "1")]
            let relay = ExitRelay()
            let child: ChildProcess
            do {
                child = try ChildProcess.spawn(
                    command, descriptors: [nil, sockets.outputTheirs, sockets.outputTheirs, sockets.theirs, sockets.descriptorsTheirs], loop: loop
                ) { exit in
                    relay.process?.exited(exit)
                    relay.process = nil
                }
            } catch {
                sockets.closeOurs()
                throw error
            }
            let process: WorkerProcess
            do {
                process = try WorkerProcess(plugin, loop, events, child, sockets)
            } catch {
                child.kill(SIGKILL)
                throw error
            }
            do {
                try child.limit(.coreFile, to: 0)
                try child.limit(.descriptors, to: UInt64(plugin.limits.descriptorsMax))
                if !WorkerRunner.isSanitized(plugin.command) { try child.limit(.memory, to: UInt64(plugin.limits.memoryBytesMax)) }
            } catch {
                // Nobody knows of it yet: no event is to reach the node, which has no process.
                process.events = nil
                process.kill()
                throw error
            }
            relay.process = process
            return process
        } catch let error as LoopError {
            throw RPCStatus(.unavailable, error.message)
        } catch let error as RPCStatus {
            throw error
        } catch {
            throw RPCStatus(.unavailable, "\(error)")
        }
    }

    private init(_ plugin: WorkerPlugin, _ loop: EventLoop, _ events: any WorkerProcessEvents, _ child: ChildProcess, _ sockets: Sockets) throws {
        self.plugin = plugin
        self.loop = loop
        self.events = events
        self.child = child
        coder = TensorCoder(descriptors: DescriptorSocket(sockets.descriptors), inlineBytesMax: plugin.limits.inlineTensorBytesMax)
        output = try ProcessOutput(try ByteStream.adopt(fd: sockets.output, loop: loop), plugin)
        stream = try ByteStream.adopt(fd: sockets.ours, loop: loop)
        decoder = FrameDecoder(frameBytesMax: plugin.limits.frameBytesMax)
        serviceRate = RateWindow(perSecondMax: plugin.limits.serviceFramesPerSecondMax)
        heardUs = loop.nowUs
        stream.limits = StreamLimits(
            highWaterBytes: Self.congestionBytes, lowWaterBytes: Self.congestionBytes / 4, outputBytesMax: Self.outputBytesMax)
        stream.onBytes = { [unowned self] in receive($0) }
        stream.onDrained = { [unowned self] in self.events?.processDrained(self) }
        // Keeps this object until the socket has closed.
        stream.onClose = { [self] in socketClosed($0) }
        output.onEnd = { [weak self] in self?.settle() }
        stream.startReading()
    }

    /// What the worker may ask of the host from now on.
    func serve(_ services: WorkerServices) { self.services = services }

    /// Watches that the worker answers. A virtual clock knows nothing of another process's time.
    func startWatching() {
        guard loop.mode == .real else { return }
        let limitUs = UInt64(plugin.limits.silenceMsMax) * 1_000
        heardUs = loop.nowUs
        watch = loop.every(limitUs / 4) { [weak self] in
            guard let self else { return }
            let now = loop.nowUs
            if askedUs > heardUs, now - askedUs >= limitUs / 4 * 3 {
                return broke(RPCStatus(.deadlineExceeded, "it has said nothing for \(plugin.limits.silenceMsMax) ms, though it was asked"))
            }
            if now - heardUs >= limitUs / 4, askedUs <= heardUs {
                askedUs = now
                write { FrameEncoder.ping(token: now, into: &$0) }
            }
        }
    }

    /// Appends frames to what goes to the worker.
    func write(_ body: (inout [UInt8]) -> Void) { stream.write(body) }

    /// Takes the process down; `gone` follows.
    func kill() {
        isBroken = true
        child.kill(SIGKILL)
        services?.close()
        stream.close()
    }

    // MARK: - Frames

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        guard !isBroken else { return }
        heardUs = loop.nowUs
        do throws(RPCStatus) {
            try decoder.feed(bytes) { (frame) throws(RPCStatus) in
                if !isBroken { try self.frame(frame) }
            }
        } catch {
            broke(error)
        }
    }

    private func frame(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let peek = try FramePeek(bytes)
        if peek.streamID % 2 == 1 {
            try events?.process(self, frame: peek, bytes)
            return
        }
        try countService()
        if peek.streamID > 0 {
            guard let services else { throw RPCStatus(.failedPrecondition, "it opened a stream before it was started") }
            return try services.frame(peek, bytes)
        }
        switch peek.body {
        case FrameBody.ping:
            let ping = try Ping(decoding: peek.contents(in: bytes))
            write { FrameEncoder.pong(token: ping.token, into: &$0) }
        case FrameBody.pong: break
        case FrameBody.goAway:
            let away = try GoAway(decoding: peek.contents(in: bytes))
            throw RPCStatus(.unavailable, "it went away: \(away.message)")
        default: throw RPCStatus(.invalidArgument, "a frame of the connection is one of ping, pong, go_away")
        }
    }

    /// Frames that cost no credit are limited in number.
    func countService() throws(RPCStatus) {
        guard serviceRate.admit(nowUs: loop.nowUs) else {
            throw RPCStatus(
                .resourceExhausted, "it sends more than \(plugin.limits.serviceFramesPerSecondMax) frames a second beside what its streams give")
        }
    }

    private func broke(_ status: RPCStatus) {
        guard !isBroken else { return }
        isBroken = true
        events?.process(self, broke: status)
    }

    // MARK: - The end

    private func exited(_ exit: ChildProcess.Exit) {
        self.exit = exit
        settle()
        guard !isGone else { return }
        loop.after(UInt64(Self.lingerMsMax) * 1_000) { [weak self] in
            self?.stream.close()
            self?.output.close()
        }
    }

    private func socketClosed(_ error: LoopError?) {
        isSocketClosed = true
        if exit == nil {
            // Usually it is about to end by itself, and how is worth knowing.
            loop.after(UInt64(Self.lingerMsMax) * 1_000) { [weak self] in self?.child.kill(SIGKILL) }
        }
        settle()
    }

    private func settle() {
        guard let exit, isSocketClosed, output.isClosed, !isGone else { return }
        isGone = true
        watch?.cancel()
        services?.close()
        var reason = exit.description
        if [SIGABRT, SIGSEGV, SIGBUS].contains(exit.signal) { reason += "; it may take \(plugin.limits.memoryBytesMax >> 20) MiB of memory" }
        if !output.lastLine.isEmpty { reason += "; its last words: \(output.lastLine)" }
        events?.process(self, gone: reason)
    }
}

/// Lets the child's end find the process object, which is made after it, and keeps that until then.
private final class ExitRelay {
    var process: WorkerProcess?
}

/// The three pairs of sockets between host and worker: ours and theirs.
private struct Sockets {
    var ours: Int32 = -1
    var theirs: Int32 = -1
    var descriptors: Int32 = -1
    var descriptorsTheirs: Int32 = -1
    var output: Int32 = -1
    var outputTheirs: Int32 = -1

    mutating func open() throws {
        do {
            (ours, theirs) = try ByteStream.socketPair()
            (descriptors, descriptorsTheirs) = try DescriptorSocket.pair()
            (output, outputTheirs) = try ByteStream.socketPair()
        } catch {
            closeOurs()
            throw error
        }
    }

    func closeOurs() { for descriptor in [ours, descriptors, output] where descriptor >= 0 { close(descriptor) } }

    func closeTheirs() { for descriptor in [theirs, descriptorsTheirs, outputTheirs] where descriptor >= 0 { close(descriptor) } }
}
