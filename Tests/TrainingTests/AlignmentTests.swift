import EventLoop
import Foundation
import Fusion
import ImageDecoding
import LinearAlgebra
import Testing

@testable import Training

@Suite("Canonical correlation")
struct CanonicalCorrelationTests {
    /// Two views with one common source each in the first column.
    private static let views: (Matrix<Float>, Matrix<Float>) = {
        var random = SeededRandom(seed: 4)
        var (x, y) = (Matrix<Float>(500, 3), Matrix<Float>(500, 2))
        for r in 0..<500 {
            let common = gaussian(&random)
            x.setRow(r, [common + 0.1 * gaussian(&random), gaussian(&random), gaussian(&random)])
            y.setRow(r, [gaussian(&random), -common + 0.1 * gaussian(&random)])
        }
        return (x, y)
    }()

    @Test("finds the common source, and nothing else")
    func common() throws {
        let (x, y) = Self.views
        let found = try CanonicalCorrelation(x, y, regularisation: (1e-6, 1e-6), dimensions: 2)
        // Signal 1, noise 0.01 in each view: the correlation is 1/1.01.
        #expect(abs(found.correlations[0] - 0.99) < 0.005)
        #expect(found.correlations[1] < 0.15)
        let projected = AlignmentModel.project(x, mean: found.meanX, directions: found.directionsX, correlations: [1, 0])
        let variance = projected.values.reduce(Float(0)) { $0 + $1 * $1 } / 500
        #expect(abs(variance - 1) < 0.01, "directions are scaled to variance 1")
    }

    @Test("refuses values that are not finite")
    func finite() {
        var (x, y) = Self.views
        x[0, 0] = .infinity
        #expect(throws: TrainingError.self) { try CanonicalCorrelation(x, y, regularisation: (0.1, 0.1), dimensions: 2) }
        x[0, 0] = 0
        y = Matrix(500, 2)
        #expect(throws: TrainingError.self) { try CanonicalCorrelation(x, y, regularisation: (0.1, 0), dimensions: 2) }
    }
}

@Suite("Contrastive heads")
struct ContrastiveHeadsTests {
    @Test("have the derivatives that finite differences give")
    func gradients() {
        var random = SeededRandom(seed: 6)
        func matrix(_ rows: Int, _ columns: Int) -> Matrix<Float> { Matrix(rows, columns, (0..<rows * columns).map { _ in gaussian(&random) }) }
        var heads = ContrastiveHeads(dimensions: 4, hidden: 3, seed: 1)
        heads.parameters = heads.parameters.map { parameter in
            var moved = parameter
            moved.add(matrix(parameter.rows, parameter.columns), scale: 0.3)
            return moved
        }
        let (a, b) = (matrix(5, 4), matrix(5, 4))
        let groups = [0, 1, 2, 1, 3]
        let (_, gradients) = heads.gradient(a, b, groups: groups, temperature: 0.5)
        for p in gradients.indices {
            for i in stride(from: 0, to: gradients[p].values.count, by: 2) {
                var (up, down) = (heads, heads)
                up.parameters[p].values[i] += 1e-2
                down.parameters[p].values[i] -= 1e-2
                let rise = up.gradient(a, b, groups: groups, temperature: 0.5).loss
                let fall = down.gradient(a, b, groups: groups, temperature: 0.5).loss
                #expect(abs((rise - fall) / 2e-2 - gradients[p].values[i]) < 3e-3, "parameter \(p), value \(i)")
            }
        }
    }

    @Test("bring together what belongs together")
    func training() {
        var random = SeededRandom(seed: 8)
        let a = Matrix<Float>(64, 8, (0..<512).map { _ in gaussian(&random) })
        // The picture is the title with its values in another order: no cosine to begin with.
        let b = Matrix<Float>(64, 8, (0..<512).map { a.values[$0 / 8 * 8 + ($0 + 3) % 8] })
        var heads = ContrastiveHeads(dimensions: 8, hidden: 8, seed: 1)
        let names = (0..<64).map { "\($0)" }
        let before = AlignmentTraining.recall10(Matrix.product(heads.text.apply(a), heads.image.apply(b), transposeB: true), names)
        var options = ContrastiveHeads.Options()
        (options.epochs, options.batch, options.rate, options.dropout) = (60, 32, 0.01, 0)
        heads.train(text: a, image: b, groups: Array(0..<64), options: options) { _, _, _ in true }
        let after = AlignmentTraining.recall10(Matrix.product(heads.text.apply(a), heads.image.apply(b), transposeB: true), names)
        #expect(before < 0.5 && after > 0.9, "\(before) → \(after)")
    }
}

