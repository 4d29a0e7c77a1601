import Wire

/// "Yes", "no" and "forget it" as answers to a question of ours, in English and Chinese.
enum Assent: Equatable {
    case yes, no, stop

    /// Words of an answer that is nothing but one; a longer sentence says more and is understood by its intent.
    static let wordsMax = 8

    private static let yesWords: Set<String> = [
        "yes", "yes please", "yeah", "yep", "sure", "ok", "okay", "correct", "right", "exactly", "please do", "go ahead", "do it", "confirm",
        "confirmed", "yes do it", "yes go ahead", "of course", "fine", "that's right", "thats right", "absolutely", "yes that one",
        "是", "是的", "好", "好的", "可以", "行", "对", "对的", "确认", "没错", "嗯", "嗯嗯", "请吧", "就这样", "好啊", "可以的", "同意", "确定", "是的请",
        "好的请办理",
    ]
    private static let noWords: Set<String> = [
        "no", "nope", "no thanks", "no thank you", "don't", "dont", "do not", "rather not", "not that", "wrong", "no don't", "no dont", "better not",
        "不", "不是", "不要", "不用", "不用了", "不对", "别", "不行", "不了", "先不", "先不要", "还是不要了",
    ]
    private static let stopWords: Set<String> = [
        "stop", "forget it", "never mind", "nevermind", "leave it", "cancel that", "skip it", "drop it", "no forget it", "not now", "let it be",
        "算了", "不弄了", "没事了", "先不弄了", "当我没说", "不办了", "先算了",
    ]

    /// What may follow "yes": nothing that adds to it, changes it or asks.
    private static let assentWords: Set<String> = [
        "yes", "yeah", "yep", "sure", "ok", "okay", "please", "thanks", "thank", "you", "go", "ahead", "do", "it", "that", "that's", "thats", "this",
        "is", "it's", "one", "i", "i'm", "am", "of", "course", "fine", "good", "great", "perfect", "right", "correct", "exactly", "absolutely",
        "definitely", "certainly", "indeed", "confirm", "confirmed", "proceed", "continue", "the", "my", "me", "for", "with", "order", "would",
        "like",
        "to", "want", "be", "so", "much", "very", "now", "and", "sounds", "agree", "agreed", "let's", "can", "may", "well", "cool",
    ]
    /// What is to be done, said again: each only where that is what was asked.
    private static let doingWords: [String: Set<String>] = [
        "cancel": ["cancel"], "return": ["return", "send", "back", "start"], "exchange": ["exchange", "swap", "book"],
        "address": ["change", "address", "new", "deliver", "send", "there"], "resize": ["resize", "resizing", "ring", "book"],
        "repair": ["repair", "fix", "book"], "cart": ["add", "cart"], "stock_alert": ["tell", "notify"],
    ]
    private static let doingChinese: [String: [String]] = [
        "cancel": ["取消"], "return": ["退货", "退"], "exchange": ["换货", "换"], "address": ["改", "修改", "寄"], "resize": ["改圈", "改", "预约"],
        "repair": ["维修", "修", "预约"],
    ]
    /// With one of these a sentence that begins with "no" is more than a no.
    private static let furtherWords: Set<String> = [
        "but", "wait", "which", "how", "what", "when", "where", "why", "who", "first", "instead", "other", "another", "different", "actually",
        "problem",
        "ahead", "proceed", "yes",
    ]
    /// "No problem" is a yes.
    private static let noneButYes = ["no problem at all", "no problem", "no problems", "no worries", "no objections", "no objection"]
    private static let chineseYes = [
        "没问题", "好的", "好啊", "好吧", "好呀", "好", "可以的", "可以", "行吧", "行", "对的", "对", "是的", "是", "确认", "确定", "没错", "嗯嗯", "嗯", "同意",
    ]
    private static let chineseNo = ["不用了", "不用", "不要了", "不要", "不了", "不行", "不对", "不是", "不", "别"]
    /// Chinese that adds nothing to a yes: courtesies, "do it then".
    private static let chineseCourtesies = [
        "谢谢你", "谢谢您", "谢谢", "麻烦你了", "麻烦您了", "麻烦了", "麻烦", "请帮我", "帮我", "请", "就这样", "办理", "办", "掉", "它", "这个", "这单", "订单", "了", "吧", "啦", "哦",
        "呀", "的", "我", "就",
    ]
    private static let chineseFurther = ["但", "不过", "可是", "等", "哪", "怎么", "什么", "多少", "多久", "为什么", "吗", "呢", "换", "另", "别的", "其他"]

