// SpeechRecognizer: audio in, "somebody speaks", "they have finished" and what they said out.
//
//     audio ──▶ mono, 16 kHz ──▶ Silero VAD, a probability each 32 ms ──▶ EndpointDetector ──▶ START, END
//                                                                             │ utterance
//                                                        Transcription (Whisper base) ──▶ Transcript
//
// It owns, for each stream, the newest samples and the utterances that wait for words. It must never work on the loop for
// longer than it takes to hand a job to the host (`infer`, `compute`), never keep audio beyond its utterance, and never
// give words for a START without an END before them.

public import CVitrinePlugin
public import PluginKit
public import Wire

public final class SpeechRecognizer: VitrinePlugin {
    private let host: HostServices
    private let options: SpeechOptions
    private let recognizer: Recognizer
    private let load = InstanceLoad()

    public static var manifest: PluginManifest {
        PluginManifest(
            name: "speech-recognizer",
            version: "0.1.0",
            description: "Speech to text: voice activity (Silero VAD), words and their language (Whisper base)",
            consumes: ["audio"],
            produces: [OutputPort(kind: "speech"), OutputPort(kind: "transcript"), OutputPort(kind: "features")],
            models: [
                ModelRequirement(name: "voice", path: "silero-vad/silero-vad.onnx", precision: "f32", requests: 2),
                ModelRequirement(
                    name: EndOfTurn.modelName, path: "smart-turn/smart-turn.onnx", precision: "f32", requests: 1, when: "end_of_turn=on"),
                ModelRequirement(name: "front-end", path: "whisper-base-i8/logmel.xml", precision: "f32", requests: 1),
                ModelRequirement(name: "features", path: "whisper-base-i8/features.xml", precision: "f32", requests: 1),
                // In bf16 where the processor has it: a fraction of f32's time, for hardly another word. Two requests of one thread each cost less
                // than one of two.
                ModelRequirement(name: "encoder", path: "whisper-base-i8/encoder.xml", precision: "default", requests: 2),
                ModelRequirement(name: "decoder", path: "whisper-base-i8/decoder.xml", precision: "f32", requests: 2),
            ],
            options: SpeechOptions.manifest,
            stateful: true,
            idempotent: false,
            streamsMax: 1_024,
            licence: "Whisper base: MIT; Silero VAD: MIT; Smart Turn: BSD-2-Clause",
            warmUp: [ClientMessage(kind: .audio(silence))])
    }

    /// Two frames of the detector: what says where speech is runs for every sound. There is no speech in a manifest that would have words found.
    private static var silence: AudioChunk {
        AudioChunk(
            encoding: .pcm16le, sampleRateHz: UInt32(SpeechLimits.sampleRateHz), channels: 1,
            samples: [UInt8](repeating: 0, count: 4 * SpeechLimits.frameSamples), last: true)
    }

    public init(host: HostServices) throws(PluginError) {
        self.host = host
        options = try SpeechOptions { host.configuration($0) }
        recognizer = try Recognizer(host: host, options: options)
    }

    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        SpeechStream(stream, host: host, recognizer: recognizer, options: options, load: load)
    }

    /// Names and script tables are right.
    public func selfTest() throws(PluginError) {
        let simplified = try recognizer.simplified("腳")
        guard simplified == "脚" else { throw PluginError(.internalError, "OpenCC gives \"\(simplified)\" for 腳, not 脚") }
    }
}

/// The one symbol the library exports.
@_cdecl("vitrine_plugin")
public func entryPoint(_ abi: UInt32) -> UnsafePointer<vt_plugin>? {
    PluginEntry.table(for: SpeechRecognizer.self, abi: abi)
}
