/// How much of a text is in which script.
struct ScriptSigns {
    enum Script: CaseIterable {
        /// Han characters and kana: one language's or the other's.
        case ideographs
        case hangul
        case arabic
        case cyrillic
        case thai
        case latin
    }

    /// Words of letters; characters of scripts that write no spaces. Brand names, sizes and product numbers among Chinese are of any length, so a
    /// Latin word counts as much as one character; a number with hyphens is one word.
    private var counts: [Script: Int] = [:]
    private var han = 0
    private var hiragana = 0
    private var katakana = 0
    /// The Latin words, in lower case.
    private(set) var words: [String] = []

    init(_ scalars: Substring.UnicodeScalarView) {
        var word = ""
        var isIn: Script?
        func script(of scalar: Unicode.Scalar) -> Script? {
            switch scalar.value {
            case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF, 0x3040...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: .ideographs
            case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7AF: .hangul
            case 0x0600...0x06FF, 0x0750...0x077F, 0xFB50...0xFDFF, 0xFE70...0xFEFF: .arabic
            case 0x0400...0x052F: .cyrillic
            case 0x0E00...0x0E7F: .thai
            default: scalar.properties.isAlphabetic ? .latin : nil
            }
        }
        for scalar in scalars {
            let now = script(of: scalar)
            if now != .latin, now != nil || !Self.joins(scalar), !word.isEmpty {
                words.append(word)
                word = ""
            }
            switch now {
            case .ideographs:
                count(ideograph: scalar)
                isIn = nil
            case .thai:
                // About four characters are a word.
                counts[.thai, default: 0] += 1
                isIn = nil
            case .some(let script):
                if isIn != script { counts[script, default: 0] += 1 }
                isIn = script
                if script == .latin { word.unicodeScalars.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars) }
            case nil:
                guard Self.joins(scalar) else {
                    isIn = nil
                    continue
                }
                if isIn == .latin, scalar.properties.numericType == nil { word.unicodeScalars.append(scalar) }
            }
        }
        if !word.isEmpty { words.append(word) }
        if let thai = counts[.thai] { counts[.thai] = (thai + 3) / 4 }
    }

    private mutating func count(ideograph scalar: Unicode.Scalar) {
        counts[.ideographs, default: 0] += 1
        switch scalar.value {
        case 0x3040...0x309F: hiragana += 1
        case 0x30FB, 0x30FC: break
        case 0x30A0...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: katakana += 1
        default: han += 1
        }
    }

    /// Stands within a word.
    private static func joins(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "-" || scalar == "'" || scalar == "’" || scalar.properties.numericType != nil
            || scalar.properties.generalCategory == .nonspacingMark
    }

    /// The one with most words or characters; Latin only when no other has as many. nil without letters.
    var script: Script? {
        var best: Script?
        for script in Script.allCases where (counts[script] ?? 0) > (best.flatMap { counts[$0] } ?? 0) { best = script }
        return best
    }

    func share(of script: Script) -> Float { Float(counts[script] ?? 0) / Float(max(1, counts.values.reduce(0, +))) }

    /// Of a script that is not Latin. Japanese has its endings and particles in hiragana; a kana or two in much Chinese are a brand's.
    func language(of script: Script) -> String {
        switch script {
        case .ideographs: hiragana * 4 + katakana * 2 >= max(1, han) && hiragana + katakana > 0 ? "ja" : "zh"
        case .hangul: "ko"
        case .arabic: "ar"
        case .cyrillic: "ru"
        case .thai: "th"
        case .latin: preconditionFailure("Latin letters are told apart by their words")
        }
    }
}