    /// - Parameter operation: what a yes would do, as `DialoguePolicy.operations` names it: "yes, cancel it" says yes to that alone; nil = whatever.
    static func read(_ words: String, to operation: String? = nil) -> Assent? {
        let plain = plain(words)
        if stopWords.contains(plain) { return .stop }
        if noWords.contains(plain) { return .no }
        let isQuestion = words.contains { $0 == "?" || $0 == "？" }
        if yesWords.contains(plain) { return isQuestion ? nil : .yes }
        guard !plain.contains(where: \.isNumber) else { return nil }
        if plain.unicodeScalars.contains(where: { (0x4E00...0x9FFF).contains($0.value) }) { return isQuestion ? nil : chinese(plain, operation) }
        var rest = plain.split(separator: " ").map(String.init)
        guard rest.count <= wordsMax, let first = rest.first else { return nil }
        let doing = operation.map { doingWords[$0] ?? [] } ?? doingWords.values.reduce(into: []) { $0.formUnion($1) }
        if let phrase = noneButYes.first(where: { (plain + " ").hasPrefix($0 + " ") }) {
            rest.removeFirst(phrase.split(separator: " ").count)
            return !isQuestion && rest.allSatisfy { assentWords.contains($0) || doing.contains($0) } ? .yes : nil
        }
        if ["yes", "yeah", "yep", "sure", "ok", "okay"].contains(first) {
            return !isQuestion && rest.allSatisfy { assentWords.contains($0) || doing.contains($0) } ? .yes : nil
        }
        if ["no", "nope"].contains(first) { return isQuestion || !furtherWords.isDisjoint(with: rest) ? nil : .no }
        return nil
    }

    /// "好的，取消吧", "不，先留着".
    private static func chinese(_ plain: String, _ operation: String?) -> Assent? {
        let text = plain.filter { $0 != " " }
        guard text.count <= 2 * wordsMax else { return nil }
        let doing = operation.map { doingChinese[$0] ?? [] } ?? doingChinese.keys.sorted().flatMap { doingChinese[$0] ?? [] }
        /// Whether nothing is left of the text behind one of the words but what adds nothing.
        func isWhole(_ words: [String]) -> Bool {
            let parts = (words + chineseCourtesies + doing).sorted { ($0.count, $1) > ($1.count, $0) }
            guard let head = words.first(where: text.hasPrefix) else { return false }
            var rest = text.dropFirst(head.count)
            while let part = parts.first(where: { rest.hasPrefix($0) }) { rest = rest.dropFirst(part.count) }
            return rest.isEmpty
        }
        if isWhole(chineseYes) { return .yes }
        if isWhole(chineseNo) { return .no }
        // "不" set off from what follows; "不好意思" and "不知道" are no answers.
        return chineseNo.contains(String(plain.prefix { $0 != " " })) && !chineseFurther.contains(where: text.contains) ? .no : nil
    }

    /// Whether the words answer what the dialogue waits for.
    static func answers(_ words: String, _ dialogue: Dialogue) -> Bool {
        guard !dialogue.state.isEmpty else { return dialogue.slots.contains { $0.name == DialogueSlots.offer } && read(words) != nil }
        // A description in the customer's own words may name wares.
        let awaits = dialogue.slots.last { $0.name == DialogueSlots.awaits }?.value
        if awaits == DialoguePolicy.Slot.detail.rawValue, !dialogue.slots.contains(where: { $0.name == awaits }) { return true }
        return read(words) != nil || OrderNumber.find(in: words) != nil || OrderNumber.bareDigits(words) != nil
            || SlotReader.looksLikeDetail(words)
    }

    private static func plain(_ words: String) -> String {
        var kept = ""
        for character in words.lowercased() {
            if character.isLetter || character.isNumber || character == "'" {
                kept.append(character)
            } else if character == "’" {
                kept.append("'")
            } else if kept.last != " ", !kept.isEmpty {
                kept.append(" ")
            }
        }
        while kept.last == " " { kept.removeLast() }
        return kept
    }
}
