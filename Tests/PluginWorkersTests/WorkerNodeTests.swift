import EventLoop
import Glibc
import PluginHost
import PluginWorkers
import Router
import Testing
import Wire

/// What a stream came to, and how the worker was afterwards.
struct Outcome: Sendable, Equatable {
    var texts: [String] = []
    var closed: [RPCStatus] = []
    var trouble = ""
    var failures = 0
}

@Suite struct WorkerNodeTests {
    private let fake: FakeWorker

    init() throws { fake = try FakeWorker() }

    /// Opens a stream, says `words`, and waits until it has ended.
    private func converse(
        _ words: [String], mode: String = "", manifest: PluginManifest? = nil, limits: WorkerLimits = quick, deadlineMs: UInt64 = 0,
        halfClose: Bool = true
    ) async throws -> Outcome {
        let fake = try manifest.map { try FakeWorker($0) } ?? fake
        let plugin = fake.plugin(mode, limits: limits)
        return try await withLoop { loop, done in
            let node = WorkerNode(plugin, loop: loop)
            let events = Events { events in
                guard let status = events.closed.first else { return }
                let outcome = Outcome(
                    texts: events.texts, closed: [status], trouble: plugin.status.notReady ?? "", failures: plugin.status.failures)
                node.onFinished = { done(outcome) }
                node.shutDown()
            }
            let opening = StreamOpen(sessionKey: 7, turnID: 1, deadlineUs: deadlineMs == 0 ? 0 : loop.nowUs + deadlineMs * 1_000, language: "en")
            let stream = try node.open(opening, events: events)
            for word in words { stream.data(text(word)) }
            if halfClose { stream.halfClose() }
            #expect(events.emitted.isEmpty && events.closed.isEmpty, "no event comes from within a call")
        }
    }

    @Test func inputsAreAnsweredInOrderAndHalfCloseEndsTheStream() async throws {
        let outcome = try await converse(["one", "two", "three"])
        #expect(outcome == Outcome(texts: ["one", "two", "three"], closed: [.ok]))
    }

    @Test func aStatusOfTheWorkersEndsItsStreamAlone() async throws {
        let outcome = try await converse(["one", "refuse"], halfClose: false)
        #expect(outcome == Outcome(texts: ["one"], closed: [RPCStatus(.invalidArgument, "not this")]))
    }

    /// Each of these ends the stream with UNAVAILABLE and a message that says what the worker did.
    @Test(arguments: [
        ("one", "die", "signal 9 (Killed) (it had done with 1 of 2 inputs)"),
        ("one", "exit", "exit code 3; its last words: I leave (it had done with 1 of 2 inputs)"),
        ("one", "garbage", "flag byte 116 of a frame: only 0 is allowed"),
        ("one", "overack", "acknowledged input 9 of a stream that was given 2"),
        ("one", "kindless", "none of the kinds of PluginOutput"),
        ("one", "stranger", "stream 99 was never opened"),
        ("one", "hang", "said nothing for 1500 ms"),
        ("one", "close", "signal 9"),
        ("one", "eat", "signal 6 (Aborted); it may take 64 MiB of memory"),
        ("one", "ping", "frames a second beside what its streams give"),
    ])
    func misconductEndsTheProcess(first: String, second: String, reason: String) async throws {
        var limits = quick
        // Only the one that hangs is waited for; the others may take their time on a busy machine.
        if second != "hang" { limits.silenceMsMax = 20_000 }
        let outcome = try await converse([first, second], limits: limits, halfClose: false)
        #expect(outcome.texts == ["one"])
        #expect(outcome.closed.map(\.code) == [.unavailable])
        #expect(outcome.closed[0].message.contains(reason), "\(outcome.closed[0])")
        #expect(outcome.trouble.hasPrefix("plugin fake: "), "readiness tells it")
    }

    @Test func aFloodIsFoundOutByItsCredit() async throws {
        var limits = quick
        limits.streamOutputBytesMax = 64 << 10
        limits.streamOutputBytesPerSecondMax = 64 << 10
        let outcome = try await converse(["flood"], limits: limits, halfClose: false)
        #expect(outcome.closed.first?.message.contains("gave more than its credit") == true)
        #expect(outcome.texts.count * 9 < 1 << 20, "and costs little more than that, on a busy machine too")
    }

    @Test func aTalkativeWorkerIsHeardInMeasure() async throws {
        let outcome = try await converse(["talk"], deadlineMs: 300)
        #expect(outcome.closed.map(\.code) == [.deadlineExceeded])
        #expect((50...210).contains(fake.observer.notes.filter { $0 == "blah" }.count))
    }

