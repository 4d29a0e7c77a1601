/// How alike two phrases sound, by their spelling: an edit distance over letters in which what is often confused costs less.
///
/// Letters are first brought nearer to sounds (English and Italian habits, since names of goods come from both): "ck", "qu", "c" → k, "ph" → f,
/// "cc" before e and i → ch, "x" → ks, double letters → one, a silent e at the end → nothing. Ideographs and other letters stay as they are.
enum SoundsLike {
    private static let vowels: Set<Unicode.Scalar> = ["a", "e", "i", "o", "u"]
    /// Pairs that differ in voice or place only; "C" stands for ch and sh.
    private static let near: [Set<Unicode.Scalar>] = [
        ["b", "p"], ["d", "t"], ["g", "k"], ["v", "f"], ["s", "z"], ["m", "n"], ["l", "r"], ["C", "k"], ["C", "s"], ["C", "j"], ["C", "t"],
        ["v", "w"],
    ]
    /// Both orders of `near`.
    private static let nearKeys: Set<UInt64> = Set(
        near.flatMap { pair in
            let two = pair.sorted { $0.value < $1.value }
            return [key(two[0], two[1]), key(two[1], two[0])]
        })

    private static func key(_ a: Unicode.Scalar, _ b: Unicode.Scalar) -> UInt64 { UInt64(a.value) << 32 | UInt64(b.value) }

    /// The sounds of a word in lower case.
    static func sounds(of word: String) -> [Unicode.Scalar] {
        let letters = Array(word.unicodeScalars)
        var result: [Unicode.Scalar] = []
        var index = 0
        func at(_ offset: Int) -> Unicode.Scalar? { index + offset < letters.count ? letters[index + offset] : nil }
        func isSoft(_ scalar: Unicode.Scalar?) -> Bool { scalar == "e" || scalar == "i" || scalar == "y" }
        while index < letters.count {
            var length = 1
            var sound: [Unicode.Scalar]
            switch (letters[index], at(1)) {
            case ("c", "c") where isSoft(at(2)): (sound, length) = (["C"], 2)
            case ("c", "h"), ("s", "h"): (sound, length) = (["C"], 2)
            case ("t", "c") where at(2) == "h": (sound, length) = (["C"], 3)
            case ("c", "k"), ("q", "u"): (sound, length) = (["k"], 2)
            case ("p", "h"): (sound, length) = (["f"], 2)
            case ("w", "h"): (sound, length) = (["w"], 2)
            case ("c", let next): sound = [isSoft(next) ? "s" : "k"]
            case ("q", _): sound = ["k"]
            case ("x", _): sound = ["k", "s"]
            case ("z", _): sound = ["s"]
            case ("y", _): sound = ["i"]
            case ("e", nil) where result.count > 2: sound = []
            default: sound = [letters[index]]
            }
            if let first = sound.first, first == result.last { sound.removeFirst() }
            result += sound
            index += length
        }
        return result
    }

    /// What it costs to hear nothing for `sound`, or the other way round.
    private static func dropping(_ sound: Unicode.Scalar) -> Float {
        if vowels.contains(sound) { return 0.5 }
        return switch sound {
        case " ": 0.2
        case "h", "r", "d", "t": 0.5
        default: 1
        }
    }

    private static func changing(_ a: Unicode.Scalar, into b: Unicode.Scalar) -> Float {
        if a == b { return 0 }
        if vowels.contains(a), vowels.contains(b) { return 0.35 }
        if nearKeys.contains(key(a, b)) { return 0.5 }
        return vowels.contains(a) == vowels.contains(b) ? 1 : 1.2
    }

    /// 1 for the same sounds, 0 or less for nothing in common: one less the distance's share of the longer one.
    static func likeness(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Float {
        let longer = max(a.count, b.count)
        guard longer > 0 else { return 1 }
        var row: [Float] = [0]
        for sound in b { row.append(row[row.count - 1] + dropping(sound)) }
        for first in a {
            var corner = row[0]
            row[0] += dropping(first)
            for (index, second) in b.enumerated() {
                let best = min(row[index + 1] + dropping(first), row[index] + dropping(second), corner + changing(first, into: second))
                corner = row[index + 1]
                row[index + 1] = best
            }
        }
        return 1 - row[b.count] / Float(longer)
    }
}
