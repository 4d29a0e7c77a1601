import Catalog
import Wire

/// Answers questions about one product from its attributes: "is it nickel free", "多重".
enum ProductQuestion {
    private struct Topic {
        var words: [String]
        var answer: (Product, Phrases) -> String?
    }

    static func answer(_ words: String, product: Product?, language: String, _ say: Phrases) -> ServiceAnswer? {
        let lower = words.lowercased()
        guard let topic = topics.first(where: { $0.words.contains(where: lower.contains) }) else { return nil }
        guard let product else { return ServiceAnswer(text: say.whichProduct, kind: .clarify) }
        let title = product.title(in: language)
        guard let fact = topic.answer(product, say) else { return nil }
        return ServiceAnswer(
            text: say.of("\(title): \(fact)", "\(title)：\(fact)"), sources: [Source(kind: "product", id: product.id, title: title, quote: fact)],
            product: product.id)
    }

    /// First match wins, so the narrower ones stand first.
    private static var topics: [Topic] {
        [
            Topic(words: ["nickel", "allerg", "镍", "过敏"]) { product, say in
                switch product.attribute("nickel_free") {
                case "true": say.of("nickel free.", "不含镍。")
                case "false": say.of("it may contain nickel.", "可能含镍。")
                default: nil
                }
            },
            Topic(words: ["weigh", "heavy", "多重", "重量", "几克"]) { product, say in
                product.attribute("weight_g").map { say.of("it weighs \($0) g.", "重 \($0) 克。") }
            },
            Topic(words: ["in stock", "available", "有货", "现货", "库存"]) { product, say in
                product.inStock ? say.of("\(product.stock) in stock.", "有现货，库存 \(product.stock) 件。") : say.of("sold out at the moment.", "目前缺货。")
            },
            Topic(words: ["price", "cost", "how much", "多少钱", "价格", "价钱"]) { product, say in
                say.of("it costs \(say.price(product.price)).", "售价 \(say.price(product.price))。")
            },
            Topic(words: ["gem", "stone", "diamond", "宝石", "什么石", "钻"]) { product, say in
                product.attribute("gem").map { $0 == "none" ? say.of("it has no gem.", "没有镶嵌宝石。") : say.of("its gem is \($0).", "宝石：\($0)。") }
            },
            Topic(words: ["metal", "material", "made of", "gold", "silver", "材质", "什么金", "金属"]) { product, say in
                product.attribute("material").map { material in
                    let name = material.replacing("_", with: " ")
                    return say.of("it is made of \(name).", "材质：\(name)。")
                }
            },
            Topic(words: ["long", "length", "多长", "长度"]) { product, say in
                product.attribute("length_mm").map { say.of("it is \($0) mm long.", "长 \($0) 毫米。") }
            },
            Topic(words: ["diameter", "wide", "width", "直径", "多宽"]) { product, say in
                (product.attribute("diameter_mm") ?? product.attribute("width_mm")).map { say.of("\($0) mm across.", "直径 \($0) 毫米。") }
            },
            Topic(words: ["clasp", "closure", "扣"]) { product, say in
                product.attribute("clasp").map { say.of("its clasp is a \($0.replacing("_", with: " ")).", "搭扣：\($0)。") }
            },
        ]
    }
}
