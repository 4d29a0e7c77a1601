/// Ids and titles of products, to be found in a sentence in time that grows with the sentence, not with the catalogue. A value, pure.
struct ProductNames: Sendable {
    private struct Name {
        var bytes: [UInt8]
        /// Characters.
        var length: Int
        var id: String
    }

    private let names: [Name]
    /// Names by their first four bytes.
    private let starts: [UInt32: [Int]]

    /// Shorter ones are words of every sentence. In characters, so in bytes at least as many.
    static let charactersMin = 4

    init(_ products: [Product]) {
        var names: [Name] = []
        for product in products {
            for name in [product.id] + product.title.values.sorted() where name.count >= Self.charactersMin {
                names.append(Name(bytes: Array(name.lowercased().utf8), length: name.count, id: product.id))
            }
        }
        self.names = names
        starts = Dictionary(grouping: names.indices) { Self.start(names[$0].bytes, 0) }
    }

    /// Products whose id or whole title stands in the words, in the order in which they are first named; of two names at one place the longer is
    /// meant.
    func products(in words: String) -> [String] {
        let text = Array(words.lowercased().utf8)
        guard text.count >= Self.charactersMin else { return [] }
        var found: [String] = []
        var known: Set<Int> = []
        for at in 0...(text.count - Self.charactersMin) {
            guard let candidates = starts[Self.start(text, at)] else { continue }
            // A name counts where it stands first.
            let here = candidates.filter { !known.contains($0) && Self.stands(names[$0].bytes, in: text, at) }
            known.formUnion(here)
            guard let best = here.max(by: { (names[$0].length, names[$1].id) < (names[$1].length, names[$0].id) }) else { continue }
            if !found.contains(names[best].id) { found.append(names[best].id) }
        }
        return found
    }

    private static func stands(_ name: [UInt8], in text: [UInt8], _ at: Int) -> Bool {
        at + name.count <= text.count && text[at..<(at + name.count)].elementsEqual(name)
    }

    private static func start(_ bytes: [UInt8], _ at: Int) -> UInt32 {
        UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
    }
}
