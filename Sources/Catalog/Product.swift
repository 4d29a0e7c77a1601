/// One article of the shop, as imported. Texts are by language ("en", "zh").
public struct Product: Sendable, Equatable, Codable {
    public var id: String
    /// "ring", "earrings", "necklace", "pendant", "bracelet" in the example shop.
    public var category: String
    public var title: [String: String]
    public var details: [String: String]
    /// material, gem, color, style, nickel_free, weight_g …
    public var attributes: [String: AttributeValue]
    public var price: Price
    /// Pieces at hand.
    public var stock: Int
    /// Picture file, relative to the catalogue's folder; "" = none.
    public var image: String
    public var overlay: ProductOverlay?
    public var tags: [String]

    public init(
        id: String, category: String, title: [String: String] = [:], details: [String: String] = [:], attributes: [String: AttributeValue] = [:],
        price: Price = Price(amountMinor: 0, currency: "USD"), stock: Int = 0, image: String = "", overlay: ProductOverlay? = nil, tags: [String] = []
    ) {
        self.id = id
        self.category = category
        self.title = title
        self.details = details
        self.attributes = attributes
        self.price = price
        self.stock = stock
        self.image = image
        self.overlay = overlay
        self.tags = tags
    }

    public var inStock: Bool { stock > 0 }

    /// The title in `language`, else English, else Chinese, else the id.
    public func title(in language: String) -> String { text(title, language) ?? id }
    /// The description in `language`, else English, else Chinese, else "".
    public func details(in language: String) -> String { text(details, language) ?? "" }

    private func text(_ texts: [String: String], _ language: String) -> String? {
        let primary = String(language.prefix { $0 != "-" })
        for candidate in [primary, "en", "zh"] {
            if let found = texts[candidate], !found.isEmpty { return found }
        }
        return nil
    }

    /// "material", "gem", "color", "category" … as text; nil = the product does not say.
    public func attribute(_ name: String) -> String? {
        name == "category" ? category : attributes[name]?.text
    }

    /// The same as a filter compares it; empty = the product does not say.
    public func attributeValues(_ name: String) -> [String] {
        switch name {
        case "id": [id]
        case "category": [category]
        default: attributes[name]?.texts ?? []
        }
    }
}

/// An amount in the currency's smallest unit (cents, fen).
public struct Price: Sendable, Equatable, Codable {
    public var amountMinor: Int64
    /// ISO 4217.
    public var currency: String

    public init(amountMinor: Int64, currency: String) {
        self.amountMinor = amountMinor
        self.currency = currency
    }
}

/// A picture to lay over a selfie, with the point that is put on the anchor.
public struct ProductOverlay: Sendable, Equatable, Codable {
    public var image: String
    /// "ear_lobe", "glasses", "neck", "pendant", "ring_finger", "wrist".
    public var anchorKind: String
    /// In overlay pixels.
    public var anchorX: Double
    public var anchorY: Double
    /// How wide the overlay picture is in the world, millimetres.
    public var widthMm: Double
    /// How wide the overlay picture is, pixels; 0 = not known.
    public var widthPx: Int

    public init(image: String, anchorKind: String, anchorX: Double, anchorY: Double, widthMm: Double, widthPx: Int = 0) {
        self.image = image
        self.anchorKind = anchorKind
        self.anchorX = anchorX
        self.anchorY = anchorY
        self.widthMm = widthMm
        self.widthPx = widthPx
    }
}

/// What an attribute can be.
public enum AttributeValue: Sendable, Equatable, Codable {
    case text(String)
    case number(Double)
    case flag(Bool)
    case list([String])

    /// As it is shown: "gold", "3.2", "true", "wedding, party".
    public var text: String { texts.joined(separator: ", ") }

    /// As a filter compares it: one text, or each of a list.
    public var texts: [String] {
        switch self {
        case .list(let values): values
        case .text, .number, .flag: [single]
        }
    }

    private var single: String {
        switch self {
        case .text(let value): value
        case .list: ""
        case .flag(let value): value ? "true" : "false"
        case .number(let value): value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let list = try? container.decode([String].self) {
            self = .list(list)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        }
    }
}
