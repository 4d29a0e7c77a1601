// SpeechSynthesizer: what the shop says to audio that begins before its sentence is finished.
//
// It owns the voice (a Piper model in three parts), the way from written to spoken words, and the program that knows how English sounds: espeak-ng,
// which is GPL, is run as a process of its own and never linked. It must never wait for that program on the loop, draw a random number that the
// stream's seed does not settle, or speak a language that the voice does not know.

public import CVitrinePlugin
public import PluginKit
public import Wire

/// One instance of the plugin: the voice's three models and its table.
public final class SpeechSynthesizerPlugin: VitrinePlugin {
    /// Texts in, 16-bit mono in pieces out.
    public static var manifest: PluginManifest {
        PluginManifest(
            name: "speech-synthesizer",
            version: "0.1.0",
            description: "English texts to speech of 22.05 kHz, piece by piece",
            consumes: ["text"],
            produces: [OutputPort(kind: "audio", dtype: "i16", shape: [-1], spaceID: "")],
            models: [
                ModelRequirement(name: "text", path: "piper-joe/text.xml", precision: "f32", requests: 1),
                ModelRequirement(name: "flow", path: "piper-joe/flow.xml", precision: "f32", requests: 1),
                ModelRequirement(name: "decoder", path: "piper-joe/decoder.xml", precision: "f32", requests: 2),
            ],
            options: [
                Option(key: "pace", defaultValue: "1", description: "How fast it speaks: 0.5 to 2."),
                Option(key: "espeak", defaultValue: "espeak-ng", description: "The program that says how words are pronounced: a name or a path."),
            ],
            stateful: false, idempotent: true, streamsMax: 1024, ownThreads: 0,
            licence: "Apache-2.0 (voice: MIT, recordings CC0; espeak-ng, GPL, is run as a program)",
            warmUp: [ClientMessage(kind: .text(TextInput(text: "Hello.")))])
    }

    let host: HostServices
    let text: ModelHandle
    let flow: ModelHandle
    let decoder: ModelHandle
    let voice: Voice
    let pronunciation: Pronunciation
    /// Of the voice's own length scale.
    let lengthScale: Float

    /// - Throws: NOT_FOUND or FAILED_PRECONDITION for a model or table that is missing or damaged, INVALID_ARGUMENT for an option.
    public init(host: HostServices) throws(PluginError) {
        self.host = host
        text = try host.model("text")
        flow = try host.model("flow")
        decoder = try host.model("decoder")
        let path = try host.modelPath("text")
        let folder = String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)])
        voice = try Voice(file: folder + "voice.txt")
        pronunciation = Pronunciation(program: host.configuration("espeak") ?? "espeak-ng", voice: voice.espeakVoice)
        let pace = host.configuration("pace") ?? "1"
        guard let value = Float(pace), (0.5...2).contains(value) else {
            throw PluginError(.invalidArgument, "the option 'pace' takes a number from 0.5 to 2, not '\(pace)'")
        }
        lengthScale = voice.lengthScale / value
    }

    /// Each text of a stream is answered with its audio, or with one problem.
    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        SynthesisStream(stream, self)
    }

    /// espeak-ng is there, and the voice knows what it says.
    public func selfTest() throws(PluginError) {
        let lines = try pronunciation.phonemes(of: ["a gold ring"])
        guard voice.ids(lines[0].unicodeScalars.filter { $0 != " " }).count > 10 else {
            throw PluginError(.failedPrecondition, "the voice knows hardly any of the phonemes \"\(lines[0])\"")
        }
    }
}

/// What a stream may ask for.
enum SynthesisLimits {
    /// UTF-8 bytes of one text.
    static let textBytesMax = 2 << 10
    /// Texts that wait on one stream while one is spoken.
    static let textsWaitingMax = 64
    /// Characters of what is synthesised at once; a digit counts as five, being a word.
    static let pieceCharactersMax = 200
    /// Latent frames of one piece: 40 s.
    static let framesMax = 3_446
}

/// The one exported symbol.
@_cdecl("vitrine_plugin")
public func speechSynthesizerEntry(_ abi: UInt32) -> UnsafePointer<vt_plugin>? {
    PluginEntry.table(for: SpeechSynthesizerPlugin.self, abi: abi)
}
