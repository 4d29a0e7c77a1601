import PluginKit
import Wire

/// One stream: texts in, their audio out, one text after the other in pieces. Closes after the last one once the input has ended.
///
///     text ──pool: pronounced──▶ pieces ──▶ latent ──pool: noise──▶ flow ──▶ windows ──▶ audio …
final class SynthesisStream: StreamHandler {
    private let stream: PluginStream
    private let plugin: SpeechSynthesizerPlugin
    private var waiting: [(origin: InputOrigin, text: TextInput)] = []
    private var isSpeaking = false
    /// Something of the text was given already.
    private var hasBegun = false
    private var ended = false

    init(_ stream: PluginStream, _ plugin: SpeechSynthesizerPlugin) {
        self.stream = stream
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard message.kind == ClientMessageKind.text else { return }
        let origin = InputOrigin(message, modality: "speech")
        do throws(PluginError) {
            guard case .text(let text) = try message.content else { throw PluginError(.invalidArgument, "the message is no text") }
            try check(text)
            guard waiting.count < SynthesisLimits.textsWaitingMax else {
                throw PluginError(.resourceExhausted, "\(waiting.count) texts wait to be spoken, which is the limit")
            }
            waiting.append((origin, text))
        } catch {
            return refuse(origin, error)
        }
        next()
    }

    func halfClosed() {
        ended = true
        next()
    }

    private func check(_ text: TextInput) throws(PluginError) {
        guard text.text.utf8.count <= SynthesisLimits.textBytesMax else {
            throw PluginError(
                .invalidArgument, "the text has \(text.text.utf8.count) bytes; at most \(SynthesisLimits.textBytesMax) are spoken at once")
        }
        let language = text.language.isEmpty ? stream.language : text.language
        guard language.isEmpty || language == "en" || language.hasPrefix("en-") else {
            throw PluginError(.unimplemented, "this voice speaks English (en), not \(language)")
        }
        // Beyond Latin letters and their marks.
        if let other = text.text.unicodeScalars.first(where: { $0.properties.isAlphabetic && $0.value >= 0x250 }) {
            throw PluginError(.unimplemented, "this voice speaks English (en); it cannot say “\(other)”")
        }
    }

    private func refuse(_ origin: InputOrigin, _ error: PluginError) {
        emit(origin, .problem(InputProblem(code: error.status.code.rawValue, message: error.status.message)))
        next()
    }

    private func emit(_ origin: InputOrigin, _ kind: PluginOutput.Kind) {
        guard !stream.isClosed else { return }
        do throws(PluginError) { try stream.emit(origin.output(kind)) } catch { stream.close(error.status) }
    }

