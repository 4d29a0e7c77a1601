/// Takes personal data out of what is logged: "[email]", "[number]", "[name]", "[address]" stand in its place.
///
/// A log is full of numbers that are nobody's, so only those go that have the form of a telephone number, a payment card or a Chinese identity
/// number; hexadecimal ids, sizes, ports, IP addresses and times stay.
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
