import PluginKit
import Wire

/// What the end-of-turn model hears: the last eight seconds up to a pause, silence before them if they are fewer, at zero mean and unit variance,
/// in Whisper's log-mel picture.
///
/// The preparation is that of the model's own package (Smart Turn 3.2), from which the model comes as well.
enum EndOfTurn {
    static let modelName = "end-of-turn"
    static let samples = 8 * SpeechLimits.sampleRateHz
    private static let varianceMin: Float = 1e-7

    /// - Parameter audio: 16 kHz mono.
    /// - Returns: `samples` of them.
    static func input(_ audio: [Float]) -> [Float] {
        let heard = audio.suffix(samples)
        // Silence counts in mean and variance, as it did in training.
        let mean = heard.reduce(0, +) / Float(samples)
        let power = heard.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } + Float(samples - heard.count) * mean * mean
        let scale = 1 / (power / Float(samples) + varianceMin).squareRoot()
        return [Float](repeating: -mean * scale, count: samples - heard.count) + heard.map { ($0 - mean) * scale }
    }
}

/// Whether somebody has finished or only pauses. Audio that comes faster than it is spoken waits for the model's word where that counts.
extension SpeechStream {
    /// Asks the model about what was said before the pause that has just begun, while its words are looked for.
    func listenForCompleteness(_ utterance: EndpointDetector.Utterance) {
        guard let model = recognizer.endOfTurn else { return }
        let audio = buffer[utterance.audio.lowerBound * SpeechLimits.frameSamples..<utterance.audio.upperBound * SpeechLimits.frameSamples]
        pausesInWork += 1
        stream.compute { () throws(PluginError) -> [Float] in
            EndOfTurn.input(audio)
        } then: { [self] result in
            do throws(PluginError) {
                let input = try stream.tensor([1, EndOfTurn.samples], result.get())
                stream.infer(recognizer.frontEnd, inputs: [("audio", input)], outputs: ["mel"], priority: .interactive) { [self] result in
                    switch result {
                    case .success(let mel): judge(mel[0], model, utterance)
                    case .failure(let error): judged(.failure(error), utterance)
                    }
                }
            } catch { judged(.failure(error), utterance) }
        }
    }

    private func judge(_ mel: Tensor, _ model: ModelHandle, _ utterance: EndpointDetector.Utterance) {
        stream.infer(model, inputs: [("input_features", mel)], outputs: ["logits"], priority: .interactive) { [self] result in
            do throws(PluginError) {
                let output = try result.get()[0]
                try ModelOutputs.check(values: output.count, are: 1, of: "the end-of-turn model's output \"logits\"")
                // The name notwithstanding, it is a probability.
                judged(.success(output.withFloats { $0[0] }), utterance)
            } catch { judged(.failure(error), utterance) }
        }
    }

    /// Without the model's word, silence decides, as it does where the model is not asked.
    private func judged(_ result: Result<Float, PluginError>, _ utterance: EndpointDetector.Utterance) {
        pausesInWork -= 1
        switch result {
        case .success(let probability) where probability >= options.endOfTurnThreshold:
            host.count("sentences_complete")
            detector.complete(utterance)
        case .success: host.count("sentences_incomplete")
        // Nothing of what was said is lost: that is for the operator, not for the speaker.
        case .failure(let error):
            host.count("sentences_not_judged")
            if error.status.code != .cancelled { host.log(.warning, "the end-of-turn model was not asked: \(error.status)") }
        }
        guard pausesInWork == 0, let goOn = heldUp else { return }
        heldUp = nil
        goOn()
    }
}
