import Catalog

/// Finds what a slot asks for in the customer's words.
enum SlotReader {
    /// Characters of a detail that is kept as it was said.
    static let detailCharactersMax = 300

    /// - Parameter isAsked: the words answer a question for it, so that "a 7 please" is a size and a line with a postcode an address.
    static func read(_ slot: DialoguePolicy.Slot, _ words: String, isAsked: Bool = false) -> String? {
        switch slot {
        case .order: OrderNumber.find(in: words)
        case .size: size(words, isAsked: isAsked)
        case .quantity: if case .said(let count) = quantity(words, isAsked: isAsked) { String(count) } else { nil }
        case .address: address(words, isAsked: isAsked)
        case .product: nil
        case .detail: detail(words)
        }
    }

    // MARK: Sizes

    /// From here on a size is a Chinese one: none in the United States is as large.
    private static let chineseSizeMin = 14.0
    private static let sizes = 1.0...20.0
    /// Words of an answer that holds a size and no more.
    private static let askedTokensMax = 8
    private static let askedCharactersMax = 40
    private static let sizeWords: Set<String> = ["us", "size", "sized"]
    /// "5月3号", "文三路99号", "第3号": none of a ring.
    private static let beforeNoSize: Set<String> = ["月", "路", "街", "巷", "弄", "道", "第", "楼", "单", "区"]
    private static let afterNoSize: Set<String> = ["楼", "院", "门", "线", "店", "收", "下", "买", "送", "到", "寄", "单"]

    /// A ring size as the shop writes it, "US 7": from "size seven and a half", "7号", "港码14号". Chinese sizes, as Hong Kong counts them, are twice
    /// those of the United States; the size that was said stands behind the shop's.
    static func size(_ words: String, isAsked: Bool = false) -> String? {
        let numbers = SaidNumber.all(in: words)
        for number in numbers {
            let isNumbered = number.after.first == "号"
            let isNamed =
                number.before.first.map(sizeWords.contains) ?? false || number.before.first == "码" || number.before.first == "寸"
                || number.after.first == "us"
            let hasUnit =
                isNumbered && !(number.before.first.map(beforeNoSize.contains) ?? false)
                && !(number.after.dropFirst().first.map(afterNoSize.contains) ?? false)
            guard isNamed || hasUnit || (isAsked && numbers.count == 1 && isAlone(number, words)) else { continue }
            let value = number.value + (isHalfMore(number) ? 0.5 : 0)
            guard (value * 2).rounded() == value * 2 else { continue }
            let isAmerican = number.before.prefix(2).contains { ["us", "美"].contains($0) } || number.after.first == "us"
            let isChinese = ["港码", "港号", "国码", "中码", "中国", "国内"].contains(where: words.contains)
            if isChinese || (!isAmerican && (isNumbered || !isNamed) && value >= chineseSizeMin) {
                guard sizes.contains(value / 2) else { continue }
                return "US \(written(value / 2))（港码\(written(value))号）"
            }
            guard sizes.contains(value) else { continue }
            return "US \(written(value))"
        }
        return nil
    }

    private static func isAlone(_ number: SaidNumber, _ words: String) -> Bool {
        let others = words.split { !$0.isLetter && !$0.isNumber }.count
        let isMeasure = number.after.first.map { measured.contains($0) || counters.contains($0) } ?? false
        let isForm = SentenceForm.isQuestion(words) || SentenceForm.isWish(words)
        return others <= askedTokensMax && words.count <= askedCharactersMax && !isMeasure && number.before.first != "第" && !isForm
    }

    /// "and a half", "1/2", "半".
    private static func isHalfMore(_ number: SaidNumber) -> Bool {
        let after = number.after
        return after.starts(with: ["and", "a", "half"]) || after.starts(with: ["1", "/", "2"]) || after.first == "½" || after.first == "半"
            || after.starts(with: ["号", "半"])
    }

    private static func written(_ value: Double) -> String { value == value.rounded() ? String(Int(value)) : String(value) }

    // MARK: Quantities

    enum Quantity: Equatable {
        case none
        case said(Int)
        /// How many was said, but not in a way that can be counted: "a few", "500".
        case unclear
    }

