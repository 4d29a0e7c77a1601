import EventLoop
import Glibc
import PluginWorkers
import Router
import Testing
import Wire

/// Streams by the hundred on a worker that is killed again and again.
@Suite struct WorkerDeathTests {
    struct Load: Sendable, Equatable {
        var opened = 0
        var refused = 0
        var answered = 0
        var codes: Set<UInt32> = []
        var ended = 0
        var disorder = 0
        var kills = 0
    }

    private static let killsMax = 20
    private static let streams = 50

    @Test(arguments: [false, true]) func everyStreamOfAKilledWorkerEndsInAStatusOrGoesOn(idempotent: Bool) async throws {
        var manifest = fakeManifest
        manifest.idempotent = idempotent
        let fake = try FakeWorker(manifest)
        let plugin = fake.plugin()
        let load: Load = try await withLoop { loop, done in
            let run = Run(WorkerNode(plugin, loop: loop), loop, killsMax: Self.killsMax, streams: Self.streams, done)
            run.start()
        }
        #expect(load.kills == Self.killsMax && load.answered > 100)
        #expect(load.ended == load.opened, "every stream that was opened has ended")
        #expect(load.disorder == 0, "answers came in order, none twice")
        #expect(load.codes.isSubset(of: [StatusCode.ok.rawValue, StatusCode.unavailable.rawValue]))
        #expect(idempotent || load.codes.contains(StatusCode.unavailable.rawValue))
        #expect(plugin.status.all.isEmpty)
    }
}

/// Keeps streams going on a node and kills its process every few milliseconds. Confined to the loop.
private final class Run {
    private let node: WorkerNode
    private let loop: EventLoop
    private static let answersBeforeEachKill = 6
    private let killsMax: Int
    private let streams: Int
    private let done: @Sendable (WorkerDeathTests.Load) -> Void
    private var load = WorkerDeathTests.Load()
    private var isOver = false
    private var timer: LoopTimer?

    init(_ node: WorkerNode, _ loop: EventLoop, killsMax: Int, streams: Int, _ done: @escaping @Sendable (WorkerDeathTests.Load) -> Void) {
        self.node = node
        self.loop = loop
        self.killsMax = killsMax
        self.streams = streams
        self.done = done
    }

    func start() {
        for _ in 0..<streams { talk() }
        timer = loop.every(30_000) { [self] in
            // Each process says something before it dies, however slow the machine is.
            guard node.state == .ready, !isOver, load.answered >= (load.kills + 1) * Self.answersBeforeEachKill else { return }
            kill(-node.pid, SIGKILL)
            load.kills += 1
            if load.kills == killsMax { end() }
        }
    }

    /// One stream of five inputs; the next one follows it.
    private func talk() {
        var answers = 0
        let events = Events { [self] events in
            if events.closed.isEmpty {
                if events.texts.last != "word \(answers)" { load.disorder += 1 }
                answers += 1
                load.answered += 1
            } else {
                load.ended += 1
                load.codes.insert(events.closed[0].code.rawValue)
                // Not at once: a worker that is down would be asked without end.
                if !isOver { loop.after(500) { self.talk() } }
                finishIfQuiet()
            }
        }
        do {
            let stream = try node.open(StreamOpen(sessionKey: 1), events: events)
            load.opened += 1
            for index in 0..<5 { stream.data(text("word \(index)")) }
            stream.halfClose()
        } catch {
            load.refused += 1
            if !isOver { loop.after(2_000) { self.talk() } }
        }
    }

    private func end() {
        isOver = true
        timer?.cancel()
        finishIfQuiet()
    }

    private func finishIfQuiet() {
        guard isOver, node.openStreams == 0 else { return }
        node.onFinished = { [self] in done(load) }
        node.shutDown()
    }
}
