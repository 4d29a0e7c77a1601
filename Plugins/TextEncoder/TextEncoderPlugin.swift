// TextEncoder: what a customer types or says to one vector that means the same in English, Chinese and fourteen other languages.
//
// It owns the tokenizer, the rule by which long texts are cut, and the space its vectors live in. It must never tokenise a long
// text on the loop, mix vectors of two models in one space, or keep what was said.

public import CVitrinePlugin
public import PluginKit
public import Wire

/// One instance of the plugin: the model's handle and its tokenizer.
public final class TextEncoderPlugin: VitrinePlugin {
    static let modelName = "muse"
    static let dimensions = 512

    /// What it takes and gives. The embedding has length 1, so that a dot product is the cosine.
    public static var manifest: PluginManifest {
        PluginManifest(
            name: "text-encoder",
            version: "0.1.0",
            description: "Texts in 16 languages to 512-dimensional unit vectors of one space",
            consumes: ["text"],
            produces: [OutputPort(kind: "embedding", dtype: "f32", shape: [Int32(dimensions)], spaceID: TextSpace.pinned)],
            models: [ModelRequirement(name: modelName, path: "muse/muse.xml", precision: "f32", requests: 2)],
            stateful: false, idempotent: true, streamsMax: 4096, ownThreads: 0,
            licence: "Apache-2.0 (model: Universal Sentence Encoder Multilingual, Apache-2.0; SentencePiece, Apache-2.0)")
    }

    let host: HostServices
    let model: ModelHandle
    let tokenizer: Tokenizer
    let spaceID: String

    /// - Throws: NOT_FOUND or FAILED_PRECONDITION for a model or tokenizer that is missing or damaged.
    public init(host: HostServices) throws(PluginError) {
        self.host = host
        model = try host.model(Self.modelName)
        let path = try host.modelPath(Self.modelName)
        let folder = String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)])
        tokenizer = try Tokenizer(folder + "sp.model")
        spaceID = try TextSpace.identifier(weights: path.hasSuffix(".xml") ? path.dropLast(4) + ".bin" : path, tokenizer: folder + "sp.model")
        if spaceID != TextSpace.pinned {
            host.log(.warning, "the text model is not the pinned one: its vectors get the space \(spaceID)")
        }
    }

    /// Each text of a stream is answered with one embedding, or with one problem.
    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        TextStream(stream, self)
    }

    /// English and Chinese are cut into pieces that the model knows.
    public func selfTest() throws(PluginError) {
        for text in ["ring", "戒指"] {
            guard case .success(let windows) = TextWindows.cut(text, tokenizer), windows.first?.contains(where: { $0 > 2 }) == true else {
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
