/// The words and letter sequences of a sentence, as hashes.
///
/// Words: runs of letters and digits in lower case, ideographs one by one, digits as "0" so that no order number is learnt; single words and
/// pairs. Letter sequences: 2 to 5 scalars within a word that is padded by a space on each side (1 to 3 ideographs within their run).
enum NGrams {
    /// Scalars of a sentence that are looked at.
    static let scalarsMax = 1_000

    struct Hashes {
        var words: [UInt64] = []
        var letters: [UInt64] = []
    }

    static func of(_ text: String) -> Hashes {
        var hashes = Hashes()
        let words = cut(text)
        for (index, word) in words.enumerated() {
            hashes.words.append(hash(1, word[...]))
            if index + 1 < words.count {
                var pair = word
                pair.append(32)
                pair.append(contentsOf: words[index + 1])
                hashes.words.append(hash(2, pair[...]))
            }
        }
        for run in runs(words) {
            let isHan = run.count > 2 && isIdeograph(run[1])
            for length in isHan ? 1...3 : 2...5 where run.count >= length {
                for start in 0...(run.count - length) { hashes.letters.append(hash(3, run[start..<start + length])) }
            }
        }
        return hashes
    }

    private static func cut(_ text: String) -> [[UInt32]] {
        var words: [[UInt32]] = []
        var word: [UInt32] = []
        func finish() {
            if !word.isEmpty { words.append(word) }
            word = []
        }
        for scalar in text.lowercased().unicodeScalars.prefix(scalarsMax) {
            if isIdeograph(scalar.value) {
                finish()
                words.append([scalar.value])
            } else if scalar.properties.isAlphabetic {
                word.append(scalar.value)
            } else if scalar.properties.numericType != nil {
                if word.last != 48 { word.append(48) }
            } else if scalar.value != 39 && scalar.value != 0x2019 {
                finish()
            }
        }
        finish()
        return words
    }

    /// Words with a space on each side; neighbouring ideographs as one run.
    private static func runs(_ words: [[UInt32]]) -> [[UInt32]] {
        var runs: [[UInt32]] = []
        for word in words {
            if word.count == 1, isIdeograph(word[0]), var last = runs.last, last.count > 2, isIdeograph(last[last.count - 2]) {
                last.insert(word[0], at: last.count - 1)
                runs[runs.count - 1] = last
            } else {
                runs.append([32] + word + [32])
            }
        }
        return runs
    }

    private static func isIdeograph(_ scalar: UInt32) -> Bool {
        (0x3400...0x4DBF).contains(scalar) || (0x4E00...0x9FFF).contains(scalar) || (0x20000...0x3134F).contains(scalar)
    }

    /// FNV-1a, 64 bit, over the kind and the scalars.
    private static func hash(_ kind: UInt8, _ scalars: ArraySlice<UInt32>) -> UInt64 {
        var hash: UInt64 = (0xcbf2_9ce4_8422_2325 ^ UInt64(kind)) &* 0x0000_0100_0000_01b3
        for scalar in scalars {
            hash = (hash ^ UInt64(scalar & 0xff)) &* 0x0000_0100_0000_01b3
            hash = (hash ^ UInt64(scalar >> 8)) &* 0x0000_0100_0000_01b3
        }
        return hash
    }
}