    private func next() {
        guard !isSpeaking, !stream.isClosed else { return }
        guard !waiting.isEmpty else {
            if ended { stream.close() }
            return
        }
        let (origin, text) = waiting.removeFirst()
        (isSpeaking, hasBegun) = (true, false)
        let clauses = SpokenForm.clauses(of: text.text)
        guard !clauses.isEmpty else { return finish(origin) }
        let pronunciation = plugin.pronunciation
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> [String] in
            try pronunciation.phonemes(of: clauses.map(\.words))
        } then: { [self] result in
            attempt(origin) { () throws(PluginError) in
                // What has no sound is passed over.
                let said = zip(try result.get(), clauses).filter { !$0.0.isEmpty }
                let phonemes = said.map { line, clause in Array(line.unicodeScalars) + [clause.mark] }
                let pieces = SpokenForm.pieces(of: said.map(\.1)).map { piece in plugin.voice.ids(Array(phonemes[piece].joined(separator: [" "]))) }
                try speak(pieces[...], origin)
            }
        }
    }

    /// Whatever goes wrong on the way ends the text, not the stream.
    private func attempt(_ origin: InputOrigin, _ body: () throws(PluginError) -> Void) {
        do throws(PluginError) {
            try body()
        } catch {
            guard !stream.isClosed else { return }
            isSpeaking = false
            refuse(origin, error)
        }
    }

    private func finish(_ origin: InputOrigin) {
        isSpeaking = false
        emit(origin, .audio(SpokenAudio(sampleRateHz: UInt32(plugin.voice.sampleRateHz), samples: [], last: true)))
        next()
    }

    private func speak(_ pieces: ArraySlice<[Int64]>, _ origin: InputOrigin) throws(PluginError) {
        guard let ids = pieces.first else { return finish(origin) }
        let scales = [plugin.voice.noiseScale, plugin.lengthScale, plugin.voice.timingScale]
        var timing = NormalNumbers(seed: stream.random())
        let inputs: [(String, Tensor)] = [
            ("ids", try stream.tensor([1, ids.count], ids)), ("noise", try stream.tensor([1, 2, ids.count], timing.fill(2 * ids.count))),
            ("scales", try stream.tensor([3], scales)),
        ]
        run(plugin.text, inputs, ["mean", "deviation"], origin) { [self] (tensors) throws(PluginError) in
            let (mean, deviation) = (tensors[0], tensors[1])
            let frames = mean.shape.last ?? 0
            guard mean.shape == [1, Voice.channels, frames], deviation.shape == mean.shape, (1...SynthesisLimits.framesMax).contains(frames) else {
                throw PluginError(.failedPrecondition, "the voice gave frames of shape \(mean.shape) for \(ids.count) phonemes")
            }
            let (seed, scale) = (stream.random(), plugin.voice.noiseScale)
            stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> [Float] in
                NormalNumbers.latent(mean: mean, deviation: deviation, scale: scale, seed: seed)
            } then: { [self] latent in
                attempt(origin) { () throws(PluginError) in try flow(try latent.get(), frames, pieces, origin) }
            }
        }
    }

    /// From latent frames to those that the decoder takes. A text's first window does not wait for all of them.
    private func flow(_ latent: [Float], _ frames: Int, _ pieces: ArraySlice<[Int64]>, _ origin: InputOrigin) throws(PluginError) {
        let windows = WindowPlan.windows(of: frames)[...]
        guard !hasBegun, let first = windows.first, frames > 2 * WindowPlan.leadFrames else {
            return try flow(latent, frames, origin) { [self] (all) throws(PluginError) in try decode(windows, of: all, pieces, origin) }
        }
        let lead = Self.columns(0..<WindowPlan.leadFrames, of: latent, frames)
        try flow(lead, WindowPlan.leadFrames, origin) { [self] (begun) throws(PluginError) in
            try decode(first, of: begun, origin) { [self] () throws(PluginError) in
                try flow(latent, frames, origin) { [self] (all) throws(PluginError) in try decode(windows.dropFirst(), of: all, pieces, origin) }
            }
        }
    }

    private func flow(
        _ latent: [Float], _ frames: Int, _ origin: InputOrigin, then: @escaping (Tensor) throws(PluginError) -> Void
    ) throws(PluginError) {
        let input = try stream.tensor([1, Voice.channels, frames], latent)
        run(plugin.flow, [("latent", input)], ["frames"], origin) { (tensors) throws(PluginError) in
            guard tensors[0].shape == [1, Voice.channels, frames] else {
                throw PluginError(.failedPrecondition, "the voice's flow gave \(tensors[0].shape) for \(frames) frames")
            }
            try then(tensors[0])
        }
    }

    /// Some frames of all channels.
    private static func columns(_ range: Range<Int>, of values: some RandomAccessCollection<Float>, _ all: Int) -> [Float] {
        var cut: [Float] = []
        cut.reserveCapacity(Voice.channels * range.count)
        for channel in 0..<Voice.channels {
            let row = values.dropFirst(channel * all + range.lowerBound)
            cut += row.prefix(range.count)
        }
        return cut
    }

    private func decode(
        _ windows: ArraySlice<WindowPlan.Window>, of frames: Tensor, _ pieces: ArraySlice<[Int64]>, _ origin: InputOrigin
    ) throws(PluginError) {
        guard let window = windows.first else { return try speak(pieces.dropFirst(), origin) }
        try decode(window, of: frames, origin) { [self] () throws(PluginError) in try decode(windows.dropFirst(), of: frames, pieces, origin) }
    }

    private func decode(
        _ window: WindowPlan.Window, of frames: Tensor, _ origin: InputOrigin, then: @escaping () throws(PluginError) -> Void
    ) throws(PluginError) {
        let width = window.decoded.count
        let cut = frames.withFloats { Self.columns(window.decoded, of: $0, frames.shape[2]) }
        let input = try stream.tensor([1, Voice.channels, width], cut)
        run(plugin.decoder, [("frames", input)], ["audio"], origin) { [self] (tensors) throws(PluginError) in
            guard tensors[0].count == width * Voice.hop else {
                throw PluginError(.failedPrecondition, "the voice gave \(tensors[0].count) samples for \(width) frames")
            }
            let from = (window.heard.lowerBound - window.decoded.lowerBound) * Voice.hop
            let samples = tensors[0].withFloats { Self.pcm($0[from..<from + window.heard.count * Voice.hop]) }
            hasBegun = true
            emit(origin, .audio(SpokenAudio(sampleRateHz: UInt32(plugin.voice.sampleRateHz), samples: samples)))
            try then()
        }
    }

    private func run(
        _ model: ModelHandle, _ inputs: [(String, Tensor)], _ outputs: [String], _ origin: InputOrigin,
        then: @escaping ([Tensor]) throws(PluginError) -> Void
    ) {
        stream.infer(model, inputs: inputs, outputs: outputs, priority: .interactive, deadlineUs: origin.deadlineUs) { [self] result in
            attempt(origin) { () throws(PluginError) in try then(try result.get()) }
        }
    }

    /// 16 bits, little-endian; what is not a number becomes 1, as `min` has it.
    private static func pcm(_ samples: Slice<UnsafeBufferPointer<Float>>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: samples.count * 2)
        for (index, sample) in samples.enumerated() {
            let value = UInt16(bitPattern: Int16(max(-1, min(1, sample)) * 32_767))
            bytes[2 * index] = UInt8(truncatingIfNeeded: value)
            bytes[2 * index + 1] = UInt8(truncatingIfNeeded: value >> 8)
        }
        return bytes
    }
}
