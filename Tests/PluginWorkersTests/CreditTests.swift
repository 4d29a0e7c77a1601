import EventLoop
import Router
import Testing
import Wire

@testable import PluginWorkers

@Suite struct CreditTests {
    private func message(_ kind: UInt32, _ bytes: Int) -> RoutedMessage {
        RoutedMessage(kind: kind, turnID: 1, revision: 0, captureTimeUs: 0, payload: SharedBuffer([UInt8](repeating: 0, count: bytes)))
    }

    @Test func inputsGoInOrderAsLongAsTheirLaneHasCredit() throws {
        var ledger = InputLedger(bytesMax: 10 << 20, keepsSent: false)
        for _ in 0..<3 { try ledger.add(message(ClientMessageKind.audio, 200 << 10)) }
        try ledger.add(message(ClientMessageKind.text, 10))
        #expect(ledger.next()?.sequence == 1)
        #expect(ledger.next()?.sequence == 2, "a message may overdraw")
        #expect(ledger.next()?.sequence == nil, "text does not overtake audio")
        #expect(!ledger.isFlushed)
        ledger.grant(144 << 10, on: .audio)
        #expect(ledger.next()?.sequence == nil, "the overdraft is paid first")
        ledger.grant(1, on: .audio)
        #expect(ledger.next()?.sequence == 3)
        #expect(ledger.next()?.sequence == 4)
        #expect(ledger.next()?.sequence == nil)
        #expect(ledger.isFlushed && ledger.lastSent == 4 && ledger.keptBytes == 0)
    }

    @Test func aWaitingVideoFrameIsReplacedByTheNext() throws {
        var ledger = InputLedger(bytesMax: 10 << 20, keepsSent: false)
        try ledger.add(message(ClientMessageKind.video, 2 << 20))
        #expect(ledger.next()?.sequence == 1)
        for bytes in [10, 20, 30] { try ledger.add(message(ClientMessageKind.video, bytes)) }
        #expect(ledger.keptBytes == 30)
        ledger.grant(2 << 20, on: .video)
        let next = ledger.next()
        #expect(next?.sequence == 2 && next?.bytes == 30)
        #expect(ledger.next()?.sequence == nil)
    }

    @Test func whatWaitsIsBounded() throws {
        var ledger = InputLedger(bytesMax: 1_000, keepsSent: true)
        try ledger.add(message(ClientMessageKind.text, 5_000))
        let error = #expect(throws: RPCStatus.self) { try ledger.add(message(ClientMessageKind.text, 1)) }
        #expect(error?.code == .resourceExhausted && error?.message.contains("at most 1000 may") == true)
        _ = ledger.next()
        #expect(throws: RPCStatus.self) { try ledger.add(message(ClientMessageKind.text, 1)) }
        try ledger.acknowledge(1)
        try ledger.add(message(ClientMessageKind.text, 1))
        #expect(ledger.keptBytes == 1)
    }

    @Test func whatWasNotAcknowledgedGoesAgainBeforeTheRest() throws {
        var ledger = InputLedger(bytesMax: 1 << 20, keepsSent: true)
        for bytes in 1...5 { try ledger.add(message(ClientMessageKind.text, bytes)) }
        for _ in 0..<3 { _ = ledger.next() }
        try ledger.acknowledge(1)
        #expect(ledger.unacknowledged == 2)
        ledger.rewind()
        var again: [UInt64] = []
        while let item = ledger.next() { again.append(item.sequence) }
        #expect(again == [2, 3, 4, 5])
        let error = #expect(throws: RPCStatus.self) { try ledger.acknowledge(6) }
        #expect(error?.code == .invalidArgument)
    }

    @Test func grantsWithoutMeasureGainNothing() throws {
        var ledger = InputLedger(bytesMax: 10 << 20, keepsSent: false)
        for _ in 0..<100 { ledger.grant(.max, on: .audio) }
        for _ in 0..<3 { try ledger.add(message(ClientMessageKind.audio, 200 << 10)) }
        _ = ledger.next()
        _ = ledger.next()
        #expect(ledger.next()?.sequence == nil)
    }

    @Test func outputCreditComesBackNoFasterThanItsRate() {
        var window = OutputWindow(windowBytes: 1_000, bytesPerSecondMax: 1_000, nowUs: 1)
        #expect(window.received(600) == true)
        #expect(window.grant(nowUs: 1) == 600)
        #expect(window.received(900) == true)
        #expect(window.grant(nowUs: 1) == 400, "what is left of the window's tokens")
        #expect(window.received(500) == true)
        #expect(window.received(1) == false, "the last message overdraws, the next one is too much")
        #expect(window.grant(nowUs: 2) == 0)
        #expect(window.grant(nowUs: 500_001) == 500)
        #expect(window.creditBytes == 500 && window.waitUs != nil)
    }

    /// A worker that keeps to its credit is never taken for one that does not, and in the long run gives no more than its rate.
    @Test(arguments: 0..<10) func whoeverKeepsToItIsNeverRefused(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var window = OutputWindow(windowBytes: 10_000, bytesPerSecondMax: 50_000, nowUs: 1)
        var credit = 10_000
        var now: UInt64 = 1
        var given = 0
        for _ in 0..<5_000 {
            now += UInt64.random(in: 0..<2_000, using: &random)
            credit += window.grant(nowUs: now)
            guard credit > 0 else { continue }
            let bytes = Int.random(in: 1...3_000, using: &random)
            #expect(window.received(bytes) == true)
            credit -= bytes
            given += bytes
        }
        #expect(given <= 10_000 + 10_000 + 3_000 + Int(now) * 50_000 / 1_000_000)
        #expect(given >= Int(now) * 50_000 / 1_000_000 / 2, "and it is not starved")
    }

    @Test func eventsBeyondARateAreCountedAndTold() {
        var rate = RateWindow(perSecondMax: 3)
        var admitted: [Bool] = []
        for _ in 0..<5 { admitted.append(rate.admit(nowUs: 10)) }
        #expect(admitted == [true, true, true, false, false])
        #expect(rate.takeSuppressed() == 0)
        #expect(rate.admit(nowUs: 1_000_010) == true)
        #expect(rate.takeSuppressed() == 2)
        #expect(rate.takeSuppressed() == 0)
    }
}
