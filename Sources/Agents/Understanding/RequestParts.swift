import Sessions

/// Cuts words that may hold several requests at what joins them: "where is my order and show me silver rings", "我的订单到哪了，还有怎么保养银饰".
///
/// By form alone, and carefully: a cut needs something that joins (the end of a sentence, a comma, "and", "还有"), and what asks or wishes
/// something on both sides of it. Whether the pieces are requests of their own is for the model to say.
enum RequestParts {
    /// Characters of a turn that is looked at; longer ones are stories, and one request.
    static let charactersMax = 400

    /// - Returns: the pieces in order, at most `TurnPart.embeddedMax` and one more with the rest; empty when there is but one.
    static func split(_ words: String) -> [String] {
        let text = Array(words)
        return ranges(text).map { String(text[$0]) }
    }

    /// The same as places in the text.
    static func ranges(_ text: [Character]) -> [Range<Int>] {
        guard text.count <= charactersMax else { return [] }
        let isChinese = text.contains { (0x4E00...0x9FFF).contains($0.unicodeScalars.first?.value ?? 0) }
        var parts: [Range<Int>] = []
        var begin = 0
        var at = 1
        while at < text.count, parts.count < TurnPart.embeddedMax {
            if let cut = isChinese ? chineseCut(text, at) : englishCut(text, at) {
                let left = plain(text, begin..<cut.end)
                let right = cut.next..<(text[cut.next...].firstIndex(where: (isChinese ? chineseMarks : sentenceEnds).contains) ?? text.count)
                if asks(String(text[left]), isChinese), asks(String(text[right]), isChinese) {
                    parts.append(left)
                    begin = cut.next
                    at = cut.next
                }
            }
            at += 1
        }
        return parts.isEmpty ? [] : parts + [plain(text, begin..<text.count)]
    }

    private static func asks(_ piece: String, _ isChinese: Bool) -> Bool { isChinese ? asksInChinese(piece) : asksInEnglish(piece) }

    /// Without spaces and commas at its ends, and without marks before it.
    private static func plain(_ text: [Character], _ range: Range<Int>) -> Range<Int> {
        func isLoose(_ character: Character) -> Bool { character.isWhitespace || character == "," || character == "，" || character == "、" }
        var range = range
        while let last = range.last, isLoose(text[last]) { range.removeLast() }
        while let first = range.first, isLoose(text[first]) || sentenceEnds.contains(text[first]) || chineseMarks.contains(text[first]) {
            range.removeFirst()
        }
        return range
    }

    // MARK: English

    private static let sentenceEnds: Set<Character> = [".", "?", "!", ";"]
    private static let joining = [
        "and", "also", "but", "plus", "then", "oh", "btw", "by the way", "one more thing", "besides", "secondly", "another question", "as well as",
    ]

    private static let joiningFirst = Set(joining.flatMap { [$0.prefix(1).lowercased(), $0.prefix(1).uppercased()] }.map(Character.init))

    /// Where the piece before a cut at `at` ends, and the next one begins; nil = nothing joins there.
    private static func englishCut(_ text: [Character], _ at: Int) -> (end: Int, next: Int)? {
        var next = at
        if sentenceEnds.contains(text[at - 1]) || text[at - 1] == "," {
            // "$4.50", "VT-10023,": only before a space.
            guard text[at].isWhitespace else { return nil }
            next = skip(text, from: at)
        } else {
            guard text[at].isWhitespace, let behind = joined(text, from: at) else { return nil }
            next = behind
        }
        return next < text.count ? (at, next) : nil
    }

    /// Behind white space and all that joins.
    private static func skip(_ text: [Character], from: Int) -> Int {
        var at = from
        while at < text.count, text[at].isWhitespace { at += 1 }
        while let behind = joined(text, from: at) { at = behind }
        return at
    }

    /// Behind a joining word and the space after it; nil = no such word stands there.
    private static func joined(_ text: [Character], from: Int) -> Int? {
        var at = from
        while at < text.count, text[at].isWhitespace { at += 1 }
        guard at < text.count, joiningFirst.contains(text[at]) else { return nil }
        let rest = String(text[at...].prefix(20)).lowercased()
        let found = joining.filter { rest.hasPrefix($0 + " ") || rest.hasPrefix($0 + ", ") }
        guard let word = found.max(by: { $0.count < $1.count }) else { return nil }
        at += word.count
        while at < text.count, text[at].isWhitespace || text[at] == "," { at += 1 }
        return skip(text, from: at)
    }

