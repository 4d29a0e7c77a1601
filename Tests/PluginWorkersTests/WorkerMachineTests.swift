import EventLoop
import PluginWorkers
import Testing
import Wire

@Suite struct WorkerMachineTests {
    private func ready(_ limits: WorkerMachine.Limits = WorkerMachine.Limits()) -> WorkerMachine {
        var machine = WorkerMachine(name: "x", limits: limits)
        #expect(machine.handle(.start, nowUs: 1) == [.arm(ms: limits.startMsMax), .spawn])
        #expect(machine.handle(.spawned, nowUs: 2) == [.describe])
        #expect(machine.handle(.described, nowUs: 3) == [.prepare])
        #expect(machine.handle(.prepared, nowUs: 4) == [.disarm, .admit])
        return machine
    }

    @Test func aWorkerIsStartedAskedToldAndServes() {
        var fresh = WorkerMachine(name: "x")
        #expect(fresh.takesStreams && !fresh.isServing, "streams may wait for the first process")
        let machine = ready()
        #expect(machine.state == .ready && machine.isServing && machine.takesStreams && machine.trouble == nil)
        #expect(fresh.handle(.described, nowUs: 1) == [], "an event that does not fit changes nothing")
        #expect(fresh.state == .stopped)
    }

    @Test func deathEndsStreamsOnceAndIsToldUntilTheNextProcessServes() {
        var machine = ready()
        let actions = machine.handle(.exited("it was ended by signal 9"), nowUs: 5)
        #expect(actions == [.disarm, .endStreams(RPCStatus(.unavailable, "the worker of x is gone: it was ended by signal 9")), .arm(ms: 100)])
        #expect(!machine.takesStreams && machine.refusal.code == .unavailable && machine.refusal.message.contains("signal 9"))
        #expect(machine.handle(.exited("again"), nowUs: 6) == [])
        #expect(machine.handle(.timeUp, nowUs: 7) == [.arm(ms: 20_000), .spawn])
        #expect(!machine.takesStreams, "after a failure streams do not wait for what may fail again")
        _ = machine.handle(.spawned, nowUs: 8)
        _ = machine.handle(.described, nowUs: 9)
        _ = machine.handle(.prepared, nowUs: 10)
        #expect(machine.takesStreams && machine.trouble == nil && machine.failures == 1)
    }

    @Test func restartsWaitLongerAndLongerUntilServiceWasSteady() {
        var machine = ready(WorkerMachine.Limits(restartMsMin: 100, restartMsMax: 1_000, steadyMs: 10_000))
        var waits: [Int] = []
        for _ in 0..<6 {
            let actions = machine.handle(.exited("gone"), nowUs: 5)
            if case .arm(let ms) = actions.last { waits.append(ms) }
            for event in [WorkerMachine.Event.timeUp, .spawned, .described, .prepared] { _ = machine.handle(event, nowUs: 5) }
        }
        #expect(waits == [100, 200, 400, 800, 1_000, 1_000])
        #expect(machine.handle(.exited("gone"), nowUs: 10_000_005).last == .arm(ms: 100))
    }

    @Test func aWorkerThatIsNotReadyInTimeIsTakenDown() {
        var machine = WorkerMachine(name: "x", limits: WorkerMachine.Limits(startMsMax: 50))
        _ = machine.handle(.start, nowUs: 1)
        _ = machine.handle(.spawned, nowUs: 2)
        let actions = machine.handle(.timeUp, nowUs: 50_001)
        #expect(actions.first == .disarm && actions.last == .kill && machine.state == .ending)
        #expect(machine.trouble == "it was not ready within 50 ms")
        #expect(machine.handle(.exited("signal 9"), nowUs: 50_002) == [.disarm, .arm(ms: 100)])
        #expect(machine.trouble == "it was not ready within 50 ms", "why it was taken down, not how")
    }

