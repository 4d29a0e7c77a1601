import EventLoop
import PluginHost
import Testing
import Wire

/// The machine behind a reference, so that expectations can call what changes it.
private final class Life {
    private var machine: InstanceMachine

    init(streams: Int = 8, operations: Int = 4) {
        machine = InstanceMachine(streamsMax: streams, streamOperationsMax: operations)
    }

    var openStreams: Int { machine.openStreams }
    var outstanding: Int { machine.outstanding }
    func open() throws(RPCStatus) -> UInt64 { try machine.open() }
    func begin(on stream: UInt64) throws(RPCStatus) -> UInt64 { try machine.begin(on: stream) }
    func ended(_ operation: UInt64, _ status: RPCStatus) -> InstanceMachine.Ending? { machine.ended(operation, status) }
    func close(_ stream: UInt64) -> InstanceMachine.Closing { machine.close(stream) }
    func halfClose(_ stream: UInt64) -> Bool { machine.halfClose(stream) }
    func abandon(_ operation: UInt64) -> Bool { machine.abandon(operation) }
    func isOpen(_ stream: UInt64) -> Bool { machine.isOpen(stream) }
    func takesInput(_ stream: UInt64) -> Bool { machine.takesInput(stream) }
    func retire() { machine.retire() }
    func mayDestroy() -> Bool { machine.mayDestroy() }
}

@Suite struct InstanceMachineTests {

    @Test func anOperationIsCompletedOnceWithWhatCameOfIt() throws {
        let machine = Life()
        let stream = try machine.open()
        let operation = try machine.begin(on: stream)
        let status = RPCStatus(.dataLoss, "lost")
        #expect(machine.ended(operation, status) == InstanceMachine.Ending(stream: stream, status: status))
        #expect(machine.ended(operation, status) == nil)
    }

    @Test func afterAStreamClosedItsOperationsEndCancelledAndThenItIsForgotten() throws {
        let machine = Life()
        let stream = try machine.open()
        let first = try machine.begin(on: stream)
        let second = try machine.begin(on: stream)
        #expect(machine.close(stream) == .closed(stop: [first, second]))
        #expect(machine.close(stream) == .notOpen)
        machine.retire()
        #expect(machine.ended(first, .ok)?.status.code == .cancelled)
        #expect(!machine.mayDestroy())
        #expect(machine.ended(second, .ok)?.status.code == .cancelled)
        #expect(machine.mayDestroy())
        #expect(!machine.mayDestroy(), "once")
    }

    @Test func anAbandonedOperationEndsCancelledWhileItsStreamGoesOn() throws {
        let machine = Life()
        let stream = try machine.open()
        let operation = try machine.begin(on: stream)
        #expect(machine.abandon(operation))
        #expect(!machine.abandon(operation))
        #expect(machine.ended(operation, .ok)?.status.code == .cancelled)
        #expect(machine.isOpen(stream))
    }

    @Test func inputStopsAtHalfCloseAndOutputDoesNot() throws {
        let machine = Life()
        let stream = try machine.open()
        #expect(machine.takesInput(stream) && machine.halfClose(stream))
        #expect(!machine.halfClose(stream) && !machine.takesInput(stream) && machine.isOpen(stream))
    }

    @Test func limitsAndTokensThatNameNothingGiveAStatus() throws {
        let machine = Life(streams: 1, operations: 1)
        let stream = try machine.open()
        #expect(throws: RPCStatus.self) { try machine.open() }
        _ = try machine.begin(on: stream)
        #expect(#expect(throws: RPCStatus.self) { try machine.begin(on: stream) }?.code == .resourceExhausted)
        #expect(#expect(throws: RPCStatus.self) { try machine.begin(on: 99) }?.code == .invalidArgument)
        #expect(!machine.abandon(99) && machine.ended(99, .ok) == nil && machine.close(99) == .notOpen && !machine.halfClose(99))
    }

    @Test func aRetiredInstanceTakesNoStreams() throws {
        let machine = Life()
        _ = try machine.open()
        machine.retire()
        #expect(#expect(throws: RPCStatus.self) { try machine.open() }?.code == .unavailable)
        #expect(!machine.mayDestroy())
    }

    /// Random histories against a plain model of the promises.
    @Test(arguments: 0..<20) func promisesHoldOverRandomHistories(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let machine = Life(streams: 4, operations: 3)
        var open: Set<UInt64> = []
        var known: Set<UInt64> = [0]
        var running: [UInt64: UInt64] = [:]
        var abandoned: Set<UInt64> = []
        var retired = false
        var destroyed = 0
        for step in 0..<3_000 {
            if step == 2_000 {
                machine.retire()
                retired = true
            }
            let stream = known.sorted().randomElement(using: &random) ?? 0
            let operation = running.keys.sorted().randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<7, using: &random) {
            case 0:
                if let token = try? machine.open() {
                    #expect(!retired && open.count < 4 && known.insert(token).inserted)
                    open.insert(token)
                } else {
                    #expect(retired || open.count == 4)
                }
            case 1:
                let before = running.filter { $0.value == stream }.keys.sorted()
                #expect(machine.close(stream) == (open.remove(stream) == nil ? .notOpen : .closed(stop: before)))
            case 2: #expect(!machine.halfClose(stream) || open.contains(stream))
            case 3, 4:
                if let token = try? machine.begin(on: stream) {
                    #expect(open.contains(stream) && running[token] == nil)
                    running[token] = stream
                    #expect(running.values.filter { $0 == stream }.count <= 3)
                }
            case 5: #expect(machine.abandon(operation) == (running[operation] != nil && abandoned.insert(operation).inserted))
            default:
                let owner = running.removeValue(forKey: operation)
                let ending = machine.ended(operation, .ok)
                #expect(ending?.stream == owner)
                let cancelled = owner.map { !open.contains($0) || abandoned.contains(operation) } ?? false
                #expect(ending == nil || (ending?.status.code == .cancelled) == cancelled)
            }
            #expect(machine.openStreams == open.count && machine.outstanding == running.count)
            let may = retired && destroyed == 0 && open.isEmpty && running.isEmpty
            #expect(machine.mayDestroy() == may)
            if may { destroyed += 1 }
        }
    }
}
