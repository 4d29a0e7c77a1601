/// A piece of a customer's sentence: a word, a number, one ideograph or one sign.
struct TextToken: Equatable {
    enum Kind: Equatable {
        case word
        case number(Double)
        case ideograph
        case sign
    }
    var kind: Kind
    /// Lower case, full-width forms made narrow.
    var text: String
    /// UTF-8 bytes of the original text.
    var range: Range<Int>
    /// Where phrases that begin with it are in the lexicon that it was looked up in; nil = nowhere.
    var slot: Int?

    var number: Double? {
        if case .number(let value) = kind { value } else { nil }
    }
}

/// Cuts a sentence into tokens for the filter parser. Spaces are dropped; a hyphen inside a word ("rose-gold") too.
enum TextTokens {
    /// Tokens of one text; what follows is not looked at.
    static let tokensMax = 600

    static func cut(_ text: String) -> [TextToken] {
        var reader = Reader(text)
        var tokens: [TextToken] = []
        while tokens.count < tokensMax, let token = reader.next() { tokens.append(token) }
        return tokens
    }

    private struct Reader {
        private var characters: [(value: Character, range: Range<Int>)] = []
        private var at = 0

        init(_ text: String) {
            characters.reserveCapacity(text.utf8.count)
            var offset = 0
            for character in text {
                let end = offset + character.utf8.count
                characters.append((Reader.narrow(character), offset..<end))
                offset = end
            }
        }

        mutating func next() -> TextToken? {
            while at < characters.count {
                let first = characters[at].value
                if Reader.isWhitespace(first) {
                    at += 1
                } else if TextScript.isIdeograph(first) {
                    return take(1, .ideograph)
                } else if Reader.isDigit(first) {
                    return number()
                } else if Reader.isLetter(first) {
                    return word()
                } else if first == "-" && joinsWords {
                    at += 1
                } else {
                    return take(1, .sign)
                }
            }
            return nil
        }

        private func value(_ index: Int) -> Character? { characters.indices.contains(index) ? characters[index].value : nil }

        private var joinsWords: Bool {
            guard let before = value(at - 1), let after = value(at + 1) else { return false }
            return (Reader.isLetter(before) || Reader.isDigit(before)) && Reader.isLetter(after)
        }

        private mutating func take(_ count: Int, _ kind: TextToken.Kind) -> TextToken {
            var text = ""
            for taken in characters[at..<at + count] { text.append(taken.value) }
            let range = characters[at].range.lowerBound..<characters[at + count - 1].range.upperBound
            at += count
            return TextToken(kind: kind, text: text, range: range)
        }

        private mutating func word() -> TextToken {
            var end = at
            while let character = value(end), !TextScript.isIdeograph(character) {
                let isApostrophe = character == "'" && value(end + 1).map(Reader.isLetter) == true
                guard Reader.isLetter(character) || isApostrophe else { break }
                end += 1
            }
            return take(end - at, .word)
        }

        // 500, 2,000, 1 299.50 without the space: a comma only before three digits, a point only before a digit.
        private mutating func number() -> TextToken {
            var end = at
            var digits = ""
            var hasPoint = false
            while let character = value(end) {
                if Reader.isDigit(character) {
                    digits.append(character)
                } else if character == ",", !hasPoint, groupFollows(end + 1) {
                    // A separator of thousands.
                } else if character == ".", !hasPoint, let after = value(end + 1), Reader.isDigit(after) {
                    digits.append(".")
                    hasPoint = true
                } else {
                    break
                }
                end += 1
            }
            return take(end - at, .number(Double(digits) ?? 0))
        }

        private func groupFollows(_ index: Int) -> Bool {
            for offset in 0..<3 {
                guard let character = value(index + offset), Reader.isDigit(character) else { return false }
            }
            return value(index + 3).map { !Reader.isDigit($0) } ?? true
        }

        // What ASCII says by itself is not looked up in the tables of Unicode.
        private static func isLetter(_ character: Character) -> Bool {
            guard let byte = character.asciiValue else { return character.isLetter }
            return (97...122).contains(byte | 0x20)
        }

        private static func isWhitespace(_ character: Character) -> Bool {
            guard let byte = character.asciiValue else { return character.isWhitespace }
            return byte == 32 || (9...13).contains(byte)
        }

        static func isDigit(_ character: Character) -> Bool { character >= "0" && character <= "9" }

        // Full-width forms (U+FF01 … U+FF5E) are ASCII 0xFEE0 further down; the rest are signs that mean the same.
        private static func narrow(_ character: Character) -> Character {
            guard let scalar = character.unicodeScalars.first else { return character }
            switch scalar.value {
            // Nearly all characters of nearly all sentences.
            case 0x61...0x7A, 0x20...0x40, 0x4E00...0x9FFF: return character
            case 0xFF01...0xFF5E:
                let ascii = Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
                return Character(String(ascii).lowercased())
            case 0x3000: return " "
            case 0x3002: return "."
            case 0xFFE5: return "¥"
            case 0x2018, 0x2019: return "'"
            case 0x2010...0x2015, 0x2212: return "-"
            case 0x301C, 0xFF5E: return "~"
            default:
                let lower = character.lowercased()
                return lower.count == 1 ? Character(lower) : character
            }
        }
    }
}
