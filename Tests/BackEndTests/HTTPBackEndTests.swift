import Catalog
import EventLoop
import Foundation
import Locks
import Testing

@testable import BackEnd

@Suite("A shop's back end over HTTP", .serialized)
struct HTTPBackEndTests {
    private let process: BackEndProcess
    private let ann = BackEndProcess.ann
    private let cancel = ServiceRequest(kind: .cancel, orderID: "VT-1")

    init() throws { process = try BackEndProcess() }

    @Test("shows customers their own orders and nobody else's")
    func orders() async throws {
        let backEnd = process.backEnd()
        let (own, one, foreign, odd) = try await onLoop { [ann] in
            (
                await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 10).map(\.id) },
                await came { () throws(StoreError) in try await backEnd.order("VT-2", as: ann).items },
                await came { () throws(StoreError) in try await backEnd.order("VT-3", as: ann).id },
                await came { () throws(StoreError) in try await backEnd.order("../requests", as: ann).id }
            )
        }
        #expect(own == .value(["VT-2", "VT-1"]))
        #expect(one == .value([Order.Item(productID: "RING-1", quantity: 1, priceMinor: 100)]))
        #expect(foreign == .error(.notFound))
        #expect(odd == .error(.notFound), "an address cannot be climbed out of")
        #expect(try process.told().seen.last == "GET /orders/..%2Frequests")
    }

    @Test("does what is asked once for each key; an order that has changed meanwhile is not touched")
    func twoClients() async throws {
        // Two clients, each on a loop of its own, that were shown the same version and confirm at the same time.
        let backEnd = process.backEnd()
        @Sendable func confirm(_ key: String) async throws -> Came<String> {
            try await onLoop { [ann, cancel] in
                await came { () throws(StoreError) in
                    try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: key, as: ann).order?.status ?? ""
                }
            }
        }
        async let first = confirm("one/1")
        async let second = confirm("two/1")
        let both = try await [first, second]
        #expect(both.count { $0 == .value("cancelled") } == 1)
        #expect(both.count { $0 == .error(.conflict) } == 1)
        let winner = both[0] == .value("cancelled") ? "one/1" : "two/1"
        #expect(try await confirm(winner) == .value("cancelled"), "who asks again with the same key gets the same answer")
        #expect(try process.told().requests.map(\.kind) == ["cancel"])
    }

    @Test("a state that does not allow it is a failed precondition")
    func state() async throws {
        let backEnd = process.backEnd()
        let outcome = try await onLoop { [ann] in
            await came { () throws(StoreError) in
                try await backEnd.submit(
                    ServiceRequest(kind: .returning, orderID: "VT-1"), expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: ann
                ).number
            }
        }
        #expect(outcome == .error(.failedPrecondition))
        #expect(try process.told().requests.isEmpty)
    }

    // MARK: Slow

    @Test("one that was slow once is asked again; nothing is done twice, although the first request was done")
    func slowOnce() async throws {
        try process.fail(["done-but-silent"])
        let backEnd = process.backEnd()
        let outcome = try await onLoop { [ann, cancel] in
            await came { () throws(StoreError) in
                try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: ann).number
            }
        }
        #expect(outcome == .value(1))
        let told = try process.told()
        #expect(told.requests.count == 1)
        #expect(told.seen.count { $0 == "POST /requests" } == 2)
    }

    @Test("what stays silent has an end; whether it was done is said to be unknown, and asking again finds out")
    func slowAlways() async throws {
        try process.fail(["done-but-silent", "slow*"])
        let backEnd = process.backEnd { ($0.attemptsMax, $0.totalMs, $0.requestMs) = (3, 700, 250) }
        let took = Lock<UInt64>(0)
        @Sendable func submit() async throws -> Came<Int64> {
            try await onLoop { [ann, cancel] in
                let loop = EventLoop.current
                let beganUs = loop?.nowUs ?? 0
                let outcome = await came { () throws(StoreError) in
                    try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: ann).number
                }
                loop?.refreshClock()
                took.withLock { $0 = (loop?.nowUs ?? 0) - beganUs }
                return outcome
            }
        }
        #expect(try await submit() == .error(.outcomeUnknown))
        // Wide of the 700 ms it has, for a loaded machine; two slow answers alone would be 6 s.
        #expect(took.withLock { $0 } < 4_500_000)
        try process.fail([])
        #expect(try await submit() == .value(1))
        #expect(try process.told().requests.count == 1)
    }

    @Test("what may have been done is not made undone by later refusals", arguments: ["503", "429", "409", "404"])
    func doneThenRefused(later: String) async throws {
        // All that come later: a loaded machine may take longer for a refusal than its caller waits.
        try process.fail(["done-but-silent", "\(later)*"])
        let backEnd = process.backEnd()
        let outcome = try await onLoop { [ann, cancel] in
            await came { () throws(StoreError) in
                try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: ann).number
            }
        }
        #expect(outcome == .error(.outcomeUnknown))
        #expect(try process.told().requests.count == 1)
    }

    @Test(
        "a loop that ends leaves no call waiting: neither in a pause, nor under way, nor before it has a connection", arguments: ["503", "slow", ""])
    func endingLoop(fault: String) async throws {
        try process.fail([fault])
        let backEnd = process.backEnd { ($0.backoffMs, $0.totalMs, $0.requestMs) = (60_000, 200_000, 100_000) }
        let loop = try EventLoop(name: "ending")
        loop.start()
        let outcome = await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Came<Int>?>(waiting, otherwise: nil)
            loop.submit { [ann] in
                Task(executorPreference: loop) {
                    continuation.resume(
                        returning: await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count })
                }
                // Without a fault the loop ends in the iteration in which the call begins.
                if fault.isEmpty { loop.stop() } else { loop.after(400_000) { loop.stop() } }
            }
        }
        loop.join()
        #expect(outcome == .error(.unavailable))
    }

    @Test("what has no key is never sent twice")
    func noKey() async throws {
        try process.fail(["slow"])
        let backEnd = process.backEnd { $0.requestMs = 200 }
        let outcome = try await onLoop { [ann, cancel] in
            await came { () throws(StoreError) in
                try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "", as: ann).number
            }
        }
        #expect(outcome == .error(.outcomeUnknown))
        #expect(try process.told().seen == ["POST /requests"])
    }

    // MARK: Down

    @Test("one that is not there is unavailable at once, and nothing was done")
    func down() async throws {
        var choice = BackEndChoice(url: "http://127.0.0.1:9")
        choice.backoffMs = 1
        let backEnd = HTTPBackEnd(shop: "gold", calls: LoopCalls(choice))
        let (read, write) = try await onLoop { [ann, cancel] in
            (
                await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 1) },
                await came { () throws(StoreError) in
                    try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: ann).number
                }
            )
        }
        #expect(read == .error(.unavailable))
        #expect(write == .error(.unavailable))
    }

    @Test("after failures in a row it is left alone, and then tried by one call")
    func circuit() async throws {
        let backEnd = process.backEnd { choice in
            (choice.attemptsMax, choice.circuitFailuresMax, choice.circuitOpenMs) = (1, 2, 300)
        }
        try process.fail(["503", "500"])
        let outcomes = try await onLoop { [ann] in
            var all: [Came<Int>] = []
            for _ in 0..<3 { all.append(await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count }) }
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                EventLoop.current?.after(350_000) { continuation.resume() }
            }
            all.append(await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count })
            return all
        }
        #expect(outcomes == [.error(.unavailable), .error(.unavailable), .error(.unavailable), .value(2)])
        #expect(try process.told().seen.count == 3, "the third call did not reach it")
    }

    // MARK: Rubbish

    @Test(
        "an answer that is none is not believed: a read fails, and the rest goes on",
        arguments: ["html", "no-http", "close", "huge", "nested", "foreign", "500", "404", "302", "429"])
    func rubbish(fault: String) async throws {
        try process.fail(["\(fault)*"])
        let backEnd = process.backEnd()
        let (bad, good) = try await onLoop { [ann, process] in
            let bad = await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count }
            do { try process.fail([]) } catch { Issue.record(error) }
            return (bad, await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count })
        }
        #expect(bad == .error(fault == "404" ? .notFound : .unavailable))
        #expect(good == .value(2))
    }

    @Test("a write that is answered with rubbish was done once, whatever the rubbish", arguments: ["html", "negative", "huge"])
    func rubbishWrite(fault: String) async throws {
        try process.fail(["\(fault)*"])
        let backEnd = process.backEnd()
        let outcome = try await onLoop { [ann, cancel] in
            await came { () throws(StoreError) in
                try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "k", as: ann).number
            }
        }
        #expect(outcome == .error(.outcomeUnknown))
        #expect(try process.told().requests.count == 1)
    }

    @Test("customers' names cannot end a header or leave their place")
    func headers() async throws {
        let backEnd = process.backEnd()
        let odd = Principal(user: "ann\r\nVitrine-Customer: bob", shop: "gold")
        let orders = try await onLoop { await came { () throws(StoreError) in try await backEnd.orders(of: odd, limit: 9).map(\.id) } }
        #expect(orders == .value([]))
    }

    @Test("only so many calls are under way")
    func busy() async throws {
        try process.fail(["slow"])
        let backEnd = process.backEnd { ($0.callsMax, $0.attemptsMax, $0.requestMs) = (1, 1, 300) }
        let outcomes = try await onLoop { [ann] in
            async let first = came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count }
            async let second = came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).count }
            return await [first, second]
        }
        #expect(outcomes == [.error(.unavailable), .error(.unavailable)], "a read that cannot be made is not there just now")
        #expect(try process.told().seen.count == 1)
    }

    // MARK: Recordings

    @Test("what was said is told to whoever records, and plays back without anybody being spoken with, under virtual time")
    func playedBack() async throws {
        try process.fail(["", "503"])
        let backEnd = process.backEnd()
        let noted = Lock<[StoreReads.Noted]>([])
        let heard = try await onLoop { [ann, cancel] in
            await StoreReads.$note.withValue(StoreReads.Note { note in noted.withLock { $0.append(note) } }) {
                await HTTPBackEndTests.conversation(backEnd, ann, cancel, key: "live/1")
            }
        }
        let said = try noted.withLock { $0 }.compactMap { note -> SaidOutside? in
            guard case .outside(HTTPBackEnd.outsideName, let text) = note else { return nil }
            return try SaidOutside(recorded: Array(text.utf8))
        }
        #expect(said.count == 3)
        let seen = try process.told().seen.count
        let missed = Lock<[String]>([])
        let played = HTTPBackEnd(shop: "gold", calls: PlayedBackCalls(said) { miss in missed.withLock { $0.append(miss) } })
        // Another session, so another key.
        let again = try await onLoop(.virtual) { [ann, cancel] in await HTTPBackEndTests.conversation(played, ann, cancel, key: "replay/1") }
        #expect(again == heard)
        #expect(try process.told().seen.count == seen)
        let more = try await onLoop(.virtual) { [ann, cancel] in
            (
                await came { () throws(StoreError) in try await played.orders(of: ann, limit: 9).count },
                await came { () throws(StoreError) in
                    try await played.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: "x", as: ann).number
                }
            )
        }
        #expect(more.0 == .value(2), "a question that was asked then can be asked again")
        #expect(more.1 == .error(.unavailable), "what was not done then is not done now")
        #expect(missed.withLock { $0 } == ["the recording has no answer to POST /requests: the back end is played as unreachable"])
    }

    private nonisolated(nonsending) static func conversation(
        _ backEnd: HTTPBackEnd, _ ann: Principal, _ cancel: ServiceRequest, key: String
    ) async -> [Came<String>] {
        [
            await came { () throws(StoreError) in try await backEnd.orders(of: ann, limit: 9).map(\.id).joined(separator: " ") },
            await came { () throws(StoreError) in
                try await backEnd.submit(cancel, expectedVersion: 1, timeUs: 0, idempotencyKey: key, as: ann).order?.status ?? ""
            },
            await came { () throws(StoreError) in try await backEnd.order("VT-1", as: ann).status },
        ]
    }
}
