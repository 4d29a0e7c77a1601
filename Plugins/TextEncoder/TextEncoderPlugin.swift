// TextEncoder: what a customer types or says to one vector that means the same in English, Chinese and other languages, and to weights of its words.
//
// It owns the tokenizer, the rule by which long texts are cut, and the spaces its vectors live in. It must never tokenise a long
// text on the loop, mix vectors of two models in one space, or keep what was said.

public import CVitrinePlugin
public import PluginKit
public import Wire

/// One instance of the plugin: the chosen model's handle, its tokenizer and the table of terms.
public final class TextEncoderPlugin: VitrinePlugin {
    /// One more than the threads of a small machine, so that a thread that has ended one text finds the next already there.
    static let requests: UInt32 = 3

    /// What it takes and gives. The embedding has length 1, so that a dot product is the cosine.
    public static var manifest: PluginManifest {
        PluginManifest(
            name: "text-encoder",
            version: "0.2.0",
            description: "Texts in 16 languages or more to unit vectors of one space, to weights of their words, and to the language they are in",
            consumes: ["text"],
            produces: TextModel.allCases.map {
                OutputPort(
                    kind: "embedding", dtype: "f32", shape: [Int32($0.dimensions)], spaceID: TextSpace.pinned($0), when: $0.condition)
            } + [OutputPort(kind: "sparse", dtype: "f32"), OutputPort(kind: "labels", when: "language=on")],
            models: TextModel.allCases.map {
                ModelRequirement(name: $0.rawValue, path: $0.path, precision: "f32-i8", requests: requests, when: $0.condition)
            },
            options: [
                Option(key: "model", defaultValue: TextModel.muse.rawValue, description: "the model of the vectors: muse or e5"),
                Option(
                    key: "terms", defaultValue: "",
                    description: "file of terms and their frequencies (`vitrine train terms`): gives the weights of each text's words as well"),
                Option(key: "language", defaultValue: "off", description: "labels that tell which language a text is in, likeliest first: off or on"),
            ],
            stateful: false, idempotent: true, streamsMax: 4096, ownThreads: 0,
            licence: "Apache-2.0 (Universal Sentence Encoder Multilingual, Apache-2.0; multilingual-e5-small, MIT; SentencePiece, Apache-2.0)",
            warmUp: [ClientMessage(kind: .text(TextInput(text: "silver earrings with pearls")))])
    }

    let host: HostServices
    let kind: TextModel
    let model: ModelHandle
    let tokenizer: Tokenizer
    let spaceID: String
    /// nil = no sparse output.
    let terms: TermWeights?
    /// Whether the language is told.
    let tellsLanguage: Bool

    /// - Throws: NOT_FOUND or FAILED_PRECONDITION for a model, tokenizer or table that is missing or damaged, INVALID_ARGUMENT for an option that
    ///   is out of range.
    public init(host: HostServices) throws(PluginError) {
        self.host = host
        let name = host.configuration("model") ?? TextModel.muse.rawValue
        guard let kind = TextModel(rawValue: name) else {
            let allowed = TextModel.allCases.map(\.rawValue).joined(separator: ", ")
            throw PluginError(.invalidArgument, "option model is \"\(name)\"; allowed are \(allowed)")
        }
        self.kind = kind
        model = try host.model(kind.rawValue)
        let path = try host.modelPath(kind.rawValue)
        let folder = String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)])
        tokenizer = try Tokenizer(folder + "sp.model")
        spaceID = try TextSpace.identifier(
            kind, weights: path.hasSuffix(".xml") ? path.dropLast(4) + ".bin" : path, tokenizer: folder + "sp.model")
        if spaceID != TextSpace.pinned(kind) {
            host.log(.warning, "the text model is not the pinned one: its vectors get the space \(spaceID)")
        }
        let table = host.configuration("terms") ?? ""
        terms = table.isEmpty ? nil : try TermWeights(file: table)
        switch host.configuration("language") ?? "off" {
        case "on": tellsLanguage = true
        case "off": tellsLanguage = false
        case let text: throw PluginError(.invalidArgument, "option language is \"\(text)\"; allowed are off and on")
        }
    }

    /// Each text of a stream is answered with one embedding and, where there is a table, one sparse vector; or with one problem.
    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        TextStream(stream, self)
    }

    /// English and Chinese are cut into pieces that the model knows.
    public func selfTest() throws(PluginError) {
        for text in ["ring", "戒指"] {
            guard case .success(let windows) = TextWindows.cut(text, tokenizer, kind), windows.first?.contains(where: { $0 > 2 }) == true else {
                throw PluginError(.failedPrecondition, "the tokenizer does not know \"\(text)\"")
            }
        }
    }
}

/// The one exported symbol.
@_cdecl("vitrine_plugin")
public func textEncoderEntry(_ abi: UInt32) -> UnsafePointer<vt_plugin>? {
    PluginEntry.table(for: TextEncoderPlugin.self, abi: abi)
}