    /// Pieces of one product that can be asked for at once.
    static let quantityMax = 99
    private static let counters: Set<String> = ["件", "个", "条", "对", "枚", "只", "副", "串", "套", "颗", "款", "双", "份"]
    private static let pieces: Set<String> = ["of", "x", "×", "piece", "pieces", "pair", "pairs", "item", "items", "more", "pcs", "please", "times"]
    private static let asking: Set<String> = [
        "add", "put", "buy", "want", "take", "order", "get", "need", "have", "x", "×", "make", "just", "only", "quantity", "i'll", "me", "it",
    ]
    /// Behind these a number counts no pieces.
    private static let measured: Set<String> = [
        "号", "元", "块", "$", "k", "karat", "carat", "mm", "cm", "g", "gram", "grams", "%", "月", "日", "年", "天", "寸", "克", "厘", "毫", "st", "nd", "rd",
        "th",
        "dollars", "days", "weeks", "inch", "inches",
    ]
    private static let notCounting: Set<String> = [
        "第", "这", "那", "前", "头", "后", "size", "us", "码", "number", "no", "option", "$", "¥", "-", "under", "over", "below",
    ]
    private static let vague: PhraseSet = [
        "a few", "several", "some", "a lot", "lots", "many", "plenty", "a handful", "几个", "几件", "几对", "几条", "几只", "一些", "好几", "若干",
    ]

    /// How many pieces the words ask for. "第二个" and "the second" count none.
    static func quantity(_ words: String, isAsked: Bool = false) -> Quantity {
        let said = SaidWords(words)
        for number in SaidNumber.all(in: words) {
            let (before, after) = (number.before.first ?? "", number.after.first ?? "")
            if notCounting.contains(before) || measured.contains(after) { continue }
            let isChinese = counters.contains(after)
            // "两个都要" are two products.
            if isChinese, number.after.dropFirst().first == "都" { continue }
            // "The gold one".
            if number.isSpelled, number.value == 1, !isChinese, !isAsked, !pieces.contains(after) || after == "please" { continue }
            let isCounted = isChinese || pieces.contains(after) || asking.contains(before) || (before.isEmpty && !SentenceForm.isChinese(words))
            guard isCounted || (isAsked && !SentenceForm.points(words)) || (isAsked && number.before.isEmpty) else { continue }
            guard number.value == number.value.rounded(), (1...Double(quantityMax)).contains(number.value) else { return .unclear }
            return .said(Int(number.value))
        }
        if said.contains("a couple") { return .said(2) }
        if said.contains("a dozen") { return .said(12) }
        return said.contains(anyOf: vague) ? .unclear : .none
    }

    // MARK: Addresses

    private static let streets = [
        " street", " st ", " st,", " road", " rd", " avenue", " ave", " lane", " drive", " square", " way,", " boulevard", " blvd", " place",
        " court",
        " terrace", " parkway", " highway", " crescent", " quay", " plaza", "straße", "strasse", "str. ", "platz ", "allee ", "gasse ", " rue ",
        " calle ",
        " avenida", "路", "街", "区", "巷", "弄", "大道", "村", "镇", "花园", "大厦", "胡同",
    ]
    /// Where an address was asked for, these are streets enough.
    private static let askedStreets = ["号", "市", "楼", "室", "县", "way ", "weg ", "rue ", "via ", "apt"]
    /// What leads to the address is not part of it.
    private static let leads = [
        "deliver it to ", "deliver to ", "send it to ", "ship it to ", "address is ", "address to ", "should be ", "it's ", "it is ", "to ", "地址改成",
        "地址改为",
        "地址换成", "地址是", "寄到", "送到", "发到", "改成", "改到", "改为", "换成",
    ]
    /// Characters in front of such a lead.
    private static let leadCharactersMax = 24

