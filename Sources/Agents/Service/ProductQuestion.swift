import Catalog
import Wire

/// Answers questions about products from their attributes: "is it nickel free", "多重", "how long is it and is it in stock".
enum ProductQuestion {
    /// What is asked of the shop and not of a piece, whatever else the words say: delivery, returns, discounts, services.
    private static let shopWords: PhraseSet = [
        "ship*", "deliver*", "postage", "courier", "express", "customs", "arriv*", "return*", "refund*", "send it back", "money back", "exchange*",
        "discount*", "coupon", "voucher", "warrant*", "guarantee*", "engrav*", "installment", "instalment", "gift wrap*", "运费", "邮费", "快递", "发货",
        "送货", "配送", "寄", "送到", "到货", "能到", "才到", "多久", "多长时间", "退", "换货", "折扣", "打折", "优惠", "保修", "质保", "刻字", "分期", "礼盒",
    ]

    /// Whether the words ask for something of the shop and not of a piece.
    static func isForShop(_ words: String) -> Bool { isForShop(SaidWords(words)) }

    static func isForShop(_ said: SaidWords) -> Bool { said.contains(anyOf: shopWords) }

    /// What the words ask of a product, beside its name; empty when they ask for nothing that products state.
    static func topics(_ words: String, names: ProductNames) -> [Topic] {
        let lower = words.lowercased()
        // The product's own name says "gold" and "ring"; what is asked stands beside it.
        return topics(beside: names.without(names.find(in: lower), in: lower))
    }

    private static func topics(beside rest: String) -> [Topic] {
        // "How much does it weigh" asks for no price, "how much is it and what does it weigh" does.
        let plain = rest.replacing(/how much (?:does|do|did|would|will)\b[^?.,;]{0,60}?\bweigh/, with: "weigh")
        let asked = SaidWords(plain)
        guard !asked.contains(anyOf: shopWords) else { return [] }
        let found = Topic.all.filter { $0.isAsked(in: asked, rest: rest) }
        // The narrower one answers for the wider: "is it solid gold" is answered by the fineness.
        let hidden = found.flatMap(\.covers)
        return found.filter { !hidden.contains($0.english) }
    }

    /// nil when the words ask for nothing that products state, or these do not state it.
    ///
    /// - Parameter products: one, or those that are asked about side by side.
    static func answer(_ words: String, products: [Product], language: String, _ say: Phrases) -> ServiceAnswer? {
        let topics = topics(words, names: ProductNames(products))
        guard !topics.isEmpty else { return nil }
        guard !products.isEmpty else { return ServiceAnswer(text: say.whichProduct, kind: .clarify) }
        var lines: [String] = []
        var sources: [Source] = []
        for product in products {
            let facts = topics.compactMap { $0.answer(product, say, words) }
            guard !facts.isEmpty else { continue }
            let title = product.title(in: language)
            let sentence = facts.joined(separator: say.of("; ", "；")) + say.of(".", "。")
            lines.append(say.of("\(title): ", "\(title)：") + sentence)
            sources.append(Source(kind: "product", id: product.id, title: title, quote: sentence))
        }
        return lines.isEmpty
            ? nil : ServiceAnswer(text: lines.joined(separator: say.of(" ", "")), sources: sources, product: sources.first?.id)
    }

    /// Whether words beside a product's name ask for a fact, rather than for things to look at or to do.
    static func asks(_ rest: String) -> Bool {
        let said = SaidWords(rest)
        return !said.contains(anyOf: wishes) && topics(beside: rest).contains { !$0.isWare }
    }

    private static let wishes: PhraseSet = [
        "show", "showing", "find", "like", "similar", "recommend", "look for", "looking for", "try", "trying", "instead", "推荐", "类似", "试", "找",
        "想看", "看看", "换成",
    ]

    /// What a comparison lists; the price first, and always.
    static var comparable: [Topic] {
        [Topic.price, Topic.material, Topic.gem, Topic.weight, Topic.length, Topic.width, Topic.clasp, Topic.nickel, Topic.stock]
    }

    // MARK: A product as a whole

    /// Whether the words ask for all there is to say of a piece: "tell me more about …", "详细介绍一下".
    static func asksDescription(_ words: String) -> Bool { asksDescription(SaidWords(words)) }

    static func asksDescription(_ said: SaidWords) -> Bool { said.contains(anyOf: describing) }

    private static let describing: PhraseSet = [
        "tell me more", "tell me about", "tell me everything", "more about", "know more", "learn more", "describe", "description", "detail",
        "more information", "more info", "介绍", "详细", "详情", "细节", "说说", "讲讲", "具体情况", "了解一下", "多了解",
    ]

    /// Words of an answer that only picks one of the things shown: "the first one please", "the cheaper one", "就要第一个".
    static func picksOnly(_ words: String, parser: FilterParser) -> Bool {
        guard Ordinals.positions(in: words, parser).count == 1 || WishCues.pick(SaidWords(words)) != nil else { return false }
        let lower = words.lowercased()
        let latin = lower.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
        guard latin.allSatisfy({ picking.contains($0) || Ordinals.positions(in: "the \($0)", parser).count == 1 || Int($0) != nil }) else {
            return false
        }
        let chinese = lower.filter { $0.unicodeScalars.allSatisfy { (0x4E00...0x9FFF).contains($0.value) } }
        return chinese.allSatisfy { pickingCharacters.contains($0) }
    }

    private static let picking: Set<String> = [
        "the", "one", "please", "i", "ll", "d", "want", "would", "like", "have", "choose", "pick", "prefer", "go", "for", "with", "then", "just",
        "ok",
        "okay", "yes", "show", "me", "let", "see", "number", "no", "option", "item", "piece", "thanks", "but", "to", "last", "look", "at", "s",
        "cheaper", "pricier", "dearer", "more", "less", "expensive", "lighter", "heavier", "smaller", "bigger", "larger", "longer", "shorter", "of",
        "two", "those", "these", "them",
    ]
    private static let pickingCharacters = Set("第一二两三四五六七八九十倒数最后个款条只对件枚就要我想看选这那吧呢啊了请给喜欢的来还是便宜贵轻重大小长短点更")

    /// The shop's own text, what it costs, and what it is made of.
    static func description(of product: Product, language: String, _ say: Phrases) -> ServiceAnswer {
        let title = product.title(in: language)
        let details = product.details(in: language)
        let facts = [Topic.price, .stock, .material, .gem, .weight, .sizes, .style, .occasion].compactMap { $0.fact(product, say) }
        let parts = (details.isEmpty ? [] : [details]) + [capitalised(facts.joined(separator: say.of("; ", "；"))) + say.of(".", "。")]
        let text = parts.joined(separator: say.of(" ", ""))
        return ServiceAnswer(
            text: say.of("\(title): ", "\(title)：") + text, sources: [Source(kind: "product", id: product.id, title: title, quote: text)],
            product: product.id)
    }

    private static func capitalised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}
