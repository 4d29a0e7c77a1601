import Foundation
import Replay
import Wire

/// What is heard of a conversation, for a file. Confined to its loop.
final class SpokenReplies {
    private let file: String
    private var samples: [Int16] = []
    private var sampleRateHz = 0
    private var unit = Played()
    private var unitSamples = 0
    private var hasNews = false

    init(file: String) { self.file = file }

    /// Keeps the samples, and leaves the message without them.
    func heard(_ message: ServerMessage) -> ServerMessage {
        switch message.kind {
        case .spoken(let spoken):
            (unit, unitSamples) = (Played(turnID: message.turnID, unit: spoken.unit), 0)
            return message
        case .audio(var chunk) where chunk.encoding == .pcm16le && chunk.sampleRateHz > 0:
            sampleRateHz = Int(chunk.sampleRateHz)
            samples += stride(from: 0, to: chunk.samples.count - 1, by: 2).map { index in
                Int16(bitPattern: UInt16(chunk.samples[index]) | UInt16(chunk.samples[index + 1]) << 8)
            }
            unitSamples += chunk.samples.count / 2
            unit.upToUs = UInt64(unitSamples) * 1_000_000 / UInt64(sampleRateHz)
            hasNews = true
            chunk.samples = []
            var rest = message
            rest.kind = .audio(chunk)
            return rest
        default: return message
        }
    }

    /// What the server is to be told: all that came counts as heard.
    func takePlayed() -> Played? {
        defer { hasNews = false }
        return hasNews && unit.unit > 0 ? unit : nil
    }

    /// - Throws: INTERNAL when the file cannot be written. Writes none when nothing was said.
    func write() throws(RPCStatus) {
        guard !samples.isEmpty else { return printError("nothing was spoken: \(file) is not written") }
        let audio = AudioFile(sampleRateHz: sampleRateHz, samples: samples)
        do {
            try Data(audio.wav()).write(to: URL(fileURLWithPath: file))
        } catch {
            throw RPCStatus(.internalError, "\(file) cannot be written: \(error.localizedDescription)")
        }
        printError("\((audio.seconds * 10).rounded() / 10) s of speech are in \(file)")
    }
}
