import Catalog
import Fusion

/// Finds the section of the shop's texts that answers a question, or says that none does.
///
/// Two ways: the sections that the intent model learnt from the questions they answer ("POLICY/SECTION" classes), and, for texts without such
/// questions, a search by words (FTS5) and by meaning, merged by reciprocal rank. Both refuse what has too little support.
struct Knowledge: Sendable {
    struct Query {
        var words: String
        var language: String
        var feature: Feature?
        /// Intents, likeliest first.
        var ranked: [ClassProbability]
        /// Where `words` and `ranked` are without the name of a product: which, and the intents of the words with its name in them.
        var named: (product: Product, ranked: [ClassProbability])?
        var byWords: [WordHit]
    }

    /// Support of a section, a logistic regression on how the questions of the examples fared when they were held out:
    ///
    ///     0.8·ln p(section) − 0.55·ln p(out of scope) − 2.7·(share of the telling words that the shop never uses)
    static func support(section: Float, outside: Float, strange: Float) -> Float {
        0.8 * Exponential.log(max(section, probabilityMin)) - 0.55 * Exponential.log(max(outside, probabilityMin)) - 2.7 * strange
    }

    /// Below it nothing is answered: of the held-out examples, three in a hundred that nothing answers were above.
    static let supportMin: Float = -0.6
    /// Σ p(section) from which on a question that names a product is answered by a rule.
    static let ruleOfProductMin: Float = 0.7
    /// So many of a policy's likeliest sections may be of the product's stone.
    static let sectionsOfStone = 3
    static let probabilityMin: Float = 1e-4
    /// p(out of scope) where a shop gives no examples of what it does not answer.
    static let outsideUnknown: Float = 0.33
    /// Constant of reciprocal rank fusion: score = Σ 1/(60 + rank) (Cormack, Clarke and Büttcher, SIGIR 2009).
    static let rankConstant: Float = 60
    /// What a searched section must have in common with the question: cosine, and share of the telling words.
    static let cosineMin: Float = 0.3
    static let wordShareMin: Float = 0.5

    private let documents: [Document]
    /// English heading → number within its policy: sections of all languages stand in one order.
    private let numbers: [String: Int]
    private let lexicon: ShopLexicon

    init(_ snapshot: CatalogSnapshot) {
        documents = snapshot.documents
        var numbers: [String: Int] = [:]
        for document in snapshot.documents { numbers["\(document.policy)/\(document.section)"] = Knowledge.number(document) }
        self.numbers = numbers
        lexicon = ShopLexicon(snapshot)
    }

    private static func number(_ document: Document) -> Int { Int(document.id.split(separator: "/").last ?? "") ?? 0 }

    /// The section that a class names, in a language.
    func section(_ name: String, language: String) -> Document? {
        guard let slash = name.firstIndex(of: "/"), let number = numbers[name] else { return nil }
        let policy = name[..<slash]
        return documents.first { $0.policy == policy && $0.language == language && Knowledge.number($0) == number }
    }

    func answer(_ query: Query) -> Document? {
        if let (product, named) = query.named { return rule(query, product, named) }
        let strange = lexicon.strangeShare(query.words)
        let outside = query.ranked.first { $0.name == IntentClassifier.outOfScope }?.probability ?? 0
        if let best = query.ranked.first(where: { numbers[$0.name] != nil }) {
            let support = Knowledge.support(section: best.probability, outside: outside > 0 ? outside : Knowledge.outsideUnknown, strange: strange)
            if support >= Knowledge.supportMin { return section(best.name, language: query.language) }
        }
        // The model is sure that it is about something else.
        if let best = query.ranked.first, best.probability >= 0.5 { return nil }
        return strange > 0.34 ? nil : searched(query)
    }

    /// The rule that is asked for of a named product. What is asked says whether it is one; that and what the product is (silver, pearls) choose the
    /// policy, and the product the section of it: of a piece with a stone that has a section of its own, that one, since gold bears more.
    private func rule(_ query: Query, _ product: Product, _ named: [ClassProbability]) -> Document? {
        func policies(_ ranked: [ClassProbability]) -> [Substring: Float] {
            ranked.reduce(into: [:]) { shares, entry in
                if numbers[entry.name] != nil { shares[entry.name.prefix { $0 != "/" }, default: 0] += entry.probability }
            }
        }
        let asked = policies(query.ranked)
        guard asked.values.reduce(0, +) >= Knowledge.ruleOfProductMin else { return nil }
        let whole = policies(named)
        let best = asked.map { (name: $0.key, score: $0.value * (whole[$0.key] ?? 0)) }.max { ($0.score, $1.name) < ($1.score, $0.name) }
        guard let best else { return nil }
        let ofAsked = Dictionary(query.ranked.map { ($0.name, $0.probability) }, uniquingKeysWith: max)
        let sections = named.filter { numbers[$0.name] != nil && $0.name.prefix { $0 != "/" } == best.name }
            .map { (name: $0.name, score: $0.probability * (ofAsked[$0.name] ?? 0).squareRoot()) }.sorted {
                ($1.score, $0.name) < ($0.score, $1.name)
            }
        let gem = product.attribute("gem") ?? ""
        let ofStone = sections.prefix(Knowledge.sectionsOfStone).first { entry in
            guard !gem.isEmpty, gem != "none", let section = section(entry.name, language: query.language) else { return false }
            return section.section.lowercased().contains(gem.replacing("_", with: " ")) || section.section.contains(ValueNames.chinese(gem))
        }
        return (ofStone ?? sections.first).flatMap { section($0.name, language: query.language) }
    }

