/// Orders and the service desk as a recording needs them: what they answer is told to `StoreReads`, refusals too. Otherwise they are what they were.
public struct ToldStores: OrderStore, ServiceDesk {
    private let base: any OrderStore & ServiceDesk

    public init(_ base: any OrderStore & ServiceDesk) { self.base = base }

    nonisolated(nonsending) public func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order] {
        let found: [Order]
        do throws(StoreError) { found = try await base.orders(of: principal, limit: limit) } catch { throw try told(error, of: .ownOrders) }
        try StoreReads.tell(StoreAnswer.Asked.ownOrders, found)
        return found
    }

    nonisolated(nonsending) public func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order {
        let found: Order
        do throws(StoreError) { found = try await base.order(id, as: principal) } catch { throw try told(error, of: .order(id)) }
        try StoreReads.tell(.order(id), found)
        return found
    }

    nonisolated(nonsending) public func submit(
        _ request: ServiceRequest, expectedVersion: Int64, timeUs: UInt64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> ServiceReceipt {
        let receipt: ServiceReceipt
        do throws(StoreError) {
            receipt = try await base.submit(
                request, expectedVersion: expectedVersion, timeUs: timeUs, idempotencyKey: idempotencyKey, as: principal)
        } catch {
            throw try told(error, of: .request(request))
        }
        try StoreReads.tell(.request(request), StoredReceipt(number: receipt.number, order: receipt.order))
        return receipt
    }

    /// Not told: no agent answers from them.
    nonisolated(nonsending) public func requests(of principal: Principal, limit: Int) async throws(StoreError) -> [ServiceReceipt] {
        try await base.requests(of: principal, limit: limit)
    }

    private func told(_ error: StoreError, of asked: StoreAnswer.Asked) throws(StoreError) -> StoreError {
        try StoreReads.tell(asked, StoreRefusal(error))
        return error
    }
}

/// What a recording holds of one answer of a store.
public struct StoreAnswer: Sendable, Equatable {
    /// What was asked for.
    struct Asked: Sendable, Equatable {
        var store: String
        var key: String

        static let ownOrders = Asked(store: "orders", key: "own")
        static func order(_ id: String) -> Asked { Asked(store: "orders", key: id) }
        static func request(_ request: ServiceRequest) -> Asked {
            let details = request.details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return Asked(
                store: "requests",
                key: ([request.kind.rawValue, request.orderID, request.productID].filter { !$0.isEmpty } + details).joined(separator: " "))
        }

        var isRequest: Bool { store == "requests" }
    }

    let asked: Asked
    /// As JSON.
    let value: String

    public init(store: String, key: String, value: String) {
        asked = Asked(store: store, key: key)
        self.value = value
    }
}

extension StoreReads {
    static func tell(_ asked: StoreAnswer.Asked, _ value: some Encodable) throws(StoreError) { try tell(asked.store, asked.key, value) }
}

/// Why a store had no answer, as a recording holds it.
struct StoreRefusal: Codable {
    var refused: String
    var message: String

    init(_ error: StoreError) {
        refused = error.code.rawValue
        message = error.message
    }

    var error: StoreError { StoreError(StoreError.Code(rawValue: refused) ?? .internal, message) }
}

/// That a request was written down, as a recording holds it.
struct StoredReceipt: Codable {
    var number: Int64
    var order: Order?
}
