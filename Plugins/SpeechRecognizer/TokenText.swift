/// Tokens → words.
enum TokenText {
    /// The text of `tokens`, white space at its ends included. Tokens are pieces of UTF-8, so a character may be spread over several: only the whole
    /// sequence is decoded, and what is no UTF-8 (a character cut off at the token limit, say) is left out.
    static func text(of tokens: [Int], in vocabulary: Vocabulary) -> String {
        var bytes: [UInt8] = []
        for token in tokens { bytes.append(contentsOf: vocabulary.bytes(of: token)) }
        var scalars = String.UnicodeScalarView()
        var decoder = UTF8()
        var source = bytes.makeIterator()
        decoding: while true {
            switch decoder.decode(&source) {
            // NUL cannot travel in a string on the wire.
            case .scalarValue(let scalar): if scalar != "\0" { scalars.append(scalar) }
            case .error: continue
            case .emptyInput: break decoding
            }
        }
        return String(scalars)
    }

    /// Without white space at either end.
    static func trimmed(_ text: String) -> String {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }), let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[first...last])
    }

    /// Chinese is written without spaces; the decoder puts them where the speaker paused. Spaces beside other scripts stay.
    static func withoutSpacesBetweenHan(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var spaces = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == " " {
                spaces.append(scalar)
                continue
            }
            if let last = result.last, !(isHan(last) && isHan(scalar)) { result.append(contentsOf: spaces) }
            spaces = String.UnicodeScalarView()
            result.append(scalar)
        }
        return String(result)
    }

    /// CJK ideographs (Unicode blocks URO, extensions A to H, compatibility) and CJK punctuation.
    private static func isHan(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3001...0x3003, 0x3007, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xf900...0xfaff, 0xff01...0xff1f, 0x20000...0x323af: true
        default: false
        }
    }
}
