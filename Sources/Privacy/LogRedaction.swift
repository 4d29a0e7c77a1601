/// Takes personal data out of what is logged: "[email]", "[number]", "[name]", "[address]" stand in its place.
///
/// A log is full of numbers that are nobody's, so only those go that have the form of a telephone number, a payment card or a Chinese identity
/// number;
/// hexadecimal ids, sizes, ports, IP addresses and times stay.
public enum LogRedaction {
    public static func text(_ original: String) -> String {
        var text = Array(original)
        replace(&text, PersonalSpans.mails(text), by: "[email]")
        replace(&text, addresses(text), by: "[address]")
        replace(&text, numbers(text), by: "[number]")
        replace(&text, PersonalSpans.names(text), by: "[name]")
        return String(text)
    }

    private static func replace(_ text: inout [Character], _ ranges: [Range<Int>], by word: String) {
        var end = text.count
        for range in ranges.sorted(by: { $0.lowerBound > $1.lowerBound }) where range.upperBound <= end {
            text.replaceSubrange(range, with: Array(word))
            end = range.lowerBound
        }
    }

    // MARK: Numbers

    private static func numbers(_ text: [Character]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var position = 0
        while position < text.count {
            guard isASCIIDigit(text[position]) else {
                position += 1
                continue
            }
            var end = position
            var next = position
            while next < text.count, isASCIIDigit(text[next]) || (" -()".contains(text[next]) && next - end < 2) {
                if isASCIIDigit(text[next]) { end = next + 1 }
                next += 1
            }
            let hasPlus = position > 0 && text[position - 1] == "+"
            // A Chinese identity number may end in X.
            if end - position == 17, end < text.count, "xX".contains(text[end]) { end += 1 }
            if !isWithin(position..<end, text), isPersonal(Array(text[position..<end]), hasPlus: hasPlus) {
                found.append((hasPlus ? position - 1 : position)..<end)
            }
            position = end
        }
        return found
    }

    /// Part of a word, as in an id, or of a number with points, as in an address: nobody's.
    private static func isWithin(_ range: Range<Int>, _ text: [Character]) -> Bool {
        func isPart(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c.isNumber || c == "_") }
        if range.lowerBound > 0, isPart(text[range.lowerBound - 1]) || "./".contains(text[range.lowerBound - 1]) { return true }
        guard range.upperBound < text.count else { return false }
        let next = text[range.upperBound]
        // A point may end a sentence.
        return isPart(next) || (next == "." && range.upperBound + 1 < text.count && isPart(text[range.upperBound + 1]))
    }

    private static func isPersonal(_ span: [Character], hasPlus: Bool) -> Bool {
        let digits = span.compactMap(\.wholeNumberValue)
        if hasPlus { return digits.count >= 7 }
        if !span.contains(where: { " -()".contains($0) }) {
            let isMobile = digits.count == 11 && digits[0] == 1 && digits[1] >= 3
            return isMobile || (17...18).contains(digits.count) || ((13...19).contains(digits.count) && isCard(digits))
        }
        // A day, as in "2026-11-21 18".
        if span.count >= 10, span[4] == "-", span[7] == "-", digits.count <= 14, span[..<4].allSatisfy(isASCIIDigit) { return false }
        return (8...19).contains(digits.count)
    }

    /// Luhn's check digit (ISO/IEC 7812-1, annex B).
    private static func isCard(_ digits: [Int]) -> Bool {
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            let doubled = digit * 2
            sum += index % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }

    private static func isASCIIDigit(_ c: Character) -> Bool { ("0"..."9").contains(c) }

    // MARK: Addresses

    private static let streets = [
        " street", " st", " road", " rd", " avenue", " ave", " lane", " drive", " square", " boulevard", " blvd", " court", " close", " place",
    ]

    /// "12 Long Acre Road", "中山路100号3栋502室".
    private static func addresses(_ text: [Character]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var position = 0
        while position < text.count {
            guard isASCIIDigit(text[position]), position == 0 || !isASCIIDigit(text[position - 1]) else {
                position += 1
                continue
            }
            if let range = english(text, position) ?? chinese(text, position) {
                found.append(range)
                position = range.upperBound
            } else {
                position += 1
            }
        }
        return found
    }

    /// A house's number, one to three words with a capital letter, and a kind of street.
    private static func english(_ text: [Character], _ start: Int) -> Range<Int>? {
        if start > 0, text[start - 1].isASCII, !" ,:(".contains(text[start - 1]) { return nil }
        var at = start
        while at < text.count, isASCIIDigit(text[at]) { at += 1 }
        guard at - start <= 5 else { return nil }
        for _ in 0..<4 {
            guard at + 1 < text.count, text[at] == " ", text[at + 1].isASCII, text[at + 1].isUppercase else { return nil }
            var end = at + 1
            while end < text.count, text[end].isASCII, text[end].isLetter { end += 1 }
            if streets.contains(String(text[at..<end]).lowercased()) { return start..<end }
            at = end
        }
        return nil
    }

    private static func chinese(_ text: [Character], _ start: Int) -> Range<Int>? {
        guard start > 1, "路街巷弄道里村".contains(text[start - 1]) else { return nil }
        var from = start - 1
        while from > 0, start - from < 14, isChinese(text[from - 1]) { from -= 1 }
        var end = start
        var hasHouse = false
        while end < text.count, isASCIIDigit(text[end]) || "号栋幢室楼单元层".contains(text[end]) {
            if text[end] == "号" { hasHouse = true }
            end += 1
        }
        return hasHouse ? from..<end : nil
    }

    private static func isChinese(_ c: Character) -> Bool {
        guard let scalar = c.unicodeScalars.first else { return false }
        return (0x4E00...0x9FFF).contains(scalar.value)
    }
}
