import Catalog

/// Places in the list that was shown, as customers count them: "the second one", "#2", "number three", "the last but one", "第2个", "倒数第二个".
///
/// An ordinal may count something else ("the last two weeks", "第二个问题", "First, is it …"): then it is none of ours.
enum Ordinals {
    /// Places that are counted by number.
    static let positionMax = 20
    /// Characters of a sentence that are looked at.
    static let charactersMax = 2_000

    /// 1 = first, -1 = last, -2 = last but one; English ones first, each language's in the order of the sentence.
    static func positions(in words: String, _ parser: FilterParser) -> [Int] {
        let isEnglish = SaidWords(words).contains(anyOf: telling) || isNumbered(words)
        guard isEnglish || !words.utf8.allSatisfy({ $0 < 0x80 }) else { return [] }
        let lower = String(words.prefix(charactersMax)).lowercased()
        let found = isEnglish ? english(tokens(lower), parser) : []
        // What begins every Chinese one.
        return lower.unicodeScalars.contains { ["第", "倒", "最", "前", "头"].contains($0) } ? found + chinese(Array(lower)) : found
    }

    // MARK: English

    /// Without any of these, "#" and "2nd" no place is counted.
    private static let telling = PhraseSet(ordinals.keys.sorted() + counting)

    /// Whether there is a "#", or a digit with a letter behind it.
    private static func isNumbered(_ words: String) -> Bool {
        var before: UInt8 = 0
        for byte in words.utf8 {
            if byte == UInt8(ascii: "#") || byte >= 0x80 || ((48...57).contains(before) && (97...122).contains(byte | 0x20)) { return true }
            before = byte
        }
        return false
    }

    private struct Token {
        var text: String
        /// The mark behind it, if there is one.
        var mark: Character?
        /// "#2"
        var isNumbered = false
    }

    /// Runs of ASCII letters and digits.
    private static func tokens(_ lower: String) -> [Token] {
        var tokens: [Token] = []
        var isOpen = false
        var isNumbered = false
        for character in lower {
            if character.isASCII, character.isLetter || character.isNumber {
                if isOpen {
                    tokens[tokens.count - 1].text.append(character)
                } else {
                    tokens.append(Token(text: String(character), isNumbered: isNumbered))
                }
                (isOpen, isNumbered) = (true, false)
                continue
            }
            isOpen = false
            isNumbered = character == "#" || character == "＃"
            if ",.;:!?，。；：！？".contains(character), !tokens.isEmpty { tokens[tokens.count - 1].mark = character }
        }
        return tokens
    }

