import Replay
import Server
import Wire

/// Compares meanings with the text encoder of this machine; loaded where a script asks for it, before a loop runs.
final class EncoderSimilarity: TextSimilarity {
    private let encoder: SentenceEncoder?
    private var known: [String: [Float]] = [:]

    /// Sentences whose vectors are kept.
    private static let knownMax = 10_000

    /// Throws what is missing when one of the scripts compares meanings.
    init(for scripts: [Script]) throws {
        guard scripts.contains(where: { $0.steps.contains { $0.expectations.contains(where: \.needsSimilarity) } }) else {
            encoder = nil
            return
        }
        do {
            encoder = try SentenceEncoder(
                pluginFolder: Environment.pluginFolder, modelsFolder: Environment.cacheFolder + "/models",
                runtimeFolder: Environment.cacheFolder + "/openvino/libs")
        } catch {
            throw Environment.fail("meanings cannot be compared: \(error.message)", code: ReplayCommand.Exit.badFile)
        }
    }

    func similarity(of first: String, and second: String) throws(RPCStatus) -> Double {
        let (a, b) = (try vector(first), try vector(second))
        return zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private func vector(_ text: String) throws(RPCStatus) -> [Float] {
        if let vector = known[text] { return vector }
        guard let encoder else { throw RPCStatus(.unavailable, "no sentence encoder was loaded") }
        do throws(ServerError) {
            let vector = try encoder.encode(text)
            if known.count >= Self.knownMax { known.removeAll() }
            known[text] = vector
            return vector
        } catch {
            throw RPCStatus(.unavailable, error.message)
        }
    }

    func close() { encoder?.close() }
}
