/// What a text claims that can be checked against other texts: numbers, names, currencies, and whether it says no.
///
/// A check, not a proof: it finds what a language model adds most often, figures and names that nobody gave it, and sentences about something else.
struct Claims: Equatable {
    /// Without thousands separators and idle zeros: "1250", "3.5". Words for numbers count as numbers.
    var numbers: [String] = []
    /// "USD", "EUR" …
    var currencies: [String] = []
    /// Words with a capital that do not begin a sentence, lower case.
    var names: [String] = []
    /// Words of four letters and more that are no function words, cut to five letters so that their forms agree; Chinese characters by pairs.
    var telling: [String] = []
    /// An odd number of "not", "no", "cannot", "不" …
    var isNegated = false
    /// Holds for some alone, or under a condition: "unless", "whose", "除非" …
    var isConditional = false
    /// An address, a link or a form of writing that no answer of a shop has.
    var isForeign = false

    init(_ text: String) {
        let marks: Set<Character> = [".", "!", "?", "。", "！", "？", "\n", ":", "：", "“", "\""]
        var begins = true
        var negations = 0
        var hasNeither = false
        let tokens = Claims.tokens(text)
        for (index, token) in tokens.enumerated() {
            guard let first = token.first else { continue }
            if token.count == 1, marks.contains(first) {
                begins = true
                hasNeither = false
                continue
            }
            defer { begins = false }
            if let currency = Claims.currencies[token.uppercased()] {
                currencies.append(currency)
            } else if first.isASCII, first.isNumber {
                numbers.append(Claims.plain(token))
            } else if let number = Claims.words[token.lowercased()] {
                numbers.append(number)
            } else if Claims.isHan(first) {
                readChinese(token, &negations)
            } else if first.isLetter {
                let lower = token.lowercased()
                // "No, it does not" says no once.
                let isParticle = lower == "no" && begins && index + 1 < tokens.count && ",.".contains(tokens[index + 1])
                if isParticle { continue }
                if Claims.conditions.contains(lower) { isConditional = true }
                // "Neither … nor" says no to both, once; "not only … but" says yes to both.
                let isNeither = lower == "nor" && hasNeither
                let isNotOnly = lower == "not" && index + 1 < tokens.count && ["only", "just", "merely"].contains(tokens[index + 1].lowercased())
                if lower == "neither" { hasNeither = true }
                if isNeither || isNotOnly {
                    continue
                } else if Claims.negations.contains(lower) || lower.hasSuffix("n't") || lower.hasSuffix("n’t") {
                    negations += 1
                }
                if first.isUppercase, !begins, lower != "i", !lower.hasPrefix("i'") { names.append(lower) }
                if lower.count >= 4, !Claims.functionWords.contains(lower) { telling.append(String(lower.prefix(5))) }
            }
        }
        isNegated = negations % 2 == 1
        isForeign = ["http", "www.", "@", "](", "**", "```", "<"].contains { text.contains($0) }
    }

    private mutating func readChinese(_ run: String, _ negations: inout Int) {
        let plain = Claims.affirming.reduce(run) { $0.replacing($1, with: " ") }
        for word in ["不", "没", "无法", "非"] { negations += plain.split(separator: word, omittingEmptySubsequences: false).count - 1 }
        if ["除非", "除了", "如果", "若", "只有", "仅", "的除外", "但"].contains(where: run.contains) { isConditional = true }
        let characters = Array(run)
        for index in characters.indices.dropLast() { telling.append(String(characters[index...index + 1])) }
        var number: [Character] = []
        for character in characters + ["|"] {
            if "〇零一二两三四五六七八九十百千万".contains(character) {
                number.append(character)
            } else {
                // A single "一" is as often "a" as it is one.
                if let value = Claims.chinese(number), number != ["一"], number != ["万"], number != ["千"] { numbers.append("\(value)") }
                number = []
            }
        }
    }

