// Privacy: what in a text is personal data, by its form.
//
// Owns the forms: e-mail addresses, numbers, names after "my name is", postal addresses, in English and Chinese. Pure; it knows neither logs nor
// recordings.
// It must never be taken for proof: what has no such form is not found.

/// Places in a text that look like personal data.
public enum PersonalSpans {
    /// What comes after these is taken for a name.
    private static let nameCues = ["my name is ", "i am called ", "call me ", "我叫", "我的名字是", "我的名字叫"]
    /// Digits of a number that is taken for somebody's: orders, telephones, cards, postcodes. Prices have fewer.
    private static let digitsMin = 5

    public static func mails(_ text: [Character]) -> [Range<Int>] {
        func isPart(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c.isNumber || "._%+-".contains(c)) }
        return text.indices.filter { text[$0] == "@" }.compactMap { at in
            var from = at
            var to = at + 1
            while from > 0, isPart(text[from - 1]) { from -= 1 }
            while to < text.count, isPart(text[to]) { to += 1 }
            return from < at && text[(at + 1)..<to].contains(".") ? from..<to : nil
        }
    }

    /// Digits, with what may stand between them in a telephone number; also with letters in front ("VT-10023"), and Chinese digits.
    public static func numbers(_ text: [Character]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var position = 0
        while position < text.count {
            guard PersonalSpans.isDigit(text[position]) else {
                position += 1
                continue
            }
            var end = position
            var digits = 0
            var next = position
            while next < text.count, PersonalSpans.isDigit(text[next]) || (" -./()".contains(text[next]) && next - end < 2) {
                if PersonalSpans.isDigit(text[next]) {
                    digits += 1
                    end = next + 1
                }
                next += 1
            }
            if digits >= PersonalSpans.digitsMin { found.append(position..<end) }
            position = end
        }
        return found
    }

    public static func names(_ text: [Character]) -> [Range<Int>] {
        let lower = text.map { Character($0.lowercased().first.map(String.init) ?? String($0)) }
        var found: [Range<Int>] = []
        for cue in PersonalSpans.nameCues.map(Array.init) where cue.count < text.count {
            for start in 0...(text.count - cue.count) where Array(lower[start..<(start + cue.count)]) == cue {
                let from = start + cue.count
                var to = from
                var words = 0
                while to < text.count, text[to].isLetter || (text[to] == " " && words == 0 && to > from) {
                    if text[to] == " " { words += 1 }
                    // A Chinese name has two to four characters, and the sentence may go on without a gap.
                    if !text[to].isASCII, to - from >= 3 { break }
                    to += 1
                }
                if to > from { found.append(from..<to) }
            }
        }
        return found
    }

    static func isDigit(_ c: Character) -> Bool { ("0"..."9").contains(c) || "零〇一二三四五六七八九".contains(c) }
}
