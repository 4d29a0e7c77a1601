import PluginKit
import Wire

/// What the operator expects to be said, by the file that the option `vocabulary` names: slots to read, words to expect by language, or both.
///
///     {"slots": {"size": ["small", "twelve ounce"]}, "words": {"en": ["ring", "peridot", "lapis lazuli"], "zh": ["戒指", "橄榄石"]}}
struct ExpectedSpeech: Sendable {
    static let languagesMax = 32
    /// Words and names of one language.
    static let wordsMax = 5_000
    static let wordBytesMax = 100

    /// nil = none are named.
    let slots: SlotReader?
    /// In the order of the file; each language's likeliest first.
    let words: [(language: String, words: [String])]

    /// - Throws: INVALID_ARGUMENT that says what is wrong with the file and what is allowed.
    init(parsing file: [UInt8]) throws(PluginError) {
        let json: SmallJSON
        do throws(SmallJSONError) { json = try SmallJSON(parsing: file) } catch {
            throw PluginError(.invalidArgument, "the vocabulary is no JSON: it breaks off at byte \(error.offset)")
        }
        slots = try json["slots"].map { (slots) throws(PluginError) in try SlotReader(slots) }
        words = try json["words"].map { (words) throws(PluginError) in try ExpectedSpeech.words(words) } ?? []
        guard slots != nil || !words.isEmpty else {
            throw PluginError(
                .invalidArgument,
                "the vocabulary has neither \"slots\" nor \"words\"; it is {\"slots\": {\"size\": [\"small\"]}, \"words\": {\"en\": [\"ring\"]}}"
            )
        }
    }

    private static func words(_ json: SmallJSON) throws(PluginError) -> [(language: String, words: [String])] {
        guard case .object(let members) = json, members.count <= languagesMax else {
            throw PluginError(.invalidArgument, "\"words\" of the vocabulary is no object of at most \(languagesMax) languages")
        }
        return try members.map { (member) throws(PluginError) in
            guard case .list(let items) = member.value, items.count <= wordsMax else {
                throw PluginError(.invalidArgument, "\"words\" of \"\(member.key)\" is no list of at most \(wordsMax) texts")
            }
            let texts = try items.map { (item) throws(PluginError) -> String in
                guard let text = item.text, text.utf8.count <= wordBytesMax else {
                    throw PluginError(
                        .invalidArgument, "\"words\" of \"\(member.key)\" has an entry that is no text of at most \(wordBytesMax) bytes")
                }
                return TokenText.trimmed(text)
            }
            return (member.key, texts.filter { !$0.isEmpty })
        }
    }
}
