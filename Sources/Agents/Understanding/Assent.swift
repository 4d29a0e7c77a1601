/// "Yes", "no" and "forget it" as answers to a question of ours, in English and Chinese.
///
/// A yes is read only where every word of the sentence belongs to one: what is done after it cannot be taken back. A no is read more freely,
/// for after it nothing is done.
enum Assent: Equatable {
    case yes, no, stop

    /// Words of an answer that is nothing but one; a longer sentence says more and is understood by its intent.
    static let wordsMax = 8
    /// Words of a refusal, which may say why: "actually, I think I would rather keep it, thank you".
    static let refusalWordsMax = 12

    /// - Parameter operation: what a yes would do, as `DialoguePolicy.operations` names it: "yes, cancel it" says yes to that alone; nil = whatever,
    ///   "" = nothing that has a name.
    static func read(_ words: String, to operation: String? = nil) -> Assent? {
        let plain = plain(words)
        let doing = Doing(operation)
        if stopWords.contains(plain) { return .stop }
        if noWords.contains(plain) { return .no }
        if callingOff.contains(plain), let operation, operation != "cancel" { return .stop }
        // Either the order or what is being done with it.
        if plain == "cancel that" { return operation == "cancel" ? nil : .stop }
        // Who asks something has not answered.
        if words.contains(where: { $0 == "?" || $0 == "？" }) { return nil }
        if yesWords.contains(plain) { return .yes }
        guard !plain.contains(where: { ("0"..."9").contains($0) }) else { return nil }
        if SentenceForm.isChinese(plain) { return chinese(plain, doing) }
        return english(plain.split(separator: " ").map(String.init), doing)
    }

    /// The same for a sentence that is nothing but the answer, where a description was asked for and "no clasp any more" is one.
    static func bare(_ words: String, to operation: String? = nil) -> Assent? {
        let plain = plain(words)
        let said = plain.split(separator: " ").map(String.init)
        if SentenceForm.isChinese(plain) {
            let text = plain.filter { $0 != " " }
            guard read(words, to: operation) != nil else { return nil }
            let doing = Doing(operation)
            let isShort = isMade(text, of: chineseYes + chineseNo + chineseCourtesies + chineseHolding + doing.chinese)
            return isShort || stopWords.contains(plain) ? read(words, to: operation) : nil
        }
        let known = said.allSatisfy { fillers.contains($0) || affirming.contains($0) || bareNo.contains($0) || holding.contains($0) }
        return known ? read(words, to: operation) : nil
    }

    /// "Don't cancel it", "不退了", "算了不换了": what might be done is not to be, and nothing else is.
    static func callsOff(_ words: String) -> Bool {
        guard !words.contains(where: { $0 == "?" || $0 == "？" || ("0"..."9").contains($0) }) else { return false }
        let plain = plain(words)
        if SentenceForm.isChinese(plain) {
            let text = plain.filter { $0 != " " }
            guard text.count <= callingOffCharactersMax, !chineseAsking.contains(where: text.contains) else { return false }
            let verbs = Doing(nil).chinese.sorted { $0.count > $1.count }
            var rest = text
            for verb in verbs { for negation in chineseNegating { rest = rest.replacing(negation + verb, with: "") } }
            // Of "我不退了" nothing is left that wants something.
            return rest != text && !verbs.contains(where: rest.contains) && isMade(rest, of: chineseCourtesies + ["算了", "先", "订单", "还是", "想", "货"])
        }
        let said = plain.split(separator: " ").map(String.init)
        guard said.count <= wordsMax, asking.subtracting(["instead"]).isDisjoint(with: said) else { return false }
        let doing = Doing(nil)
        let verbs = said.indices.filter { doing.isVerb(said[$0]) }
        guard let first = verbs.first, verbs.count == 1 else { return false }
        let before = " " + said[..<first].joined(separator: " ")
        let behind = said[(first + 1)...]
        return ["don't", "dont", " do not", "don't want to", "dont want to", " not want to"].contains(where: before.hasSuffix)
            && behind.allSatisfy { fillers.contains($0) || ["order", "anything", "anymore", "any", "more", "yet", "back"].contains($0) }
    }