    private static let polite: Set<String> = ["please", "pls", "kindly", "so", "well", "ok", "okay", "hi", "hello", "hey"]
    private static let commands: Set<String> = [
        "show", "tell", "find", "cancel", "return", "exchange", "change", "give", "add", "put", "recommend", "suggest", "compare", "track",
        "check", "repair", "fix", "resize", "refund", "connect", "transfer", "notify", "help", "swap", "book", "let", "update", "ship",
        "any", "start", "begin", "arrange", "request", "send", "get", "look", "remind", "explain", "make",
    ]
    private static let wishing = [
        "i want", "i need", "i'd like", "i’d like", "i would like", "i wish", "i'm looking", "i’m looking", "i am looking", "looking for", "we need",
        "we want", "i'd love", "i must", "i have to",
    ]

    private static func asksInEnglish(_ piece: String) -> Bool {
        var said = piece.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "’" }.map(String.init)
        while let first = said.first, polite.contains(first) { said.removeFirst() }
        guard said.count > 1 else { return false }
        let rest = said.joined(separator: " ")
        if commands.contains(said[0]) || wishing.contains(where: { rest.hasPrefix($0 + " ") }) { return true }
        return SentenceForm.isQuestion(rest)
    }

    // MARK: Chinese

    private static let chineseMarks: Set<Character> = ["，", ",", "。", "？", "?", "！", "!", "；", ";", "、"]
    private static let chineseJoining = ["还有", "另外", "顺便", "以及", "同时", "然后", "并且", "而且", "再", "也", "那"]
    /// Without a mark before them only these join.
    private static let chineseLoose = ["还有", "另外", "顺便", "以及"]
    private static let chineseFillers = ["再问一下", "问一下", "问下", "请问", "想问"]
    /// What may follow behind what joins: "还有怎么保养", but not "还有银戒指吗", which asks whether there still are any.
    private static let chineseOpenings = [
        "怎么", "如何", "什么", "哪", "多", "能", "可以", "可不可以", "请", "帮", "给", "我", "想", "取消", "退", "换", "你们", "这", "有没有", "是不是", "为什么", "把",
        "推荐", "看看", "查", "问",
    ]
    private static let chineseVerbs = [
        "取消", "退货", "退款", "换货", "修改", "修理", "维修", "改地址", "查一下", "查询", "推荐", "给我", "帮我", "我要", "我想", "想要", "加入购物车", "转人工", "联系", "看看",
        "介绍", "对比", "比较", "到货通知", "如何", "几", "呢", "没有",
    ]
    private static let chinesePieceMin = 4

    private static func chineseCut(_ text: [Character], _ at: Int) -> (end: Int, next: Int)? {
        let isMarked = chineseMarks.contains(text[at - 1]) || text[at - 1].isWhitespace
        var next = at
        while next < text.count, text[next].isWhitespace || chineseMarks.contains(text[next]) { next += 1 }
        guard next < text.count else { return nil }
        if isMarked { return (at, behindJoining(text, next, chineseJoining) ?? next) }
        return behindJoining(text, at, chineseLoose).map { (at, $0) }
    }

    private static func behindJoining(_ text: [Character], _ from: Int, _ words: [String]) -> Int? {
        func stands(_ word: String, _ at: Int) -> Bool { text[at...].starts(with: word) }
        guard let word = words.first(where: { stands($0, from) }) else { return nil }
        var at = from + word.count
        while at < text.count, chineseMarks.contains(text[at]) || text[at].isWhitespace { at += 1 }
        while let filler = chineseFillers.first(where: { stands($0, at) }) {
            at += filler.count
            while at < text.count, chineseMarks.contains(text[at]) { at += 1 }
        }
        return at < text.count && chineseOpenings.contains { stands($0, at) } ? at : nil
    }

    private static func asksInChinese(_ piece: String) -> Bool {
        piece.count >= chinesePieceMin
            && (SentenceForm.isQuestion(piece) || SentenceForm.isWish(piece) || chineseVerbs.contains(where: piece.contains))
    }
}
