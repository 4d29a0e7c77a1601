import PluginKit
import Wire

/// What the operator may set, read once when an instance is made.
struct SpeechOptions: Equatable {
    /// `live`: a pause of `endpointSilenceMs` ends an utterance. `file`: only a pause of two seconds does, so that a clip is
    /// transcribed in one piece whenever that is possible.
    enum Mode: String {
        case live
        case file
    }

    var mode = Mode.live
    /// Codes of the languages to choose from; empty = all that Whisper knows.
    var languages = ["en", "zh"]
    var endpointSilenceMs = 500
    /// A model listens at each pause for whether the sentence is complete; if so, a pause of `endOfTurnSilenceMs` ends the utterance.
    var hearsEndOfTurn = false
    var endOfTurnThreshold: Float = 0.5
    var endOfTurnSilenceMs = 300
    var speechThreshold: Float = 0.5
    var speechMsMin = 64
    var preRollMs = 300
    var postRollMs = 200
    var audioBacklogMsMax = 60_000
    /// A step with four rows takes little longer than one with a single row, one with five nearly twice as long.
    var beam = 4
    var utteranceMsMax = SpeechLimits.utteranceMsMax
    /// File of slots with their values, and of words to expect; empty = none.
    var vocabularyPath = ""
    /// Which `FrameFeatures` to give of each utterance.
    var features: [FeatureKind] = []
    /// 0 = no partial transcripts.
    var partialIntervalMs = 256

    static let fileSilenceMs = 2_000
    static let frameMs = 32

    static let manifest = [
        Option(key: "mode", defaultValue: "live", description: "live: a pause ends an utterance; file: only pauses over 2 s do"),
        Option(key: "languages", defaultValue: "en,zh", description: "languages to choose from, comma-separated ISO 639-1 codes; \"*\" = all"),
        Option(key: "endpoint_silence_ms", defaultValue: "500", description: "live mode: silence that ends an utterance, 200 to 5000"),
        Option(
            key: "end_of_turn", defaultValue: "off",
            description: "live mode: on = a model listens at each pause for whether the sentence is complete, and ends it sooner if so"),
        Option(key: "end_of_turn_threshold", defaultValue: "0.5", description: "probability from which a sentence is complete, 0.05 to 0.99"),
        Option(
            key: "end_of_turn_silence_ms", defaultValue: "300",
            description: "silence that ends a complete sentence, post_roll_ms to endpoint_silence_ms"),
        Option(key: "speech_threshold", defaultValue: "0.5", description: "probability from which a frame is speech, 0.2 to 0.95"),
        Option(key: "speech_ms_min", defaultValue: "64", description: "speech shorter than this is ignored, 32 to 1000"),
        Option(key: "pre_roll_ms", defaultValue: "300", description: "audio before the speech that the recogniser hears, 0 to 1000"),
        Option(key: "post_roll_ms", defaultValue: "200", description: "audio after the speech that the recogniser hears, 0 to endpoint_silence_ms"),
        Option(key: "audio_backlog_ms_max", defaultValue: "60000", description: "audio that may wait on a stream, 1000 to 3600000"),
        Option(key: "utterance_ms_max", defaultValue: "28000", description: "speech longer than this is cut at a quiet place, 4000 to 28000"),
        Option(key: "partial_interval_ms", defaultValue: "256", description: "live mode: a partial transcript so often, 0 (never) or 160 to 5000"),
        Option(
            key: "vocabulary", defaultValue: "",
            description: "JSON file of slots to read, {\"slots\": {\"size\": [\"small\"]}}, and words to expect, {\"words\": {\"en\": [\"ring\"]}}"),
        Option(key: "features", defaultValue: "", description: "frame features to give of each utterance: logmel, mfcc, or both with a comma"),
        Option(key: "beam", defaultValue: "4", description: "hypotheses the decoder follows, 1 to 8"),
    ]

    init() {}

