import PluginKit
import Wire

/// One piece of a microphone's signal.
struct AudioPiece {
    var format: AudioFormat
    /// PCM, or one Opus packet.
    var bytes: SharedBytes
    /// Samples of one channel at the format's rate.
    var frames: Int
    var captureTimeUs: UInt64
    /// On the host's clock.
    var arrivedUs: UInt64

    /// At the recogniser's rate.
    var durationSamples: Int { frames * SpeechLimits.sampleRateHz / format.sampleRateHz }
}

/// A sound file that has come whole.
struct SoundFileInWork {
    var bytes: [UInt8]
    var captureTimeUs: UInt64
    var arrivedUs: UInt64
}

/// Checks what comes in: formats, lengths, what may wait. A signal keeps its format until a piece with `last`.
struct AudioIntake {
    private enum Signal: Equatable {
        case none
        case microphone(AudioFormat)
        case file
    }

    /// A sound file has begun and is not whole yet.
    var isInFile: Bool { signal == .file }

    struct Taken {
        var work: SpeechStream.Work
        /// At the recogniser's rate; 0 for files, whose length is not known yet.
        var durationSamples: Int
    }

    private var signal = Signal.none
    private var file: [UInt8] = []
    /// A file that became too long is dropped up to its end.
    private var isFileRefused = false
    private var fileCapturedUs: UInt64 = 0

    /// - Parameter roomSamples: what may still wait.
    /// - Returns: work for the stream; nil when more pieces of a file are to come, or nothing but an end.
    /// - Throws: INVALID_ARGUMENT, or RESOURCE_EXHAUSTED when too much waits. The piece is dropped; of a file, what came of it.
    mutating func take(
        _ audio: AudioInput, capturedUs: UInt64, arrivedUs: UInt64, roomSamples: Int, backlogMsMax: Int
    ) throws(PluginError) -> Taken? {
        defer { if audio.last { (signal, file, isFileRefused) = (.none, [], false) } }
        guard audio.last || !audio.samples.isEmpty else {
            throw PluginError(.invalidArgument, "a piece of audio without samples; only the last one of a signal may have none")
        }
        if audio.encoding == .file { return try takeFile(audio, capturedUs: capturedUs, arrivedUs: arrivedUs) }
        if audio.samples.isEmpty, audio.last { return nil }
        let format = try AudioFormat(encoding: audio.encoding, sampleRateHz: audio.sampleRateHz, channels: audio.channels)
        guard signal == .none || signal == .microphone(format) else {
            throw PluginError(
                .invalidArgument,
                "audio changed to \(format.sampleRateHz) Hz, \(format.channels) channels, encoding \(format.encoding) in mid-signal; "
                    + "a new format may begin after a piece marked as last")
        }
        let frames = audio.samples.withUnsafeBytes { bytes in Result { () throws(PluginError) -> Int in try format.frames(in: bytes) } }
        let piece = AudioPiece(
            format: format, bytes: audio.samples, frames: try frames.get(), captureTimeUs: capturedUs, arrivedUs: arrivedUs)
        guard piece.durationSamples <= roomSamples else {
            throw PluginError(.resourceExhausted, "more than \(backlogMsMax) ms of audio wait to be recognised; this piece was dropped")
        }
        signal = .microphone(format)
        return Taken(work: .audio(piece), durationSamples: piece.durationSamples)
    }

    private mutating func takeFile(_ audio: AudioInput, capturedUs: UInt64, arrivedUs: UInt64) throws(PluginError) -> Taken? {
        guard signal == .none || signal == .file else {
            throw PluginError(.invalidArgument, "a sound file in mid-signal; it may begin after a piece marked as last")
        }
        if signal == .none { fileCapturedUs = capturedUs }
        signal = .file
        if isFileRefused { return nil }
        guard file.count + audio.samples.count <= SpeechLimits.fileBytesMax else {
            (file, isFileRefused) = ([], true)
            throw PluginError(.resourceExhausted, "a sound file of more than \(SpeechLimits.fileBytesMax) bytes; what came of it was dropped")
        }
        audio.samples.withUnsafeBytes { file.append(contentsOf: $0) }
        guard audio.last, !file.isEmpty else { return nil }
        return Taken(work: .file(SoundFileInWork(bytes: file, captureTimeUs: fileCapturedUs, arrivedUs: arrivedUs)), durationSamples: 0)
    }
}
