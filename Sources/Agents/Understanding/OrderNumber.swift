/// Order numbers in what people say: two letters that are a word of their own and at least four digits, "VT-10001".
///
/// Case, spaces, hyphens, '#' and full-width forms do not matter, and the letters may be spelled out: "v t 10001".
enum OrderNumber {
    static let digitsMin = 4

    /// Digits of the longest number that is read.
    static let digitsMax = 20
    /// Characters that are looked at: an order is named in a sentence.
    static let charactersMax = 2_000

    struct Found: Equatable {
        /// As the shop writes it.
        var id: String
        /// Letters and digits are written as one, or "order" stands beside them; otherwise it may be a postcode ("New York, NY 10118").
        var isSure: Bool
        var prefix: Substring { id.prefix { $0 != "-" } }
    }

    /// The first order number, as the shop writes it.
    static func find(in words: String) -> String? { all(in: words).first?.id }

    /// What has the form of an order number.
    static func all(in words: String) -> [Found] {
        let tokens = tokens(words)
        var found: [Found] = []
        for (index, token) in tokens.enumerated() {
            guard case .digits(let digits) = token, (digitsMin...digitsMax).contains(digits.count),
                let prefix = prefix(before: tokens[..<index])
            else { continue }
            let isSure = prefix.isJoined || namesOrder(before: tokens[..<prefix.start]) || namesOrder(after: tokens[(index + 1)...])
            found.append(Found(id: "\(prefix.letters)-\(digits)", isSure: isSure))
        }
        return found
    }

    /// "order", "order number", "订单号是" in front of it.
    private static func namesOrder(before tokens: ArraySlice<Token>) -> Bool {
        var rest = tokens
        while let last = rest.last {
            switch last {
            case .letters("NUMBER"), .letters("NO"), .letters("NR"), .letters("IS"), .letters("IT"), .letters("ID"), .space, .hyphen, .other("号"),
                .other("是"), .other(":"), .other("."), .other("码"):
                rest.removeLast()
            case .letters("ORDER"), .letters("ORDERS"), .other("单"): return true
            default: return false
            }
        }
        return false
    }

    /// "VT 10001这单", "the VT 10001 order".
    private static func namesOrder(after tokens: ArraySlice<Token>) -> Bool {
        var rest = tokens
        while let first = rest.first {
            switch first {
            case .space, .other("这"), .other("的"), .other("那"), .other("个"), .other("订"), .other("一"): rest.removeFirst()
            case .letters("ORDER"), .other("单"): return true
            default: return false
            }
        }
        return false
    }

    /// The digits of an answer that is nothing but a number: "10023" to "which order?".
    static func bareDigits(_ words: String) -> String? {
        let tokens = tokens(words).filter {
            switch $0 {
            case .space, .hyphen, .other: false
            case .letters, .digits: true
            }
        }
        guard tokens.count == 1, case .digits(let digits)? = tokens.first, (digitsMin...digitsMax).contains(digits.count) else { return nil }
        return digits
    }

    private enum Token: Equatable {
        case letters(String)
        case digits(String)
        case hyphen, space
        case other(Unicode.Scalar)
    }

    /// Two-letter words that may stand before a number that is none of an order: "in 2024", "up to 5000".
    private static let commonWords: Set<String> = [
        "AM", "AN", "AS", "AT", "BE", "BY", "CM", "DO", "EU", "GO", "HE", "IF", "IN", "IS", "IT", "KG", "ME", "MM", "MY", "NO", "OF", "OK", "ON",
        "OR",
        "PM", "SO", "TO", "UK", "UP", "US", "WE",
    ]

    private static func prefix(before tokens: ArraySlice<Token>) -> (letters: String, isJoined: Bool, start: Int)? {
        var rest = tokens
        let joined = skipSeparators(&rest)
        guard case .letters(let last)? = rest.popLast() else { return nil }
        if last.count == 2 { return joined || !commonWords.contains(last) ? (last, joined, rest.endIndex) : nil }
        guard last.count == 1 else { return nil }
        _ = skipSeparators(&rest)
        guard case .letters(let first)? = rest.popLast(), first.count == 1 else { return nil }
        return (first + last, joined, rest.endIndex)
    }

    /// Drops separators at the end; whether there were none, or a hyphen among them.
    private static func skipSeparators(_ tokens: inout ArraySlice<Token>) -> Bool {
        let before = tokens.count
        var hyphens = 0
        while let last = tokens.last, last == .space || last == .hyphen {
            if last == .hyphen { hyphens += 1 }
            tokens.removeLast()
        }
        return tokens.count == before || hyphens > 0
    }

    private static func tokens(_ words: String) -> [Token] {
        var tokens: [Token] = []
        var run = ""
        var isDigits = false
        func finish() {
            if !run.isEmpty { tokens.append(isDigits ? .digits(run) : .letters(run)) }
            run = ""
        }
        for scalar in words.unicodeScalars.prefix(charactersMax) {
            let narrow = narrow(scalar)
            switch narrow {
            case "0"..."9", "a"..."z", "A"..."Z":
                if ("0"..."9").contains(narrow) != isDigits { finish() }
                isDigits = ("0"..."9").contains(narrow)
                run += String(narrow).uppercased()
                continue
            default: finish()
            }
            switch narrow {
            case "-", "#", "\u{2010}", "\u{2011}", "\u{2013}": tokens.append(.hyphen)
            case " ", "\u{3000}", "\u{A0}": tokens.append(.space)
            default: tokens.append(.other(narrow))
            }
        }
        finish()
        return tokens
    }

    /// Full-width forms, as Chinese keyboards give them, as ASCII.
    private static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (0xFF01...0xFF5E).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
    }
}
