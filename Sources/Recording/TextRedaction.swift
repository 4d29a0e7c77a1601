import Privacy

/// Replaces what looks like personal data in a text by something of the same form. A value, pure.
///
/// Letters become letters of the same case, digits digits, Chinese characters Chinese characters; the length stays. The same thing under the
/// same salt is always replaced by the same, so that what belonged together still does. Without the salt nothing can be computed back.
struct TextRedaction {
    let salt: [UInt8]
    /// Every word, not only what looks personal.
    let everyWord: Bool

    func text(_ original: String) -> String {
        var characters = Array(original)
        if everyWord {
            replace(&characters, words(characters))
        } else {
            replace(&characters, PersonalSpans.mails(characters))
            replace(&characters, PersonalSpans.numbers(characters))
            replace(&characters, PersonalSpans.names(characters))
        }
        return String(characters)
    }

    /// A whole value, an order's number for instance.
    func value(_ original: String) -> String {
        var characters = Array(original)
        replace(&characters, [0..<characters.count])
        return String(characters)
    }

    // MARK: Every word

    private func words(_ text: [Character]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start: Int?
        for index in 0...text.count {
            let isWord = index < text.count && (text[index].isLetter || text[index].isNumber)
            if isWord, start == nil { start = index }
            if !isWord, let from = start {
                found.append(from..<index)
                start = nil
            }
        }
        return found
    }

    // MARK: What stands there instead

    private func replace(_ text: inout [Character], _ ranges: [Range<Int>]) {
        for range in ranges {
            let original = String(text[range]).lowercased()
            var random = TextRedaction.Stream(Sodium.hash(Array(original.utf8), key: salt, count: 64))
            for index in range { text[index] = TextRedaction.like(text[index], &random, isFirst: index == range.lowerBound) }
        }
    }

    /// Pseudo-random bytes that depend on the thing replaced and on the salt alone.
    private struct Stream {
        private var block: [UInt8]
        private var used = 0

        init(_ block: [UInt8]) { self.block = block }

        mutating func below(_ bound: Int) -> Int {
            if used + 2 > block.count {
                block = Sodium.hash(block, count: 64)
                used = 0
            }
            defer { used += 2 }
            return (Int(block[used]) << 8 | Int(block[used + 1])) % bound
        }
    }

    private static let chineseDigits = Array("零一二三四五六七八九")
    /// Common characters that mean nothing much together.
    private static let chinese = Array("天地山水花木石云风雨春夏秋冬东南西北红黄青白金银珠玉江河湖海")

    private static func like(_ c: Character, _ random: inout Stream, isFirst: Bool) -> Character {
        func ascii(_ base: UInt8, _ count: Int, _ random: inout Stream) -> Character {
            Character(UnicodeScalar(base + UInt8(random.below(count))))
        }
        switch c {
        // No zero in front: a number stays one where it stands in JSON.
        case "0"..."9": return isFirst ? ascii(49, 9, &random) : ascii(48, 10, &random)
        case "a"..."z": return ascii(97, 26, &random)
        case "A"..."Z": return ascii(65, 26, &random)
        case _ where chineseDigits.contains(c) || c == "〇": return chineseDigits[random.below(10)]
        case _ where c.isLetter && !c.isASCII: return c.isCased ? ascii(c.isUppercase ? 65 : 97, 26, &random) : chinese[random.below(chinese.count)]
        default: return c
        }
    }
}
