// Unsafe: one block of rows × rows numbers, owned by the matrix. Invariant: while it is filled, row i is written by the thread that took i (its
// numbers up to the diagonal); the mirrored half is written when all threads have ended; afterwards it is only read.

/// How alike each two examples are: embedding, words and letter sequences, and 1 for the bias.
final class LikenessMatrix: @unchecked Sendable {
    let rows: Int
    private let values: UnsafeMutablePointer<Float>

    /// - Parameter words: the weighted n-grams of each example.
    init(_ likeness: ExampleLikeness?, words: [[Vocabulary.Entry]], threads: Int, progress: @escaping @Sendable (Double) -> Void) {
        rows = words.count
        values = UnsafeMutablePointer<Float>.allocate(capacity: max(1, rows * rows))
        values.initialize(repeating: 1, count: rows * rows)
        let postings = Postings(words)
        _ = ParallelMap.run(count: rows, threads: threads, progress: progress) { [self] row in
            let start = values + row * rows
            likeness?.values(ofExample: row, into: start)
            if likeness != nil { for column in 0...row { start[column] += 1 } }
            for entry in words[row] { postings.add(entry, upTo: row, to: start) }
        }
        // Tiles, so that the columns that are read stay in the cache.
        let tile = 64
        for top in stride(from: 0, to: rows, by: tile) {
            for left in stride(from: 0, through: top, by: tile) {
                for row in top..<min(top + tile, rows) {
                    for column in left..<max(left, min(left + tile, row)) { values[column * rows + row] = values[row * rows + column] }
                }
            }
        }
    }

    deinit { values.deallocate() }

    /// The likeness of one example to all.
    @inline(__always)
    func row(_ index: Int) -> UnsafePointer<Float> { UnsafePointer(values + index * rows) }

    /// Which examples hold an n-gram, ascending.
    private struct Postings: Sendable {
        private let starts: [Int]
        private let examples: [Int32]
        private let weights: [Float]

        init(_ words: [[Vocabulary.Entry]]) {
            var counts: [Int] = []
            for entry in words.joined() {
                while counts.count <= Int(entry.index) { counts.append(0) }
                counts[Int(entry.index)] += 1
            }
            var starts = [0]
            for count in counts { starts.append(starts[starts.count - 1] + count) }
            var at = starts
            var examples = [Int32](repeating: 0, count: starts[counts.count])
            var weights = [Float](repeating: 0, count: starts[counts.count])
            for (number, entries) in words.enumerated() {
                for entry in entries {
                    let position = at[Int(entry.index)]
                    examples[position] = Int32(number)
                    weights[position] = entry.value
                    at[Int(entry.index)] += 1
                }
            }
            self.starts = starts
            self.examples = examples
            self.weights = weights
        }

        @inline(__always)
        func add(_ entry: Vocabulary.Entry, upTo row: Int, to values: UnsafeMutablePointer<Float>) {
            examples.withUnsafeBufferPointer { examples in
                weights.withUnsafeBufferPointer { weights in
                    var position = starts[Int(entry.index)]
                    let end = starts[Int(entry.index) + 1]
                    while position < end, Int(examples[position]) <= row {
                        values[Int(examples[position])] += entry.value * weights[position]
                        position += 1
                    }
                }
            }
        }
    }
}
