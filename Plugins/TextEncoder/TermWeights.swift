import PluginKit
import TextTerms
import Wire

/// The second, sparse output: which of the shop's terms a text has (TF-IDF, see `TermTable`).
struct TermWeights: Sendable {
    let table: TermTable
    let spaceID: String

    /// Reads the table that the option `terms` names. Blocks: for the start of an instance.
    /// - Throws: NOT_FOUND for a missing file, INVALID_ARGUMENT saying what is wrong with it.
    init(file path: String) throws(PluginError) {
        let bytes = try FileBytes.read(path, bytesMax: TermTable.fileBytesMax, advice: "`vitrine train terms` makes such a table")
        do {
            table = try TermTable(parsing: bytes)
        } catch {
            throw PluginError(.invalidArgument, "\(path) is no table of terms: \(error)")
        }
        var hash = FileHash()
        bytes.withUnsafeBytes { hash.mix($0) }
        spaceID = "sparse[\(table.terms.count)]/tfidf/words-hanpairs/\(FileHash.digits(hash.value))"
    }

    func vector(of text: String) -> SparseVector {
        let found = table.vector(of: text)
        return SparseVector(
            spaceID: spaceID, size: UInt32(table.terms.count), indices: found.indices.map(UInt32.init), values: found.values,
            terms: found.indices.map { table.terms[$0] })
    }
}
