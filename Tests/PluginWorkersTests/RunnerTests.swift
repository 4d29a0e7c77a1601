import EventLoop
import Glibc
import Inference
import PluginHost
import PluginWorkers
import Router
import TestSupport
import Testing
import Wire

/// Plugins that are shared objects, in a process of their own.
@Suite struct RunnerTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func host(models: String = "", options: [String: [String: String]] = [:]) throws -> PluginHost {
        let inference = try InferenceService(configuration: InferenceConfiguration(libraryFolder: "\(Cache.folder)/openvino/libs"))
        return PluginHost(
            configuration: PluginHostConfiguration(
                pluginFolder: folder.path, modelsFolder: models.isEmpty ? folder.path : models, runFolder: "\(folder.path)/run", options: options),
            inference: inference, compute: ComputePool(threads: 1, queueItemsMax: 16, name: "test-pool"))
    }

    private func runner(_ library: String) -> ChildProcess.Command {
        WorkerRunner.command(for: library, runner: "\(buildFolder)/\(WorkerRunner.program)")
    }

    /// One stream of `node`, from opening to its end; then the node is let go by `retire`.
    private func outputs(
        _ make: @escaping @Sendable (EventLoop) throws -> (node: any Node, retire: (@escaping () -> Void) -> Void), _ messages: [ClientMessage]
    ) async throws -> (outputs: [PluginOutput], status: RPCStatus?) {
        try await withLoop { loop, done in
            let (node, retire) = try make(loop)
            let events = Events { events in
                guard let status = events.closed.first else { return }
                let outputs = events.emitted.compactMap { try? PluginOutput(decoding: $0.bytes) }
                retire { done((outputs, status)) }
            }
            let stream = try node.open(StreamOpen(sessionKey: 5, turnID: 4, language: "en"), events: events)
            for (index, message) in messages.enumerated() {
                let payload = SharedBuffer(message.encoded())
                let kind = try MessagePeek(clientMessage: payload.bytes).kind
                stream.data(RoutedMessage(kind: kind, turnID: 4, revision: 1, captureTimeUs: UInt64(index), payload: payload))
            }
            stream.halfClose()
        }
    }

    /// The same messages to the same library, in this process and in one of its own.
    private func bothWays(
        _ library: String, host: PluginHost, _ messages: [ClientMessage], limits: WorkerLimits = WorkerLimits()
    ) async throws -> (inProcess: [PluginOutput], worker: [PluginOutput]) {
        let generation = try host.load(library)
        let here = try await outputs(
            { loop in
                let instance = try host.instance(of: generation, on: loop)
                return (
                    instance,
                    { then in
                        instance.retire()
                        loop.nextTick { then() }
                    }
                )
            }, messages)
        let plugin = try WorkerPlugin.load(runner(library), host: host, limits: limits)
        let there = try await outputs(
            { loop in
                let node = WorkerNode(plugin, loop: loop)
                return (
                    node,
                    { then in
                        node.onFinished = then
                        node.shutDown()
                    }
                )
            }, messages)
        #expect(here.status == .ok && there.status == .ok)
        return (here.outputs, there.outputs)
    }

    @Test func theExampleInCSaysTheSameEitherWay() async throws {
        try #require(shell("make -s -C '\(sourceRoot)/examples/plugins/c' OUT='\(folder.path)'") == 0)
        let host = try host(options: ["level-meter": ["loud_dbfs": "-3"]])
        let messages = [chunk(0), chunk(100), chunk(3_000), chunk(16_000), chunk(32_000)]
        let both = try await bothWays("\(folder.path)/level-meter.so", host: host, messages)
        #expect(both.worker == both.inProcess)
        #expect(both.worker.map(level) == ["silent", "quiet", "normal", "normal", "loud"])
    }

    @Test func theExampleOfAWorkerInCSaysThatToo() async throws {
        try #require(shell("make -s -C '\(sourceRoot)/examples/plugins/c-worker' OUT='\(folder.path)'") == 0)
        let host = try host(options: ["level-worker": ["loud_dbfs": "-3"]])
        let plugin = try WorkerPlugin.load(ChildProcess.Command("\(folder.path)/level-worker"), host: host, limits: WorkerLimits())
        let result = try await outputs(
            { loop in
                let node = WorkerNode(plugin, loop: loop)
                return (
                    node,
                    { then in
                        node.onFinished = then
                        node.shutDown()
                    }
                )
            }, [chunk(0), chunk(100), chunk(16_000), chunk(32_000), ClientMessage(kind: .text(TextInput(text: "x")))])
        #expect(result.outputs.map(level) == ["silent", "quiet", "normal", "loud", "problem 3"])
        #expect(result.outputs.allSatisfy { $0.turnID == 4 && $0.revision == 1 && $0.modality == "speech" })
    }

    /// Inference through the socket: tensors inside messages, and as memory files.
    @Test(arguments: [64 << 10, 16]) func theTextEncoderGivesTheSameVectorsEitherWay(inlineBytes: Int) async throws {
        let host = try host(models: "\(Cache.folder)/models")
        var limits = WorkerLimits()
        limits.inlineTensorBytesMax = inlineBytes
        let words = ["silver earrings", "金戒指", String(repeating: "a long story about a ring ", count: 300)]
        let messages = words.map { ClientMessage(kind: .text(TextInput(text: $0))) }
        let both = try await bothWays("\(buildFolder)/libTextEncoder.so", host: host, messages, limits: limits)
        #expect(both.worker.count == 3)
        let order = { (left: PluginOutput, right: PluginOutput) in left.captureTimeUs < right.captureTimeUs }
        #expect(both.worker.sorted(by: order) == both.inProcess.sorted(by: order))
    }

    @Test func aFileThatIsNoPluginIsRefusedWithItsReason() throws {
        try folder.write("no.so", "this is no library")
        let error = #expect(throws: RPCStatus.self) { try WorkerPlugin.load(runner("\(folder.path)/no.so"), host: host(), limits: WorkerLimits()) }
        #expect(error?.code == .unavailable && error?.message.contains("not an ELF file") == true, "\(String(describing: error))")
    }

    @Test func anOptionThatThePluginDoesNotHaveIsRefused() throws {
        try #require(shell("make -s -C '\(sourceRoot)/examples/plugins/c-worker' OUT='\(folder.path)'") == 0)
        let host = try host(options: ["level-worker": ["colour": "red"]])
        let error = #expect(throws: RPCStatus.self) {
            try WorkerPlugin.load(ChildProcess.Command("\(folder.path)/level-worker"), host: host, limits: WorkerLimits())
        }
        #expect(error?.code == .invalidArgument && error?.message.contains("loud_dbfs") == true)
    }

    @Test func aKilledRunnerLeavesNothingBehind() async throws {
        try #require(shell("make -s -C '\(sourceRoot)/examples/plugins/c' OUT='\(folder.path)'") == 0)
        let plugin = try WorkerPlugin.load(runner("\(folder.path)/level-meter.so"), host: host(), limits: quick)
        let pid: Int32 = try await withLoop { loop, done in
            let node = WorkerNode(plugin, loop: loop)
            var first: Int32 = 0
            loop.every(5_000) {
                guard node.state == .ready else { return }
                if first == 0 {
                    first = node.pid
                    kill(-first, SIGKILL)
                } else if node.pid != first {
                    node.onFinished = { done(first) }
                    node.shutDown()
                }
            }
        }
        #expect(kill(pid, 0) != 0)
        #expect(access("/tmp/vitrine-worker-\(getuid())-\(pid)", F_OK) != 0)
    }

    private func level(_ output: PluginOutput) -> String {
        if case .labels(let labels) = output.kind { return labels.labels.map(\.name).joined() }
        if case .problem(let problem) = output.kind { return "problem \(problem.code)" }
        return "?"
    }

    /// 10 ms at 16 kHz of a square wave with this amplitude.
    private func chunk(_ amplitude: Int16) -> ClientMessage {
        let samples = (0..<160).flatMap { index -> [UInt8] in
            let sample = UInt16(bitPattern: index % 2 == 0 ? amplitude : -amplitude)
            return [UInt8(sample & 0xff), UInt8(sample >> 8)]
        }
        return ClientMessage(turnID: 4, kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: samples)))
    }
}

enum Cache {
    static var folder: String {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        return variable("VITRINE_CACHE") ?? variable("XDG_CACHE_HOME").map { "\($0)/vitrine" } ?? "\(variable("HOME") ?? "")/.cache/vitrine"
    }
}
