import EventLoop
import Foundation
import Fusion
import LinearAlgebra
import Testing

@testable import Training

/// Titles of four kinds with the server's vectors of their pictures.
enum SmallShop {
    static let kinds = ["gold ring", "silver spoon", "blue mug", "red hat"]

    static func pairs(_ count: Int = 120, seed: UInt64 = 9) -> AlignmentTraining.Pairs {
        var random = SeededRandom(seed: seed)
        var (pictures, sentences) = (Matrix<Float>(count, 24), Matrix<Float>(count, 16))
        var titles: [String] = []
        for r in 0..<count {
            for c in 0..<16 { sentences[r, c] = (c == r % 4 ? 1 : 0) + 0.1 * gaussian(&random) }
            for c in 0..<24 { pictures[r, c] = (c % 4 == r % 4 ? 0.5 : 0) + 0.1 * gaussian(&random) }
            titles.append("\(kinds[r % 4]) \(r / 40)")
        }
        return .init(pictures: pictures, titles: titles, sentences: sentences)
    }

    static var training: AlignmentTraining {
        var training = AlignmentTraining()
        training.method = .contrastive
        training.parts = AlignmentPart.ofPlugins
        training.pictureSpace = "pictures"
        (training.dimensions, training.heads, training.options.epochs, training.options.hidden) = (8, 2, 3, 8)
        return training
    }

    static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}

@Suite("A shared space for one text or picture at a time")
struct SharedProjectionTests {
    @Test("gives what the model gives of many, and comes back from disk with its spaces")
    func same() throws {
        let pairs = SmallShop.pairs()
        let (model, _) = try SmallShop.training.run(pairs, textSpace: "sentences", progress: { _ in })
        try SmallShop.withFolder { folder in
            try model.write(to: folder, card: ModelCard(kind: "alignment", method: "contrastive", date: "", seed: 1, data: [:]))
            let one = try AlignedSpace.read(folder)
            #expect(one.textSpace == "sentences" && one.pictureSpace == "pictures" && one.dimensions == model.dimensions)
            let (titles, pictures) = (model.titles(pairs.titles, pairs.sentences), model.pictures(pairs.pictures))
            for r in 0..<20 {
                let title = try one.title(pairs.titles[r], sentence: Array(pairs.sentences.row(r)))
                let picture = try one.picture(Array(pairs.pictures.row(r)))
                #expect(zip(title, titles.row(r)).allSatisfy { abs($0 - $1) < 1e-4 })
                #expect(zip(picture, pictures.row(r)).allSatisfy { abs($0 - $1) < 1e-4 })
                #expect(abs(title.reduce(0) { $0 + $1 * $1 } - 1) < 1e-3)
            }
            // Both ways: titles find pictures of their kind, pictures find titles.
            let scores = Matrix.product(titles, pictures, transposeB: true)
            let across = (0..<120).filter { r in ((0..<120).max { scores[r, $0] < scores[r, $1] } ?? 0) % 4 == r % 4 }.count
            let back = (0..<120).filter { r in ((0..<120).max { scores[$0, r] < scores[$1, r] } ?? 0) % 4 == r % 4 }.count
            #expect(across > 110 && back > 110)
            let short = #expect(throws: TrainingError.self) { try one.picture([1, 2]) }
            #expect(short?.message == "the picture has 2 values with its words; the model was trained with 24")
            let bad = #expect(throws: TrainingError.self) { try one.picture([Float](repeating: .nan, count: 24)) }
            #expect(bad?.message.contains("not finite") == true)
        }
    }

    @Test("is not mixed with layers")
    func mixed() {
        var training = SmallShop.training
        training.parts = [.embedding, .mean, .sentence]
        let error = #expect(throws: TrainingError.self) { try training.run(SmallShop.pairs(), textSpace: "", progress: { _ in }) }
        #expect(error?.message.contains("choose one of both") == true)
    }
}

@Suite("A training of an alignment that was stopped")
struct AlignmentResumeTests {
    @Test("goes on where it was and comes to the same model; what was begun with other options is not gone on with")
    func resume() throws {
        try SmallShop.withFolder { folder in
            let (unfinished, kept) = ("\(folder)/unfinished", "\(folder)/kept")
            let pairs = SmallShop.pairs()
            let whole = try SmallShop.training.run(
                pairs, textSpace: "s", resume: AlignmentResume(folder: unfinished, key: "k", unkept: unwritten),
                progress: { now in
                    // As a stop then leaves it: both heads were tried, of the model of everything nothing is there.
                    if now.stage == "learning from everything" { try? FileManager.default.copyItem(atPath: unfinished, toPath: kept) }
                })
            #expect(!FileManager.default.fileExists(atPath: unfinished), "nothing unfinished is left")
            let stages = Stages()
            func again(_ key: String) throws -> (AlignmentModel, [AlignmentTraining.Step]) {
                try FileManager.default.copyItem(atPath: kept, toPath: unfinished)
                stages.all = []
                return try SmallShop.training.run(
                    pairs, textSpace: "s", resume: AlignmentResume(folder: unfinished, key: key, unkept: unwritten),
                    progress: { stages.all.append($0.stage) })
            }
            let resumed = try again("k")
            #expect(!stages.all.contains { $0.hasPrefix("head") || $0 == "canonical correlation" } && stages.all.contains("done"))
            #expect(resumed.1 == whole.1 && resumed.0.pictures(pairs.pictures) == whole.0.pictures(pairs.pictures))
            let other = try again("other options")
            #expect(stages.all.contains("head 1") && other.0.pictures(pairs.pictures) == whole.0.pictures(pairs.pictures))
            // A file that was cut off is begun again.
            try FileManager.default.removeItem(atPath: "\(kept)/held/weights.safetensors")
            _ = try again("k")
            #expect(stages.all.contains("head 1"))
        }
    }

    /// Stages as they were told, on the test's own thread.
    private final class Stages: @unchecked Sendable {
        // Invariant: progress is reported on the thread that trains, which is the test's.
        var all: [String] = []
    }
}
