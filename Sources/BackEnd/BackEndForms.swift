import Catalog
import Foundation

// What is said to a back end and what it answers, as JSON. Everything that comes is bounded and checked before it becomes one of our values.

enum BackEndJSON {
    static func text(_ value: some Encodable) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw StoreError(.internal, "a request cannot be written as JSON: \(error)")
        }
    }

    /// nil for what is not of that form.
    static func read<Form: Decodable>(_ form: Form.Type, _ bytes: [UInt8]) -> Form? {
        // The answer's bytes are bounded, but brackets in brackets cost stack.
        guard depth(bytes) <= depthMax else { return nil }
        return try? JSONDecoder().decode(form, from: Data(bytes))
    }

    /// Brackets within brackets.
    static let depthMax = 16

    private static func depth(_ bytes: [UInt8]) -> Int {
        var (depth, deepest) = (0, 0)
        for byte in bytes {
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
            deepest = max(deepest, depth)
        }
        return deepest
    }

    /// Characters of one text.
    static let charactersMax = 200

    /// Short, and without what would end a line or move a terminal's cursor.
    static func isSound(_ text: String?) -> Bool {
        guard let text else { return true }
        return text.count <= charactersMax && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}

struct OrdersForm: Decodable, Sendable {
    var orders: [OrderForm]
}

struct OrderForm: Decodable, Sendable {
    struct Item: Decodable, Sendable {
        var product: String
        var quantity: Int
        var price_minor: Int64
        var size: String?
    }

    var id: String
    /// Whose it is; when it is missing, the customer's who was named in the request.
    var customer: String?
    var status: String
    var placed_at: String?
    var expected_at: String?
    var carrier: String?
    var tracking: String?
    var city: String?
    var currency: String?
    var shipping_minor: Int64?
    var total_minor: Int64?
    var items: [Item]
    var version: Int64

    static let statuses = ["placed", "paid", "processing", "packed", "shipped", "delivered", "cancelled", "returned"]
    static let itemsMax = 100
    static let amountMax: Int64 = 1_000_000_000_000

    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// An order of somebody else's is no answer to this customer's question.
    func isSound(customer wanted: String) -> Bool {
        let amounts = [shipping_minor ?? 0, total_minor ?? 0] + items.map(\.price_minor)
        let texts = [placed_at, expected_at, carrier, tracking, city, currency] + items.flatMap { [$0.product, $0.size] }
        return Self.isID(id) && (customer ?? wanted) == wanted && Self.statuses.contains(status) && version >= 1 && items.count <= Self.itemsMax
            && items.allSatisfy { (1...1_000_000).contains($0.quantity) } && amounts.allSatisfy { (0...Self.amountMax).contains($0) }
            && texts.allSatisfy(BackEndJSON.isSound)
    }

    func order(_ user: String) -> Order {
        Order(
            id: id, user: user, status: status, placedAt: placed_at ?? "", expectedAt: expected_at ?? "", carrier: carrier ?? "",
            tracking: tracking ?? "", city: city ?? "", currency: currency ?? "", shippingMinor: shipping_minor ?? 0, totalMinor: total_minor ?? 0,
            items: items.map { Order.Item(productID: $0.product, quantity: $0.quantity, priceMinor: $0.price_minor, size: $0.size ?? "") },
            version: version)
    }
}

struct RequestForm: Encodable, Sendable {
    var kind: String
    var order: String?
    var product: String?
    var details: [String: String]
    var expectedVersion: Int64?

    private enum CodingKeys: String, CodingKey {
        case kind, order, product, details
        case expectedVersion = "expected_version"
    }
}

struct ReceiptForm: Decodable, Sendable {
    var number: Int64
    var order: OrderForm?
}

struct RequestsForm: Decodable, Sendable {
    struct Entry: Decodable, Sendable {
        var number: Int64
        var kind: String
        var order: String?
        var product: String?

        var isSound: Bool {
            number > 0 && ServiceRequest.Kind(rawValue: kind) != nil && BackEndJSON.isSound(order) && BackEndJSON.isSound(product)
        }

        var receipt: ServiceReceipt? {
            ServiceRequest.Kind(rawValue: kind).map {
                ServiceReceipt(number: number, request: ServiceRequest(kind: $0, orderID: order ?? "", productID: product ?? ""))
            }
        }
    }

    var requests: [Entry]
}
