import Catalog
public import Wire

/// What a customer showed of their taste in this session.
public struct Taste: Sendable, Equatable {
    /// A product, and how much it says: above 0 = more like it, below 0 = less.
    public struct Sign: Sendable, Equatable {
        public var productID: String
        public var weight: Float

        public init(productID: String, weight: Float) {
            self.productID = productID
            self.weight = weight
        }
    }

    /// Signs that are looked at: the last ones.
    public static let signsMax = 16
    /// How much a sign loses with each that follows it.
    static let decay: Float = 0.85

    public private(set) var signs: [Sign]
    /// Products that were disliked: not shown again.
    public private(set) var disliked: Set<String>
    /// Products the customer turned to, oldest first, for what comes next.
    public private(set) var history: [String]

    /// `events`: oldest first; kinds as the event log names them.
    public init(_ events: [(kind: String, productID: String)] = []) {
        var disliked: Set<String> = []
        for event in events {
            if event.kind == "dislike" { disliked.insert(event.productID) }
            if event.kind == "like" { disliked.remove(event.productID) }
        }
        var signs: [Sign] = []
        var age: Float = 1
        for event in events.reversed().prefix(Self.signsMax) {
            guard let weight = Self.weights[event.kind] else { continue }
            signs.append(Sign(productID: event.productID, weight: weight * age))
            age *= Self.decay
        }
        self.signs = signs
        self.disliked = disliked
        history = events.filter { $0.kind != "dislike" && !disliked.contains($0.productID) && Self.weights[$0.kind] != nil }.map(\.productID)
    }

    private static let weights: [String: Float] = ["view": 0.2, "click": 0.4, "add_to_cart": 0.8, "buy": 0.6, "like": 1, "dislike": -1]

    /// Σ wᵢ·likeness(product, i) / max(1, Σ |wᵢ|): -1 to 1; 0 without signs, and little for a look or two.
    func agreement(_ productID: String, _ snapshot: CatalogSnapshot) -> Float {
        var sum: Float = 0
        var total: Float = 0
        for sign in signs {
            sum += sign.weight * snapshot.likeness(productID, sign.productID)
            total += abs(sign.weight)
        }
        return sum / max(1, total)
    }
}

extension Behaviour {
    /// As the event log names it.
    public var logName: String {
        switch self {
        case .view: "view"
        case .click: "click"
        case .addToCart: "add_to_cart"
        case .buy: "buy"
        case .like: "like"
        case .dislike: "dislike"
        case .unspecified: "unspecified"
        }
    }
}