    private static let callingOffCharactersMax = 12

    /// Drops what is under way, where a description was asked for and any words could be one: "算了我不想换了", "actually cancel that exchange".
    static func abandons(_ words: String, _ operation: String) -> Bool {
        let plain = plain(words)
        if callsOff(words) || ["算了", "不弄了", "不换了", "不修了", "不退了"].contains(where: plain.hasPrefix) { return true }
        let said = plain.split(separator: " ").map(String.init)
        let leads = ["never mind", "nevermind", "forget it", "forget about", "forget the", "drop it", "stop it"]
        if leads.contains(where: plain.hasPrefix) { return true }
        guard operation != "cancel", said.count <= wordsMax, let place = said.firstIndex(of: "cancel") else { return false }
        return said[..<place].allSatisfy { ["actually", "please", "no", "oh", "wait", "just", "sorry", "ok", "let's"].contains($0) }
    }

    /// A yes and a no at once: nothing is done for it.
    private static let wavering = [" not now ", " actually no ", " actually not ", " wait no ", " but no ", " or no "]

    /// "I don't know", "不清楚": no answer to what was asked.
    static func isIgnorance(_ words: String) -> Bool {
        let said = SaidWords(words)
        return said.contains(anyOf: ["i don't know", "i dont know", "i do not know", "no idea", "don't remember", "dunno", "can't say", "cannot say"])
            || ["不知道", "不清楚", "不晓得", "不记得", "忘了"].contains { words.contains($0) && words.count <= 2 * wordsMax }
    }

    // MARK: Words

    private static let yesWords: Set<String> = ["why not", "是的请", "好的请办理"]
    private static let noWords: Set<String> = [
        "no", "nope", "nah", "no thanks", "no thank you", "don't", "dont", "do not", "rather not", "not that", "wrong", "no don't", "no dont",
        "better not", "不", "不是", "不要", "不用", "不用了", "不对", "别", "不行", "不了", "先不", "先不要", "还是不要了",
    ]
    private static let stopWords: Set<String> = [
        "stop", "forget it", "forget about it", "never mind", "nevermind", "leave it", "skip it", "drop it", "no forget it", "not now", "let it be",
        "算了", "不弄了", "没事了", "先不弄了", "当我没说", "不办了", "先算了",
    ]
    /// "Cancel" where something else is about to be done.
    private static let callingOff: Set<String> = ["cancel", "please cancel", "cancel please", "cancel that", "取消", "取消吧"]

    /// What may stand beside "yes": nothing that adds to it, changes it or asks.
    private static let fillers: Set<String> = [
        "please", "thanks", "thank", "you", "it", "that", "that's", "thats", "this", "is", "it's", "one", "i", "i'm", "im", "am", "of", "the", "my",
        "me", "for", "so", "much", "very", "now", "and", "sounds", "looks", "let's", "can", "may", "well", "then", "just", "oh", "all", "do", "go",
        "ahead", "quite", "really", "course", "them", "by", "means", "think", "a", "lot", "thing", "make",
    ]
    private static let affirming: Set<String> = [
        "yes", "yeah", "yep", "yup", "yea", "ya", "aye", "y", "sure", "ok", "okay", "okey", "fine", "good", "great", "perfect", "right", "correct",
        "exactly", "absolutely", "definitely", "certainly", "indeed", "confirm", "confirmed", "agree", "agreed", "alright", "cool", "wonderful",
        "lovely", "positive",
    ]
    private static let affirmingPhrases = [
        " go ahead ", " do it ", " do that ", " do so ", " please do ", " of course ", " i do ", " by all means ",
    ]
    /// Said of oneself they turn something down: "I'm good, thanks".
    private static let declining = [" i'm good ", " i'm fine ", " i'm ok ", " i'm okay ", " i am good ", " i am fine ", " i'm all right "]
    /// "Continue" goes on with what was asked, unless something follows: "continue with my order".
    private static let goingOn: Set<String> = ["continue", "proceed"]
    private static let closing: Set<String> = ["please", "thanks", "thank", "you", "now", "then"]
    /// What a wish is made of: said with a yes and with what is to be done, it adds nothing.
    private static let wanting: Set<String> = ["want", "would", "like", "to", "i'd", "need"]

