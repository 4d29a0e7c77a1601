/// Finds products whose id or whole title stands in a sentence, letter case aside, in one pass.
public struct ProductNames: Sendable {
    public struct Found: Sendable, Equatable {
        public var productID: String
        /// UTF-8 bytes of the lower-cased sentence.
        public var range: Range<Int>
    }

    /// Characters of the shortest name that is looked for.
    static let charactersMin = 4

    private struct Name: Sendable {
        var bytes: [UInt8]
        var productID: String
    }

    /// By their first four bytes, longest first, then by id.
    private let names: [UInt32: [Name]]

    public init(_ products: [Product]) {
        var names: [UInt32: [Name]] = [:]
        for product in products {
            for name in [product.id] + product.title.values.sorted() where name.count >= ProductNames.charactersMin {
                let bytes = Array(name.lowercased().utf8)
                names[ProductNames.key(bytes[...]), default: []].append(Name(bytes: bytes, productID: product.id))
            }
        }
        self.names = names.mapValues { same in
            same.sorted { $0.bytes.count != $1.bytes.count ? $0.bytes.count > $1.bytes.count : $0.productID < $1.productID }
        }
    }

    private static func key(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }

    /// In the order of the sentence; of two names at one place the longer, and nothing within a name that was found. A product at its first place.
    public func find(in words: String) -> [Found] {
        guard !names.isEmpty else { return [] }
        let text = Array(words.lowercased().utf8)
        var found: [Found] = []
        var at = 0
        while at + 4 <= text.count {
            let rest = text[at...]
            let name = names[ProductNames.key(rest)]?.first { rest.starts(with: $0.bytes) && ProductNames.isWhole($0.bytes, text, at) }
            guard let name else {
                at += 1
                continue
            }
            if !found.contains(where: { $0.productID == name.productID }) {
                found.append(Found(productID: name.productID, range: at..<at + name.bytes.count))
            }
            at += name.bytes.count
        }
        return found
    }

    /// A Latin name is not the middle of a longer word ("earring-1" in "earring-10").
    private static func isWhole(_ name: [UInt8], _ text: [UInt8], _ at: Int) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
        if at > 0, isLetter(name[0]), isLetter(text[at - 1]) { return false }
        let end = at + name.count
        return !(end < text.count && isLetter(name[name.count - 1]) && isLetter(text[end]) && text[end] != 115)
    }

    /// The sentence in lower case without the names.
    public func without(_ found: [Found], in words: String) -> String {
        var text = Array(words.lowercased().utf8)
        for entry in found.reversed() { text.removeSubrange(entry.range) }
        return String(decoding: text, as: UTF8.self)
    }
}
