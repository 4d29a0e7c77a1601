import ChineseScript
import PluginKit
import Wire

/// What all streams of an instance share: models, vocabulary, tables. Immutable.
struct Recognizer: Sendable {
    let voice: ModelHandle
    let frontEnd: ModelHandle
    let encoder: ModelHandle
    let decoder: ModelHandle
    let features: ModelHandle
    /// Hears whether a sentence is complete; nil = not wanted.
    let endOfTurn: ModelHandle?
    let vocabulary: Vocabulary
    let script: Simplifier
    /// Tokens of the languages to choose from.
    let languages: [Int]
    /// What the operator expects to be said: to be read out of transcripts, and told to the decoder before it listens.
    let slots: SlotReader?
    let prompt: [Int]
    /// Tokens of the words that are expected in a language, by its token; told once the language is known, since such a list is in one language.
    let wordPrompts: [Int: [Int]]
    /// By code of the language.
    let repairs: [String: WordRepair]
    /// The decoder's layers have a key and a value cache each, for what was written and for what was heard.
    let caches: Caches

    struct Caches: Sendable {
        let past: [String]
        let present: [String]
        let cross: [String]
        let heads: Int
        let headSize: Int

        init(layers: Int, heads: Int, headSize: Int) {
            func names(_ prefix: String) -> [String] { (0..<layers).flatMap { ["\(prefix)_k.\($0)", "\(prefix)_v.\($0)"] } }
            past = names("past")
            present = names("present")
            cross = names("cross")
            self.heads = heads
            self.headSize = headSize
        }
    }

    /// Frames of the encoder's picture (10 ms each) for so many samples: short speech is cheaper in a short picture.
    static func pictureFrames(samples: Int) -> Int {
        let needed = samples / 160
        return needed <= 1_000 ? 1_000 : needed <= 1_500 ? 1_500 : 3_000
    }

    /// The same for what the next result replaces: no longer than it must be, in steps that keep the number of shapes small.
    static func partialFrames(samples: Int) -> Int {
        let needed = samples / 160 + partialMarginFrames
        return min(pictureFramesMax, (needed + 99) / 100 * 100)
    }

    /// Silence behind the speech that lets the decoder see that it ends.
    static let partialMarginFrames = 50
    static let pictureFramesMax = 3_000

    init(host: HostServices, options: SpeechOptions) throws(PluginError) {
        voice = try host.model("voice")
        frontEnd = try host.model("front-end")
        encoder = try host.model("encoder")
        decoder = try host.model("decoder")
        features = try host.model("features")
        endOfTurn = options.hearsEndOfTurn && options.mode == .live ? try host.model(EndOfTurn.modelName) : nil
        let path = try host.modelPath("decoder")
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        vocabulary = try Vocabulary(
            tokens: FileBytes.read(folder + "vocab.bin", bytesMax: SpeechLimits.vocabularyBytesMax),
            settings: FileBytes.read(folder + "whisper.json", bytesMax: SpeechLimits.vocabularyBytesMax))
        do throws(ChineseScriptError) {
            script = try Simplifier()
        } catch {
            throw PluginError(error.isMissing ? .notFound : .internalError, error.message)
        }
        caches = Caches(layers: 6, heads: 8, headSize: 64)
        var tokens: [Int] = []
        for code in options.languages {
            guard let token = vocabulary.token(ofLanguage: code) else {
                throw PluginError(
                    .invalidArgument,
                    "languages names \"\(code)\"; allowed are \"*\" or some of \(vocabulary.languages.map(\.code).joined(separator: ","))")
            }
            tokens.append(token)
        }
        var prompts: [Int: [Int]] = [:]
        var repairs: [String: WordRepair] = [:]
        if options.vocabularyPath.isEmpty {
            (slots, prompt) = (nil, [])
        } else {
            let expected = try ExpectedSpeech(parsing: FileBytes.read(options.vocabularyPath, bytesMax: SpeechLimits.slotFileBytesMax))
            let encoder = Vocabulary.Encoder(vocabulary)
            slots = expected.slots
            prompt = vocabulary.prompt(expecting: expected.slots?.phrases ?? [], encoder: encoder, tokensMax: SpeechLimits.promptTokensMax)
            for (code, words) in expected.words {
                guard let token = vocabulary.token(ofLanguage: code) else {
                    throw PluginError(.invalidArgument, "\"words\" of the vocabulary names the language \"\(code)\", which Whisper does not know")
                }
                let known = vocabulary.code(ofLanguage: token)
                prompts[token] = vocabulary.prompt(listing: words, language: known, encoder: encoder, tokensMax: SpeechLimits.promptTokensMax)
                repairs[known] = WordRepair(words, isKnown: encoder.hasToken(ofWord:))
            }
        }
        wordPrompts = prompts
        self.repairs = repairs
        languages = tokens.isEmpty ? vocabulary.languages.map(\.token) : tokens
    }
}
