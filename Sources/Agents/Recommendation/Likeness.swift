public import Catalog
public import Fusion

/// "More like this": a product's own vectors as a query.
public enum Likeness {
    /// How much the words' vector counts in the text's part of "more like this but …".
    static let wordsShare: Float = 0.4
    /// How much looks count for what goes with something: its style and material are in its words.
    static let looksOfComplement: Float = 0.2

    /// text = unit(0.6·own + 0.4·said), every modality of equal weight; for what goes with something the words count more than the looks.
    ///
    /// - Parameter said: the vector of words beside filters, of the same space as the product's text.
    public static func blocks(of productID: String, but said: Feature?, goesWith: Bool = false, _ snapshot: CatalogSnapshot) -> [FusedQuery.Block] {
        let own = snapshot.features(of: productID).filter { $0.modality == Modality.text || $0.modality == Modality.image }
        return own.map { feature in
            var values = feature.values
            if let said, feature.modality == said.modality, said.spaceID == feature.spaceID, said.values.count == values.count {
                values =
                    Feature(
                        modality: feature.modality, spaceID: feature.spaceID,
                        values: zip(values, said.values).map { (1 - wordsShare) * $0 + wordsShare * $1 }
                    ).normalised().values
            }
            var weight = 1 / Float(own.count)
            if goesWith, own.count > 1 {
                weight = feature.modality == Modality.image ? looksOfComplement : (1 - looksOfComplement) / Float(own.count - 1)
            }
            return FusedQuery.Block(modality: feature.modality, spaceID: feature.spaceID, values: values, weight: weight)
        }
    }
}

extension FusedVector {
    /// As a query of the catalogue: the weights of the modalities that are there add up to 1, so that words alone count as much beside rules and
    /// behaviour as words and a photo do.
    public var asked: [FusedQuery.Block] {
        let total = parts.reduce(Float(0)) { $0 + $1.weight }
        return parts.map {
            FusedQuery.Block(
                modality: $0.feature.modality, spaceID: $0.feature.spaceID, values: $0.feature.values,
                weight: total > 0 ? $0.weight / total : $0.weight)
        }
    }
}

/// Words that say more of a product than what filters understood.
public enum TellingWords {
    /// Whether anything is left but words of every sentence.
    public static func areIn(_ words: String) -> Bool { words.unicodeScalars.contains { $0.properties.isAlphabetic } }
}

extension ParsedFilter {
    /// What is left of the text without the phrases that filters understood and without words of every request.
    public func rest(of text: String) -> String {
        var bytes = Array(text.utf8)
        // What is not wanted is no word to look for.
        for range in (matches + notApplied).map(\.range) + kinds.filter(\.isNegated).map(\.range) {
            for index in range where bytes.indices.contains(index) { bytes[index] = UInt8(ascii: " ") }
        }
        let left = String(decoding: bytes, as: UTF8.self).lowercased()
        let isLatin = left.utf8.allSatisfy { $0 < 0x80 }
        let words = isLatin ? left : ParsedFilter.withoutUsual(left)
        return words.split { !$0.isLetter && !$0.isNumber && $0 != "'" }.filter { !ParsedFilter.usualWords.contains(String($0)) }
            .joined(separator: " ")
    }

    /// The same with spaces in the place of Chinese words of every request.
    private static func withoutUsual(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for usual in usualChinese {
            var at = 0
            while at + usual.count <= bytes.count {
                if bytes[at] == usual[0], bytes[at..<at + usual.count].elementsEqual(usual) {
                    for index in at..<at + usual.count { bytes[index] = UInt8(ascii: " ") }
                    at += usual.count
                } else {
                    at += 1
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // Words of every request; longer ones first where one holds the other.
    private static let usual = """
        a an and any anything are as at be but by can cheaper could do dollars else find fine for from get give go goes good have help
        here i i'd i'm in is it its just like look looking match matches matching may me more my need nice of on one ones or other others
        pair please recommend same see show similar so some something suggest than that the them these they this those to under want wear
        what which with would you your first second third last no not none never without except don't dont doesn't
        有没有 我想要 我想看 我想买 给我看 帮我找 这一款 那一款 有什么 我想 我要 想要 想看 想买 看看 推荐 类似 差不多 便宜 一点 一些 这款 那款 这个 那个 这种 可以 什么 搭配 配套
        请 我 你 您 有 吗 呢 的 款 个 要 找 但是 但 和 跟 与 第一 第二 第三 不想要 不喜欢 没有 不要 不带 不含 换成 换 再 还 更 想 给 看 不 没 别 太 了
        """.split { $0 == " " || $0 == "\n" }.map(String.init)
    private static let usualWords = Set(usual)
    private static let usualChinese = usual.filter { !$0.allSatisfy(\.isASCII) }.map { Array($0.utf8) }
}
