/// What the form of a sentence tells, whatever it is about: a question, a wish to see wares, something pointed at, something put right.
enum SentenceForm {
    static func isChinese(_ words: String) -> Bool { words.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } }

    // MARK: Questions and wishes

    private static let askingWords: Set<String> = [
        "what", "what's", "which", "who", "who's", "whose", "where", "where's", "when", "why", "how", "how's",
    ]
    private static let helpers: Set<String> = [
        "do", "does", "did", "is", "are", "can", "could", "will", "would", "may", "should", "have", "has", "am",
    ]
    private static let subjects: Set<String> = [
        "you", "your", "i", "we", "they", "there", "it", "this", "that", "the", "my", "these", "those", "he", "she",
    ]
    private static let chineseAsking = ["吗", "什么", "怎么", "怎样", "哪", "多少", "为什么", "谁", "能不能", "可不可以", "有没有", "是不是", "多久", "几号", "几天"]

    /// Asks something, by its form.
    static func isQuestion(_ words: String) -> Bool {
        if let last = words.last(where: { !$0.isWhitespace }), last == "?" || last == "？" { return true }
        if isChinese(words) { return chineseAsking.contains(where: words.contains) }
        let said = latin(words)
        guard let first = said.first else { return false }
        return askingWords.contains(first) || (helpers.contains(first) && said.count > 1 && subjects.contains(said[1]))
    }

    private static let wishes: PhraseSet = [
        "show me", "show us", "find me", "find a", "looking for", "look for", "recommend", "suggest", "browse", "see some", "see your", "search for",
        "do you have", "have you got", "do you sell", "do you carry", "got any", "any more",
    ]
    private static let chineseWishes = ["看看", "推荐", "帮我找", "给我找", "找一", "找个", "找条", "想找", "有没有", "有什么", "有哪些", "想看", "搜", "给我看", "几款"]

    /// Wants to be shown wares.
    static func isWish(_ words: String) -> Bool {
        isChinese(words) ? chineseWishes.contains(where: words.contains) : SaidWords(words).contains(anyOf: wishes)
    }

    // MARK: Pointing

    /// Words of a sentence that does nothing but point.
    private static let pointingWordsMax = 12
    /// Words of a name: "topaz ring".
    private static let nameWordsMax = 4
    private static let nameCharactersMax = 6
    private static let pointing: Set<String> = [
        "the", "my", "that", "this", "one", "ones", "first", "second", "third", "fourth", "fifth", "last", "latest", "newest", "recent", "former",
        "latter",
        "1st", "2nd", "3rd", "4th", "5th",
    ]
    private static let chinesePointing = ["第", "个", "那", "这", "最近", "最后", "最新", "上一", "刚买", "刚下", "的是", "单", "款"]
    private static let kinds: Set<String> = ["rings", "necklaces", "bracelets", "pendants", "earrings", "hoops", "studs", "bangles", "chains"]

    /// Points at one of what is known ("the second one", "the one with the topaz ring"), and asks for nothing to be shown.
    /// - Parameter orNames: "topaz ring" is enough.
    static func points(_ words: String, orNames: Bool = false) -> Bool {
        guard !isQuestion(words), !isWish(words), !words.contains(where: { $0 == "$" || $0 == "¥" }) else { return false }
        if isChinese(words) { return chinesePointing.contains(where: words.contains) || (orNames && words.count <= nameCharactersMax) }
        let said = latin(words)
        guard said.count <= pointingWordsMax, !said.isEmpty else { return false }
        if ["under", "below", "over", "cheaper"].contains(where: said.contains) { return false }
        return said.contains(where: pointing.contains) || (orNames && said.count <= nameWordsMax && kinds.isDisjoint(with: said))
    }

    /// Of several the newest is meant.
    static func isNewest(_ words: String) -> Bool {
        SaidWords(words).contains(anyOf: newest)
    }

    private static let newest: PhraseSet = [
        "latest", "newest", "most recent", "last order", "last purchase", "last one", "最近", "最新", "最后一单", "上一单", "刚下的", "刚买的",
    ]

    // MARK: Putting right

    private static let denials = [
        "no wait", "no sorry", "no actually", "no", "nope", "nah", "sorry", "actually", "wait", "not that", "i mean", "i meant", "or rather",
        "rather",
        "不对", "不是的", "不是", "不", "错了", "说错了", "等等", "等一下", "抱歉", "我是说", "我的意思是", "应该是", "是说",
    ]
    private static let replacing = [
        "make it", "make that", "change it to", "change that to", "better", "instead", "in", "换成", "改成", "改为", "还是要", "还是", "要",
    ]

    /// Takes off what leads to the right thing: "no, in rose gold" → "in rose gold".
    /// - Returns: the rest, and whether anything was taken off that says that the thing before was wrong.
    static func withoutDenial(_ words: String) -> (rest: String, isDenied: Bool) {
        var rest = words[...]
        var isDenied = false
        func isEdge(_ character: Character?) -> Bool { character.map { !$0.isLetter && !$0.isNumber } ?? true }
        while true {
            rest = rest.drop { isEdge($0) }
            let lower = rest.lowercased()
            guard
                let lead = denials.filter({ denial in
                    guard lower.hasPrefix(denial) else { return false }
                    // Chinese ones are words only where something sets them off: "不锈钢", "不亮了".
                    let behind = lower.dropFirst(denial.count).first
                    return isEdge(behind) || (isChinese(denial) && denial.count > 1 && denial != "等等")
                }).max(by: { $0.count < $1.count })
            else { return (String(rest), isDenied) }
            rest = rest.dropFirst(lead.count)
            isDenied = true
        }
    }

    /// Whether words that deny nothing put something else in its place all the same: "make it silver", "换成玫瑰金的".
    static func changes(_ words: String) -> Bool {
        let lower = words.lowercased()
        if isChinese(words) { return replacing.contains { isChinese($0) && lower.hasPrefix($0) } }
        return replacing.contains { (lower + " ").hasPrefix($0 + " ") } || latin(words).last == "instead"
    }

    private static func latin(_ words: String) -> [String] {
        words.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init)
    }
}