    @Test func aStreamThatIsNotFinishedInItsTimeEndsAloneAndTheWorkerStays() async throws {
        let outcome = try await converse(["quiet"], deadlineMs: 50, halfClose: false)
        #expect(outcome.closed.map(\.code) == [.deadlineExceeded] && outcome.trouble == "" && outcome.failures == 0)
    }

    @Test(arguments: [
        ("mute", "was not ready within 300 ms"), ("gone", "exit code 3; its last words: module not found"), ("noise", "flag byte 110"),
        ("unable", "it does not start: no vocabulary"),
    ])
    func aWorkerThatDoesNotComeUpRefusesWhatWaits(mode: String, reason: String) async throws {
        var limits = quick
        // Only the mute one is waited for.
        limits.life.startMsMax = mode == "mute" ? 300 : 20_000
        let outcome = try await converse(["one"], mode: mode, limits: limits)
        #expect(outcome.closed.map(\.code) == [.unavailable])
        #expect(outcome.closed[0].message.contains(reason), "\(outcome.closed[0])")
        #expect(outcome.trouble.contains(reason))
    }

    @Test func aMissingProgramIsAReason() async throws {
        let command = ChildProcess.Command("/nowhere/worker")
        let plugin = WorkerPlugin(
            command: command, manifest: fakeManifest, options: [:], models: [], limits: quick, inference: NoInference(),
            observer: PluginHostObserver())
        let status: RPCStatus? = try await withLoop { loop, done in
            let node = WorkerNode(plugin, loop: loop)
            let refusal = #expect(throws: RPCStatus.self) { try node.open(StreamOpen(sessionKey: 1), events: Events()) }
            node.onFinished = { done(refusal) }
            node.shutDown()
        }
        #expect(status?.code == .unavailable && status?.message.contains("/nowhere/worker") == true)
    }

    // MARK: - Going on

    @Test func anIdempotentPluginsStreamGoesOnWithTheNextProcess() async throws {
        var manifest = fakeManifest
        manifest.idempotent = true
        let outcome = try await converse(["one", "die-once", "three"], manifest: manifest)
        #expect(outcome == Outcome(texts: ["one", "again", "three"], closed: [.ok], failures: 1))
    }

    @Test func whatWouldBeGivenTwiceIsNotTriedAgain() async throws {
        var manifest = fakeManifest
        manifest.idempotent = true
        let outcome = try await converse(["one", "loose-once"], manifest: manifest)
        #expect(outcome.texts == ["one", "loose"] && outcome.closed.map(\.code) == [.unavailable])
    }

    @Test func aStatefulPluginsStreamGoesOnOnlyWhileNothingWasDone() async throws {
        var manifest = fakeManifest
        manifest.idempotent = true
        manifest.stateful = true
        let late = try await converse(["one", "die-once"], manifest: manifest)
        #expect(late.closed.map(\.code) == [.unavailable])
        let first = try await converse(["die-once", "two"], manifest: manifest)
        #expect(first.texts == ["again", "two"] && first.closed == [.ok])
    }

    @Test func withoutIdempotenceNothingIsTriedAgain() async throws {
        let outcome = try await converse(["die-once"])
        #expect(outcome.texts == [] && outcome.closed.map(\.code) == [.unavailable])
    }

    @Test func aProgramThatBecomesAnotherPluginIsRefused() async throws {
        let outcome = try await converse(["die"], mode: "changed")
        #expect(outcome.closed.map(\.code) == [.unavailable])
        let plugin = fake.plugin("changed")
        let status: RPCStatus = try await withLoop { loop, done in
            // The marker is there by now: this one is the other plugin from the start.
            let node = WorkerNode(plugin, loop: loop)
            _ = try node.open(StreamOpen(sessionKey: 1), events: Events { done($0.closed[0]) })
        }
        #expect(status.code == .failedPrecondition && status.message.contains("load the plugin again"))
    }

    // MARK: - Asking what a program is

    @Test func aProgramIsAskedWhatItIs() throws {
        #expect(try WorkerProbe.manifest(of: fake.command(""), limits: quick, observer: PluginHostObserver()) == fakeManifest)
    }

    @Test(arguments: [("gone", "module not found"), ("noise", "flag byte"), ("mute", "within 200 ms")])
    func aProgramThatDoesNotSayIsAReason(mode: String, reason: String) throws {
        var limits = quick
        limits.life.startMsMax = 200
        let error = #expect(throws: RPCStatus.self) {
            try WorkerProbe.manifest(of: fake.command(mode), limits: limits, observer: PluginHostObserver())
        }
        #expect(error?.message.contains(reason) == true, "\(String(describing: error))")
    }
}
