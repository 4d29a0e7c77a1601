/// Order numbers in what people say: two letters that are a word of their own and at least four digits, "VT-10001".
///
/// Case, spaces, hyphens, '#' and full-width forms do not matter, and the letters may be spelled out: "v t 10001".
enum OrderNumber {
    static let digitsMin = 4

    /// The first order number, as the shop writes it.
    static func find(in words: String) -> String? {
        let tokens = tokens(words)
        for (index, token) in tokens.enumerated() {
            guard case .digits(let digits) = token, digits.count >= digitsMin, let prefix = prefix(before: tokens[..<index]) else { continue }
            return "\(prefix)-\(digits)"
        }
        return nil
    }

    /// The digits of an answer that is nothing but a number: "10023" to "which order?".
    static func bareDigits(_ words: String) -> String? {
        let tokens = tokens(words).filter { $0 != .space && $0 != .hyphen && $0 != .other }
        guard tokens.count == 1, case .digits(let digits)? = tokens.first, digits.count >= digitsMin else { return nil }
        return digits
    }

    private enum Token: Equatable {
        case letters(String)
        case digits(String)
        case hyphen, space, other
    }

    /// Two-letter words that may stand before a number that is none of an order: "in 2024", "up to 5000".
    private static let commonWords: Set<String> = [
        "AM", "AN", "AS", "AT", "BE", "BY", "CM", "DO", "EU", "GO", "HE", "IF", "IN", "IS", "IT", "KG", "ME", "MM", "MY", "NO", "OF", "OK", "ON",
        "OR",
        "PM", "SO", "TO", "UK", "UP", "US", "WE",
    ]

    private static func prefix(before tokens: ArraySlice<Token>) -> String? {
        var rest = tokens
        let joined = skipSeparators(&rest)
        guard case .letters(let last)? = rest.popLast() else { return nil }
        if last.count == 2 { return joined || !commonWords.contains(last) ? last : nil }
        guard last.count == 1 else { return nil }
        _ = skipSeparators(&rest)
        guard case .letters(let first)? = rest.last, first.count == 1 else { return nil }
        return first + last
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
        for scalar in words.unicodeScalars {
            let narrow = narrow(scalar)
            let text = String(narrow).uppercased()
            switch narrow {
            case "0"..."9":
                if case .digits(let digits)? = tokens.last { tokens[tokens.count - 1] = .digits(digits + text) } else { tokens.append(.digits(text)) }
            case "a"..."z", "A"..."Z":
                if case .letters(let letters)? = tokens.last {
                    tokens[tokens.count - 1] = .letters(letters + text)
                } else {
                    tokens.append(.letters(text))
                }
            case "-", "#", "\u{2010}", "\u{2011}", "\u{2013}": tokens.append(.hyphen)
            case " ", "\u{3000}", "\u{A0}": tokens.append(.space)
            default: tokens.append(.other)
            }
        }
        return tokens
    }

    /// Full-width forms, as Chinese keyboards give them, as ASCII.
    private static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (0xFF01...0xFF5E).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
    }
}