    /// Something with a number and a street, a city or a postcode: enough to be written on a parcel.
    static func address(_ words: String, isAsked: Bool = false) -> String? {
        guard let text = besideOrder(SentenceForm.withoutDenial(words).rest), text.contains(where: \.isNumber) else { return nil }
        let rest = trimmed(withoutLead(text))
        let padded = " " + rest.lowercased() + " "
        if streets.contains(where: padded.contains) { return rest }
        guard isAsked, !SentenceForm.isQuestion(rest), rest.contains(where: \.isNumber) else { return nil }
        if askedStreets.contains(where: padded.contains), rest.count > 3 { return rest }
        // "Lindenhof 5, 10969 Berlin": a line of several parts, or one with a postcode.
        let parts = rest.split { $0 == "," || $0 == "，" || $0.isNewline }.count
        let isLong = rest.split(whereSeparator: \.isWhitespace).count >= 3
        return isLong && (parts > 1 || rest.contains(/\b[0-9]{4,6}\b/)) ? rest : nil
    }

    /// The words without the order that they name: an address stands behind it ("change the address of VT-10028 to …") or in front of it. A
    /// postcode behind a street is part of the address.
    private static func besideOrder(_ words: String) -> String? {
        let lower = words.lowercased()
        let street = streets.compactMap { (lower + " ").firstRange(of: $0)?.lowerBound }.min()
        for number in OrderNumber.all(in: words) {
            let digits = number.id.drop { !$0.isNumber }
            guard let at = lower.firstRange(of: digits) else { return nil }
            if !number.isSure, let street, at.lowerBound > street { continue }
            let behind = String(lower[at.upperBound...])
            if leads.contains(where: behind.contains), behind.contains(where: \.isNumber) {
                return String(words.suffix(behind.count))
            }
            let front = words.prefix(lower.distance(from: lower.startIndex, to: at.lowerBound))
            let letters = /[A-Za-z]\s?[A-Za-z][\s#–-]*$/
            let ending = /[\s,;，；]*(?:instead)?[\s,;]*(?:for|of|in|from|on)?\s*(?:the|my)?\s*(?:order|parcel|订单号?)?\s*(?:number|是)?\s*$/
            let kept = String(front).replacing(letters, with: "").replacing(ending, with: "")
            return kept.contains(where: \.isNumber) ? kept : nil
        }
        return words
    }

    private static func withoutLead(_ words: String) -> String {
        let text = words.lowercased()
        for lead in leads {
            // "Toronto " ends like a lead.
            let range = text.ranges(of: lead).first { $0.lowerBound == text.startIndex || !isASCIILetter(text[text.index(before: $0.lowerBound)]) }
            guard let range, text.distance(from: text.startIndex, to: range.lowerBound) < leadCharactersMax else { continue }
            let rest = String(words.suffix(text.distance(from: range.upperBound, to: text.endIndex)))
            if rest.contains(where: \.isNumber) { return rest }
        }
        return words
    }

    private static func isASCIILetter(_ character: Character) -> Bool { character.isASCII && character.isLetter }

    // MARK: Details

    /// What a slot asks for, in words that name an order as well; a number alone is no detail.
    static func beside(order words: String, _ slot: DialoguePolicy.Slot) -> String? {
        guard slot == .detail else { return slot == .order ? nil : read(slot, words, isAsked: true) }
        let latin = words.lowercased().split { !$0.isASCII || !$0.isLetter }.filter { $0.count > 2 && !orderWords.contains(String($0)) }
        let han = words.unicodeScalars.count { (0x4E00...0x9FFF).contains($0.value) && !orderCharacters.contains($0) }
        return latin.count >= 2 || han >= 3 ? detail(words) : nil
    }

    private static let orderWords: Set<String> = [
        "order", "number", "the", "for", "from", "that", "this", "please", "its", "one", "sorry", "and", "wait", "mean", "meant", "actually",
        "rather",
        "not", "but", "other", "hold", "thanks", "thank", "you", "yes", "okay", "piece", "thing", "item", "was", "were", "with", "wrong", "mistake",
        "should",
        "have", "said", "instead", "oops", "think", "believe", "about",
    ]
    private static let orderCharacters = Set("订单号是的我这那个就请吧谢您你不对错了应该说等一下啊哦嗯好们用抱歉意思换里东西买在".unicodeScalars)

    private static func detail(_ words: String) -> String? {
        let text = trimmed(words)
        return text.count < 2 ? nil : text
    }

    private static func trimmed(_ text: String) -> String {
        var text = String(text.prefix(detailCharactersMax))
        while let last = text.last, last.isWhitespace || last == "." || last == "。" { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return text
    }
}
