import Glibc
import PluginKit
import Wire

/// What a voice was made for, and its alphabet: `voice.txt` beside its models, one fact a line.
struct Voice: Sendable {
    var sampleRateHz = 0
    /// espeak-ng's name for the accent.
    var espeakVoice = ""
    /// Factor on the noise of the latent frames.
    var noiseScale: Float = 0
    var lengthScale: Float = 1
    /// Factor on the noise of the phonemes' lengths.
    var timingScale: Float = 0
    private var ids: [Unicode.Scalar: Int64] = [:]

    /// Samples of one latent frame, and channels of it.
    static let hop = 256
    static let channels = 192
    private static let (pad, begin, end): (Unicode.Scalar, Unicode.Scalar, Unicode.Scalar) = ("_", "^", "$")
    private static let fileBytesMax = 64 << 10

    init(file: String) throws(PluginError) {
        try self.init(text: try Self.read(file), named: file)
    }

    init(text: String, named file: String) throws(PluginError) {
        for (number, line) in text.split(separator: "\n").enumerated() {
            let words = line.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("rate", 2): sampleRateHz = Int(words[1]) ?? 0
            case ("espeak", 2): espeakVoice = words[1]
            case ("noise", 2): noiseScale = Float(words[1]) ?? .nan
            case ("length", 2): lengthScale = Float(words[1]) ?? .nan
            case ("timing", 2): timingScale = Float(words[1]) ?? .nan
            case ("phoneme", 3):
                guard let code = UInt32(words[1], radix: 16), let scalar = Unicode.Scalar(code), let id = Int64(words[2]) else {
                    throw PluginError(.failedPrecondition, "\(file), line \(number + 1): \"\(line)\" is no phoneme")
                }
                ids[scalar] = id
            default: throw PluginError(.failedPrecondition, "\(file), line \(number + 1): \"\(line)\" is none of the facts of a voice")
            }
        }
        guard (8_000...48_000).contains(sampleRateHz), espeakVoice.hasPrefix("en"), [noiseScale, lengthScale, timingScale].allSatisfy(\.isFinite),
            [Self.pad, Self.begin, Self.end].allSatisfy({ ids[$0] != nil })
        else { throw PluginError(.failedPrecondition, "\(file) is not the table of an English voice; `make setup` makes it anew") }
    }

    /// What the model takes: begin, then each phoneme with a pad behind it, end. Characters that the voice does not know are left out.
    func ids(_ phonemes: some Sequence<Unicode.Scalar>) -> [Int64] {
        guard let pad = ids[Self.pad], let begin = ids[Self.begin], let end = ids[Self.end] else { return [] }
        var found = [begin, pad]
        for phoneme in phonemes {
            guard let id = ids[phoneme] else { continue }
            found += [id, pad]
        }
        return found + [end]
    }

    private static func read(_ file: String) throws(PluginError) -> String {
        guard let handle = fopen(file, "re") else {
            throw PluginError(.notFound, "\(file) cannot be read: \(String(cString: strerror(errno))); `make setup` installs it")
        }
        defer { fclose(handle) }
        var bytes = [UInt8](repeating: 0, count: fileBytesMax)
        let count = fread(&bytes, 1, bytes.count, handle)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
