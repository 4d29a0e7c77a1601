/// Conditions a product must meet; all of them. An empty list asks nothing.
public struct ProductFilter: Sendable, Equatable {
    /// One of these values, and none of those. A product that does not say what it is meets only an empty `anyOf`.
    public struct Choice: Sendable, Equatable {
        public var anyOf: [String]
        public var noneOf: [String]

        public init(anyOf: [String] = [], noneOf: [String] = []) {
            self.anyOf = anyOf
            self.noneOf = noneOf
        }

        public var isEmpty: Bool { anyOf.isEmpty && noneOf.isEmpty }

        func admits(_ values: [String], by same: (_ value: String, _ wanted: String) -> Bool = { $0 == $1 }) -> Bool {
            let isWanted = anyOf.isEmpty || values.contains { value in anyOf.contains { same(value, $0) } }
            return isWanted && !values.contains { value in noneOf.contains { same(value, $0) } }
        }
    }

    public var category: Choice
    /// "gold", "rose_gold", "silver", "platinum" in the example shop. Compared whole: rose gold is not gold.
    public var material: Choice
    public var gem: Choice
    /// A shade is its colour: "light blue" is "blue".
    public var color: Choice
    /// In the shop's currency, smallest units, both inclusive.
    public var priceMinMinor: Int64?
    public var priceMaxMinor: Int64?
    /// true = only what is in stock.
    public var inStock: Bool
    /// true = only what is marked nickel free.
    public var nickelFree: Bool
    public var excludedIDs: Set<String>
    /// Other attributes, by name ("style", "occasion" …).
    public var attributes: [String: Choice]

    public init(
        category: Choice = Choice(), material: Choice = Choice(), gem: Choice = Choice(), color: Choice = Choice(), priceMinMinor: Int64? = nil,
        priceMaxMinor: Int64? = nil, inStock: Bool = false, nickelFree: Bool = false, excludedIDs: Set<String> = [],
        attributes: [String: Choice] = [:]
    ) {
        self.category = category
        self.material = material
        self.gem = gem
        self.color = color
        self.priceMinMinor = priceMinMinor
        self.priceMaxMinor = priceMaxMinor
        self.inStock = inStock
        self.nickelFree = nickelFree
        self.excludedIDs = excludedIDs
        self.attributes = attributes
    }

    public var isEmpty: Bool { self == ProductFilter() }

    /// The same conditions without those on the price.
    public var withoutPrice: ProductFilter {
        var copy = self
        copy.priceMinMinor = nil
        copy.priceMaxMinor = nil
        return copy
    }

    /// The same conditions without those on whom and what a piece is for, and its style.
    public var withoutOccasion: ProductFilter {
        var copy = self
        for field in FilterLexicon.giftFields { copy.attributes[field] = nil }
        return copy
    }

    public func matches(_ product: Product) -> Bool {
        if inStock && !product.inStock { return false }
        if let least = priceMinMinor, product.price.amountMinor < least { return false }
        if let most = priceMaxMinor, product.price.amountMinor > most { return false }
        if !category.isEmpty && !category.admits(product.attributeValues("category")) { return false }
        if !material.isEmpty && !material.admits(product.attributeValues("material")) { return false }
        if !gem.isEmpty && !gem.admits(product.attributeValues("gem")) { return false }
        if !color.isEmpty && !color.admits(product.attributeValues("color"), by: { Self.isShade($0, of: $1) }) { return false }
        if nickelFree && product.attribute("nickel_free") != "true" { return false }
        if excludedIDs.contains(product.id) { return false }
        // The order in which attributes are looked at does not show.
        return attributes.allSatisfy { $0.value.admits(product.attributeValues($0.key)) }
    }

    // "light blue" and "deep blue" are blue.
    static func isShade(_ value: String, of wanted: String) -> Bool {
        value == wanted || (value.hasSuffix(wanted) && value.dropLast(wanted.count).hasSuffix(" "))
    }

    /// The choice of a field by its name; a name that has no place of its own is an attribute.
    public subscript(field field: String) -> Choice {
        get {
            switch field {
            case "category": category
            case "material": material
            case "gem": gem
            case "color": color
            default: attributes[field] ?? Choice()
            }
        }
        set {
            switch field {
            case "category": category = newValue
            case "material": material = newValue
            case "gem": gem = newValue
            case "color": color = newValue
            default: attributes[field] = newValue.isEmpty ? nil : newValue
            }
        }
    }
}
