import PluginKit
import Wire

/// Limits of one text.
enum TextLimits {
    /// UTF-8 bytes of one text.
    static let textBytesMax = 16 * 1024
    /// A text up to this size is tokenised on the loop, in less than 50 µs; a longer one on the compute pool.
    static let inlineBytesMax = 256
}

/// What the model is given for a text: begin, pieces, end; what is longer than the model can take in several windows.
enum TextWindows {
    /// Windows of nearly equal length, so that none is a short rest that would count as much as the others.
    ///
    /// Fails with INVALID_ARGUMENT for a text that has no words or is too long.
    static func cut(_ text: String, _ tokenizer: Tokenizer, _ model: TextModel) -> Result<[[Int64]], PluginError> {
        guard !text.isEmpty else { return .failure(PluginError(.invalidArgument, "the text is empty")) }
        guard text.utf8.count <= TextLimits.textBytesMax else {
            return .failure(
                PluginError(.invalidArgument, "the text has \(text.utf8.count) bytes; at most \(TextLimits.textBytesMax) are allowed"))
        }
        return Result { () throws(PluginError) -> [[Int64]] in
            var pieces = try tokenizer.pieces(text)
            guard !pieces.isEmpty else { throw PluginError(.invalidArgument, "the text has no words") }
            if !model.prefix.isEmpty { pieces = try tokenizer.pieces(model.prefix + text) }
            return split(pieces, model)
        }
    }

    static func split(_ pieces: [Int64], _ model: TextModel) -> [[Int64]] {
        let most = model.windowIDsMax - 2
        let count = (pieces.count + most - 1) / most
        return (0..<count).map { window in
            let (from, to) = (pieces.count * window / count, pieces.count * (window + 1) / count)
            return [model.begin] + pieces[from..<to] + [model.end]
        }
    }

    /// The mean of the windows' vectors, of length 1: v = Σ vᵢ / |Σ vᵢ|. nil when it has no direction.
    static func mean(_ vectors: [[Float]]) -> [Float]? {
        guard var sum = vectors.first else { return nil }
        for vector in vectors.dropFirst() {
            for index in sum.indices { sum[index] += vector[index] }
        }
        let length = sum.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        guard length.isFinite, length > 1e-6 else { return nil }
        return sum.map { $0 / length }
    }
}