    /// With one of these a sentence that begins with "no" is more than a no.
    private static let furtherWords: Set<String> = asking.union(["wait", "actually", "problem", "ahead", "proceed", "continue", "yes"])
    /// With one of these a sentence asks, or wants something else.
    private static let asking: Set<String> = [
        "but", "which", "how", "what", "when", "where", "why", "who", "first", "instead", "other", "another", "different", "if", "except",
    ]
    /// "No problem" is a yes.
    private static let noneButYes = ["no problem at all", "no problem", "no problems", "no worries", "no objections", "no objection"]

    private static let refusals = [
        " keep it ", " keep that ", " keep this ", " keep them ", " keep my ", " keep the ", " keep everything ", " leave it ", " leave that ",
        " leave them ", " leave everything ", " leave things ", " rather not ", " better not ", " changed my mind ", " not yet ", " not now ",
        " not today ", " not sure ", " not certain ", " please don't ", " please do not ", " don't do ", " do not do ", " hold off ",
        " no longer sure ", " second thought ", " second thoughts ",
    ]
    /// These refuse whatever stands beside them.
    private static let firmly = [" keep ", " leave ", " rather not ", " better not ", " please don't ", " don't do ", " do not do "]
    private static let notRefusals = [
        "don't keep", "do not keep", "not to keep", "want to keep it any", "n't want to keep", "not want to keep", "won't keep", "don't leave",
    ]
    /// What is all of "wait, let me think".
    private static let holding: Set<String> = [
        "wait", "hold", "on", "hang", "a", "one", "just", "moment", "second", "sec", "minute", "bit", "let", "me", "think", "about", "it", "that",
        "this", "over", "i", "need", "to", "i'll", "must", "please", "again", "no", "still", "more", "time", "have", "some",
    ]
    private static let pausing: Set<String> = ["wait", "hold", "hang", "think", "moment", "minute"]
    private static let bareNo: Set<String> = [
        "no", "nope", "nah", "not", "don't", "dont", "stop", "forget", "never", "nevermind", "mind", "leave", "drop", "skip", "actually", "rather",
        "better", "sorry", "changed", "cancel", "keep", "want", "to", "any", "more", "anymore", "let", "be", "problem", "worries",
    ]
    /// An order that is wanted is not to be cancelled.
    private static let wantingOrder = [
        " want my ", " want the order ", " want this order ", " want it ", " still want ", " still need ", " need my ", " continue with my ",
        " continue with the ", " continue my ", " proceed with my ", " proceed with the ", " go on with my ", " go on with the ",
        " go ahead with my ",
        " go ahead with the order ", " send it ", " ship it ", " deliver it ",
    ]

    /// What is to be done, said again: it counts only where it is what was asked.
    private struct Doing {
        /// What does it, beginnings of words, and what it is done to.
        private static let verbs: [String: [String]] = [
            "cancel": ["cancel"], "return": ["return", "send"], "exchange": ["exchange", "swap"], "address": ["change", "deliver", "send"],
            "resize": ["resiz"], "repair": ["repair", "fix"], "cart": ["add"], "stock_alert": ["tell", "notify"],
        ]
        private static let beside: [String: Set<String>] = [
            "cancel": [], "return": ["back", "start"], "exchange": ["book"], "address": ["address", "new", "there"], "resize": ["ring", "book"],
            "repair": ["book"], "cart": ["cart"], "stock_alert": [],
        ]
        private static let chinese: [String: [String]] = [
            "cancel": ["取消"], "return": ["退货", "退"], "exchange": ["换货", "换"], "address": ["修改", "改", "寄"], "resize": ["改圈", "改", "预约"],
            "repair": ["维修", "修", "预约"],
        ]
        let operation: String?
        let verbs: [String]
        let beside: Set<String>
        let chinese: [String]

