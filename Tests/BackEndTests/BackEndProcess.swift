import Catalog
import EventLoop
import Foundation
import Glibc
import Locks
import TestSupport

@testable import BackEnd

/// examples/back-end/back_end.py as a process of its own, over a few made orders, with its faults switched on.
final class BackEndProcess: Sendable {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let ann = Principal(user: "ann", shop: "gold")

    let port: UInt16
    private let loop: EventLoop
    private let orders: String
    private let hasEnded = Lock(false)

    /// - Parameter certificate: made for it, so that it serves over TLS; nil = plain HTTP. `told` and `fail` are for plain HTTP.
    init(token: String = "", certificate: MadeCertificate? = nil) throws {
        orders = NSTemporaryDirectory() + "vitrine-back-end-\(UUID().uuidString).jsonl"
        let rows = [("VT-1", "ann", "paid"), ("VT-2", "ann", "delivered"), ("VT-3", "bob", "paid")].map { id, user, status in
            """
            {"id": "\(id)", "user": "\(user)", "status": "\(status)", "placed_at": "2026-07-0\(id.suffix(1))T00:00:00Z", "currency": "USD",
             "total_minor": 100, "items": [{"product": "RING-1", "quantity": 1, "price_minor": 100}]}
            """.replacing("\n", with: " ")
        }
        try rows.joined(separator: "\n").write(toFile: orders, atomically: true, encoding: .utf8)
        let loop = try EventLoop(name: "back-end-process")
        self.loop = loop
        loop.start()
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LoopError(.resourceExhausted, "no pipe") }
        let write = ends[1]
        let failure = Lock<LoopError?>(nil)
        let arguments =
            ["\(Self.root)/examples/back-end/back_end.py", "--orders", orders, "--faults", "--token", token]
            + (certificate.map { ["--certificate", $0.certificate, "--key", $0.key] } ?? [])
        loop.submit { [loop, hasEnded] in
            do throws(LoopError) {
                _ = try ChildProcess.spawn(ChildProcess.Command("python3", arguments), descriptors: [nil, write, 2], loop: loop) { _ in
                    hasEnded.withLock { $0 = true }
                    hasEnded.signalAll()
                }
            } catch {
                failure.withLock { $0 = error }
            }
            close(write)
        }
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while read(ends[0], &byte, 1) == 1, byte != 10 { text.append(byte) }
        close(ends[0])
        guard let port = UInt16(String(decoding: text, as: UTF8.self)) else {
            throw failure.withLock { $0 } ?? LoopError(.invalidState, "the back end did not start; python3 is needed")
        }
        self.port = port
    }

    deinit {
        // Kills the program.
        loop.stop()
        loop.join()
        unlink(orders)
    }

    /// What the next requests meet, one each; one that ends in * is met by all from then on.
    func fail(_ faults: [String]) throws { _ = try told(faults) }

    struct Told: Decodable {
        struct Request: Decodable {
            var customer: String
            var kind: String
            var order: String?
        }
        /// What was done, each once.
        var requests: [Request]
        /// Every request that came, "GET /orders".
        var seen: [String]
    }

    func told(_ faults: [String]? = nil) throws -> Told {
        let body = try faults.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) } ?? ""
        let head = faults == nil ? "GET /_log HTTP/1.1" : "POST /_faults HTTP/1.1\r\nContent-Length: \(body.utf8.count)"
        guard let text = loopbackExchange(port: port, "\(head)\r\nHost: x\r\nConnection: close\r\n\r\n\(body)") else {
            throw LoopError(.connectionRefused, "the back end is gone")
        }
        guard let start = text.range(of: "\r\n\r\n") else { throw LoopError(.connectionReset, "no answer") }
        return try JSONDecoder().decode(Told.self, from: Data(text[start.upperBound...].utf8))
    }

    /// As a configuration would have it, with short times.
    func choice(_ change: (inout BackEndChoice) -> Void = { _ in }) -> BackEndChoice {
        var choice = BackEndChoice(url: "http://127.0.0.1:\(port)")
        (choice.connectMs, choice.requestMs, choice.totalMs, choice.backoffMs) = (400, 1_000, 6_000, 10)
        change(&choice)
        return choice
    }

    func backEnd(_ change: (inout BackEndChoice) -> Void = { _ in }) -> HTTPBackEnd {
        HTTPBackEnd(shop: "gold", calls: LoopCalls(choice(change)))
    }
}

/// Runs `body` as a task on a loop of its own; what it throws is its result.
func onLoop<R: Sendable>(_ clock: LoopClock.Mode = .real, _ body: @escaping @Sendable () async -> R) async throws -> R {
    let loop = try EventLoop(name: "back-end-test", clock: clock)
    loop.start()
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<R, Never>) in
        loop.submit { Task(executorPreference: loop) { continuation.resume(returning: await body()) } }
    }
    loop.stop()
    loop.join()
    return result
}

/// What a call came to: its value, or its error's code.
enum Came<Value: Sendable & Equatable>: Sendable, Equatable {
    case value(Value)
    case error(StoreError.Code)
}

nonisolated(nonsending) func came<Value>(_ body: () async throws(StoreError) -> Value) async -> Came<Value> {
    do throws(StoreError) { return .value(try await body()) } catch { return .error(error.code) }
}
