/// The words by which customers ask for a catalogue's products, for whoever has to expect them: a speech recogniser.
public enum CatalogueWords {
    /// Characters of the shortest word of letters that counts: shorter ones name nothing.
    static let lettersMin = 3
    private static let unsaid: Set<String> = ["and", "the", "for", "with", "from", "none", "true", "false"]

    /// Words of titles and names of attributes that products have, by language; first those that most products have (then by the alphabet), at
    /// the end what an attribute is called besides.
    public static func expected(of products: [Product]) -> [String: [String]] {
        let named = names(of: products)
        var result: [String: [String]] = [:]
        for language in Set(products.flatMap(\.title.keys)).sorted() {
            let isHan = language.hasPrefix("zh")
            var counts: [String: Int] = [:]
            let ours = named.filter { isIdeographs($0.text) == isHan && (isHan || language.hasPrefix("en")) }
            for name in ours where name.isFirst && name.text.count > 1 { counts[name.text] = max(counts[name.text] ?? 0, name.products) }
            let known = Set(ours.map { Array($0.text) })
            for product in products {
                guard let title = product.title[language] else { continue }
                for word in Set(isHan ? pieces(of: title, known) : words(of: title)) { counts[word, default: 0] += 1 }
            }
            var listed = counts.keys.sorted { (-(counts[$0] ?? 0), $0) < (-(counts[$1] ?? 0), $1) }
            var seen = Set(listed)
            for name in ours where name.text.count > 1 && seen.insert(name.text).inserted { listed.append(name.text) }
            if !isHan { for word in values(of: products) where seen.insert(word).inserted { listed.append(word) } }
            result[language] = listed
        }
        return result
    }

    private struct Name {
        var text: String
        /// How many products have what it names.
        var products: Int
        /// What it is called first of all, in its script.
        var isFirst: Bool
    }

    /// What the words of filters call the values that products have, in the order of their table.
    private static func names(of products: [Product]) -> [Name] {
        var names: [Name] = []
        func add(_ phrases: String, field: String, values: [String], isMain: Bool = true) {
            let count = products.count { product in product.attributeValues(field).contains(where: values.contains) }
            guard count > 0 else { return }
            var scripts: Set<Bool> = []
            for phrase in phrases.split(separator: "|").map(String.init) {
                names.append(
                    Name(text: phrase, products: count, isFirst: isMain && phrase.count > 1 && scripts.insert(isIdeographs(phrase)).inserted))
            }
        }
        for (meaning, phrases) in FilterLexicon.table {
            switch meaning {
            // That a piece has no stone is said in many ways, none of them a name.
            case .values(_, ["none"]): continue
            case .values(let field, let values): add(phrases, field: field, values: values)
            // That some are bracelets does not say that any is a bangle.
            case .kindOf(let field, let value): add(phrases, field: field, values: [value], isMain: false)
            default: continue
            }
        }
        for field in ["occasion", "style"] {
            for (value, phrases) in (FilterLexicon.gifts[field] ?? [:]).sorted(by: { $0.key < $1.key }) {
                add(phrases, field: field, values: [value], isMain: false)
            }
        }
        return names
    }

    /// Texts of attributes, as they are said: "push_back" → "push", "back".
    private static func values(of products: [Product]) -> [String] {
        var counts: [String: Int] = [:]
        for product in products {
            for (_, value) in product.attributes.sorted(by: { $0.key < $1.key }) {
                for word in Set(value.texts.flatMap(words(of:))) { counts[word, default: 0] += 1 }
            }
        }
        return counts.keys.sorted { (-(counts[$0] ?? 0), $0) < (-(counts[$1] ?? 0), $1) }
    }

    private static func words(of text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0 == "'") || TextScript.isIdeograph($0) }.map(String.init)
            .filter { $0.count >= lettersMin && !unsaid.contains($0) }
    }

    /// Chinese is written without spaces: known names, the longest first, and what stands between them. A single character parts others, but is too
    /// short to be listened for.
    private static func pieces(of title: String, _ known: Set<[Character]>) -> [String] {
        let longest = known.map(\.count).max() ?? 0
        var found: [String] = []
        var rest: [Character] = []
        func end() {
            if rest.count > 1 { found.append(String(rest)) }
            rest = []
        }
        let characters = Array(title)
        var at = 0
        while at < characters.count {
            let name = stride(from: min(longest, characters.count - at), to: 0, by: -1).first { known.contains(Array(characters[at..<at + $0])) }
            if let name {
                end()
                if name > 1 { found.append(String(characters[at..<at + name])) }
                at += name
            } else {
                if TextScript.isIdeograph(characters[at]) { rest.append(characters[at]) } else { end() }
                at += 1
            }
        }
        end()
        return found
    }

    private static func isIdeographs(_ text: String) -> Bool { text.contains(where: TextScript.isIdeograph) }
}
