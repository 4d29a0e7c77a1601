import Foundation

/// A product of a products file: `{"id", "title", "image", …}`; every other field is an attribute.
public struct ProductRow: Sendable, Equatable {
    public var id: String
    public var title: String
    /// Path relative to the images' folder; nil = none.
    public var image: String?
    /// Texts and numbers, by name.
    public var attributes: [String: String]

    public init(id: String, title: String, image: String? = nil, attributes: [String: String] = [:]) {
        self.id = id
        self.title = title
        self.image = image
        self.attributes = attributes
    }

    /// - Parameter titled: whether every product must have a title; otherwise it may be missing, and is "" then.
    /// - Throws: for a bad line or an id that came before.
    public static func read(_ path: String, titled: Bool = true) throws(EvaluationError) -> [ProductRow] {
        var rows: [ProductRow] = []
        var seen: [String: Int] = [:]
        for row in try LineReader.objects(path) {
            let id = try row.string("id")
            if let before = seen.updateValue(row.line, forKey: id) { throw row.fail("the id '\(id)' stands on line \(before) already") }
            var attributes: [String: String] = [:]
            for (name, value) in row.fields where !["id", "title", "image"].contains(name) {
                if let text = JSONRow.text(value), !text.isEmpty { attributes[name] = text }
            }
            let title = titled ? try row.string("title") : try row.optionalString("title") ?? ""
            rows.append(ProductRow(id: id, title: title, image: try row.optionalString("image"), attributes: attributes))
        }
        guard !rows.isEmpty else { throw EvaluationError("\(path): there are no products in it") }
        return rows
    }
}

/// A query: `{"text" and/or "image", "relevant": [ids], "filter": {attribute: value}, "id"}`.
public struct QueryRow: Sendable, Equatable {
    public var id: String
    public var text: String?
    public var image: String?
    public var relevant: [String]
    /// A product must have these attributes to be ranked; empty = every product.
    public var filter: [String: String]

    public init(id: String, text: String? = nil, image: String? = nil, relevant: [String], filter: [String: String] = [:]) {
        self.id = id
        self.text = text
        self.image = image
        self.relevant = relevant
        self.filter = filter
    }

    /// - Parameter products: ids that can be relevant; nil = not checked.
    public static func read(_ path: String, products: Set<String>? = nil) throws(EvaluationError) -> [QueryRow] {
        var rows: [QueryRow] = []
        for row in try LineReader.objects(path) {
            let text = try row.optionalString("text")
            let image = try row.optionalString("image")
            guard text?.isEmpty == false || image?.isEmpty == false else { throw row.fail("a query needs 'text' or 'image'") }
            let relevant = try row.strings("relevant")
            guard !relevant.isEmpty else { throw row.fail("'relevant' names nothing: such a query measures nothing") }
            if let products, let unknown = relevant.first(where: { !products.contains($0) }) {
                throw row.fail("'relevant' names the product '\(unknown)', which does not exist")
            }
            var filter: [String: String] = [:]
            if let wanted = row.fields["filter"], !(wanted is NSNull) {
                guard let map = wanted as? [String: Any] else { throw row.fail("'filter' is not an object") }
                for (name, value) in map {
                    guard let text = JSONRow.text(value) else { throw row.fail("'filter': '\(name)' is neither text nor number") }
                    filter[name] = text
                }
            }
            rows.append(
                QueryRow(id: try row.optionalString("id") ?? "\(row.line)", text: text, image: image, relevant: relevant, filter: filter))
        }
        guard !rows.isEmpty else { throw EvaluationError("\(path): there are no queries in it") }
        return rows
    }
}

/// A ranking made elsewhere: `{"query": id, "ranking": [ids, best first]}`.
public struct RunRow: Sendable, Equatable {
    public var query: String
    public var ranking: [String]

    public static func read(_ path: String) throws(EvaluationError) -> [RunRow] {
        var rows: [RunRow] = []
        for row in try LineReader.objects(path) {
            let ranking = try row.strings("ranking")
            guard Set(ranking).count == ranking.count else { throw row.fail("'ranking' names a product twice") }
            rows.append(RunRow(query: try row.string("query"), ranking: ranking))
        }
        return rows
    }
}

/// A classified example: `{"id", "label", "probabilities": {class: p}}`.
public struct PredictionRow: Sendable, Equatable {
    public var id: String
    public var label: String
    public var probabilities: [String: Double]

    public init(id: String, label: String, probabilities: [String: Double]) {
        self.id = id
        self.label = label
        self.probabilities = probabilities
    }

    public static func read(_ path: String) throws(EvaluationError) -> [PredictionRow] {
        var rows: [PredictionRow] = []
        for row in try LineReader.objects(path) {
            let probabilities = try row.numbers("probabilities")
            guard probabilities.values.allSatisfy({ $0 >= 0 }), abs(probabilities.values.reduce(0, +) - 1) < 1e-3 else {
                throw row.fail("'probabilities' must be at least 0 and add up to 1")
            }
            rows.append(
                PredictionRow(id: try row.optionalString("id") ?? "\(row.line)", label: try row.string("label"), probabilities: probabilities))
        }
        guard !rows.isEmpty else { throw EvaluationError("\(path): there are no predictions in it") }
        return rows
    }
}

/// Behaviour: lines of `user item item …`, items in the order of time.
public struct SequenceRow: Sendable, Equatable {
    public var user: String
    public var items: [String]

    public init(user: String, items: [String]) {
        self.user = user
        self.items = items
    }

    public static let itemsMax = 100_000

    /// - Throws: for a line without items, one with too many, or a user that came before.
    public static func read(_ path: String) throws(EvaluationError) -> [SequenceRow] {
        var rows: [SequenceRow] = []
        var seen: [String: Int] = [:]
        for (number, text) in try LineReader.lines(path) {
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2 else { throw EvaluationError(file: path, line: number, "a line is 'user item item …'") }
            guard words.count - 1 <= itemsMax else { throw EvaluationError(file: path, line: number, "more than \(itemsMax) items") }
            let user = String(words[0])
            if let before = seen.updateValue(number, forKey: user) {
                throw EvaluationError(file: path, line: number, "the user '\(user)' stands on line \(before) already")
            }
            rows.append(SequenceRow(user: user, items: words.dropFirst().map(String.init)))
        }
        guard !rows.isEmpty else { throw EvaluationError("\(path): there are no sequences in it") }
        return rows
    }
}
