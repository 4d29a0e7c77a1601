import EventLoop
import LinearAlgebra
import Testing

@testable import Training

@Suite("Heads for correlation and reconstruction")
struct DeepHeadsTests {
    private static func random<Scalar: MatrixScalar>(_ rows: Int, _ columns: Int, _ generator: inout SeededRandom) -> Matrix<Scalar> {
        Matrix(rows, columns, (0..<rows * columns).map { _ in Scalar(gaussian(&generator)) })
    }

    @Test("have the derivatives that finite differences give", arguments: [DeepHeads.Objective.correlation, .reconstruction])
    func gradients(_ objective: DeepHeads.Objective) throws {
        var generator = SeededRandom(seed: 12)
        let (k, hidden, n) = (3, 4, 12)
        let shapes = [(k, k), (k, hidden), (1, hidden), (hidden, k)]
        let parameters: [Matrix<Double>] = (shapes + shapes).map { Self.random($0.0, $0.1, &generator) }
        let decoders: [Matrix<Double>] = objective == .reconstruction ? [Self.random(k, k, &generator), Self.random(k, k, &generator)] : []
        let (text, image): (Matrix<Double>, Matrix<Double>) = (Self.random(n, k, &generator), Self.random(n, k, &generator))
        func loss(_ all: [Matrix<Double>]) throws -> Double {
            try DeepHeads.gradient(objective, Array(all.prefix(8)), Array(all.dropFirst(8)), text: text, image: image).loss
        }
        let all = parameters + decoders
        let gradients = try DeepHeads.gradient(objective, parameters, decoders, text: text, image: image).gradients
        #expect(gradients.contains { $0.values.contains { abs($0) > 1e-3 } })
        for p in all.indices {
            for i in all[p].values.indices {
                var (up, down) = (all, all)
                up[p].values[i] += 1e-5
                down[p].values[i] -= 1e-5
                let slope = try (loss(up) - loss(down)) / 2e-5
                #expect(abs(slope - gradients[p].values[i]) < 1e-6, "parameter \(p), value \(i): \(slope), not \(gradients[p].values[i])")
            }
        }
    }

    @Test("the total correlation of two sides is the sum of their canonical correlations")
    func known() throws {
        var generator = SeededRandom(seed: 5)
        let source: Matrix<Double> = Self.random(300, 2, &generator)
        var other: Matrix<Double> = Self.random(300, 2, &generator)
        for r in 0..<300 { other[r, 0] = 0.5 * other[r, 0] + source[r, 1] }
        let tape = Tape<Double>()
        let loss = tape.value(try DeepCorrelation.loss(tape, tape.leaf(source), tape.leaf(other)))[0, 0]
        let found = try CanonicalCorrelation(
            source.converted(), other.converted(), regularisation: (DeepCorrelation.ridge, DeepCorrelation.ridge), dimensions: 2)
        #expect(abs(-loss - Double(found.correlations.reduce(0, +))) < 2e-3)
        #expect(-loss > 0.7)
    }

    /// Titles and pictures of one hidden number each: the picture shows how large it is, which no linear map of the title tells.
    private static func sides() -> (text: Matrix<Float>, image: Matrix<Float>) {
        var generator = SeededRandom(seed: 21)
        var (text, image) = (Matrix<Float>(600, 3), Matrix<Float>(600, 3))
        for r in 0..<600 {
            let x = gaussian(&generator)
            text.setRow(r, [x, gaussian(&generator), 0.05 * gaussian(&generator)])
            image.setRow(r, [abs(x) - 0.8 + 0.05 * gaussian(&generator), gaussian(&generator), 0.05 * gaussian(&generator)])
        }
        return (text, image)
    }

    @Test("correlation finds what only a bend shows")
    func bend() throws {
        let (text, image) = Self.sides()
        let linear = try CanonicalCorrelation(text, image, regularisation: (0.1, 0.1), dimensions: 2)
        #expect(linear.correlations[0] < 0.2)
        var options = ContrastiveHeads.Options()
        (options.epochs, options.batch, options.rate, options.hidden) = (30, 200, 0.02, 8)
        var deep = DeepHeads(.correlation, dimensions: 3)
        let heads = try deep.train(
            ContrastiveHeads(dimensions: 3, hidden: 8, seed: 3), text: text, image: image, options: options, step: { _, _ in true })
        let (a, b) = (heads.text.forward(text).z, heads.image.forward(image).z)
        // Outputs are turned to their canonical directions, so that the first values of both sides belong together.
        let (x, y) = ((0..<600).map { a[$0, 0] }, (0..<600).map { b[$0, 0] })
        let correlation = zip(x, y).reduce(Float(0)) { $0 + $1.0 * $1.1 } / Self.length(x) / Self.length(y)
        #expect(correlation > 0.8, "\(correlation)")
    }

    @Test("the autoencoder tells a missing picture from its title, and a missing title from its picture, far better than the mean does")
    func missing() throws {
        // One hidden number is behind both sides: the picture shows it twice, bent, and the title once; the rest is noise.
        func sides(_ seed: UInt64) -> (text: Matrix<Float>, image: Matrix<Float>) {
            var generator = SeededRandom(seed: seed)
            var (text, image) = (Matrix<Float>(400, 3), Matrix<Float>(400, 3))
            for r in 0..<400 {
                let x = gaussian(&generator)
                text.setRow(r, [x, 0.1 * gaussian(&generator), 0.1 * gaussian(&generator)])
                image.setRow(r, [max(x, 0), -0.7 * x, 0.1 * gaussian(&generator)])
            }
            return (text, image)
        }
        let (learnt, unseen) = (sides(31), sides(32))
        var options = ContrastiveHeads.Options()
        (options.epochs, options.batch, options.rate, options.hidden) = (30, 100, 0.02, 8)
        var deep = DeepHeads(.reconstruction, dimensions: 3)
        let heads = try deep.train(
            ContrastiveHeads(dimensions: 3, hidden: 8, seed: 3), text: learnt.text, image: learnt.image, options: options, step: { _, _ in true })
        for (what, told, truth, usual) in [
            ("the picture of a title", deep.decoded(heads.text.forward(unseen.text).z, .image), unseen.image, learnt.image),
            ("the title of a picture", deep.decoded(heads.image.forward(unseen.image).z, .text), unseen.text, learnt.text),
        ] {
            let (error, means) = (Self.squares(told, truth), usual.columnMeans)
            let mean = Self.squares(Matrix(400, 3, (0..<1_200).map { means[$0 % 3] }), truth)
            #expect(error < 0.15 * mean, "\(what): \(error), the mean \(mean)")
        }
    }

    private static func squares(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Float {
        zip(a.values, b.values).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    private static func length(_ values: [Float]) -> Float { values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot() }
}
