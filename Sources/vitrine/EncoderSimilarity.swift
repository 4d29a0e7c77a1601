import Replay
import Server
import Wire

/// Compares meanings with the text encoder of this machine; loaded when it is first needed.
final class EncoderSimilarity: TextSimilarity {
    private var encoder: SentenceEncoder?
    private var known: [String: [Float]] = [:]

    /// Sentences whose vectors are kept.
    private static let knownMax = 10_000

    func similarity(of first: String, and second: String) throws(RPCStatus) -> Double {
        let (a, b) = (try vector(first), try vector(second))
        return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private func vector(_ text: String) throws(RPCStatus) -> [Float] {
        if let vector = known[text] { return vector }
        do throws(ServerError) {
            let vector = try loaded().encode(text)
            if known.count >= Self.knownMax { known.removeAll() }
            known[text] = vector
            return vector
        } catch {
            throw RPCStatus(.unavailable, error.message)
        }
    }

    private func loaded() throws(ServerError) -> SentenceEncoder {
        if let encoder { return encoder }
        let made = try SentenceEncoder(
            pluginFolder: Environment.pluginFolder, modelsFolder: Environment.cacheFolder + "/models",
            runtimeFolder: Environment.cacheFolder + "/openvino/libs")
        encoder = made
        return made
    }

    func close() { encoder?.close() }
}
