// BackEnd: a shop whose orders lie in a system of its own, spoken with over HTTP and JSON.
//
// Owns the vocabulary (docs/service.md, "A back end of your own"), its checks, and how a call is tried, given up and told: time-outs, repetition of
// what may be repeated, a circuit breaker for each loop. It must never block a loop, believe an answer that was not checked, repeat what could
// act twice, or speak with anybody under virtual time: there a recording's answers are played back.
//
//     HTTPBackEnd ──▶ BackEndCalls ─┬▶ LoopCalls ──▶ HTTPCaller (RetryPlan, CircuitBreaker) ──▶ HTTPTransfers (libcurl on the loop)
//     (stores)                      └▶ PlayedBackCalls (a recording)

public import Catalog
import EventLoop
import Foundation

/// Orders and requests of a shop behind HTTP. Calls are made from tasks on loops.
public final class HTTPBackEnd: OrderStore, ServiceDesk, Sendable {
    /// The name under which its traffic stands in recordings.
    public static let outsideName = "back end"
    /// Orders of one answer that are read; more are left out.
    static let ordersMax = 100

    private let shop: String
    private let calls: any BackEndCalls
    private let onCall: @Sendable (BackEndReport) -> Void

    /// - Parameter onCall: told of every call when it is over, on the loop that made it.
    public init(shop: String, calls: any BackEndCalls, onCall: @escaping @Sendable (BackEndReport) -> Void = { _ in }) {
        self.shop = shop
        self.calls = calls
        self.onCall = onCall
    }

    // MARK: OrderStore

    nonisolated(nonsending) public func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order] {
        let user = try identified(principal)
        let most = max(0, min(limit, Self.ordersMax))
        let request = BackEndRequest(.get, "/orders?limit=\(most)", customer: user, shop: shop)
        let form = try await ask(request, OrdersForm.self) { $0.orders.allSatisfy { $0.isSound(customer: user) } }
        return form.orders.prefix(most).map { $0.order(user) }
    }

    nonisolated(nonsending) public func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order {
        let user = try identified(principal)
        // What cannot be an order's number is not asked for.
        guard OrderForm.isID(id) else { throw StoreError(.notFound, "no order \"\(id.prefix(64))\" of this customer") }
        let request = BackEndRequest(.get, "/orders/\(BackEndRequest.escaped(id))", customer: user, shop: shop)
        return try await ask(request, OrderForm.self) { $0.isSound(customer: user) && $0.id == id }.order(user)
    }

    // MARK: ServiceDesk

    nonisolated(nonsending) public func submit(
        _ request: ServiceRequest, expectedVersion: Int64, timeUs: UInt64, idempotencyKey: String, as principal: Principal
    ) async throws(StoreError) -> ServiceReceipt {
        let user = try identified(principal)
        let form = RequestForm(
            kind: request.kind.rawValue, order: request.orderID.isEmpty ? nil : request.orderID,
            product: request.productID.isEmpty ? nil : request.productID, details: request.details,
            expectedVersion: request.orderID.isEmpty ? nil : expectedVersion)
        let call = BackEndRequest(
            .post, "/requests", body: try BackEndJSON.text(form), customer: user, shop: shop, idempotencyKey: idempotencyKey)
        let answer = try await ask(call, ReceiptForm.self) { receipt in
            receipt.number > 0 && receipt.order.map { $0.isSound(customer: user) && $0.id == request.orderID } ?? true
        }
        return ServiceReceipt(number: answer.number, request: request, order: answer.order.map { $0.order(user) })
    }

    nonisolated(nonsending) public func requests(of principal: Principal, limit: Int) async throws(StoreError) -> [ServiceReceipt] {
        let user = try identified(principal)
        let most = max(0, min(limit, Self.ordersMax))
        let request = BackEndRequest(.get, "/requests?limit=\(most)", customer: user, shop: shop)
        return try await ask(request, RequestsForm.self) { $0.requests.allSatisfy(\.isSound) }.requests.prefix(most).compactMap(\.receipt)
    }

    // MARK: One call

    private func identified(_ principal: Principal) throws(StoreError) -> String {
        guard principal.shop == shop, !principal.user.isEmpty else {
            throw StoreError(.permissionDenied, "this needs a signed-in customer of shop \"\(shop)\"")
        }
        return principal.user
    }

    private nonisolated(nonsending) func ask<Form: Decodable & Sendable>(
        _ request: BackEndRequest, _ form: Form.Type, isSound: @escaping @Sendable (Form) -> Bool
    ) async throws(StoreError) -> Form {
        let loop = EventLoop.current
        let beganUs = loop?.nowUs ?? 0
        let outcome = await calls.call(request) { body in BackEndJSON.read(form, body).map(isSound) ?? false }
        loop?.refreshClock()
        let tookUs = (loop?.nowUs ?? beganUs) - beganUs
        onCall(BackEndReport(request: request, outcome: outcome, tookUs: tookUs))
        try StoreReads.tellOutside(Self.outsideName) { () throws(StoreError) in
            try BackEndJSON.text(SaidOutside(request, outcome, tookUs: tookUs))
        }
        switch outcome {
        case .failure(let failure): throw failure.storeError(isWrite: request.method == .post)
        case .answer(let status, let body):
            guard (200..<300).contains(status) else { throw Self.refusal(status, body, request) }
            guard let read = BackEndJSON.read(form, body), isSound(read) else {
                throw BackEndFailure(.rubbish, "the answer is none", mayHaveActed: true).storeError(isWrite: request.method == .post)
            }
            return read
        }
    }

    /// What a refusing status means to whoever asked. The back end's own words are for the log: nothing a customer says may bring them to be shown.
    private static func refusal(_ status: Int, _ body: [UInt8], _ request: BackEndRequest) -> StoreError {
        let what = "the back end answered \(status) to \(request.method.rawValue) \(request.path.prefix(80))"
        switch status {
        case 400, 422: return StoreError(.invalidArgument, what)
        case 401, 403: return StoreError(.permissionDenied, what)
        case 404, 410: return StoreError(.notFound, what)
        case 409: return StoreError(.conflict, what)
        case 412: return StoreError(.failedPrecondition, what)
        // To whoever reads, it does not answer just now.
        case 429: return StoreError(request.method == .post ? .resourceExhausted : .unavailable, what)
        // It says itself that it did nothing.
        case 503: return StoreError(.unavailable, what)
        default: return StoreError(request.method == .post ? .outcomeUnknown : .unavailable, what)
        }
    }
}

/// How one call went, for logs and metrics. Holds nothing of what was said.
public struct BackEndReport: Sendable {
    /// "GET /orders", without what names an order or a customer.
    public var what: String
    /// The status of the answer; 0 = there is none.
    public var status: Int
    /// "ok", "refused", or a failure's name.
    public var outcome: String
    /// Why it failed; "" = it did not.
    public var message: String
    public var tookUs: UInt64

    init(request: BackEndRequest, outcome: BackEndOutcome, tookUs: UInt64) {
        let place = request.path.split(separator: "/").first?.prefix { $0 != "?" } ?? ""
        what = "\(request.method.rawValue) /\(place)"
        self.tookUs = tookUs
        switch outcome {
        case .answer(let status, _):
            self.status = status
            self.outcome = (200..<300).contains(status) ? "ok" : status >= 500 ? "failed" : "refused"
            message = ""
        case .failure(let failure):
            status = 0
            self.outcome = failure.code.rawValue
            message = failure.message
        }
    }
}