    /// - Parameter value: the setting of a key, nil when it has none.
    /// - Throws: INVALID_ARGUMENT that names the key and what is allowed.
    init(_ value: (String) -> String?) throws(PluginError) {
        if let text = value("mode") {
            guard let mode = Mode(rawValue: text) else {
                throw PluginError(.invalidArgument, "mode is \"\(text)\"; allowed are live and file")
            }
            self.mode = mode
        }
        if let text = value("languages") {
            languages = text == "*" ? [] : text.split(separator: ",").map { TokenText.trimmed(String($0)) }
        }
        endpointSilenceMs = try Self.number(value, "endpoint_silence_ms", 200...5_000, endpointSilenceMs)
        speechMsMin = try Self.number(value, "speech_ms_min", 32...1_000, speechMsMin)
        preRollMs = try Self.number(value, "pre_roll_ms", 0...1_000, preRollMs)
        postRollMs = try Self.number(value, "post_roll_ms", 0...endpointSilenceMs, min(postRollMs, endpointSilenceMs))
        switch value("end_of_turn") {
        case nil, "off": hearsEndOfTurn = false
        case "on": hearsEndOfTurn = true
        case let text?: throw PluginError(.invalidArgument, "end_of_turn is \"\(text)\"; allowed are on and off")
        }
        endOfTurnSilenceMs = try Self.number(
            value, "end_of_turn_silence_ms", postRollMs...endpointSilenceMs, max(postRollMs, min(endOfTurnSilenceMs, endpointSilenceMs)))
        endOfTurnThreshold = try Self.number(value, "end_of_turn_threshold", 0.05...0.99, endOfTurnThreshold)
        audioBacklogMsMax = try Self.number(value, "audio_backlog_ms_max", 1_000...3_600_000, audioBacklogMsMax)
        beam = try Self.number(value, "beam", 1...SpeechLimits.beamMax, beam)
        utteranceMsMax = try Self.number(value, "utterance_ms_max", 4_000...SpeechLimits.utteranceMsMax, utteranceMsMax)
        partialIntervalMs = try Self.number(value, "partial_interval_ms", 0...5_000, partialIntervalMs)
        guard partialIntervalMs == 0 || partialIntervalMs >= 160 else {
            throw PluginError(.invalidArgument, "partial_interval_ms is \(partialIntervalMs); allowed are 0 and 160 to 5000")
        }
        vocabularyPath = value("vocabulary") ?? ""
        for name in (value("features") ?? "").split(separator: ",") {
            guard let kind = FeatureKind(rawValue: TokenText.trimmed(String(name))) else {
                throw PluginError(.invalidArgument, "features names \"\(name)\"; allowed are logmel and mfcc")
            }
            if !features.contains(kind) { features.append(kind) }
        }
        speechThreshold = try Self.number(value, "speech_threshold", 0.2...0.95, speechThreshold)
    }

    var endpoint: EndpointDetector.Options {
        let silence = mode == .file ? Self.fileSilenceMs : endpointSilenceMs
        return EndpointDetector.Options(
            threshold: speechThreshold, negativeThreshold: max(0.05, speechThreshold - 0.15), speechMin: Self.frames(speechMsMin),
            silenceEnd: Self.frames(silence), silenceEndComplete: min(Self.frames(endOfTurnSilenceMs), Self.frames(silence)),
            preRoll: preRollMs / Self.frameMs,
            postRoll: max(1, min(postRollMs, silence) / Self.frameMs), utteranceMax: max(utteranceMsMax / Self.frameMs, 2 * Self.frames(silence) + 1))
    }

    /// Whole frames that last at least `ms`.
    private static func frames(_ ms: Int) -> Int { (ms + frameMs - 1) / frameMs }

    private static func number<Number: LosslessStringConvertible & Comparable>(
        _ value: (String) -> String?, _ key: String, _ allowed: ClosedRange<Number>, _ fallback: Number
    ) throws(PluginError) -> Number {
        guard let text = value(key) else { return fallback }
        guard let number = Number(text), allowed.contains(number) else {
            throw PluginError(.invalidArgument, "\(key) is \"\(text)\"; allowed are \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return number
    }
}
