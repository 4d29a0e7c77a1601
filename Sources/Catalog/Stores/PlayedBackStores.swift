import EventLoop
import Foundation
import Locks

/// Orders and the service desk as they answered in a recorded conversation, whatever the shop has become since. Nothing is written.
///
/// A question has the answers that it had then, one after the other, and the last one again when it is asked more often. What was asked before a
/// request was made and what after it stay apart: an order that was cancelled then is open until the conversation has cancelled it again. What was
/// not asked then is asked of the shop as it is now, which is told.
public final class PlayedBackStores: OrderStore, ServiceDesk, Sendable {
    private struct Entry {
        var answer: StoreAnswer
        /// Requests that had been made before.
        var requestsBefore: Int
        var isUsed = false
    }

    private struct State {
        var entries: [Entry] = []
        var requestsMade = 0
    }

    private let state: Lock<State>
    private let base: any OrderStore & ServiceDesk
    private let onMiss: @Sendable (String) -> Void

    /// - Parameters:
    ///   - answers: in the recording's order; what a redaction has emptied counts as not recorded.
    ///   - base: the shop as it is now.
    ///   - onMiss: told in a sentence what was not recorded and was asked of `base`.
    public init(_ answers: [StoreAnswer], else base: any OrderStore & ServiceDesk, onMiss: @escaping @Sendable (String) -> Void) {
        var state = State()
        for answer in answers where !answer.value.isEmpty {
            state.entries.append(Entry(answer: answer, requestsBefore: state.requestsMade))
            if answer.asked.isRequest { state.requestsMade += 1 }
        }
        state.requestsMade = 0
        self.state = Lock(state)
        self.base = base
        self.onMiss = onMiss
    }

    nonisolated(nonsending) public func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order] {
        guard let value = try await answer(to: .ownOrders, Database.modelledReadUs) else {
            onMiss("the recording does not say which orders the customer had: the shop of today was asked")
            return try await base.orders(of: principal, limit: limit)
        }
        return try Self.read([Order].self, value).prefix(max(0, limit)).map { $0.owned(by: principal) }
    }

    nonisolated(nonsending) public func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order {
        if let value = try await answer(to: .order(id), Database.modelledReadUs) {
            return try Self.read(Order.self, value).owned(by: principal)
        }
        // It may have come with the others.
        if let value = next(.ownOrders, isAgain: true), let all = try? Self.read([Order].self, value), let found = all.first(where: { $0.id == id }) {
            await EventLoop.current?.pass(us: Database.modelledReadUs)
            return found.owned(by: principal)
        }
        onMiss("the recording does not say what order \(id.prefix(64)) was like: the shop of today was asked")
        return try await base.order(id, as: principal)
    }

    nonisolated(nonsending) public func submit(
        _ request: ServiceRequest, expectedVersion: Int64, timeUs: UInt64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> ServiceReceipt {
        guard let value = try await answer(to: .request(request), Database.modelledWriteUs) else {
            onMiss("the recording does not say what became of the request '\(request.kind.rawValue)': it was made of a copy of the shop of today")
            return try await base.submit(
                request, expectedVersion: expectedVersion, timeUs: timeUs, idempotencyKey: idempotencyKey, as: principal)
        }
        let receipt = try Self.read(StoredReceipt.self, value)
        return ServiceReceipt(number: receipt.number, request: request, order: receipt.order?.owned(by: principal))
    }

    nonisolated(nonsending) public func requests(of principal: Principal, limit: Int) async throws(StoreError) -> [ServiceReceipt] {
        try await base.requests(of: principal, limit: limit)
    }

    private static func read<T: Decodable>(_ type: T.Type, _ value: String) throws(StoreError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(value.utf8))
        } catch {
            throw StoreError(.corrupted, "an answer that the recording holds cannot be read: it was redacted, or is of another version")
        }
    }

    /// - Throws: what was thrown then.
    private nonisolated(nonsending) func answer(to asked: StoreAnswer.Asked, _ costUs: UInt64) async throws(StoreError) -> String? {
        guard let value = next(asked) else { return nil }
        await EventLoop.current?.pass(us: costUs)
        if let refusal = try? Self.read(StoreRefusal.self, value) { throw refusal.error }
        return value
    }

    /// - Parameter isAgain: it is looked at beside its turn, and will be given again.
    private func next(_ asked: StoreAnswer.Asked, isAgain: Bool = false) -> String? {
        state.withLock { state in
            let made = state.requestsMade
            let own = state.entries.indices.filter { state.entries[$0].answer.asked == asked }
            let chosen =
                asked.isRequest
                ? own.first { !state.entries[$0].isUsed } ?? own.last
                : own.first { !state.entries[$0].isUsed && state.entries[$0].requestsBefore == made }
                    ?? own.last { state.entries[$0].requestsBefore <= made } ?? own.first
            guard let chosen else { return nil }
            if asked.isRequest { state.requestsMade = max(made, state.entries[chosen].requestsBefore + 1) }
            if !isAgain { state.entries[chosen].isUsed = true }
            return state.entries[chosen].answer.value
        }
    }
}

extension Order {
    /// Recordings hold no tokens: whoever plays one stands for its customer.
    fileprivate func owned(by principal: Principal) -> Order {
        var own = self
        own.user = principal.user
        return own
    }
}
