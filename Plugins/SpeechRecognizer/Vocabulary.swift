import PluginKit
import Wire

/// Whisper's tokens: what text each stands for, and the ids that steer the decoder.
///
/// `vocab.bin`, little-endian: u32 count, then for each id u16 length and that many bytes of text (which may end inside a
/// UTF-8 sequence), or u16 0xFFFF, u16 length and the name of a special token. `whisper.json` has the ids that must not be
/// chosen and the languages.
struct Vocabulary: Sendable {
    struct Special: Equatable, Sendable {
        var endOfText: Int
        var startOfTranscript: Int
        var startOfPrevious: Int
        var transcribe: Int
        var noSpeech: Int
        var noTimestamps: Int
    }

    let special: Special
    /// Token of each language, in the order of tokens; codes as in BCP 47 ("en", "zh", "haw").
    let languages: [(code: String, token: Int)]
    /// 0 for tokens that may be chosen, minus infinity for the others; one a token.
    let bias: [Float]
    /// The same for the first token of a transcript.
    let firstBias: [Float]
    private let text: [UInt8]
    /// Where each token's text begins; one more than there are tokens. Special tokens have none.
    private let starts: [Int]

    var count: Int { starts.count - 1 }

    /// - Throws: DATA_LOSS when a file is not what it should be.
    init(tokens file: [UInt8], settings: [UInt8]) throws(PluginError) {
        (text, starts) = try Vocabulary.tokens(in: file)
        let count = starts.count - 1
        let json: SmallJSON
        do throws(SmallJSONError) { json = try SmallJSON(parsing: settings) } catch {
            throw PluginError(.dataLoss, "the recogniser's settings break off at byte \(error.offset); run `make setup` again")
        }
        func number(_ name: String) throws(PluginError) -> Int {
            guard let id = json["special"]?[name]?.integer, (0..<count).contains(id) else { throw Vocabulary.wrong("token \"\(name)\"") }
            return id
        }
        special = Special(
            endOfText: try number("end_of_text"), startOfTranscript: try number("start_of_transcript"),
            startOfPrevious: try number("start_of_previous"), transcribe: try number("transcribe"), noSpeech: try number("no_speech"),
            noTimestamps: try number("no_timestamps"))
        guard case .object(let names)? = json["languages"], !names.isEmpty else { throw Vocabulary.wrong("languages") }
        var languages: [(code: String, token: Int)] = []
        for (key, value) in names {
            guard let token = Int(key), (0..<count).contains(token), let code = value.text else { throw Vocabulary.wrong("language \(key)") }
            languages.append((code, token))
        }
        self.languages = languages
        guard let always = json["suppress"]?.integers, let first = json["suppress_begin"]?.integers,
            (always + first).allSatisfy({ (0..<count).contains($0) })
        else { throw Vocabulary.wrong("tokens to suppress") }
        var bias = [Float](repeating: 0, count: count)
        // Everything after the end of text steers the decoder and is no text.
        for token in special.endOfText + 1..<count { bias[token] = -.infinity }
        for token in always { bias[token] = -.infinity }
        var firstBias = bias
        for token in first { firstBias[token] = -.infinity }
        self.bias = bias
        self.firstBias = firstBias
    }

    /// The raw bytes a token stands for; none for special tokens and ids out of range.
    func bytes(of token: Int) -> ArraySlice<UInt8> {
        guard (0..<count).contains(token) else { return [] }
        return text[starts[token]..<starts[token + 1]]
    }

    /// The token begins a word (with a space), or a character beyond ASCII, as every word does in scripts without spaces.
    func beginsWord(_ token: Int) -> Bool { bytes(of: token).first.map { $0 == UInt8(ascii: " ") || $0 >= 0xc0 } ?? true }

    /// The token of a language given as BCP 47 ("zh-Hans-CN" → "zh"); nil when Whisper does not know it.
    func token(ofLanguage tag: String) -> Int? {
        let primary = tag.prefix { $0 != "-" && $0 != "_" }.lowercased()
        return languages.first { $0.code == primary }?.token
    }

    func code(ofLanguage token: Int) -> String { languages.first { $0.token == token }?.code ?? "" }

    private static func tokens(in file: [UInt8]) throws(PluginError) -> (text: [UInt8], starts: [Int]) {
        var offset = 0
        func number(_ width: Int) throws(PluginError) -> Int {
            guard offset + width <= file.count else { throw wrong("length") }
            defer { offset += width }
            return (0..<width).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
        }
        let count = try number(4)
        guard count > 0, count <= file.count / 2 else { throw wrong("count") }
        var text: [UInt8] = []
        var starts = [0]
        for _ in 0..<count {
            var length = try number(2)
            let isSpecial = length == 0xffff
            if isSpecial { length = try number(2) }
            guard offset + length <= file.count else { throw wrong("length") }
            if !isSpecial { text.append(contentsOf: file[offset..<offset + length]) }
            offset += length
            starts.append(text.count)
        }
        guard offset == file.count else { throw wrong("end") }
        return (text, starts)
    }

    private static func wrong(_ what: String) -> PluginError {
        PluginError(.dataLoss, "the recogniser's vocabulary has a wrong \(what); run `make setup` again")
    }
}
