// TextTerms: texts as bags of words, and the table that weighs words by how many of the shop's texts have them (TF-IDF).
//
// It owns how a text is cut into terms, the table's file and the formula, so that whoever makes a table and whoever uses it agree. It must never
// learn from what customers say, or look at more of a text than it is given.

import CTextForms

/// The words of a text, for counting.
///
/// Text in Unicode's form NFKC (full-width and half-width forms, ligatures, letters with their accents apart: one way of writing each) and in
/// lower case is cut into runs of letters, digits and "_", as the expression \w of Unicode has them. A run of two or more is a term,
/// which is what scikit-learn's TfidfVectorizer takes by default (token_pattern "(?u)\b\w\w+\b"). Ideographs are runs of their own, since no
/// spaces part Chinese words: each ideograph is a term, and each two beside each other.
public enum TextTerms {
    /// In the order of the text, as often as they occur.
    public static func of(_ text: String) -> [String] {
        var terms: [String] = []
        var word = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        func finish() {
            if word.count > 1 { terms.append(String(word)) }
            word = String.UnicodeScalarView()
        }
        for scalar in composed(text).lowercased().unicodeScalars {
            if isIdeograph(scalar.value) {
                finish()
                terms.append(String(Character(scalar)))
                if let last { terms.append(String(Character(last)) + String(Character(scalar))) }
                last = scalar
            } else {
                last = nil
                if isWord(scalar) { word.append(scalar) } else { finish() }
            }
        }
        finish()
        return terms
    }

    /// The text in form NFKC; as it is where ICU can do nothing with it.
    private static func composed(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        let units = Array(text.utf16)
        var capacity = units.count + units.count / 2 + 16
        while true {
            var needed = 0
            let form = [UInt16](unsafeUninitializedCapacity: capacity) { target, count in
                needed = vt_compose_compatibly(units, units.count, target.baseAddress, capacity)
                count = (0...capacity).contains(needed) ? needed : 0
            }
            if needed < 0 { return text }
            if needed <= capacity { return String(decoding: form, as: UTF16.self) }
            capacity = needed
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar == "_" || ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return scalar.properties.numericType != nil
        }
    }

    private static func isIdeograph(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x3007, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: true
        default: false
        }
    }
}