    /// "三十" → 30; nil for none.
    static func chinese(_ characters: [Character]) -> Int? {
        guard !characters.isEmpty else { return nil }
        let digits: [Character: Int] = ["〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9]
        let units: [Character: Int] = ["十": 10, "百": 100, "千": 1_000]
        var (total, section, digit) = (0, 0, 0)
        for character in characters.prefix(12) {
            if let value = digits[character] {
                digit = value
            } else if let unit = units[character] {
                section += max(1, digit) * unit
                digit = 0
            } else {
                total += (section + digit) * 10_000
                (section, digit) = (0, 0)
            }
        }
        return total + section + digit
    }

    /// "1,250.00" → "1250".
    private static func plain(_ token: String) -> String {
        var number = String(token.filter { $0 != "," })
        if number.contains(".") {
            while number.hasSuffix("0") { number.removeLast() }
            if number.hasSuffix(".") { number.removeLast() }
        }
        return number
    }

    /// Runs of letters, of Chinese characters and of digits with their inner marks, and single other characters; no white space.
    private static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var token = ""
        func kind(_ character: Character) -> Int {
            if character.isWhitespace { return 0 }
            if isHan(character) { return 1 }
            if character.isASCII, character.isNumber { return 2 }
            return character.isLetter ? 3 : 4
        }
        func close() {
            if !token.isEmpty { tokens.append(token) }
            token = ""
        }
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            let isInner =
                (".,".contains(character) && token.last.map { kind($0) == 2 } ?? false && kind(next) == 2)
                || ("'’".contains(character) && token.last.map { kind($0) == 3 } ?? false && kind(next) == 3)
            if isInner {
                token.append(character)
            } else if kind(character) == 0 {
                close()
            } else if kind(character) == 4 {
                close()
                tokens.append(String(character))
            } else {
                // Behind an inner mark the same token goes on.
                if let last = token.last, kind(last) != kind(character), kind(last) != 4 { close() }
                token.append(character)
            }
        }
        close()
        return tokens
    }

    private static func isHan(_ character: Character) -> Bool {
        character.unicodeScalars.allSatisfy { (0x4E00...0x9FFF).contains($0.value) || $0.value == 0x3007 }
    }

    private static let currencies = [
        "$": "USD", "USD": "USD", "DOLLAR": "USD", "DOLLARS": "USD", "€": "EUR", "EUR": "EUR", "EURO": "EUR", "EUROS": "EUR",
        "£": "GBP", "GBP": "GBP",
        "POUNDS": "GBP", "¥": "CNY", "CNY": "CNY", "RMB": "CNY", "YUAN": "CNY",
    ]
    /// "one" is left out: it is a pronoun as often.
    private static let words = [
        "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
        "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18",
        "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
        "ninety": "90", "hundred": "100", "thousand": "1000", "twice": "2", "half": "0.5", "dozen": "12",
    ]
    private static let negations: Set<String> = [
        "not", "no", "never", "cannot", "none", "nothing", "without", "neither", "nor", "unable", "except", "avoid",
    ]
    /// What holds a character for "no" and says none; longer ones first where one holds the other.
    private static let affirming = [
        "不锈钢", "差不多", "非常", "不仅", "不但", "不只", "不单", "不光", "不过", "不同", "不断", "不错", "不少", "不管", "不论", "不妨", "除非", "非凡", "非洲",
    ]
    private static let conditions: Set<String> = ["unless", "except", "if", "whose", "only", "provided", "but"]
    private static let functionWords: Set<String> = [
        "that", "this", "these", "those", "with", "from", "into", "your", "yours", "have", "will", "would", "could", "should", "shall", "been",
        "being",
        "they", "them", "their", "there", "here", "what", "when", "where", "which", "while", "then", "than", "also", "only", "just", "some", "such",
        "each",
        "every", "about", "please", "does", "were", "once", "must", "might", "cannot", "very", "well", "more", "most", "over", "under", "after",
        "before",
        "because", "however", "within", "need", "want", "like", "make", "sure", "take", "takes", "thank", "thanks", "help", "yes",
    ]
}
