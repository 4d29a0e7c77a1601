/// What the rows of the shop's files must look like.
enum RowParsers {
    /// Of one price, in smallest units.
    static let priceMax: Int64 = 1_000_000_000_000
    static let idBytesMax = 128

    static func product(_ row: RowFields) throws(RowError) -> Product {
        var product = Product(id: try id(row), category: try row.text("category"))
        product.title = try texts(row, "title")
        if product.title.isEmpty { throw RowError("title: expected a text in at least one language") }
        product.details = try texts(row, "description")
        if let attributes = try row.fields("attributes") { product.attributes = try self.attributes(attributes) }
        guard let price = try row.fields("price") else { throw RowError("price: expected an object with amount_minor and currency") }
        product.price = Price(amountMinor: try price.integer("amount_minor", 0...priceMax), currency: try currency(price.text("currency")))
        product.stock = Int(try row.optionalInteger("stock", 0...1_000_000_000) ?? 0)
        product.image = try path(row.optionalText("image") ?? "", "image")
        product.overlay = try row.fields("overlay").map { (fields) throws(RowError) in try overlay(fields) }
        product.tags = try row.texts("tags")
        return product
    }

    static func order(_ row: RowFields) throws(RowError) -> Order {
        var items: [Order.Item] = []
        for item in try row.list("items") {
            items.append(
                Order.Item(
                    productID: try item.text("product"), quantity: Int(try item.integer("quantity", 1...100_000)),
                    priceMinor: try item.integer("price_minor", 0...priceMax), size: try item.optionalText("size") ?? ""))
        }
        if items.isEmpty { throw RowError("items: expected at least one") }
        return Order(
            id: try id(row), user: try row.text("user"), status: try row.text("status"), placedAt: try row.text("placed_at"),
            expectedAt: try row.optionalText("eta") ?? "", carrier: try row.optionalText("carrier") ?? "",
            tracking: try row.optionalText("tracking") ?? "", city: try row.optionalText("address_city") ?? "",
            currency: try currency(row.text("currency")), shippingMinor: try row.optionalInteger("shipping_minor", 0...priceMax) ?? 0,
            totalMinor: try row.integer("total_minor", 0...priceMax), items: items)
    }

    static func user(_ row: RowFields) throws(RowError) -> Profile {
        var profile = Profile(user: try id(row), name: try row.optionalText("name") ?? "", language: try row.optionalText("language") ?? "")
        for name in row.object.keys.sorted() where !["id", "name", "language"].contains(name) {
            profile.attributes[name] = try attribute(row.object[name] ?? .null, name).text
        }
        return profile
    }

    static func review(_ row: RowFields) throws(RowError) -> Review {
        Review(
            id: try id(row), productID: try row.text("product"), rating: Int(try row.integer("rating", 1...5)),
            language: try row.optionalText("language") ?? "", title: try row.optionalText("title") ?? "", text: try row.text("text"))
    }

    private static func id(_ row: RowFields) throws(RowError) -> String {
        let id = try row.text("id")
        guard id.utf8.count <= idBytesMax else { throw RowError("id: longer than \(idBytesMax) bytes") }
        return id
    }

    private static func texts(_ row: RowFields, _ name: String) throws(RowError) -> [String: String] {
        guard let fields = try row.fields(name) else { return [:] }
        var texts: [String: String] = [:]
        for language in fields.object.keys.sorted() {
            if let text = try fields.optionalText(language), !text.isEmpty { texts[language] = text }
        }
        return texts
    }

    private static func attributes(_ fields: RowFields) throws(RowError) -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [:]
        for name in fields.object.keys.sorted() {
            guard let value = fields.object[name], value != .null else { continue }
            attributes[name] = try attribute(value, "attributes.\(name)")
        }
        return attributes
    }

    private static func attribute(_ value: JSONValue, _ name: String) throws(RowError) -> AttributeValue {
        switch value {
        case .flag(let flag): return .flag(flag)
        case .number(let number): return .number(number)
        case .text(let text): return .text(text)
        case .list(let items):
            var texts: [String] = []
            for item in items {
                guard case .text(let text) = item else { throw RowError("\(name): expected texts, found \(item.kind)") }
                texts.append(text)
            }
            return .list(texts)
        case .null, .object: throw RowError("\(name): expected a text, a number, true or false or a list of texts, found \(value.kind)")
        }
    }

    private static func overlay(_ fields: RowFields) throws(RowError) -> ProductOverlay {
        guard let anchor = try fields.fields("anchor") else { throw RowError("overlay.anchor: expected an object with kind, x and y") }
        let kinds = ["ear_lobe", "glasses", "neck", "pendant", "ring_finger", "wrist"]
        let kind = try anchor.text("kind")
        guard kinds.contains(kind) else { throw RowError("overlay.anchor.kind: \"\(kind)\" is none of \(kinds.joined(separator: ", "))") }
        let width = try fields.number("width_mm")
        guard width > 0, width < 10_000 else { throw RowError("overlay.width_mm: \(width) is not above 0 and below 10000") }
        return ProductOverlay(
            image: try path(fields.text("image"), "overlay.image"), anchorKind: kind, anchorX: try anchor.number("x"),
            anchorY: try anchor.number("y"),
            widthMm: width, widthPx: Int(try fields.optionalInteger("width_px", 1...100_000) ?? 0))
    }

    private static func currency(_ code: String) throws(RowError) -> String {
        guard code.utf8.count == 3, code.utf8.allSatisfy({ $0 >= 65 && $0 <= 90 }) else {
            throw RowError("currency: \"\(code.prefix(16))\" is no ISO 4217 code such as USD")
        }
        return code
    }

    // Pictures stay inside the catalogue's folder.
    private static func path(_ path: String, _ name: String) throws(RowError) -> String {
        if path.hasPrefix("/") || path.split(separator: "/").contains("..") {
            throw RowError("\(name): \"\(path.prefix(200))\" must be a path below the catalogue's folder")
        }
        return path
    }
}
