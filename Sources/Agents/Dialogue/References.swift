import Catalog
import Sessions

/// What customers mean by "the second one", "it", "第二个", "the silver one", or by a product's own name.
struct References {
    /// Which of the products that were spoken of the words mean.
    enum Reading: Equatable {
        /// In the order they are named.
        case these([String])
        /// Something is meant that is none of what was shown, or might be several of them: to be asked for.
        case unclear
        /// Nothing points at a product.
        case nothing
    }

    let snapshot: CatalogSnapshot
    let context: DialogueContext

    /// Products that the words point at, in the order they are named; empty when they point at none.
    func products(in words: String) -> [String] { ids(reading(words)) }

    /// The product the words are about, or else the one in focus; nil when they mean another that nobody knows.
    func product(in words: String) -> String? {
        switch asked(words) {
        case .these(let ids): ids.first
        case .unclear: nil
        case .nothing: context.focusedProduct
        }
    }

    /// Products whose id or whole title stands in the words.
    func named(_ words: String) -> [String] { snapshot.names.find(in: words).map(\.productID) }

    /// Positions that are named: 1 = first, -1 = last.
    func ordinals(_ words: String) -> [Int] { Ordinals.positions(in: words, parser) }

    func reading(_ words: String) -> Reading { reading(words, isQuestion: false) }

    /// The same of words that ask something of a product: Chinese names a thing without an article, "银戒指多少钱".
    func asked(_ words: String) -> Reading { reading(words, isQuestion: true) }

    private var parser: FilterParser { FilterParser(currency: snapshot.currency) }

    private func ids(_ reading: Reading) -> [String] {
        if case .these(let ids) = reading { ids } else { [] }
    }

    private func reading(_ words: String, isQuestion: Bool) -> Reading {
        let found = snapshot.names.find(in: words)
        let named = found.map(\.productID)
        if named.count > 1 { return .these(named) }
        let positions = ordinals(found.isEmpty ? words : snapshot.names.without(found, in: words))
        let counted = positions.compactMap(shown).filter { !named.contains($0) }
        if !named.isEmpty { return .these(named + counted) }
        if !positions.isEmpty { return counted.isEmpty ? .unclear : .these(counted) }
        if let extreme = extreme(words) { return .these([extreme]) }
        if let other = other(words) { return other }
        if let described = described(words, isQuestion: isQuestion) { return described }
        guard points(words), let focus = context.focusedProduct else { return .nothing }
        return .these([focus])
    }

    private func shown(_ position: Int) -> String? {
        let all = context.shownProducts
        let index = position > 0 ? position - 1 : all.count + position
        return all.indices.contains(index) ? all[index] : nil
    }

    // MARK: The cheapest, the other one

    /// "How heavy is the cheapest?", "the cheaper one": of what was shown.
    private func extreme(_ words: String) -> String? {
        guard context.shownProducts.count > 1, let order = WishCues.order(SaidWords(words)) ?? WishCues.pick(SaidWords(words)) else {
            return nil
        }
        return order.sorted(context.shownProducts.compactMap(snapshot.product)).first?.id
    }

    private static let others: PhraseSet = [
        "the other one", "the other ring", "the other pair", "the other piece", "另一个", "另一款", "另一条", "另一对", "另外那个", "另外一个",
    ]

    /// "The other one", where there are two.
    private func other(_ words: String) -> Reading? {
        let said = SaidWords(words)
        guard said.contains(anyOf: References.others) else { return nil }
        let others = context.shownProducts.filter { $0 != context.focusedProduct }
        return others.count == 1 ? .these(others) : .unclear
    }

    // MARK: Descriptions

    /// "The silver one", "this signet ring", "红宝石那个", "那条银项链": the one of the shown that is so.
    private func described(_ words: String, isQuestion: Bool) -> Reading? {
        let reading = Description.english(words, parser) ?? Description.chinese(words, parser, isQuestion: isQuestion && !points(words))
        return reading.flatMap(fitting)
    }

    /// nil when the description says nothing that tells products apart.
    private func fitting(_ description: Description) -> Reading? {
        var pool = context.shownProducts
        if let focus = context.focusedProduct, !pool.contains(focus) { pool.append(focus) }
        let products = pool.compactMap(snapshot.product)
        var fitting = products.filter(description.filter.matches)
        // "The rope ring": a word that stands in titles tells them apart; one that stands in none is taste ("the pretty ring").
        let named = fitting.filter { product in
            let titles = product.title.values.sorted().map { $0.lowercased() }
            return description.words.contains { word in titles.contains { $0.contains(word) } }
        }
        if !named.isEmpty { fitting = named } else if description.filter.isEmpty { return nil }
        if fitting.count == 1 { return .these([fitting[0].id]) }
        if let focus = context.focusedProduct, fitting.contains(where: { $0.id == focus }) { return .these([focus]) }
        return .unclear
    }

    private static let pointing: Set<String> = ["it", "this", "that", "they", "them", "these", "those", "its", "one"]

    func points(_ words: String) -> Bool { References.point(words) }

    /// Whether there is a word that stands for something said before.
    static func point(_ words: String) -> Bool {
        let said = SaidWords(words)
        return said.contains(word: pointing) || said.contains(anyOf: chinesePointing)
    }

    private static let chinesePointing: PhraseSet = ["这", "它", "那个", "那款", "那条", "那对", "刚才", "该款"]
}
