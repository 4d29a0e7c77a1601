/// Which products have a word in their titles: made once, since a wish must not read every title.
struct TitleWords: Sendable {
    /// Rows by word, lower case; of Chinese, which has no spaces, by each pair of characters.
    private let rows: [String: [Int32]]

    init(_ products: [Product]) {
        var rows: [String: [Int32]] = [:]
        for (row, product) in products.enumerated() {
            let keys = Set(product.title.values.flatMap { Self.words($0) + Self.pairs($0) })
            for key in keys { rows[key, default: []].append(Int32(row)) }
        }
        self.rows = rows
    }

    /// Rows of the products whose titles may have the kind, in no order: of a longer Chinese word its first two characters are looked at.
    func rows(of stem: String) -> [Int] {
        let keys = stem.utf8.allSatisfy { $0 < 0x80 } ? [stem, stem + "s", stem + "es"] : Array(Self.pairs(stem).prefix(1))
        return Set(keys.flatMap { rows[$0] ?? [] }).map(Int.init)
    }

    private static func words(_ title: String) -> [String] {
        title.lowercased().split { !$0.isLetter }.map(String.init).filter { $0.utf8.allSatisfy { $0 < 0x80 } }
    }

    private static func pairs(_ title: String) -> [String] {
        zip(title, title.dropFirst()).filter { !$0.isASCII && !$1.isASCII }.map { String([$0, $1]) }
    }
}
