/// Puts the words that a shop expects in the place of what only sounds like them, in scripts of letters.
///
/// The recogniser writes what it does not know in pieces, by the sound: a word that is none of its tokens is a doubtful one. Repaired are
/// * a doubtful word, or a run that has one, that sounds like a name ("topus" → "topaz"),
/// * words that everybody knows whose sounds are those of a name when nothing stands between them ("perry dot" → "peridot"),
/// * and two names that were written as one word ("onyxsignet" → "onyx signet").
/// A name with an ending of the plural is a name. Everything else stays as it was heard.
struct WordRepair: Sendable {
    /// Likeness (`SoundsLike`) that a run with a doubtful word needs.
    static let doubtfulLikenessMin: Float = 0.84
    /// The same for a run of words that everybody knows.
    static let knownLikenessMin: Float = 0.95
    /// Sounds of the shortest name that doubtful words become, and that known words are joined to.
    static let doubtfulSoundsMin = 4
    static let knownSoundsMin = 6
    /// Words of a run.
    static let runMax = 3
    /// Words of a transcript that are looked at.
    static let wordsMax = 200

    private struct Name: Sendable {
        var text: String
        var sounds: [Unicode.Scalar]
    }

    /// Evidence (`isOfNames`) that a text needs, and what a word that everybody knows and another one count.
    static let evidenceMin = 2
    static let knownEvidence = 1
    static let rareEvidence = 2

    private let names: [Name]
    /// Names in scripts without spaces between words.
    private let runs: [String]
    /// Every word of a name, in lower case, and the names' plurals.
    private let expected: Set<String>
    private let isKnown: @Sendable (String) -> Bool

    /// - Parameter isKnown: whether the recogniser has a token for a whole word.
    init(_ texts: [String], isKnown: @escaping @Sendable (String) -> Bool) {
        var names: [Name] = []
        var expected: Set<String> = []
        var seen: Set<String> = []
        for text in texts {
            let words = Self.words(of: text)
            guard (1...Self.runMax).contains(words.count) else { continue }
            for word in words { expected.insert(word) }
            for form in Self.forms(of: words) where seen.insert(form).inserted {
                expected.insert(form)
                let sounds = Self.sounds(of: form)
                if sounds.count >= Self.doubtfulSoundsMin {
                    names.append(Name(text: form == words.joined(separator: " ") ? text : form, sounds: sounds))
                }
            }
        }
        self.names = names
        runs = texts.filter { text in text.unicodeScalars.contains { $0.properties.isIdeographic } }
        self.expected = expected
        self.isKnown = isKnown
    }

    /// The text speaks of what is named: it has a name that is none of the recogniser's own words, or two names that everybody uses. One of those
    /// alone ("white", "three") is found in any talk.
    func isOfNames(_ text: String) -> Bool {
        var seen: Set<String> = []
        var evidence = 0
        for word in Self.words(of: text).prefix(Self.wordsMax) where expected.contains(word) && seen.insert(word).inserted {
            evidence += isKnown(word) ? Self.knownEvidence : Self.rareEvidence
            if evidence >= Self.evidenceMin { return true }
        }
        return runs.contains { text.contains($0) }
    }

    /// `text` with its doubtful words repaired.
    func repaired(_ text: String) -> String {
        var pieces = Self.pieces(of: text)
        var index = 0
        var seen = 0
        while index < pieces.count, seen < Self.wordsMax {
            guard pieces[index].isWord else {
                index += 1
                continue
            }
            seen += 1
            if let (count, name) = best(pieces[index...]) {
                pieces.replaceSubrange(index..<index + count, with: [Piece(text: Self.cased(name, like: pieces[index].text), isWord: true)])
            }
            index += 1
        }
        return pieces.map(\.text).joined()
    }

    /// The name that the longest run at the beginning sounds like, with how many pieces it takes.
    private func best(_ pieces: ArraySlice<Piece>) -> (pieces: Int, name: String)? {
        var words: [String] = []
        var runs: [(pieces: Int, words: [String])] = []
        for (offset, piece) in pieces.prefix(2 * Self.runMax - 1).enumerated() {
            if piece.isWord {
                words.append(piece.text.lowercased())
                runs.append((offset + 1, words))
            } else if piece.text != " ", piece.text != "-" {
                break
            }
        }
        for run in runs.reversed() {
            if let name = name(for: run.words) { return (run.pieces, name) }
        }
        return nil
    }

    private func name(for words: [String]) -> String? {
        // What is a name already, or is made of names, was heard right.
        guard !words.allSatisfy(expected.contains), !expected.contains(words.joined(separator: " ")) else { return nil }
        let isDoubtful = words.contains { !expected.contains($0) && !isKnown($0) }
        if words.count == 1 {
            guard isDoubtful else { return nil }
            if let two = split(words[0]) { return two }
        }
        let heard = words.flatMap { SoundsLike.sounds(of: $0) }
        let least = isDoubtful ? Self.doubtfulLikenessMin : Self.knownLikenessMin
        let soundsMin = isDoubtful ? Self.doubtfulSoundsMin : Self.knownSoundsMin
        var found: (name: Name, likeness: Float)?
        for name in names where name.sounds.count >= soundsMin && abs(name.sounds.count - heard.count) <= 2 {
            let likeness = SoundsLike.likeness(heard, name.sounds)
            if likeness >= max(least, (found?.likeness ?? 0) + 0.001) { found = (name, likeness) }
        }
        return found?.name.text
    }

    /// Two names without a space between.
    private func split(_ word: String) -> String? {
        for place in word.indices.dropFirst(3) where word[place...].count >= 3 {
            let (first, second) = (String(word[..<place]), String(word[place...]))
            if expected.contains(first), expected.contains(second) { return "\(first) \(second)" }
        }
        return nil
    }

    // MARK: Words

    private struct Piece {
        var text: String
        var isWord: Bool
    }

    private static func isLetter(_ character: Character) -> Bool { character.isLetter || character == "'" || character == "’" }

    private static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        for character in text {
            let isWord = isLetter(character)
            if let last = pieces.last, last.isWord, isWord {
                pieces[pieces.count - 1].text.append(character)
            } else {
                pieces.append(Piece(text: String(character), isWord: isWord))
            }
        }
        return pieces
    }

    private static func words(of text: String) -> [String] { pieces(of: text).filter(\.isWord).map { $0.text.lowercased() } }

    private static func sounds(of form: String) -> [Unicode.Scalar] {
        form.split(separator: " ").flatMap { SoundsLike.sounds(of: String($0)) }
    }

    /// A name as it is, and its last word in the plural.
    private static func forms(of words: [String]) -> [String] {
        let name = words.joined(separator: " ")
        guard let last = name.last, last.isASCII, last != "s" else { return [name] }
        let ending = ["x", "z"].contains(last) || name.hasSuffix("ch") || name.hasSuffix("sh") ? "es" : "s"
        return [name, last == "y" ? name.dropLast() + "ies" : name + ending]
    }

    private static func cased(_ name: String, like heard: String) -> String {
        guard heard.first?.isUppercase == true, let first = name.first else { return name }
        return first.uppercased() + name.dropFirst()
    }
}
