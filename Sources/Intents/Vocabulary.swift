/// The n-grams that a model knows, and how telling each is.
///
/// tf-idf: value = (1 + ln tf) · idf with idf = 1 + ln((1 + n)/(1 + df)); words and letter sequences are brought to length 1 each.
struct Vocabulary: Sendable {
    struct Entry: Sendable {
        var index: Int32
        var value: Float
    }

    /// Sorted.
    let hashes: [UInt64]
    let idf: [Float]
    /// The first so many rows are words; the others letter sequences.
    private let slots: [UInt64: Int32]

    /// Letter sequences in fewer sentences than this are left out.
    static let letterSentencesMin = 2
    /// Rows at most; the most frequent stay.
    static let rowsMax = 120_000

    var count: Int { hashes.count }

    init(hashes: [UInt64], idf: [Float]) {
        self.hashes = hashes
        self.idf = idf
        slots = Dictionary(zip(hashes, Int32(0)...), uniquingKeysWith: { first, _ in first })
    }

    init(of sentences: [NGrams.Hashes]) {
        var words: [UInt64: Int32] = [:]
        var letters: [UInt64: Int32] = [:]
        for sentence in sentences {
            for hash in Set(sentence.words) { words[hash, default: 0] += 1 }
            for hash in Set(sentence.letters) { letters[hash, default: 0] += 1 }
        }
        var counted = words.map { (hash: $0.key, count: $0.value) }
        counted += letters.filter { $0.value >= Vocabulary.letterSentencesMin && words[$0.key] == nil }.map { (hash: $0.key, count: $0.value) }
        // Order by count, then hash: the same rows whatever the dictionary's order.
        counted.sort { $0.count != $1.count ? $0.count > $1.count : $0.hash < $1.hash }
        let kept = counted.prefix(Vocabulary.rowsMax).sorted { $0.hash < $1.hash }
        let total = Float(sentences.count)
        self.init(hashes: kept.map(\.hash), idf: kept.map { 1 + Exponential.log((1 + total) / (1 + Float($0.count))) })
    }

    func features(of text: String) -> [Entry] { features(of: NGrams.of(text)) }

    func features(of sentence: NGrams.Hashes) -> [Entry] { block(sentence.words) + block(sentence.letters) }

    private func block(_ hashes: [UInt64]) -> [Entry] {
        var rows = hashes.compactMap { slots[$0] }
        rows.sort()
        var entries: [Entry] = []
        var index = 0
        while index < rows.count {
            var end = index + 1
            while end < rows.count, rows[end] == rows[index] { end += 1 }
            let tf = 1 + Exponential.log(Float(end - index))
            entries.append(Entry(index: rows[index], value: tf * idf[Int(rows[index])]))
            index = end
        }
        let length = entries.reduce(Float(0)) { $0 + $1.value * $1.value }.squareRoot()
        guard length > 0 else { return [] }
        return entries.map { Entry(index: $0.index, value: $0.value / length) }
    }
}
