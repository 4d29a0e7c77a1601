public import EventLoop
public import Wire

#if canImport(Glibc)
    import Glibc
#endif

extension AudioFile {
    /// The same speech with noise at its signal-to-noise ratio: P(speech) / P(noise) = 10^(dB / 10), both means of squares over the file.
    /// Silence stays silence, since no ratio is defined for it. What would overflow 16 bits is clipped.
    public func mixed(with noise: Noise, random: inout SeededRandom) throws(RPCStatus) -> AudioFile {
        let speech = power(samples.lazy.map(Double.init))
        guard speech > 0 else { return self }
        let raw: [Double]
        if let file = noise.file {
            let recorded = try AudioFile.read(file)
            guard recorded.sampleRateHz == sampleRateHz, !recorded.samples.isEmpty else {
                throw RPCStatus(.invalidArgument, "\(file): \(recorded.sampleRateHz) Hz; noise needs the speech's rate, \(sampleRateHz) Hz")
            }
            raw = samples.indices.map { Double(recorded.samples[$0 % recorded.samples.count]) }
        } else {
            raw = generated(noise.kind, &random)
        }
        let loudness = power(raw.lazy)
        guard loudness > 0 else { return self }
        let gain = (speech / (loudness * pow(10, noise.snrDb / 10))).squareRoot()
        var mixed = self
        for index in samples.indices {
            mixed.samples[index] = Int16(min(32_767, max(-32_768, (Double(samples[index]) + gain * raw[index]).rounded())))
        }
        return mixed
    }

    private func power(_ values: some Collection<Double>) -> Double {
        values.isEmpty ? 0 : values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    }

    private func generated(_ kind: Noise.Kind, _ random: inout SeededRandom) -> [Double] {
        func next() -> Double { Double(random.next() >> 11) / Double(1 << 52) - 1 }
        switch kind {
        case .white:
            return samples.indices.map { _ in next() }
        case .pink:
            // Voss-McCartney: generators that change every 1, 2, 4 … samples, added up.
            var rows = [Double](repeating: 0, count: 12)
            return samples.indices.map { index in
                let row = min(rows.count - 1, index.trailingZeroBitCount)
                rows[row] = next()
                return rows.reduce(0, +) + next()
            }
        case .hum:
            return samples.indices.map { index in
                let angle = 2 * Double.pi * 50 * Double(index) / Double(sampleRateHz)
                return sin(angle) + 0.5 * sin(2 * angle) + 0.3 * sin(3 * angle) + 0.05 * next()
            }
        }
    }
}
