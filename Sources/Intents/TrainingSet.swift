/// Checked examples with their class numbers.
struct TrainingSet: Sendable {
    let examples: [Utterance]
    let sentences: [NGrams.Hashes]
    let classes: [String]
    let inScopeCount: Int
    let labels: [Int]
    let embeddingSize: Int

    init(_ given: [Utterance]) throws(IntentError) {
        guard given.count <= IntentTrainer.examplesMax else {
            throw IntentError("\(given.count) examples; at most \(IntentTrainer.examplesMax) are allowed")
        }
        let size = given.first?.embedding.count ?? 0
        for example in given {
            guard !example.intent.isEmpty else { throw IntentError("the example \"\(example.text.prefix(60))\" names no intent") }
            guard example.embedding.count == size, example.embedding.allSatisfy(\.isFinite) else {
                throw IntentError("embeddings must all have \(size) finite numbers; \"\(example.text.prefix(60))\" has not")
            }
        }
        let names = Set(given.map(\.intent))
        let inScope = names.subtracting(IntentModel.outOfScopeLabels).sorted()
        guard inScope.count >= 2 else { throw IntentError("at least two intents are needed; the examples name \(inScope.count)") }
        guard inScope.count <= IntentTrainer.classesMax else {
            throw IntentError("\(inScope.count) intents; at most \(IntentTrainer.classesMax) are allowed")
        }
        let hasOutOfScope = names.count > inScope.count
        classes = inScope + (hasOutOfScope ? ["out_of_scope"] : [])
        inScopeCount = inScope.count
        let numbers = Dictionary(uniqueKeysWithValues: inScope.enumerated().map { ($0.element, $0.offset) })
        examples = given
        labels = given.map { numbers[$0.intent] ?? inScope.count }
        sentences = given.map { NGrams.of($0.text) }
        embeddingSize = size
    }

    /// Every class spread evenly over the folds, in the order of the examples; none when there are too few examples.
    func folds(_ wanted: Int) -> [(train: [Int], held: [Int])] {
        guard wanted >= 2, examples.count >= classes.count * 2 else { return [] }
        var seen = [Int](repeating: 0, count: classes.count)
        var random = Shuffler(17)
        var order = Array(examples.indices)
        for index in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(index, random.below(index + 1)) }
        var fold = [Int](repeating: 0, count: examples.count)
        for row in order {
            fold[row] = seen[labels[row]] % wanted
            seen[labels[row]] += 1
        }
        return (0..<wanted).map { number in
            (examples.indices.filter { fold[$0] != number }, examples.indices.filter { fold[$0] == number })
        }
    }
}