@Suite("Features of pictures and titles")
struct AlignmentFeatureTests {
    @Test("colours are counted before the background")
    func histogram() {
        // Two rows of red on two of white; 8×8.
        var rgb: [UInt8] = []
        for pixel in 0..<64 { rgb += pixel < 32 ? [255, 0, 0] : [255, 255, 255] }
        let colours = PictureMeasures.histogram(DecodedImage(width: 8, height: 8, rgb: rgb))
        #expect(colours.filter { $0 > 0 } == [1])
        #expect(colours[5 * 36] == 1, "the reddest of 6×6×6")
        let white = PictureMeasures.histogram(DecodedImage(width: 2, height: 2, rgb: [UInt8](repeating: 255, count: 12)))
        #expect(white[215] == 1, "with nothing before it the background counts")
    }

    @Test("words are weighted by how rare they are")
    func words() {
        let words = TitleWords(titles: ["Gold ring", "gold Ring", "Gold mug", "silver spoon"], countMin: 2)
        #expect(words.words == ["gold", "gold_ring", "ring"])
        // ln(5/4) + 1, ln(5/3) + 1, ln(5/3) + 1
        #expect(zip(words.weights, [1.22314, 1.51083, 1.51083]).allSatisfy { abs($0 - Float($1)) < 1e-4 })
        #expect(words.vector("A RING of gold!").filter { $0 > 0 }.count == 2)
        #expect(words.vector("nothing known") == [0, 0, 0])
    }

    @Test("are kept on disk by content, in files that are written once")
    func table() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var table = try FeatureTable(folder, kind: "net", width: 2, keys: ["a", "b"])
        #expect(table.count == 0)
        try table.set("a", [1, 2])
        try table.save()
        try table.set("b", [3, 4])
        // A key names a content: its row does not change.
        try table.set("a", [5, 6])
        try table.save()
        try table.save()
        let read = try FeatureTable(folder, kind: "net", width: 2, keys: ["a", "b", "c"])
        #expect(read["a"] == [1, 2] && read["b"] == [3, 4] && read["c"] == nil)
        #expect(try FeatureTable(folder, kind: "net", width: 2, keys: ["b"]).count == 1)
        #expect(try FeatureTable(folder, kind: "other", width: 2, keys: ["a"]).count == 0)
        #expect(throws: TrainingError.self) { try FeatureTable(folder, kind: "net", width: 3, keys: ["a"]) }
    }

    @Test("an alignment is trained, written, read, and finds what was not seen")
    func alignment() throws {
        var random = SeededRandom(seed: 9)
        let kinds = ["gold ring", "silver spoon", "blue mug", "red hat"]
        var (pictures, sentences) = (Matrix<Float>(120, PictureLayout.width), Matrix<Float>(120, 16))
        var titles: [String] = []
        for r in 0..<120 {
            for c in 0..<16 { sentences[r, c] = (c == r % 4 ? 1 : 0) + 0.1 * gaussian(&random) }
            for c in 0..<40 { pictures[r, 2_560 + c * 10] = (c % 4 == r % 4 ? 0.5 : 0) + 0.05 * gaussian(&random) }
            titles.append(kinds[r % 4])
        }
        var training = AlignmentTraining()
        training.method = .contrastive
        training.parts = [.middle, .colours, .sentence, .words]
        training.dimensions = 8
        training.heads = 1
        training.options.epochs = 3
        training.options.hidden = 8
        let (model, steps) = try training.run(
            .init(pictures: pictures, titles: titles, sentences: sentences), textSpace: "space", progress: { _ in })
        #expect(steps.count == 2)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try model.write(to: folder, card: ModelCard(kind: "alignment", method: "contrastive", date: "", seed: 1, data: [:]))
        let read = try AlignmentModel.read(folder).model
        let (found, asked) = (read.pictures(pictures), read.titles(titles, sentences))
        #expect(found == model.pictures(pictures))
        let scores = Matrix.product(asked, found, transposeB: true)
        let right = (0..<120).filter { r in ((0..<120).max { scores[r, $0] < scores[r, $1] } ?? 0) % 4 == r % 4 }.count
        #expect(right > 110)
    }
}