        init(_ operation: String?) {
            self.operation = operation
            let all = operation.map { [$0] } ?? DialoguePolicy.operations
            verbs = all.flatMap { Doing.verbs[$0] ?? [] }
            beside = all.reduce(into: []) { $0.formUnion(Doing.beside[$1] ?? []) }
            chinese = all.flatMap { Doing.chinese[$0] ?? [] }
        }

        /// "Changed" is said of one's mind.
        func isVerb(_ word: String) -> Bool { word != "changed" && verbs.contains(where: word.hasPrefix) }
    }

    // MARK: English

    private static func english(_ said: [String], _ doing: Doing) -> Assent? {
        guard said.count <= refusalWordsMax, let first = said.first else { return nil }
        let padded = " " + said.joined(separator: " ") + " "
        if declining.contains(where: padded.contains), !["yes", "yeah", "yep"].contains(first) { return nil }
        if refuses(said, padded, doing) || wavering.contains(where: padded.hasSuffix) { return .no }
        guard said.count <= wordsMax else { return nil }
        if let phrase = noneButYes.first(where: { padded.hasPrefix(" \($0) ") }) {
            let rest = Array(said.dropFirst(phrase.split(separator: " ").count))
            return rest.isEmpty || agrees(["yes"] + rest, doing) ? .yes : nil
        }
        if ["no", "nope", "nah"].contains(first) { return furtherWords.isDisjoint(with: said) ? .no : nil }
        return agrees(said, doing) ? .yes : nil
    }

    private static func refuses(_ said: [String], _ padded: String, _ doing: Doing) -> Bool {
        guard asking.isDisjoint(with: said), !notRefusals.contains(where: padded.contains) else { return false }
        if said.allSatisfy({ holding.contains($0) || closing.contains($0) }), !pausing.isDisjoint(with: said) { return true }
        if ["don't", "dont"].contains(said.last) || padded.hasSuffix(" do not ") { return true }
        for (index, word) in said.enumerated() where doing.isVerb(word) {
            let before = " " + said[..<index].joined(separator: " ")
            if ["n't", " dont", " not", "n't want to", " not want to", " not to", "n't want you to", "n't you"].contains(where: before.hasSuffix) {
                return true
            }
        }
        let isNegated = said.contains { $0 == "not" || $0 == "no" || $0.hasSuffix("n't") }
        let isDone = said.contains(where: doing.isVerb)
        // "I changed my mind, cancel it" is none.
        if refusals.contains(where: padded.contains) { return !isDone || firmly.contains(where: padded.contains) }
        return doing.operation == "cancel" && !isNegated && !isDone && wantingOrder.contains(where: padded.contains)
    }

    /// Whether all of a sentence says yes, or says again what is to be done.
    private static func agrees(_ said: [String], _ doing: Doing) -> Bool {
        let padded = " " + said.joined(separator: " ") + " "
        let verb = said.firstIndex(where: doing.isVerb)
        var isAffirmed = affirmingPhrases.contains(where: padded.contains)
        var isWanted = false
        var namesOrder = false
        for (index, word) in said.enumerated() {
            if affirming.contains(word) {
                isAffirmed = true
            } else if goingOn.contains(word) {
                guard said[(index + 1)...].allSatisfy(closing.contains) else { return false }
                isAffirmed = true
            } else if let verb, index > verb, word == "order" {
                namesOrder = true
            } else if verb != nil, wanting.contains(word) {
                isWanted = true
            } else if !(fillers.contains(word) || doing.isVerb(word) || doing.beside.contains(word)) {
                return false
            }
        }
        // What was asked for, asked for again, is confirmed again: it may be another order that is meant.
        return isAffirmed || (verb != nil && !isWanted && !namesOrder)
    }

    // MARK: Chinese

