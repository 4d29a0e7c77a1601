import CheckedYAML

/// What is wrong with a line or a microphone, so that a script can say what must still work. All of it is reproducible: chance comes from the seed.
public struct Impairments: Sendable, Equatable {
    /// Mixed into everything that is spoken, unless a step has its own.
    public var noise: Noise?
    /// Every message, in both directions, is this late, milliseconds; order is kept.
    public var delayMs = 0
    /// And up to so many milliseconds more, evenly spread.
    public var jitterMs = 0
    /// The connection is lost at these times after the conversation began, milliseconds, and resumed.
    public var lossesAtMs: [Int] = []
    /// How long a lost connection stays lost, milliseconds.
    public var reconnectMs = 200
    /// The client reads at most so many bytes a second; 0 = as fast as it can.
    public var readerBytesPerSecond = 0
    public var seed: UInt64 = 1

    public init() {}

    public static let delayMsMax = 60_000
    public static let lossesMax = 100
}

/// Noise in a microphone.
public struct Noise: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Equal power at all frequencies.
        case white
        /// Power falls by 3 dB an octave: wind, traffic, air conditioning.
        case pink
        /// 50 Hz and its harmonics.
        case hum
    }

    public var kind = Kind.pink
    /// Power of the speech over power of the noise, decibels, over the whole utterance.
    public var snrDb = 20.0
    /// A recording to mix in instead, repeated as often as needed.
    public var file: String?
}

extension Impairments {
    static func read(_ value: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> Impairments {
        guard value.exists else { return Impairments() }
        try value.fields("noise", "delay_ms", "jitter_ms", "lose_connection_at_ms", "reconnect_ms", "reader_bytes_per_second", "seed")
        var read = Impairments()
        read.noise = try Noise.read(value["noise"], located)
        read.delayMs = try value["delay_ms"].int(in: 0...delayMsMax, or: 0)
        read.jitterMs = try value["jitter_ms"].int(in: 0...delayMsMax, or: 0)
        read.reconnectMs = try value["reconnect_ms"].int(in: 0...delayMsMax, or: 200)
        read.readerBytesPerSecond = try value["reader_bytes_per_second"].int(in: 1...1_000_000_000, or: 0)
        read.seed = UInt64(try value["seed"].int(in: 0...Int.max, or: 1))
        let losses = try value["lose_connection_at_ms"].items()
        guard losses.count <= lossesMax else { throw value["lose_connection_at_ms"].error("at most \(lossesMax) losses are allowed") }
        for item in losses { read.lossesAtMs.append(try item.int(in: 0...3_600_000)) }
        read.lossesAtMs.sort()
        return read
    }
}

extension Noise {
    /// Nil when nothing is said, and for the word "none".
    static func read(_ value: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> Noise? {
        guard value.exists else { return nil }
        if value.isScalar {
            if try value.string() == "none" { return nil }
            return Noise(snrDb: try value.number(in: -20...100))
        }
        try value.fields("snr_db", "kind", "file")
        if try value["snr_db"].string(or: "") == "none" { return nil }
        var noise = Noise()
        noise.snrDb = try value["snr_db"].number(in: -20...100, or: 20)
        noise.kind = try value["kind"].choice(Kind.self, or: .pink)
        noise.file = try value["file"].optionalString().map(located)
        guard noise.file == nil || !value["kind"].exists else { throw value.error("noise is either of a kind or from a file, not both") }
        return noise
    }
}
