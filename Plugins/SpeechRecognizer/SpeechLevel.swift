/// Brings speech to one level, whatever the microphone's.
///
/// The level is the mean of the RMS of 25 ms frames, of the loudest 40 % of them, so that pauses do not count. Samples are clipped at full scale.
enum SpeechLevel {
    static let frameSamples = 400
    static let loudShare = 0.4
    /// −20 dB of full scale.
    static let target: Float = 0.1
    /// Quieter than this is not made louder any further.
    static let levelMin: Float = 0.001

    static func level(of samples: [Float]) -> Float {
        var levels: [Float] = []
        for start in stride(from: 0, through: samples.count - frameSamples, by: frameSamples) {
            var sum: Float = 0
            for index in start..<start + frameSamples { sum += samples[index] * samples[index] }
            levels.append((sum / Float(frameSamples)).squareRoot())
        }
        guard !levels.isEmpty else { return target }
        levels.sort()
        let loud = levels[Int(Double(levels.count) * (1 - loudShare))...]
        return loud.reduce(0, +) / Float(loud.count)
    }

    static func normalised(_ samples: [Float]) -> [Float] {
        let gain = target / max(level(of: samples), levelMin)
        return samples.map { max(-1, min(1, $0 * gain)) }
    }
}
