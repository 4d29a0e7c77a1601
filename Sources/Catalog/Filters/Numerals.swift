/// Numbers as customers write them: "500", "2,000", "1.5k", "five hundred", "五百", "一千五", "1.5万".
enum Numerals {
    /// Reads a number that begins at `start`; gives its value and how many tokens it took.
    static func read(_ tokens: [TextToken], at start: Int) -> (value: Double, count: Int)? {
        guard tokens.indices.contains(start) else { return nil }
        return switch tokens[start].kind {
        case .number(let value): digits(value, tokens, start)
        case .ideograph: chinese(tokens, start)
        case .word: english(tokens, start)
        case .sign: nil
        }
    }

    /// Tokens of one number: "nine hundred and ninety nine thousand nine hundred and ninety nine" has eleven.
    static let tokensMax = 20

    /// Nothing in a shop costs more; a longer number is somebody's telephone.
    static let valueMax = 1e9

    // MARK: digits

    private static func digits(_ value: Double, _ tokens: [TextToken], _ start: Int) -> (Double, Int)? {
        var value = value
        var count = 1
        // Units may follow one another: "3千", "1.5万", "2k", "3 hundred", "2 thousand".
        while start + count < tokens.count, count < tokensMax {
            let next = tokens[start + count]
            let adjacent = tokens[start + count - 1].range.upperBound == next.range.lowerBound
            if let unit = chineseUnits[next.text] {
                value *= unit
            } else if let scale = englishScales[next.text] {
                value *= scale
            } else if next.text == "k", adjacent {
                value *= 1_000
            } else {
                break
            }
            count += 1
        }
        return value <= valueMax ? (value, count) : nil
    }

    // MARK: Chinese

    private static let chineseDigits: [String: Double] = [
        "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
    ]
    private static let chineseUnits: [String: Double] = ["十": 10, "百": 100, "千": 1_000, "万": 10_000]

    private static func chinese(_ tokens: [TextToken], _ start: Int) -> (Double, Int)? {
        // total: finished ten-thousands; section: below ten thousand; digit: waits for its unit.
        var total = 0.0
        var section = 0.0
        var digit: Double?
        var lastUnit = 1.0
        var sawZero = false
        var index = start
        while index < tokens.count, index - start < tokensMax {
            let text = tokens[index].text
            if let value = chineseDigits[text] {
                // Two digits in a row are no quantity, except after zero ("一百零五").
                if let digit, digit != 0 { break }
                digit = value
                if value == 0 { sawZero = true }
            } else if text == "万" {
                let below = section + (digit ?? 0)
                if below == 0 { break }
                total += below * 10_000
                section = 0
                digit = nil
                lastUnit = 10_000
                sawZero = false
            } else if let unit = chineseUnits[text] {
                // "十五" is "一十五".
                guard let multiplier = digit ?? (unit == 10 ? 1 : nil) else { break }
                section += multiplier * unit
                digit = nil
                lastUnit = unit
                sawZero = false
            } else {
                break
            }
            index += 1
        }
        if index == start { return nil }
        if let digit {
            // "一千五" is 1500, "一千零五" is 1005.
            section += digit * (lastUnit >= 100 && !sawZero ? lastUnit / 10 : 1)
        }
        return (total + section, index - start)
    }

    // MARK: English

    private static let englishSmall: [String: Double] = [
        "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
        "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
        "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    ]
    private static let englishScales: [String: Double] = ["hundred": 100, "thousand": 1_000, "grand": 1_000]

    private static func english(_ tokens: [TextToken], _ start: Int) -> (Double, Int)? {
        var index = start
        var total = 0.0
        var section: Double?
        func text(_ at: Int) -> String { at < tokens.count ? tokens[at].text : "" }
        if ["a", "an"].contains(text(index)), englishScales[text(index + 1)] != nil {
            section = 1
            index += 1
        }
        reading: while index < tokens.count, index - start < tokensMax {
            let word = text(index)
            if let value = englishSmall[word] {
                // "twenty five" adds up; "five five" is two numbers.
                let current = section ?? 0
                let tail = current.truncatingRemainder(dividingBy: 100)
                let fits = tail == 0 || (tail >= 20 && tail.truncatingRemainder(dividingBy: 10) == 0 && value < 10)
                if !fits { break reading }
                section = current + value
            } else if word == "hundred", let current = section, current < 100 {
                section = current * 100
            } else if ["thousand", "grand"].contains(word), let current = section {
                total += current * 1_000
                section = 0
            } else if word == "and", section != nil || total > 0, continues(tokens, index + 1, after: (section ?? 0) + total) {
                // "one hundred and fifty".
            } else {
                break reading
            }
            index += 1
        }
        guard let section, index > start, total + section > 0 else { return nil }
        return (total + section, index - start)
    }

    // Whether a number below hundred follows that is no number of its own ("one hundred and | two hundred").
    private static func continues(_ tokens: [TextToken], _ start: Int, after value: Double) -> Bool {
        guard value >= 100, start < tokens.count, englishSmall[tokens[start].text] != nil else { return false }
        var index = start
        while index < tokens.count, index - start < tokensMax, englishSmall[tokens[index].text] != nil { index += 1 }
        return index >= tokens.count || englishScales[tokens[index].text] == nil
    }
}
