import PluginKit
import Wire

/// One microphone. Pieces of audio are worked on one after the other, each to its end: samples, voice activity, events.
final class SpeechStream: StreamHandler {
    /// What waits for its turn.
    enum Work {
        case audio(AudioPiece)
        case file(SoundFileInWork)
        /// The microphone was switched off, or nothing more will come.
        case end(arrivedUs: UInt64)
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
    /// The newest words.
    var said: SaidBefore?
    /// What runs between START and END.
    var partials = PartialsInWork()
    let load: InstanceLoad
    var featuresInWork = 0
    /// Pauses that are listened to for whether the sentence is complete.
    var pausesInWork = 0
    /// Goes on with the audio that waits for the word on the pause.
    var heldUp: (() -> Void)?
    /// Utterances since audio last began.
    var utterancesSinceBeginning = 0

    private var waiting = WorkQueue<Work>()
    private var isBusy = false
    private var isTakingUp = false
    private var isClosing = false
    private(set) var intake = AudioIntake()
    private var resampler: StreamResampler?
    private var packets: OpusPackets?
    var isBeginning = true
    private(set) var waitingSamples = 0

    init(_ stream: PluginStream, host: HostServices, recognizer: Recognizer, options: SpeechOptions, load: InstanceLoad) {
        self.stream = stream
        self.load = load
        self.host = host
        self.recognizer = recognizer
        self.options = options
        turnID = stream.turnID
        detector = EndpointDetector(options.endpoint)
    }

    /// Nothing that came waits or is in work.
    var isIdle: Bool { !isBusy && !isClosing && waiting.isEmpty && utterances.isEmpty && featuresInWork == 0 && pausesInWork == 0 }

    func receive(_ message: InputMessage) throws(PluginError) {
        turnID = message.turnID
        revision = message.revision
        let content: InputContent
        do throws(PluginError) { content = try message.content } catch { return fail(error) }
        guard case .audio(let audio) = content else {
            return problem(PluginError(.invalidArgument, "the speech recogniser takes audio only"))
        }
        do throws(PluginError) {
            let backlog = waitingSamples + utterances.reduce(0) { $0 + $1.samples.count }
            let taken = try intake.take(
                audio, capturedUs: message.captureTimeUs, arrivedUs: host.nowUs, roomSamples: backlogSamplesMax - backlog,
                backlogMsMax: options.audioBacklogMsMax)
            if let taken {
                guard waiting.count < SpeechLimits.piecesMax else {
                    throw PluginError(
                        .resourceExhausted,
                        "\(SpeechLimits.piecesMax) pieces of audio wait to be recognised; this piece was dropped: send longer ones")
                }
                waitingSamples += taken.durationSamples
                waiting.append(taken.work)
            }
        } catch {
            problem(error)
        }
        if audio.last { waitForEnd() }
        work()
    }

    private var backlogSamplesMax: Int { options.audioBacklogMsMax * (SpeechLimits.sampleRateHz / 1000) }

    func halfClosed() {
        waitForEnd()
        isClosing = true
        work()
    }

    /// One end after the other is the same end.
    private func waitForEnd() {
        if case .end = waiting.last { return }
        waiting.append(.end(arrivedUs: host.nowUs))
    }

    func cancelled() {
        waiting.removeAll()
        release()
    }

    /// Takes up the next piece unless one is in work; closes when all is done.
    func work() {
        // A piece that is refused at once is done before this returns: the loop goes on with the next one, and no call lies within another.
        guard !isTakingUp else { return }
        isTakingUp = true
        while !isBusy, !stream.isClosed, let next = waiting.popFirst() { take(up: next) }
        isTakingUp = false
        if isClosing, !isBusy, waiting.isEmpty, utterances.isEmpty, featuresInWork == 0, !stream.isClosed { stream.close() }
    }

    private func take(up work: Work) {
        isBusy = true
        switch work {
        case .audio(let piece):
            waitingSamples -= piece.durationSamples
            arrivedUs = piece.arrivedUs
            convert(piece)
        case .file(let file):
            arrivedUs = file.arrivedUs
            convert(file)
        case .end(let arrivedUs):
            self.arrivedUs = arrivedUs
            end()
        }
    }

    private func convert(_ piece: AudioPiece) {
        let format = piece.format
        do throws(PluginError) {
            if resampler == nil, format.sampleRateHz != SpeechLimits.sampleRateHz { resampler = try StreamResampler(fromHz: format.sampleRateHz) }
            if packets == nil, format.encoding == .opus { packets = try OpusPackets(format) }
        } catch { return fail(error) }
        let (resampler, packets, bytes) = (resampler, packets, piece.bytes)
        stream.compute { () throws(PluginError) -> [Float] in
            let mono = bytes.withUnsafeBytes { bytes in
                Result { () throws(PluginError) -> [Float] in
                    if let packets { return try packets.decode(bytes) }
                    return try format.mono(bytes)
                }
            }
            guard let resampler else { return try mono.get() }
            return try resampler.process(mono.get())
        } then: { [self] in
            heard($0, capturedUs: piece.captureTimeUs)
        }
    }

    private func convert(_ file: SoundFileInWork) {
        let msMax = options.audioBacklogMsMax
        stream.compute { () throws(PluginError) -> [Float] in
            let (samples, rateHz) = try SoundFile.samples(of: file.bytes, msMax: msMax)
            guard rateHz != SpeechLimits.sampleRateHz else { return samples }
            let resampler = try StreamResampler(fromHz: rateHz)
            return try resampler.process(samples) + resampler.flush()
        } then: { [self] in
            heard($0, capturedUs: file.captureTimeUs)
        }
    }

    private func heard(_ result: Result<[Float], PluginError>, capturedUs: UInt64) {
        switch result {
        case .success(let more):
            timeline.note(sample: buffer.end, capturedUs: capturedUs, fresh: isBeginning)
            isBeginning = false
            buffer.append(more)
            listen { [self] in next() }
        case .failure(let error):
            problem(error)
            next()
        }
    }

    /// What the resampler kept back, silence up to a whole frame, and the last words.
    private func end() {
        guard !isBeginning else { return next() }
        let resampler = resampler
        self.resampler = nil
        packets = nil
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
            fail(error)
        }
    }
}