    /// Among the sections without examples; the others had their say.
    private func searched(_ query: Query) -> Document? {
        let learnt = Set(query.ranked.compactMap { entry in numbers[entry.name].map { "\(entry.name.prefix { $0 != "/" })/\($0)" } })
        let own = documents.filter { $0.language == query.language && !learnt.contains("\($0.policy)/\(Knowledge.number($0))") }
        let unit = query.feature?.normalised()
        let meanings = own.map { document -> Float in
            guard let unit, let feature = document.feature, feature.spaceID == unit.spaceID, feature.values.count == unit.values.count else {
                return 0
            }
            return dot(unit.values, feature.values)
        }
        let ranked = own.indices.sorted { (meanings[$0], own[$1].id) > (meanings[$1], own[$0].id) }
        var best: (index: Int, score: Float)?
        for (rank, index) in ranked.enumerated() {
            var score = 1 / (Knowledge.rankConstant + Float(rank + 1))
            if let wordRank = query.byWords.firstIndex(where: { $0.id == own[index].id }) {
                score += 1 / (Knowledge.rankConstant + Float(wordRank + 1))
            }
            if best.map({ score > $0.score }) ?? true { best = (index, score) }
        }
        guard let best, meanings[best.index] >= Knowledge.cosineMin else { return nil }
        let document = own[best.index]
        let text = "\(document.title) \(document.section) \(document.text)"
        guard lexicon.share(of: query.words, in: text) >= Knowledge.wordShareMin else { return nil }
        return document
    }

    /// The intent that a class belongs to, as replies name it.
    static func intent(of name: String) -> String {
        guard let slash = name.firstIndex(of: "/") else { return name }
        return switch name[..<slash] {
        case "shipping": "shipping_policy"
        case "returns": "return_policy"
        case "gifts": "gift"
        default: String(name[..<slash])
        }
    }
}

/// The words that a shop uses: in its texts, its products and the questions it knows.
struct ShopLexicon: Sendable {
    private let known: Set<String>

    init(_ snapshot: CatalogSnapshot) {
        var known: Set<String> = []
        for document in snapshot.documents { known.formUnion(ShopLexicon.terms("\(document.title) \(document.section) \(document.text)")) }
        for example in snapshot.intentExamples where example.intent != IntentClassifier.outOfScope {
            known.formUnion(ShopLexicon.terms(example.text))
        }
        for product in snapshot.products {
            for text in product.title.values.sorted() + product.details.values.sorted() { known.formUnion(ShopLexicon.terms(text)) }
        }
        self.known = known
    }

    /// How much of the telling words the shop never uses: 0 to 1.
    func strangeShare(_ words: String) -> Float {
        let terms = Set(ShopLexicon.terms(words))
        return terms.isEmpty ? 0 : Float(terms.count { !known.contains($0) }) / Float(terms.count)
    }

    /// How much of the telling words stands in a text.
    func share(of words: String, in text: String) -> Float {
        let terms = Set(ShopLexicon.terms(words))
        let there = Set(ShopLexicon.terms(text))
        return terms.isEmpty ? 0 : Float(terms.count(where: there.contains)) / Float(terms.count)
    }

    /// English words without their endings and without those that say nothing; Chinese in pairs of neighbouring characters that say something.
    static func terms(_ text: String) -> [String] {
        var terms: [String] = []
        var word = ""
        var previous: Character?
        func finish() {
            if word.count > 1, !common.contains(word), word.contains(where: \.isLetter) { terms.append(stem(word)) }
            word = ""
        }
        for character in text.lowercased() {
            guard let scalar = character.unicodeScalars.first else { continue }
            if (0x4E00...0x9FFF).contains(scalar.value) {
                finish()
                let says = !commonCharacters.contains(character)
                if says, let previous { terms.append(String([previous, character])) }
                previous = says ? character : nil
                continue
            }
            previous = nil
            if character.isLetter || character.isNumber {
                word.append(character)
            } else if character != "'", character != "’" {
                finish()
            }
        }
        finish()
        return terms
    }

    private static func stem(_ word: String) -> String {
        for ending in ["ings", "ing", "ies", "able", "ed", "es", "er", "ly", "s", "e", "y"]
        where word.hasSuffix(ending) && word.count - ending.count >= 3 {
            return String(word.dropLast(ending.count))
        }
        return word
    }

    private static let common: Set<String> = [
        "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "done", "for", "from", "get", "got",
        "had",
        "has", "have", "her", "him", "his", "how", "i", "if", "im", "in", "into", "is", "it", "its", "just", "like", "may", "me", "might", "my", "no",
        "not", "of", "off", "on", "one", "or", "our", "out", "please", "she", "should", "so", "some", "somebody", "something", "than", "that", "the",
        "their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "up", "us", "use", "want", "was", "we", "were", "what",
        "when",
        "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your", "yours",
    ]
    private static let commonCharacters: Set<Character> = Set("的了吗呢吧啊是我你您他她它们这那哪有在和与或可以能要会怎么什为多少几请问一个就还也都不没把被给对到上下里")
}
