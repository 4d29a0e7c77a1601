import Catalog
import EventLoop
import Locks
import Testing

@testable import BackEnd

/// What every call was reported as.
final class Reports: Sendable {
    private let list = Lock<[BackEndReport]>([])
    var all: [BackEndReport] { list.withLock { $0 } }
    func add(_ report: BackEndReport) { list.withLock { $0.append(report) } }
}

@Suite("What is left of a turn bounds its calls", .serialized)
struct TurnDeadlineTests {
    /// The orders' number, with a turn that ends `leftMs` after the first call; how long each call took, in ms.
    private func ask(_ backEnd: HTTPBackEnd, times: Int = 1, leftMs: UInt64) async throws -> (came: [Came<Int>], tookMs: [UInt64]) {
        try await onLoop {
            guard let loop = EventLoop.current else { return ([], []) }
            loop.refreshClock()
            var all: [Came<Int>] = []
            var took: [UInt64] = []
            await StoreDeadline.$us.withValue(loop.nowUs + leftMs * 1_000) {
                for _ in 0..<times {
                    loop.refreshClock()
                    let beganUs = loop.nowUs
                    all.append(await came { () throws(StoreError) in try await backEnd.orders(of: BackEndProcess.ann, limit: 9).count })
                    loop.refreshClock()
                    took.append((loop.nowUs - beganUs) / 1_000)
                }
            }
            return (all, took)
        }
    }

    @Test("A call ends with the turn, although it would have more time of its own; what follows is not begun")
    func ends() async throws {
        let process = try BackEndProcess()
        try process.fail(["slow", "slow", "slow"])
        let reports = Reports()
        let choice = process.choice { ($0.requestMs, $0.totalMs) = (10_000, 20_000) }
        let backEnd = HTTPBackEnd(shop: "gold", calls: LoopCalls(choice)) { reports.add($0) }
        let outcome = try await ask(backEnd, times: 2, leftMs: 300)
        #expect(outcome.came == [.error(.unavailable), .error(.unavailable)])
        // A slow answer takes 1.5 s.
        #expect(outcome.tookMs[0] >= 250 && outcome.tookMs[0] < 1_200, "\(outcome.tookMs)")
        #expect(reports.all.map(\.outcome) == ["timed_out", "timed_out"])
        #expect(reports.all.last?.message == "the turn's time is over")
        #expect(try process.told().seen.count == 1)
    }

    @Test("A call that the turn's end cut short says nothing against the back end")
    func breaker() async throws {
        let process = try BackEndProcess()
        try process.fail(["slow"])
        let backEnd = HTTPBackEnd(
            shop: "gold", calls: LoopCalls(process.choice { ($0.circuitFailuresMax, $0.attemptsMax, $0.requestMs) = (1, 1, 2_900) }))
        let outcome = try await onLoop {
            guard let loop = EventLoop.current else { return [Came<Int>]() }
            loop.refreshClock()
            let ann = BackEndProcess.ann
            let cut = await StoreDeadline.$us.withValue(loop.nowUs + 200_000) {
                await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count }
            }
            return [cut, await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count }]
        }
        #expect(outcome == [.error(.unavailable), .value(2)])
    }

    @Test("A turn with time to spare changes nothing")
    func spare() async throws {
        let process = try BackEndProcess()
        let outcome = try await ask(process.backEnd(), leftMs: 60_000)
        #expect(outcome.came == [.value(2)])
    }
}
