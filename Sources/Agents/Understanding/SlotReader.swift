/// Finds what a slot asks for in the customer's words.
enum SlotReader {
    /// Characters of a detail that is kept as it was said.
    static let detailCharactersMax = 300

    static func read(_ slot: DialoguePolicy.Slot, _ words: String) -> String? {
        switch slot {
        case .order: OrderNumber.find(in: words)
        case .size: size(words)
        case .quantity: quantity(words)
        case .address: address(words)
        case .product: nil
        case .detail: detail(words)
        }
    }

    /// "US 7", "size 7.5", "7号": as the shop writes it.
    static func size(_ words: String) -> String? {
        let text = words.lowercased()
        for pattern in [/(?:us|size|美码)\s*(\d{1,2}(?:\.5)?)/, /(\d{1,2}(?:\.5)?)\s*号/] {
            if let match = text.firstMatch(of: pattern) { return "US \(match.1)" }
        }
        return nil
    }

    /// A ring size that is the whole answer, without its unit: "7", "seven and a half" is not read.
    static func bareSize(_ words: String) -> String? {
        guard let match = words.wholeMatch(of: /\s*(\d{1,2}(?:\.5)?)\s*[.。]?\s*/), let number = Double(match.1), (1...20).contains(number) else {
            return nil
        }
        return "US \(match.1)"
    }

    static func quantity(_ words: String) -> String? {
        let text = words.lowercased()
        if let match = text.firstMatch(of: /\b(\d{1,2})\s*(?:of|pieces|pairs|x|件|个|条|对|枚)/) { return String(match.1) }
        let named = [
            ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("两件", 2), ("两个", 2), ("来两", 2), ("三个", 3), ("两条", 2), ("两对", 2),
        ]
        for (word, number) in named where text.contains("\(word) of") || (word.first.map { !$0.isASCII } ?? false && text.contains(word)) {
            return String(number)
        }
        return nil
    }

    /// Something with a number and a street, a city or a postcode: enough to be written on a parcel.
    static func address(_ words: String) -> String? {
        let text = words.lowercased()
        let streets = [
            " street", " st ", " st,", " road", " rd", " avenue", " ave", " lane", " drive", " square", " way,", "路", "街", "号", "区", "巷", "弄", "大道",
        ]
        let padded = text + " "
        guard words.contains(where: \.isNumber), let street = streets.compactMap({ padded.firstRange(of: $0)?.lowerBound }).min() else { return nil }
        // A postcode stands behind the street ("5th Avenue, New York, NY 10118"), an order number in front of it ("of vt 10028 to …").
        for number in OrderNumber.all(in: words) {
            let digits = number.id.drop { !$0.isNumber }
            guard !number.isSure, let at = padded.firstRange(of: digits), at.lowerBound > street else { return nil }
        }
        // What leads to the address is not part of it.
        for lead in ["deliver it to ", "deliver to ", "send it to ", "ship it to ", "address is ", "it's ", "it is ", "to ", "地址是", "寄到", "改成", "改到"]
        {
            if let range = text.firstRange(of: lead), text.distance(from: text.startIndex, to: range.lowerBound) < 24 {
                let rest = String(words.suffix(text.distance(from: range.upperBound, to: text.endIndex)))
                if rest.contains(where: \.isNumber) { return trimmed(rest) }
            }
        }
        return trimmed(words)
    }

    /// What a slot asks for, in words that name an order as well; a number alone is no detail.
    static func beside(order words: String, _ slot: DialoguePolicy.Slot) -> String? {
        guard slot == .detail else { return slot == .order ? nil : read(slot, words) }
        let latin = words.lowercased().split { !$0.isASCII || !$0.isLetter }.filter { $0.count > 2 && !orderWords.contains(String($0)) }
        let han = words.unicodeScalars.count { (0x4E00...0x9FFF).contains($0.value) && !orderCharacters.contains($0) }
        return latin.count >= 2 || han >= 3 ? detail(words) : nil
    }

    private static let orderWords: Set<String> = ["order", "number", "the", "for", "from", "that", "this", "please", "its", "one", "sorry", "and"]
    private static let orderCharacters: Set<Unicode.Scalar> = ["订", "单", "号", "是", "的", "我", "这", "那", "个", "就", "请", "吧"]

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

    /// Whether the words look like the answer to a question for a detail: a size or an address.
    static func looksLikeDetail(_ words: String) -> Bool { size(words) != nil || bareSize(words) != nil || address(words) != nil }
}
