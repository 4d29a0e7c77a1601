/// What a customer asks customer service to do.
public struct ServiceRequest: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        case cancel, returning = "return", exchange, address, resize, repair
        case stockAlert = "stock_alert"
        case cart
    }
    public var kind: Kind
    /// "" for what is about no order (stock alert, cart).
    public var orderID: String
    public var productID: String
    /// "address", "size", "problem", "wish", "quantity" …, as the customer gave them.
    public var details: [String: String]

    public init(kind: Kind, orderID: String = "", productID: String = "", details: [String: String] = [:]) {
        self.kind = kind
        self.orderID = orderID
        self.productID = productID
        self.details = details
    }

    /// States of an order in which this can be asked for; empty = it is about no order.
    public var orderStates: [String] { ServiceRequest.orderStates(kind) }

    public static func orderStates(_ kind: Kind) -> [String] {
        switch kind {
        case .cancel, .address: ["placed", "paid"]
        case .returning, .exchange, .resize, .repair: ["delivered"]
        case .stockAlert, .cart: []
        }
    }
}

/// That a request was written down.
public struct ServiceReceipt: Sendable, Equatable {
    public var number: Int64
    public var request: ServiceRequest
    /// The order after it, where it is about one.
    public var order: Order?

    public init(number: Int64, request: ServiceRequest, order: Order? = nil) {
        self.number = number
        self.request = request
        self.order = order
    }
}

/// Where customer service acts. One implementation writes into the shop's own database; another may call a shop's back end.
public protocol ServiceDesk: Sendable {
    /// Does what is asked, once for each idempotency key, in one transaction.
    ///
    /// - Parameter expectedVersion: of the order, as the customer confirmed it; ignored where no order is meant.
    /// - Throws: `.conflict` when the order was changed since, `.failedPrecondition` when its state does not allow it or it was asked before,
    ///   `.notFound` for what is not the principal's, `.invalidArgument` for details that are missing or too long.
    nonisolated(nonsending) func submit(
        _ request: ServiceRequest, expectedVersion: Int64, timeUs: UInt64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> ServiceReceipt
    /// The principal's own requests, newest first.
    nonisolated(nonsending) func requests(of principal: Principal, limit: Int) async throws(StoreError) -> [ServiceReceipt]
}