    @Test func aRefusedProgramIsNotTriedAgain() {
        var machine = WorkerMachine(name: "x")
        _ = machine.handle(.start, nowUs: 1)
        _ = machine.handle(.spawned, nowUs: 2)
        #expect(machine.handle(.refused(RPCStatus(.failedPrecondition, "another manifest")), nowUs: 3).last == .kill)
        #expect(machine.handle(.exited("signal 9"), nowUs: 4) == [.disarm])
        #expect(machine.state == .finished && machine.refusal.message.contains("another manifest"))
        #expect(machine.handle(.retire, nowUs: 5) == [.disarm, .finish])
    }

    @Test func aRetiredWorkerFinishesItsStreamsFirst() {
        var machine = ready()
        machine.note(hasStreams: true)
        #expect(machine.handle(.retire, nowUs: 5) == [.arm(ms: 60_000)])
        #expect(machine.state == .draining && machine.isServing && !machine.takesStreams)
        machine.note(hasStreams: false)
        #expect(machine.handle(.idle, nowUs: 6) == [.disarm, .kill])
        #expect(machine.handle(.exited("signal 9"), nowUs: 7) == [.disarm, .finish])
        #expect(machine.handle(.retire, nowUs: 8) == [])
    }

    /// Random histories, with a process that does what the actions say, against the machine's promises.
    @Test(arguments: 0..<30) func promisesHoldOverRandomHistories(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var machine = WorkerMachine(name: "x", limits: WorkerMachine.Limits(restartMsMin: 10, restartMsMax: 300))
        var now: UInt64 = 1
        var isSpawning = false
        var lives = false
        var killed = false
        var armed = false
        var finished = 0
        var retired = false
        var ended = 0
        for step in 0..<2_000 {
            now += UInt64.random(in: 0..<50_000, using: &random)
            machine.note(hasStreams: Bool.random(using: &random))
            var event: WorkerMachine.Event
            switch Int.random(in: 0..<12, using: &random) {
            case 0: event = .start
            case 1 where isSpawning: event = .spawned
            case 2 where isSpawning: event = .spawnFailed("no")
            case 3, 4: event = .described
            case 5, 6: event = .prepared
            case 7: event = .broke(RPCStatus(.invalidArgument, "nonsense"))
            case 8 where lives: event = .exited("gone")
            case 9 where armed: event = .timeUp
            case 10: event = .idle
            case 11 where step > 1_500: event = .retire
            default: event = .described
            }
            if event == .spawned { (isSpawning, lives, killed) = (false, true, false) }
            if case .spawnFailed = event { isSpawning = false }
            if case .exited = event { lives = false }
            if event == .timeUp { armed = false }
            if event == .retire { retired = true }
            let actions = machine.handle(event, nowUs: now)
            for action in actions {
                switch action {
                case .spawn:
                    #expect(!lives && !isSpawning && !retired, "one process at a time, and none after the end")
                    isSpawning = true
                    ended = 0
                case .kill:
                    #expect(lives && !killed)
                    killed = true
                case .describe, .prepare, .admit: #expect(lives && !killed)
                case .endStreams:
                    ended += 1
                    #expect(ended == 1, "once for each process")
                case .arm(let ms):
                    #expect(ms > 0)
                    armed = true
                case .disarm: armed = false
                case .finish: finished += 1
                }
            }
            #expect(!machine.isServing || (lives && !killed))
            #expect(!machine.takesStreams || !retired)
            #expect(machine.state != .backoff || (armed && !lives))
            #expect(finished <= 1 && (finished == 0 || (retired && !lives && !isSpawning)))
        }
        // Whatever came before: retired and left alone, it comes to its end.
        _ = machine.handle(.retire, nowUs: now)
        machine.note(hasStreams: false)
        for event in [WorkerMachine.Event.spawned, .idle, .exited("gone")] where finished == 0 {
            if machine.handle(event, nowUs: now).contains(.finish) { finished += 1 }
        }
        #expect(machine.state == .finished)
    }
}
