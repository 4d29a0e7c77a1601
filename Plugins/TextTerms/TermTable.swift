import Glibc

/// In how many of a shop's texts each term occurs, and what follows from it.
///
/// Weights are those of scikit-learn's TfidfVectorizer with its defaults (smooth_idf, norm "l2"; see "Tf–idf term weighting" in its user guide):
///
///     idf(t) = ln((1 + n) / (1 + df(t))) + 1        n texts, df(t) of which have the term
///     v(t)   = tf(t) · idf(t) / |tf · idf|          tf(t) = how often the text has it
///
/// As a file: a line "vitrine-terms<TAB>2<TAB>n", then a line "term<TAB>df" for each term, in the order of their bytes.
public struct TermTable: Sendable, Equatable {
    public static let termsMax = 500_000
    public static let termBytesMax = 128
    /// UTF-8 bytes of a table's file.
    public static let fileBytesMax = 16 << 20
    /// Texts that were counted.
    public static let documentsMax = 1_000_000_000
    private static let mark = "vitrine-terms\t2\t"

    /// Texts that were counted, 1 and more.
    public let documents: Int
    /// In the order of their UTF-8 bytes; a term's place is its index in vectors.
    public let terms: [String]
    /// Texts that have the term, 1 to `documents`.
    public let counts: [Int]
    private let places: [String: Int]

    /// A sparse vector of length 1, or without any terms.
    public struct Vector: Sendable, Equatable {
        /// Ascending places in the table.
        public var indices: [Int] = []
        public var values: [Float] = []

        public init() {}
    }

    /// Why a file is no table.
    public struct Problem: Error, Equatable, CustomStringConvertible {
        /// Which line is wrong, and what is allowed there.
        public let description: String
    }

    /// Counts the terms of texts.
    /// - Parameter documentsMin: a term that fewer texts have is left out.
    /// - Throws: when there is no text, or more terms than a table holds.
    public init(counting texts: some Sequence<String>, documentsMin: Int = 1) throws(Problem) {
        var documents = 0
        var counts: [String: Int] = [:]
        for text in texts {
            documents += 1
            for term in Set(TextTerms.of(text)) where term.utf8.count <= Self.termBytesMax { counts[term, default: 0] += 1 }
        }
        guard documents > 0 else { throw Problem(description: "there is no text to count terms in") }
        let kept = counts.filter { $0.value >= documentsMin }
        guard kept.count <= Self.termsMax else {
            throw Problem(description: "the texts have \(kept.count) terms; at most \(Self.termsMax) are allowed: leave rare ones out")
        }
        self.init(documents: documents, rows: kept.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) })
    }

    /// Reads a table's file.
    /// - Throws: with the line that is wrong and what is allowed.
    public init(parsing bytes: [UInt8]) throws(Problem) {
        guard bytes.count <= Self.fileBytesMax else {
            throw Problem(description: "the file has \(bytes.count) bytes; at most \(Self.fileBytesMax) are allowed")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem(description: "the file is not UTF-8") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        guard let first = lines.first, first.hasPrefix(Self.mark), let documents = Int(first.dropFirst(Self.mark.count)),
            (1...Self.documentsMax).contains(documents)
        else {
            throw Problem(
                description: "line 1 must be \"vitrine-terms\", 2 and the number of texts, from 1 to \(Self.documentsMax), with tabs between; "
                    + "a table of version 1, whose words are written in other forms, is to be made anew")
        }
        guard lines.count - 1 <= Self.termsMax else {
            throw Problem(description: "the file has \(lines.count - 1) terms; at most \(Self.termsMax) are allowed")
        }
        var rows: [(String, Int)] = []
        // Terms that are written with other bytes may still be the same: equal by Unicode's canonical equivalence.
        var known: [String: Int] = [:]
        rows.reserveCapacity(lines.count - 1)
        known.reserveCapacity(lines.count - 1)
        for (index, line) in lines.enumerated().dropFirst() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 2, !fields[0].isEmpty, fields[0].utf8.count <= Self.termBytesMax, let count = Int(fields[1]), count > 0,
                count <= documents
            else {
                throw Problem(
                    description: "line \(index + 1) must be a term of 1 to \(Self.termBytesMax) bytes, a tab, and a number from 1 to \(documents)")
            }
            let term = String(fields[0])
            if let last = rows.last?.0, !last.utf8.lexicographicallyPrecedes(term.utf8) {
                throw Problem(description: "line \(index + 1): terms must be in the order of their bytes, each once")
            }
            if let same = known.updateValue(index + 1, forKey: term) {
                throw Problem(description: "line \(index + 1): the term is that of line \(same), written in another way; each must be there once")
            }
            rows.append((term, count))
        }
        self.init(documents: documents, rows: rows)
    }

    private init(documents: Int, rows: [(String, Int)]) {
        self.documents = documents
        terms = rows.map(\.0)
        counts = rows.map(\.1)
        places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1.0, $0) })
    }

    /// The table's file.
    public var text: String {
        zip(terms, counts).reduce(into: Self.mark + "\(documents)\n") { $0 += "\($1.0)\t\($1.1)\n" }
    }

    /// How much a term says: 1 for one that every text has.
    public func inverseFrequency(_ place: Int) -> Double { log(Double(1 + documents) / Double(1 + counts[place])) + 1 }

    /// The text's weights; terms that the table does not have count for nothing.
    public func vector(of text: String) -> Vector {
        var frequency: [Int: Int] = [:]
        for term in TextTerms.of(text) {
            if let place = places[term] { frequency[place, default: 0] += 1 }
        }
        let ordered = frequency.sorted { $0.key < $1.key }
        let weights = ordered.map { Double($0.value) * inverseFrequency($0.key) }
        let length = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var result = Vector()
        guard length > 0 else { return result }
        result.indices = ordered.map(\.key)
        result.values = weights.map { Float($0 / length) }
        return result
    }
}
