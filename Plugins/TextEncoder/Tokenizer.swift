// Unsafe: `handle` is a SentencePiece model that this object loaded and frees in deinit. Unchecked Sendable: a loaded model is
// immutable and encodes on any thread. Buffers are used inside the calls only.

import CSentencePiece
import PluginKit
import Wire

/// SentencePiece with the model's own normaliser (NFKC and its rules for spaces).
final class Tokenizer: @unchecked Sendable {
    private let handle: OpaquePointer

    /// - Throws: NOT_FOUND naming the file, how to get it and what SentencePiece says.
    init(_ path: String) throws(PluginError) {
        var reason = [CChar](repeating: 0, count: 256)
        guard let handle = vt_sentencepiece_load(path, &reason, reason.count) else {
            throw PluginError(.notFound, "\(path): \(Self.text(reason)); `make setup` fetches it")
        }
        self.handle = handle
    }

    deinit { vt_sentencepiece_free(handle) }

    /// The ids of the text's pieces, without any for begin and end.
    /// - Throws: INTERNAL with what SentencePiece says.
    func pieces(_ text: String) throws(PluginError) -> [Int64] {
        var text = text
        var reason = [CChar](repeating: 0, count: 256)
        // A piece has at least one character, and the normaliser may put a space before the first.
        var ids = [Int64](repeating: 0, count: text.utf8.count + 8)
        while true {
            var count = 0
            let status = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    vt_sentencepiece_encode(handle, $0.baseAddress, $0.count, &ids, ids.count, &count, &reason, reason.count)
                }
            }
            guard status == 0 else { throw PluginError(.internalError, "the tokenizer failed: \(Self.text(reason))") }
            if count <= ids.count { return Array(ids.prefix(count)) }
            // Compatibility characters may unfold into many.
            ids = [Int64](repeating: 0, count: count)
        }
    }

    private static func text(_ reason: [CChar]) -> String {
        String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
