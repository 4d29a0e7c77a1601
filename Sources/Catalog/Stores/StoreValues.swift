/// An order as its customer sees it.
public struct Order: Sendable, Equatable, Codable {
    public struct Item: Sendable, Equatable, Codable {
        public var productID: String
        public var quantity: Int
        /// Of one piece, in the order's currency.
        public var priceMinor: Int64
        /// "US 7"; "" = the article has none.
        public var size: String

        public init(productID: String, quantity: Int, priceMinor: Int64, size: String = "") {
            self.productID = productID
            self.quantity = quantity
            self.priceMinor = priceMinor
            self.size = size
        }
    }
    public var id: String
    public var user: String
    /// "placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned".
    public var status: String
    /// ISO 8601, as the shop gave it.
    public var placedAt: String
    /// When it should arrive; "" = not known.
    public var expectedAt: String
    public var carrier: String
    public var tracking: String
    public var city: String
    public var currency: String
    public var shippingMinor: Int64
    public var totalMinor: Int64
    public var items: [Item]
    /// Raised by every write; starts at 1.
    public var version: Int64

    public init(
        id: String, user: String, status: String, placedAt: String = "", expectedAt: String = "", carrier: String = "", tracking: String = "",
        city: String = "", currency: String = "", shippingMinor: Int64 = 0, totalMinor: Int64 = 0, items: [Item] = [], version: Int64 = 1
    ) {
        self.id = id
        self.user = user
        self.status = status
        self.placedAt = placedAt
        self.expectedAt = expectedAt
        self.carrier = carrier
        self.tracking = tracking
        self.city = city
        self.currency = currency
        self.shippingMinor = shippingMinor
        self.totalMinor = totalMinor
        self.items = items
        self.version = version
    }
}

/// What the shop knows of a customer.
public struct Profile: Sendable, Equatable {
    public var user: String
    public var name: String
    /// BCP 47, "" = not known.
    public var language: String
    /// "gender", "ring_size", "allergies", "likes" … as the shop gave them, values as JSON text.
    public var attributes: [String: String]
    /// Of the stored profile; 0 = not stored yet.
    public var version: Int64

    public init(user: String, name: String = "", language: String = "", attributes: [String: String] = [:], version: Int64 = 0) {
        self.user = user
        self.name = name
        self.language = language
        self.attributes = attributes
        self.version = version
    }
}

/// A session at rest: an opaque, versioned value (serialized `vitrine.v1.SessionState`).
public struct StoredSession: Sendable, Equatable {
    public var id: String
    public var state: [UInt8]
    public var version: Int64

    public init(id: String, state: [UInt8], version: Int64) {
        self.id = id
        self.state = state
        self.version = version
    }
}

/// Something a customer did with a product.
public struct LoggedEvent: Sendable, Equatable {
    public var sessionID: String
    /// "view", "click", "add_to_cart", "buy", "like", "dislike"; of what was shown "exposure", in an experiment "exposure:EXPERIMENT/ARM".
    public var kind: String
    public var productID: String
    /// Of an exposure: the place it was shown in, from 1.
    public var quantity: Int
    /// On the caller's clock, microseconds.
    public var timeUs: UInt64

    /// Whether the customer had agreed to be learnt from when it happened (the consent `personalise`).
    public var mayBeLearntFrom: Bool
    /// Of an exposure: how much of each signal there was, by its name, before any weight.
    public var signals: [String: Float]

    public init(
        sessionID: String, kind: String, productID: String, quantity: Int = 1, timeUs: UInt64, mayBeLearntFrom: Bool = false,
        signals: [String: Float] = [:]
    ) {
        self.sessionID = sessionID
        self.kind = kind
        self.productID = productID
        self.quantity = quantity
        self.timeUs = timeUs
        self.mayBeLearntFrom = mayBeLearntFrom
        self.signals = signals
    }
}

/// A conversation that a person of the shop has to take over.
public struct Handoff: Sendable, Equatable {
    public var sessionID: String
    public var reason: String
    public var summary: String
    public var language: String
    /// On the caller's clock, microseconds.
    public var timeUs: UInt64

    public init(sessionID: String, reason: String, summary: String, language: String, timeUs: UInt64) {
        self.sessionID = sessionID
        self.reason = reason
        self.summary = summary
        self.language = language
        self.timeUs = timeUs
    }
}

/// A handoff in the queue.
public struct HandoffTicket: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        case waiting, taken, released
    }
    public var number: Int64
    public var user: String
    public var handoff: Handoff
    public var state: State
    /// Who took it; "" = nobody yet.
    public var person: String

    public init(number: Int64, user: String, handoff: Handoff, state: State = .waiting, person: String = "") {
        self.number = number
        self.user = user
        self.handoff = handoff
        self.state = state
        self.person = person
    }
}