    private static let ordinals = [
        "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
        "eleventh": 11, "twelfth": 12, "last": -1, "penultimate": -2, "former": 1, "latter": 2,
    ]
    private static let numbers = [
        "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    ]

    /// "2nd", "13th", "second".
    private static func ordinal(_ text: String) -> Int? {
        if let named = ordinals[text] { return named }
        guard ["st", "nd", "rd", "th"].contains(text.suffix(2)), let number = Int(text.dropLast(2)), (1...positionMax).contains(number) else {
            return nil
        }
        return number
    }

    private static func number(_ text: String) -> Int? {
        let number = numbers[text] ?? Int(text)
        return number.flatMap { (1...positionMax).contains($0) ? $0 : nil }
    }

    private static func english(_ tokens: [Token], _ parser: FilterParser) -> [Int] {
        var found: [Int] = []
        var at = 0
        func text(_ index: Int) -> String { tokens.indices.contains(index) ? tokens[index].text : "" }
        while at < tokens.count {
            defer { at += 1 }
            let token = tokens[at]
            if token.isNumbered, let number = Int(token.text), (1...positionMax).contains(number) {
                found.append(number)
                continue
            }
            if let numbered = numbered(tokens, at) {
                found += numbered.positions
                at += numbered.count - 1
                continue
            }
            guard let position = ordinal(token.text) else { continue }
            let isElsewhere = at > 0 && elsewhere.contains(text(at - 1))
            if let fromEnd = fromEnd(position, text(at + 1), text(at + 2), text(at + 3)) {
                if !isElsewhere { found.append(fromEnd.position) }
                at += fromEnd.count
                continue
            }
            // "My last order" is the order's matter.
            if isElsewhere || (position == -1 && text(at + 1) == "order") { continue }
            guard counts(tokens, at, position, parser) else { continue }
            let many = text(at + 1) == "pair" ? 2 : number(text(at + 1)) ?? 1
            if token.text == "first", many > 1 {
                found += Array(1...many)
            } else if token.text == "last", many > 1 {
                found += Array(-many ... -1)
            } else {
                found.append(position)
            }
        }
        return found
    }

    private static let counting = ["number", "numbers", "no", "nr", "option", "item", "choice", "pick"]

    /// "number 4", "number three", "numbers 2 and 3", "no. 2", "option two".
    private static func numbered(_ tokens: [Token], _ at: Int) -> (positions: [Int], count: Int)? {
        let word = tokens[at].text
        guard counting.contains(word) else { return nil }
        if at > 0, ["order", "phone", "tracking", "house", "card", "flat"].contains(tokens[at - 1].text) { return nil }
        // "No, two of them" and "no: one" say no.
        if word == "no", let mark = tokens[at].mark, mark != "." { return nil }
        var positions: [Int] = []
        var next = at + 1
        while next < tokens.count {
            let isJoined = !positions.isEmpty && ["and", "or"].contains(tokens[next].text) && next + 1 < tokens.count
            let place = isJoined ? next + 1 : next
            if !positions.isEmpty, !isJoined, tokens[next - 1].mark != "," { break }
            guard let number = word == "no" ? Int(tokens[place].text) : number(tokens[place].text), (1...positionMax).contains(number) else { break }
            if word == "no", place + 1 < tokens.count, ["of", "pieces", "pairs"].contains(tokens[place + 1].text) { break }
            positions.append(number)
            next = place + 1
        }
        return positions.isEmpty ? nil : (positions, next - at)
    }

    /// "second to last", "second last", "third from the end", "last but one", "next to last".
    private static func fromEnd(_ position: Int, _ a: String, _ b: String, _ c: String) -> (position: Int, count: Int)? {
        if position > 0, a == "last" { return (-position, 1) }
        if position > 0, ["to", "from"].contains(a), b == "last" { return (-position, 2) }
        if position > 0, a == "from", b == "the", ["end", "last", "bottom"].contains(c) { return (-position, 3) }
        if position == -1, a == "but", b == "one" { return (-2, 2) }
        return nil
    }

    /// What is counted among things shown, beside kinds of jewellery.
    private static let counted: Set<String> = [
        "one", "ones", "item", "items", "piece", "pieces", "product", "products", "option", "options", "choice", "pick", "design", "model", "picture",
        "photo", "pair", "order", "and", "or", "please", "instead", "again", "too", "thanks",
    ]
    /// "My first anniversary", "a second ring": none of what was shown.
    private static let elsewhere: Set<String> = ["a", "an", "my", "our", "her", "his", "your", "their", "another", "every"]
    private static let occasions: Set<String> = [
        "anniversary", "birthday", "wedding", "engagement", "date", "time", "day", "week", "month", "year", "night", "weekend", "christmas",
        "valentine", "holiday", "child", "baby", "born", "daughter", "son", "communion", "dance", "place", "visit", "purchase", "job", "step",
        "thing", "question", "day's", "floor", "half", "of", "name", "minute", "hour", "moment", "season", "point", "issue", "problem", "reason",
        "thought", "request", "message", "address", "payment", "instalment", "installment", "try", "attempt", "way", "part", "line", "bit", "sale",
        "offer", "email", "call", "chat", "conversation", "delivery", "parcel", "package", "shipment", "opinion", "hand", "class", "chance",
    ]
    /// What may follow "the last" when that is the last of the things shown.
    private static let following: Set<String> = [
        "is", "was", "are", "has", "have", "does", "in", "from", "with", "for", "at", "on", "than", "look", "cost", "weigh", "come", "seem", "fit",
        "suit", "you", "i", "into", "to", "instead", "then", "made",
    ]
    private static let courtesies: Set<String> = ["please", "thanks", "thank", "you", "then"]

    /// "weeks" for "week".
    private static func isOther(_ text: String) -> Bool {
        occasions.contains(text) || (text.hasSuffix("s") && occasions.contains(String(text.dropLast())))
    }

    /// Whether the ordinal at `index` counts things shown: it stands alone, or before a word for a thing, with what is said of it between ("the
    /// second gold ring"), or has an article and no occasion behind it.
    private static func counts(_ tokens: [Token], _ index: Int, _ position: Int, _ parser: FilterParser) -> Bool {
        let before = index > 0 ? tokens[index - 1].text : ""
        var rest = tokens[(index + 1)...]
        if tokens[index].mark != nil, let next = rest.first {
            // "First, is it …, and second, how heavy …": an order of questions. "First, second and third" lists things.
            if ordinal(next.text) != nil { return counts(tokens, index + 1, position, parser) }
            return before == "the" || rest.allSatisfy { courtesies.contains($0.text) }
        }
        // "The first two rings", "the last few days".
        var isMany = false
        while let next = rest.first, number(next.text) != nil && next.text != "one" || ["few", "couple", "several"].contains(next.text) {
            isMany = true
            rest = rest.dropFirst()
        }
        for token in rest.prefix(3) {
            if counted.contains(token.text) { return true }
            if isOther(token.text) { return false }
            let filter = parser.parse(token.text).filter
            if !filter.category.isEmpty { return true }
            if filter.isEmpty { break }
        }
        guard ["the", "and", "or", "than", "with"].contains(before) || (isMany && position == 1) else { return tokens.count == 1 }
        // "By the 14th" is a date.
        if index > 1, ["on", "by", "until", "till", "before", "since"].contains(tokens[index - 2].text), ordinals[tokens[index].text] == nil {
            return false
        }
        guard position < 0, let next = rest.first else { return true }
        return following.contains(next.text) || (next.text.hasSuffix("s") && following.contains(String(next.text.dropLast())))
    }

    // MARK: Chinese

    private static let digits = Array("〇零一二两三四五六七八九十0123456789０１２３４５６７８９")
    /// Measure words of things shown.
    private static let measures = Array("个款条只对件枚颗副串双种套张项单样")
    /// "第二和第三", "第一是": nothing is counted but a place.
    private static let particles = Array("的和跟与或还及是")
    private static let notShown = [
        "问题", "疑问", "月", "小时", "星期", "礼拜", "钟头", "人", "孩子", "宝宝", "女儿", "儿子", "生日", "纪念日", "愿望", "要求", "建议", "原因", "地址", "电话", "步骤", "评价",
        "评论", "规定", "政策", "季度", "周末", "晚上", "早上", "办法", "优惠", "活动", "订单号",
    ]

    private static func chinese(_ text: [Character]) -> [Int] {
        var found: [Int] = []
        var at = 0
        func has(_ word: String, at place: Int) -> Bool { text.count >= place + word.count && text[place..<place + word.count].elementsEqual(word) }
        while at < text.count {
            defer { at += 1 }
            let isFromEnd = has("倒数", at: at)
            if isFromEnd || text[at] == "第" {
                var next = isFromEnd ? at + 2 : at + 1
                if isFromEnd, next < text.count, text[next] == "第" { next += 1 }
                guard let (number, end) = number(text, next), isCounted(text[end...], isPlain: true) else { continue }
                found.append(isFromEnd ? -number : number)
                at = end - 1
            } else if has("最后", at: at) {
                if let (number, end) = number(text, at + 2), number > 1 {
                    if isCounted(text[end...], isPlain: false) { found += Array(-number ... -1) }
                    at = end - 1
                } else if isCounted(text[(at + 2)...], isPlain: false) {
                    found.append(-1)
                }
            } else if "前头".contains(text[at]), let (number, end) = number(text, at + 1), number > 1, isCounted(text[end...], isPlain: false) {
                found += Array(1...number)
                at = end - 1
            }
        }
        return found
    }

    /// "2", "二", "十二": a number of things and where it ends.
    private static func number(_ text: [Character], _ start: Int) -> (number: Int, end: Int)? {
        var end = start
        while end < text.count, digits.contains(text[end]) { end += 1 }
        guard end > start else { return nil }
        let run = Array(text[start..<end])
        let number =
            run.allSatisfy { $0.wholeNumberValue != nil && !$0.isLetter }
            ? run.reduce(0) { min(1_000, $0 * 10) + ($1.wholeNumberValue ?? 0) }
            : Claims.chinese(run) ?? 0
        return (1...positionMax).contains(number) ? (number, end) : nil
    }

    /// "第二个", "最后一款"; but "第一次", "第二天" and "第二个问题" count something else.
    ///
    /// - Parameter isPlain: a place without a measure word may be one of ours: "第二有多重".
    private static func isCounted(_ rest: ArraySlice<Character>, isPlain: Bool) -> Bool {
        var rest = rest
        if let first = rest.first, "一那".contains(first) { rest = rest.dropFirst() }
        guard let next = rest.first, next.isLetter else { return true }
        if measures.contains(next) {
            let noun = String(rest.dropFirst().prefix(4))
            return !notShown.contains { noun.hasPrefix($0) || noun.hasPrefix("的" + $0) }
        }
        return particles.contains(next) || (isPlain && "比有多".contains(next))
    }
}
