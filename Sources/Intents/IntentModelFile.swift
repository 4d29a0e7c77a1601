import Foundation

/// A trained model in a file: "VTINTENT", version, a JSON header, then little-endian n-gram hashes, their weights, the
/// class weights, and the mean and the centred embeddings of the examples where they are compared with.
extension IntentModel {
    private static let magic = Array("VTINTENT".utf8)
    private static let version: UInt32 = 2
    /// Bytes of a model file.
    public static let fileBytesMax = 2 << 30

    private struct Header: Codable {
        var classes: [String]
        var inScope: Int
        var space: String
        var embedding: Int
        var embeddingWeight: Float
        var ngrams: Int
        /// Examples that a sentence's embedding is compared with; 0 = the embedding itself enters.
        var examples: Int
        var strength: Float
        var temperature: Float
        var threshold: Float
    }

    public func encoded() throws(IntentError) -> [UInt8] {
        let header: Data
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            header = try encoder.encode(
                Header(
                    classes: classes, inScope: inScopeCount, space: spaceID, embedding: embeddingSize, embeddingWeight: embeddingWeight,
                    ngrams: vocabulary.count, examples: likeness?.count ?? 0, strength: likeness?.strength ?? 0,
                    temperature: temperature, threshold: threshold))
        } catch {
            throw IntentError("the model's header cannot be written: \(error)")
        }
        var bytes = IntentModel.magic
        func append<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
        append(IntentModel.version)
        append(UInt32(header.count))
        bytes.append(contentsOf: header)
        for hash in vocabulary.hashes { append(hash) }
        for value in vocabulary.idf { append(value.bitPattern) }
        for value in weights { append(value.bitPattern) }
        for value in likeness?.mean ?? [] { append(value.bitPattern) }
        for value in likeness?.rows ?? [] { append(value.bitPattern) }
        return bytes
    }

    /// - Throws: when the bytes are no model of this version, saying what is wrong.
    public init(decoding bytes: [UInt8]) throws(IntentError) {
        var reader = Reader(bytes)
        guard try reader.take(8).elementsEqual(IntentModel.magic) else { throw IntentError("no intent model: it does not begin with VTINTENT") }
        let version: UInt32 = try reader.integer()
        guard version == IntentModel.version else {
            throw IntentError("an intent model of version \(version); this one reads \(IntentModel.version)")
        }
        let length: UInt32 = try reader.integer()
        let header: Header
        do {
            header = try JSONDecoder().decode(Header.self, from: Data(try reader.take(Int(length))))
        } catch {
            throw IntentError("the intent model's header cannot be read: \(error)")
        }
        guard (2...IntentTrainer.classesMax + 1).contains(header.classes.count), (2...header.classes.count).contains(header.inScope),
            (0...65_536).contains(header.embedding), (0...Vocabulary.rowsMax).contains(header.ngrams),
            (0...IntentTrainer.likenessExamplesMax).contains(header.examples), header.examples == 0 || header.embedding > 0,
            header.strength.isFinite, header.temperature > 0,
            header.temperature.isFinite, header.threshold.isFinite, header.embeddingWeight.isFinite
        else { throw IntentError("the intent model's header has numbers that cannot be") }
        let rows = (header.examples > 0 ? header.examples : header.embedding) + header.ngrams + 1
        let likenessCount = header.examples > 0 ? (header.examples + 1) * header.embedding : 0
        let wanted = header.ngrams * 12 + (rows * header.classes.count + likenessCount) * 4
        guard reader.left == wanted else { throw IntentError("the intent model is cut off: \(reader.left) bytes of numbers, not \(wanted)") }
        let hashes: [UInt64] = try reader.integers(header.ngrams)
        let idf = try reader.floats(header.ngrams)
        let weights = try reader.floats(rows * header.classes.count)
        let likeness =
            header.examples == 0
            ? nil
            : ExampleLikeness(
                mean: try reader.floats(header.embedding), rows: try reader.floats(header.examples * header.embedding), strength: header.strength)
        self.init(
            classes: header.classes, inScopeCount: header.inScope, spaceID: header.space, embeddingSize: header.embedding,
            embeddingWeight: header.embeddingWeight, vocabulary: Vocabulary(hashes: hashes, idf: idf), weights: weights, likeness: likeness,
            temperature: header.temperature, threshold: header.threshold)
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var left: Int { bytes.count - position }

        mutating func take(_ count: Int) throws(IntentError) -> ArraySlice<UInt8> {
            guard count <= left else { throw IntentError("the intent model is cut off") }
            defer { position += count }
            return bytes[position..<position + count]
        }

        mutating func integer<T: FixedWidthInteger>() throws(IntentError) -> T {
            let size = MemoryLayout<T>.size
            return try take(size).withUnsafeBytes { T(littleEndian: $0.loadUnaligned(as: T.self)) }
        }

        mutating func floats(_ count: Int) throws(IntentError) -> [Float] {
            let bits: [UInt32] = try integers(count)
            return bits.map { Float(bitPattern: $0) }
        }

        mutating func integers<T: FixedWidthInteger>(_ count: Int) throws(IntentError) -> [T] {
            let size = MemoryLayout<T>.size
            return try take(count * size).withUnsafeBytes { raw in
                (0..<count).map { T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: T.self)) }
            }
        }
    }
}
