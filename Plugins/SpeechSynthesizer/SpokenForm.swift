/// A part of a text that is said in one go, and the mark behind it, which shapes its melody.
struct Clause: Equatable {
    var words: String
    /// One of . , ; : ? !
    var mark: Unicode.Scalar

    /// About how long it takes to say, in characters: a digit is a word.
    var length: Int { Self.length(of: words) }

    static func length(of words: some StringProtocol) -> Int { words.reduce(0) { $0 + Self.length(of: $1) } }
    static func length(of character: Character) -> Int { character.isNumber ? 5 : 1 }
}

/// From how a reply is written to how it is said: clauses of plain words, money and signs spelled out.
enum SpokenForm {
    private static let currencies: [(sign: String, one: String, many: String)] = [
        ("$", "dollar", "dollars"), ("USD", "dollar", "dollars"), ("€", "euro", "euros"), ("EUR", "euro", "euros"), ("£", "pound", "pounds"),
        ("GBP", "pound", "pounds"), ("¥", "yuan", "yuan"), ("CNY", "yuan", "yuan"),
    ]
    private static let signs: [Character: String] = [
        "%": " percent ", "&": " and ", "#": " number ", "×": " by ", "°": " degrees ", "+": " plus ", "=": " equals ", "@": " at ", "/": " ",
        "*": " ",
        "_": " ", "№": " number ",
    ]
    /// A period behind these ends nothing.
    private static let abbreviations: Set<String> = ["dr", "mr", "mrs", "ms", "st", "no", "vs", "approx", "e.g", "i.e", "etc"]

    static func clauses(of text: String) -> [Clause] {
        var clauses: [Clause] = []
        var words = ""
        func end(_ mark: Unicode.Scalar) {
            let said = words.split(separator: " ").joined(separator: " ")
            words = ""
            let parts = partsThatFit(said).filter { $0.contains { $0.isLetter || $0.isNumber } }
            for (index, part) in parts.enumerated() { clauses.append(Clause(words: part, mark: index + 1 < parts.count ? "," : mark)) }
        }
        let characters = Array(moneySpelledOut(plainDigits(text)))
        for (index, character) in characters.enumerated() {
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            switch character {
            case ".", ",":
                let before = index > 0 ? characters[index - 1] : " "
                if next.isNumber, before.isNumber {
                    words.append(character)
                } else if next.isLetter || (character == "." && isAbbreviation(words)) {
                    words.append(" ")
                } else {
                    end(character == "." ? "." : ",")
                }
            case "!", "?": end(character == "!" ? "!" : "?")
            case ";": end(";")
            case ":": if next.isNumber { words.append(" ") } else { end(":") }
            case "…", "\n", "\r\n": end(".")
            case "—", "–": if next.isNumber { words.append(" to ") } else { end(",") }
            case "’", "'": words.append(next.isLetter ? "'" : " ")
            case "-": words.append(next.isLetter || next.isNumber ? "-" : " ")
            case _ where character.isLetter || character.isNumber: words.append(character)
            default: words += signs[character] ?? " "
            }
        }
        end(".")
        return clauses
    }

    /// Words in lines of at most `SynthesisLimits.pieceCharactersMax`, of which the program gives one line each. A word that is longer is cut.
    private static func partsThatFit(_ words: String) -> [String] {
        var parts: [String] = []
        var (part, length) = ("", 0)
        func end() {
            if !part.isEmpty { parts.append(part) }
            (part, length) = ("", 0)
        }
        for word in words.split(separator: " ") {
            if length + 1 + Clause.length(of: word) > SynthesisLimits.pieceCharactersMax { end() }
            if !part.isEmpty {
                part.append(" ")
                length += 1
            }
            for character in word {
                if length + Clause.length(of: character) > SynthesisLimits.pieceCharactersMax { end() }
                part.append(character)
                length += Clause.length(of: character)
            }
        }
        end()
        return parts
    }

    /// Digits of other widths and scripts, and numbers in circles, as the digits that the program knows.
    private static func plainDigits(_ text: String) -> String {
        text.reduce(into: "") { plain, character in
            guard !character.isASCII, let scalar = character.unicodeScalars.first, let value = character.wholeNumberValue else {
                return plain.append(character)
            }
            if scalar.properties.numericType == .decimal {
                plain += "\(value)"
            } else if circled.contains(scalar.value) {
                plain += " \(value) "
            } else {
                plain.append(character)
            }
        }
    }

    /// Enclosed numbers (the Unicode block "Enclosed Alphanumerics").
    private static let circled: ClosedRange<UInt32> = 0x2460...0x24FF

    private static func isAbbreviation(_ words: String) -> Bool {
        guard let last = words.split(separator: " ").last else { return false }
        // And the "g" of "e.g.".
        return abbreviations.contains(last.lowercased()) || (last.count == 1 && last.first?.isLowercase == true)
    }

    /// "$1,250.50" and "USD 1,250.50" to "1,250 dollars 50".
    private static func moneySpelledOut(_ text: String) -> String {
        var spoken = ""
        var rest = text[...]
        while !rest.isEmpty {
            let isWord = spoken.last?.isLetter == true
            guard let currency = isWord ? nil : currencies.first(where: { rest.hasPrefix($0.sign) }),
                let amount = amount(rest.dropFirst(currency.sign.count))
            else {
                spoken.append(rest.removeFirst())
                continue
            }
            let cents = amount.cents.isEmpty || amount.cents.allSatisfy { $0 == "0" } ? "" : " " + amount.cents
            spoken += "\(amount.whole) \(amount.whole == "1" ? currency.one : currency.many)\(cents)"
            rest = amount.rest
        }
        return spoken
    }

    private static func amount(_ text: Substring) -> (whole: String, cents: String, rest: Substring)? {
        var rest = text.drop { $0 == " " }
        let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "," }
        // A comma behind the number is the sentence's.
        let whole = digits.last == "," ? digits.dropLast() : digits
        guard let first = whole.first, first.isNumber else { return nil }
        rest = rest.dropFirst(whole.count)
        guard rest.first == "." else { return (String(whole), "", rest) }
        let cents = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard cents.count == 2 else { return (String(whole), "", rest) }
        return (String(whole), String(cents), rest.dropFirst(3))
    }

    /// What is synthesised at once: a short piece first, so that speech begins soon; then whole sentences, and never more than
    /// `SynthesisLimits.pieceCharactersMax`, which no clause exceeds.
    static func pieces(of clauses: [Clause]) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var (start, length) = (0, 0)
        for (index, clause) in clauses.enumerated() {
            let next = index + 1 < clauses.count ? clauses[index + 1].length : 0
            length += clause.length
            let isSoon = pieces.isEmpty && length >= firstPieceCharactersMin
            guard isSoon || ".?!".unicodeScalars.contains(clause.mark) || length + next > SynthesisLimits.pieceCharactersMax else { continue }
            pieces.append(start..<index + 1)
            (start, length) = (index + 1, 0)
        }
        if start < clauses.count { pieces.append(start..<clauses.count) }
        return pieces
    }

    /// A shorter beginning would end before the piece behind it is ready.
    private static let firstPieceCharactersMin = 12
}
