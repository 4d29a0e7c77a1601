import PluginKit
import Wire

/// Reads what was asked for out of a transcript, by a vocabulary of slots and their values, allowing for what was misheard.
///
///     {"slots": {"size": ["small", "twelve ounce"], "drink": ["latte", "iced mocha"]}}
///
/// Every value is compared with every run of about as many words (`SoundsLike`). Of the runs that are like enough, those that explain the
/// most sounds are taken first; runs do not overlap, and a slot has one value, the later one among equals.
struct SlotReader: Sendable {
    static let valuesMax = 2_000
    static let valueBytesMax = 200
    static let slotsMax = 64
    /// Words of a transcript that are looked at.
    static let wordsMax = 120
    /// What a match loses for its unlikeness, so that a short exact match beats a long doubtful one.
    private static let doubt: Float = 4

    /// Likeness that a value of so many sounds needs: short words are met by chance more often.
    static func likenessMin(sounds: Int) -> Float { sounds <= 4 ? 0.78 : 0.76 }

    private struct Value: Sendable {
        var slot: Int
        var text: String
        var words: Int
        var sounds: [Unicode.Scalar]
    }

    private struct Match {
        var value: Int
        var words: Range<Int>
        var likeness: Float
        var worth: Float
    }

    /// Names in the order of the file.
    private let slots: [String]
    private let values: [Value]

    /// - Parameter json: the object of slots.
    /// - Throws: INVALID_ARGUMENT that says what is wrong with it and what is allowed.
    init(_ json: SmallJSON) throws(PluginError) {
        guard case .object(let members) = json else {
            throw PluginError(.invalidArgument, "\"slots\" of the vocabulary is no object: {\"size\": [\"small\", …], …}")
        }
        guard members.count <= Self.slotsMax else {
            throw PluginError(.invalidArgument, "the vocabulary has \(members.count) slots; allowed are at most \(Self.slotsMax)")
        }
        var values: [Value] = []
        for (slot, member) in members.enumerated() {
            guard case .list(let items) = member.value else {
                throw PluginError(.invalidArgument, "slot \"\(member.key)\" of the vocabulary is no list of texts")
            }
            for item in items {
                guard let text = item.text, text.utf8.count <= Self.valueBytesMax else {
                    throw PluginError(
                        .invalidArgument, "slot \"\(member.key)\" has a value that is no text of at most \(Self.valueBytesMax) bytes")
                }
                let words = SpokenWords.words(of: text)
                guard !words.isEmpty else { continue }
                let trimmed = TokenText.trimmed(text)
                if values.contains(where: { $0.slot == slot && $0.text == trimmed }) { continue }
                values.append(Value(slot: slot, text: trimmed, words: words.count, sounds: Self.sounds(words[...])))
            }
        }
        guard !values.isEmpty, values.count <= Self.valuesMax else {
            throw PluginError(.invalidArgument, "the vocabulary has \(values.count) values; allowed are 1 to \(Self.valuesMax)")
        }
        slots = members.map { $0.key }
        self.values = values
    }

    /// All values, for a decoder that is to expect them.
    var phrases: [String] { values.map(\.text) }

    /// In the order of the vocabulary's slots.
    func read(_ text: String) -> [Slot] {
        let words = Array(SpokenWords.words(of: text).prefix(Self.wordsMax))
        var sounds: [Range<Int>: [Unicode.Scalar]] = [:]
        var matches: [Match] = []
        for (index, value) in values.enumerated() {
            for count in max(1, value.words - 1)...value.words + 1 where count <= words.count {
                for start in 0...words.count - count {
                    let range = start..<start + count
                    let heard = sounds[range] ?? Self.sounds(words[range])
                    sounds[range] = heard
                    guard abs(heard.count - value.sounds.count) * 3 <= max(heard.count, value.sounds.count) + 2 else { continue }
                    let likeness = SoundsLike.likeness(heard, value.sounds)
                    guard likeness >= Self.likenessMin(sounds: value.sounds.count) else { continue }
                    let worth = Float(value.sounds.count) * (1 - Self.doubt * (1 - likeness))
                    matches.append(Match(value: index, words: range, likeness: likeness, worth: worth))
                }
            }
        }
        matches.sort { ($0.worth, $0.words.lowerBound, -$0.value) > ($1.worth, $1.words.lowerBound, -$1.value) }
        var taken: [Match] = []
        for match in matches {
            let clashes = taken.contains { values[$0.value].slot == values[match.value].slot || $0.words.overlaps(match.words) }
            if !clashes { taken.append(match) }
        }
        return taken.sorted { values[$0.value].slot < values[$1.value].slot }.map {
            Slot(name: slots[values[$0.value].slot], value: values[$0.value].text, confidence: max(0, min(1, $0.likeness)))
        }
    }

    private static func sounds(_ words: ArraySlice<String>) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        for word in words { result += (result.isEmpty ? [] : [" "]) + SoundsLike.sounds(of: word) }
        return result
    }
}