    private static let chineseYes = [
        "没问题", "好的", "好啊", "好吧", "好呀", "好嘞", "好", "可以的", "可以啊", "可以", "行吧", "行啊", "行", "对的", "对", "是的", "是", "确认", "确定", "没错", "嗯嗯", "嗯",
        "同意", "要的", "需要的", "需要", "继续", "当然", "ok", "yes",
    ]
    private static let chineseNo = ["不用了", "不用", "不要了", "不要", "不必了", "不必", "不需要", "不了", "不行", "不对", "不是", "不", "别"]
    /// Chinese that adds nothing to an answer: courtesies, "do it then".
    private static let chineseCourtesies = [
        "谢谢你", "谢谢您", "谢谢", "麻烦你了", "麻烦您了", "麻烦了", "麻烦", "请帮我", "帮我", "请", "就这样", "办理", "办", "掉", "它", "这个", "直接", "了", "吧", "啦", "哦",
        "呀", "啊", "的", "我", "就", "那", "一下",
    ]
    /// What names the order: it belongs to a yes only beside what is done to it ("好的，订单取消吧", but "好，我要订单").
    private static let chineseOrder = ["这个订单", "订单", "这单", "这一单"]
    private static let chineseAsking = [
        "但", "不过", "可是", "哪", "怎么", "什么", "多少", "多久", "吗", "呢", "另", "别的", "其他", "如果", "要不", "是不是", "能不能", "可不可以", "行不行", "好不好", "要不要",
        "对不起", "不好意思",
    ]
    private static let chineseRefusals = ["先别", "先不", "留着", "保留", "别动", "还是不", "再想", "想一想", "想想", "考虑", "想清楚"]
    private static let chineseHolding = ["等等", "等一下", "等一等", "等会儿", "等会", "等下", "稍等", "慢着", "且慢", "先别", "先不", "再想想", "再考虑"]
    private static let chineseWantingOrder = ["还要", "还想要", "照常", "正常发货", "继续发货", "继续订单", "继续下单", "继续购买"]
    private static let chineseNegating = ["不", "别", "不要", "不用", "不想", "不必", "不需要", "不想要", "没要", "没想"]

    /// "好的，取消吧", "不，先留着".
    private static func chinese(_ plain: String, _ doing: Doing) -> Assent? {
        let text = plain.filter { $0 != " " }
        guard text.count <= 2 * wordsMax, !chineseAsking.contains(where: text.contains) else { return nil }
        if doing.chinese.contains(where: { verb in chineseNegating.contains { text.contains($0 + verb) } }) { return .no }
        if ["不用了", "算了", "不弄了"].contains(where: text.hasSuffix) { return .no }
        if chineseRefusals.contains(where: text.contains) || chineseHolding.contains(where: text.hasPrefix) { return .no }
        if doing.operation == "cancel", chineseWantingOrder.contains(where: text.contains) { return .no }
        if chineseYes.contains(where: text.contains), isMade(text, of: chineseYes + chineseCourtesies + doing.chinese) { return .yes }
        let isDone = doing.chinese.contains(where: text.contains)
        if isDone, isMade(text, of: chineseCourtesies + doing.chinese) { return .yes }
        if isDone, chineseYes.contains(where: text.contains), isMade(text, of: chineseYes + chineseCourtesies + doing.chinese + chineseOrder) {
            return .yes
        }
        if chineseNo.contains(where: text.contains), isMade(text, of: chineseNo + chineseCourtesies + chineseOrder + doing.chinese) { return .no }
        // "不" set off from what follows; "不知道" is no answer.
        return chineseNo.contains(String(plain.prefix { $0 != " " })) && !text.contains("换") ? .no : nil
    }

    /// Whether a text is made of the parts alone, the longest that fits each time.
    private static func isMade(_ text: String, of parts: [String]) -> Bool {
        let longest = parts.sorted { ($0.count, $1) > ($1.count, $0) }
        var rest = text[...]
        while let part = longest.first(where: { rest.hasPrefix($0) }) { rest = rest.dropFirst(part.count) }
        return rest.isEmpty
    }

    /// Lower case, letters, digits and apostrophes, with single spaces between.
    static func plain(_ words: String) -> String {
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
