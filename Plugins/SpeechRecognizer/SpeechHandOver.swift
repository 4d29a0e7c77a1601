import PluginKit
import Wire

/// What the next build needs to go on with a microphone in silence: places count from 0 anew, at the first frame that is still needed.
///
/// As bytes, all numbers little-endian: version (1), flags (1), turn id (8), revision (4), start on the session's time line (8), frames (4), spent
/// frames (4), utterances since audio began (4), then the voice model's memory (256 floats, when its flag is set), then the samples (floats).
struct SpeechHandOver: Equatable {
    var turnID: UInt64
    var revision: UInt32
    /// Of the first sample, microseconds.
    var startUs: UInt64
    /// Frames that the detector has seen of the samples, and how many of those belong to an utterance that is over.
    var frames: Int
    var spent: Int
    var utterances: Int
    /// No audio has come since the microphone was switched on.
    var isBeginning: Bool
    /// The voice activity model's memory; nil = silence so far.
    var voice: [Float]?
    /// 16 kHz; the frames, and less than one frame more.
    var samples: [Float]

    static let version: UInt8 = 1
    static let voiceShape = [2, 1, 128]
    static let voiceCount = 256
    /// Silence that is kept for the beginning of an utterance is far below this.
    static let framesMax = 512
    private static let headBytes = 1 + 1 + 8 + 4 + 8 + 4 + 4 + 4

    func encoded() -> [UInt8] {
        let flags: UInt8 = (isBeginning ? 1 : 0) | (voice == nil ? 0 : 2)
        var bytes = [Self.version, flags]
        func put<Value: FixedWidthInteger>(_ value: Value) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        put(turnID)
        put(revision)
        put(startUs)
        for count in [frames, spent, utterances] { put(UInt32(clamping: count)) }
        for value in (voice ?? []) + samples { put(value.bitPattern) }
        return bytes
    }

    /// - Throws: INVALID_ARGUMENT when the bytes are not what this version writes.
    init(decoding bytes: UnsafeRawBufferPointer) throws(PluginError) {
        guard bytes.count >= Self.headBytes, bytes[0] == Self.version, bytes[1] <= 3, (bytes.count - Self.headBytes) % 4 == 0 else {
            throw PluginError(.invalidArgument, "the state of another version of the speech recogniser")
        }
        var at = 2
        func take<Value: FixedWidthInteger>(_: Value.Type) -> Value {
            defer { at += MemoryLayout<Value>.size }
            return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Value.self))
        }
        isBeginning = bytes[1] & 1 == 1
        turnID = take(UInt64.self)
        revision = take(UInt32.self)
        startUs = take(UInt64.self)
        frames = Int(take(UInt32.self))
        spent = Int(take(UInt32.self))
        utterances = Int(take(UInt32.self))
        var floats: [Float] = []
        while at < bytes.count { floats.append(Float(bitPattern: take(UInt32.self))) }
        voice = nil
        if bytes[1] & 2 == 2 {
            guard floats.count >= Self.voiceCount else { throw PluginError(.invalidArgument, "the state lacks the voice model's memory") }
            voice = Array(floats[..<Self.voiceCount])
            floats.removeFirst(Self.voiceCount)
        }
        samples = floats
        let whole = frames * SpeechLimits.frameSamples
        guard frames <= Self.framesMax, spent <= frames, (whole..<whole + SpeechLimits.frameSamples).contains(samples.count),
            floats.allSatisfy(\.isFinite), voice?.allSatisfy(\.isFinite) != false
        else { throw PluginError(.invalidArgument, "the state's frames and samples do not fit") }
    }

    init(
        turnID: UInt64, revision: UInt32, startUs: UInt64, frames: Int, spent: Int, utterances: Int, isBeginning: Bool, voice: [Float]?,
        samples: [Float]
    ) {
        self.turnID = turnID
        self.revision = revision
        self.startUs = startUs
        self.frames = frames
        self.spent = spent
        self.utterances = utterances
        self.isBeginning = isBeginning
        self.voice = voice
        self.samples = samples
    }
}

/// A microphone moves to the next build while nobody speaks and no words are in work. What a resampler or an Opus decoder holds is a few milliseconds
/// of silence then; the next build begins with new ones.
extension SpeechStream: StateHandOver {
    func exportState() throws(PluginError) -> [UInt8] {
        guard isIdle, detector.isQuiet, !partials.isSpeaking, !intake.isInFile else {
            throw PluginError(.unavailable, "somebody speaks, or words are in work")
        }
        // One frame more: the voice model sees the samples just before each frame.
        let first = max(0, min(detector.neededFrom, detector.frame) - 1)
        let start = first * SpeechLimits.frameSamples
        return SpeechHandOver(
            turnID: turnID, revision: revision, startUs: timeline.us(at: start), frames: detector.frame - first,
            spent: max(0, detector.spent - first), utterances: utterancesSinceBeginning, isBeginning: isBeginning,
            voice: voiceState?.withFloats { Array($0) }, samples: buffer[start..<buffer.end]
        ).encoded()
    }

    func importState(_ bytes: UnsafeRawBufferPointer) throws(PluginError) {
        let state = try SpeechHandOver(decoding: bytes)
        if let voice = state.voice { voiceState = try stream.tensor(SpeechHandOver.voiceShape, voice) }
        turnID = state.turnID
        revision = state.revision
        buffer.append(state.samples)
        timeline.note(sample: 0, capturedUs: state.startUs, fresh: true)
        detector = EndpointDetector(options.endpoint, frame: state.frames, spent: state.spent)
        utterancesSinceBeginning = state.utterances
        isBeginning = state.isBeginning
    }
}
