import PluginKit
import Wire

/// One microphone. Pieces of audio are worked on one after the other, each to its end: samples, voice activity, events.
final class SpeechStream: StreamHandler {
    /// What waits for its turn.
    enum Work {
        case audio(Piece)
        /// The microphone was switched off, or nothing more will come.
        case end(arrivedUs: UInt64)
    }

    struct Piece {
        var format: AudioFormat
        var samples: SharedBytes
        var captureTimeUs: UInt64
        /// On the host's clock.
        var arrivedUs: UInt64

        var durationSamples: Int { samples.count / format.bytesPerFrame * SpeechLimits.sampleRateHz / format.sampleRateHz }
    }

    let stream: PluginStream
    let host: HostServices
    let recognizer: Recognizer
    let options: SpeechOptions
    /// Of the newest message; outputs name it.
    var turnID: UInt64
    var revision: UInt32 = 0
    /// When the audio in work arrived, on the host's clock.
    var arrivedUs: UInt64 = 0

    /// 16 kHz mono; a frame of the detector is `frameSamples` of it, from place 0 on.
    var buffer = SampleBuffer()
    var timeline = SpeechTimeline()
    var detector: EndpointDetector
    /// The voice activity model's memory; nil = silence so far.
    var voiceState: Tensor?
    /// Utterances without words yet, in the order they were spoken.
    var utterances: [UtteranceInWork] = []
    /// Utterances since audio last began.
    var utterancesSinceBeginning = 0

    private var waiting: [Work] = []
    private var isBusy = false
    private var isClosing = false
    /// Set by the first piece; the next one after an end may differ.
    private var announced: AudioFormat?
    private var resampler: StreamResampler?
    private var isBeginning = true
    private var waitingSamples = 0

    init(_ stream: PluginStream, host: HostServices, recognizer: Recognizer, options: SpeechOptions) {
        self.stream = stream
        self.host = host
        self.recognizer = recognizer
        self.options = options
        turnID = stream.turnID
        detector = EndpointDetector(options.endpoint)
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        turnID = message.turnID
        revision = message.revision
        guard case .audio(let audio) = try message.content else {
            return problem(PluginError(.invalidArgument, "the speech recogniser takes audio only"))
        }
        do throws(PluginError) {
            try accept(audio, capturedUs: message.captureTimeUs)
        } catch {
            problem(error)
        }
        if audio.last { waiting.append(.end(arrivedUs: host.nowUs)) }
        if audio.last { announced = nil }
        work()
    }

    func halfClosed() {
        waiting.append(.end(arrivedUs: host.nowUs))
        isClosing = true
        work()
    }

    func cancelled() {
        waiting = []
        for utterance in utterances { utterance.transcription?.cancel() }
        utterances = []
    }

    private func accept(_ audio: AudioInput, capturedUs: UInt64) throws(PluginError) {
        if audio.samples.isEmpty, audio.last { return }
        let format = try AudioFormat(encoding: audio.encoding, sampleRateHz: audio.sampleRateHz, channels: audio.channels)
        if let announced, announced != format {
            throw PluginError(
                .invalidArgument,
                "audio changed to \(format.sampleRateHz) Hz, \(format.channels) channels, encoding \(format.encoding) in mid-signal; "
                    + "a new format may begin after a piece marked as last")
        }
        try format.checkLength(audio.samples.count)
        let piece = Piece(format: format, samples: audio.samples, captureTimeUs: capturedUs, arrivedUs: host.nowUs)
        let backlog = waitingSamples + piece.durationSamples + utterances.reduce(0) { $0 + $1.samples.count }
        guard backlog <= options.audioBacklogMsMax * (SpeechLimits.sampleRateHz / 1000) else {
            throw PluginError(
                .resourceExhausted, "more than \(options.audioBacklogMsMax) ms of audio wait to be recognised; this piece was dropped")
        }
        announced = format
        waitingSamples += piece.durationSamples
        waiting.append(.audio(piece))
    }

    /// Takes up the next piece unless one is in work; closes when all is done.
    func work() {
        guard !isBusy, !stream.isClosed else { return }
        guard !waiting.isEmpty else {
            if isClosing, utterances.isEmpty { stream.close() }
            return
        }
        isBusy = true
        switch waiting.removeFirst() {
        case .audio(let piece):
            waitingSamples -= piece.durationSamples
            arrivedUs = piece.arrivedUs
            convert(piece)
        case .end(let arrivedUs):
            self.arrivedUs = arrivedUs
            end()
        }
    }

    private func convert(_ piece: Piece) {
        let format = piece.format
        if resampler == nil, format.sampleRateHz != SpeechLimits.sampleRateHz {
            do throws(PluginError) { resampler = try StreamResampler(fromHz: format.sampleRateHz) } catch { return stream.close(error.status) }
        }
        let resampler = resampler
        let samples = piece.samples
        stream.compute { () throws(PluginError) -> [Float] in
            let mono = samples.withUnsafeBytes { bytes in Result { () throws(PluginError) -> [Float] in try format.mono(bytes) } }
            guard let resampler else { return try mono.get() }
            return try resampler.process(mono.get())
        } then: { [self] result in
            switch result {
            case .success(let more):
                timeline.note(sample: buffer.end, capturedUs: piece.captureTimeUs, fresh: isBeginning)
                isBeginning = false
                buffer.append(more)
                listen { [self] in next() }
            case .failure(let error):
                problem(error)
                next()
            }
        }
    }

    /// What the resampler kept back, silence up to a whole frame, and the last words.
    private func end() {
        guard !isBeginning else { return next() }
        let resampler = resampler
        self.resampler = nil
        stream.compute { () throws(PluginError) -> [Float] in
            try resampler?.flush() ?? []
        } then: { [self] result in
            switch result {
            case .success(let more): buffer.append(more)
            case .failure(let error): problem(error)
            }
            let rest = buffer.end % SpeechLimits.frameSamples
            if rest > 0 { buffer.append([Float](repeating: 0, count: SpeechLimits.frameSamples - rest)) }
            listen { [self] in
                handle(detector.finish())
                if utterancesSinceBeginning == 0 { nobodySpoke() }
                utterancesSinceBeginning = 0
                voiceState = nil
                isBeginning = true
                next()
            }
        }
    }

    private func next() {
        isBusy = false
        work()
    }

    /// An input could not be used; the stream goes on.
    func problem(_ error: PluginError) {
        guard error.status.code != .cancelled else { return }
        give(.problem(InputProblem(code: error.status.code.rawValue, message: error.status.message)), atUs: 0)
    }

    /// Emits, or ends the stream when nobody takes what it gives.
    func give(_ kind: PluginOutput.Kind, atUs us: UInt64) {
        guard !stream.isClosed else { return }
        let modality = if case .transcript = kind { "text" } else { "speech" }
        do throws(PluginError) {
            try stream.emit(PluginOutput(turnID: turnID, revision: revision, captureTimeUs: us, kind: kind, modality: modality))
        } catch {
            host.log(.warning, "an output was refused: \(error.status)")
            stream.close(error.status)
        }
    }
}
