/// Words and phrases that are looked for together in a sentence, by `SaidWords`.
///
/// Made once; a sentence is compared with the phrases that begin like the place that is looked at, so that looking for fifty costs hardly more than
/// looking for one.
struct PhraseSet: Sendable, ExpressibleByArrayLiteral {
    struct Phrase: Sendable {
        /// Without the star.
        let bytes: [UInt8]
        /// "weigh*": the beginning of a word is enough.
        let isBeginning: Bool

        init(_ phrase: String) {
            var bytes = Array(phrase.utf8)
            isBeginning = bytes.last == UInt8(ascii: "*")
            if isBeginning { bytes.removeLast() }
            self.bytes = bytes
        }
    }

    /// As they were given.
    let all: [String]
    /// By their first two bytes, of which single ones have one; beside `keys`.
    private let phrases: [[Phrase]]
    /// Sorted.
    private let keys: [UInt16]
    /// One bit for each place that a key may have: most places of a sentence are done with by one look.
    private var bits = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))

    init(_ all: [String]) {
        self.all = all
        var byKey: [UInt16: [Phrase]] = [:]
        for phrase in all.map(Phrase.init) where !phrase.bytes.isEmpty {
            byKey[PhraseSet.key(phrase.bytes[0], phrase.bytes.count > 1 ? phrase.bytes[1] : 0), default: []].append(phrase)
        }
        keys = byKey.keys.sorted()
        phrases = keys.map { byKey[$0] ?? [] }
        for key in keys { mark(key) }
    }

    init(arrayLiteral elements: String...) { self.init(elements) }

    /// Whether one of them stands in a sentence as `SaidWords` keeps it.
    func stands(in text: [UInt8]) -> Bool {
        for at in text.indices {
            if has(text, at, PhraseSet.key(text[at], at + 1 < text.count ? text[at + 1] : 0)) { return true }
            // A phrase of one byte.
            if text[at] < 0x80, has(text, at, PhraseSet.key(text[at], 0)) { return true }
        }
        return false
    }

    private func has(_ text: [UInt8], _ at: Int, _ key: UInt16) -> Bool {
        guard isMarked(key), let index = index(of: key) else { return false }
        return phrases[index].contains { PhraseSet.stands($0, in: text, at: at) }
    }

    /// Latin words are found as words, also with a plural's s; Chinese ones anywhere.
    static func stands(_ phrase: Phrase, in text: [UInt8], at: Int) -> Bool {
        let bytes = phrase.bytes
        guard let first = bytes.first, let last = bytes.last, at + bytes.count <= text.count else { return false }
        for offset in bytes.indices where text[at + offset] != bytes[offset] { return false }
        if isLatin(first), at > 0, isLatin(text[at - 1]) { return false }
        if phrase.isBeginning || !isLatin(last) { return true }
        var end = at + bytes.count
        if end < text.count, text[end] == UInt8(ascii: "s") { end += 1 }
        return end >= text.count || !isLatin(text[end])
    }

    private static func isLatin(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }

    // MARK: Keys

    private static func key(_ first: UInt8, _ second: UInt8) -> UInt16 { UInt16(first) << 8 | UInt16(second) }

    private static func place(_ key: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: (key >> 8) &* 37 &+ (key & 0xFF) &* 11) }

    private mutating func mark(_ key: UInt16) {
        let place = PhraseSet.place(key)
        let bit = UInt64(1) << UInt64(place & 63)
        switch place >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    private func isMarked(_ key: UInt16) -> Bool {
        let place = PhraseSet.place(key)
        let word =
            switch place >> 6 {
            case 0: bits.0
            case 1: bits.1
            case 2: bits.2
            default: bits.3
            }
        return word >> UInt64(place & 63) & 1 == 1
    }

    private func index(of key: UInt16) -> Int? {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < keys.count && keys[low] == key ? low : nil
    }
}
