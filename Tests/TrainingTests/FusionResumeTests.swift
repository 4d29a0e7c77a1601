import EventLoop
import Foundation
import Fusion
import LinearAlgebra
import Locks
import Testing

@testable import Training

/// For trainings whose state can be written.
@Sendable func unwritten(_ why: String) { Issue.record(Comment(rawValue: why)) }

@Suite("A fusion training that was stopped, and examples that lack something")
struct FusionResumeTests {
    private static let tokens = [
        LearntToken(name: "embedding", modality: "image", width: 6), LearntToken(name: "sentence", modality: "text", width: 5),
    ]

    private static func examples() -> (batch: FusionModel.Batch, labels: [String]) {
        var generator = SeededRandom(seed: 9)
        let inputs = tokens.map { token in Matrix<Float>(200, token.width, (0..<200 * token.width).map { _ in gaussian(&generator) }) }
        return (
            .init(inputs: inputs, present: Matrix(200, 2, [Float](repeating: 1, count: 400))),
            (0..<200).map { inputs[0][$0, 0] + inputs[1][$0, 0] > 0 ? "a" : "b" }
        )
    }

    private func train(_ epochs: Int, _ resume: FusionResume?) throws -> (outcome: FusionTraining.Outcome, epochs: [Int]) {
        let seen = Lock<[Int]>([])
        var training = FusionTraining()
        (training.width, training.batch, training.epochs, training.patience) = (8, 32, epochs, 100)
        let (batch, labels) = Self.examples()
        let outcome = try training.run(.network, tokens: Self.tokens, batch: batch, labels: labels, resume: resume) { progress in
            seen.withLock { $0.append(progress.done) }
        }
        return (outcome, seen.withLock { $0 })
    }

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test("goes on after its last whole epoch and comes to the very model of a run that was never stopped")
    func resumed() throws {
        try inFolder { folder in
            let whole = try train(9, nil)
            let resume = FusionResume(folder: folder, key: "k", unkept: unwritten)
            #expect(try train(4, resume).epochs == [1, 2, 3, 4])
            let rest = try train(9, resume)
            #expect(rest.epochs == [5, 6, 7, 8, 9])
            #expect(rest.outcome.model.parameters == whole.outcome.model.parameters)
            #expect(rest.outcome.epoch == whole.outcome.epoch && rest.outcome.validationLoss == whole.outcome.validationLoss)
            // Another run of it has nothing left to do.
            #expect(try train(9, resume).epochs == [])
            resume.finish()
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test("goes on when its state cannot be written, and says why")
    func unwritable() throws {
        try inFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data().write(to: URL(fileURLWithPath: "\(folder)/file"))
            let said = Lock<[String]>([])
            let resume = FusionResume(folder: "\(folder)/file/unfinished", key: "k") { why in said.withLock { $0.append(why) } }
            #expect(try train(3, resume).epochs == [1, 2, 3])
            #expect(said.withLock { $0 }.count == 3 && said.withLock { $0 }.allSatisfy { $0.contains("\(folder)/file/unfinished cannot be made") })
        }
    }

    @Test("begins anew with other data or options, and from a file that is damaged")
    func anew() throws {
        try inFolder { folder in
            _ = try train(3, FusionResume(folder: folder, key: "k", unkept: unwritten))
            #expect(try train(3, FusionResume(folder: folder, key: "other", unkept: unwritten)).epochs == [1, 2, 3])
            let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
            try data.prefix(data.count - 40).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
            #expect(try train(3, FusionResume(folder: folder, key: "other", unkept: unwritten)).epochs == [1, 2, 3])
        }
    }

    @Test("an example without picture or title takes part with the other; one with neither does not")
    func missing() throws {
        let colours = LearntToken(name: "colours", modality: "image", width: 1)
        let found = try FusionExamples([
            (Self.tokens[0], [[1, 2, 3, 4, 5, 6], nil, [6, 5, 4, 3, 2, 1], nil, [1, 1, 1, 1, 1, 1]]), (colours, [[7], nil, [8], nil, nil]),
            (Self.tokens[1], [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], nil, nil, [0, 0, 1, 0, 0]]),
        ])
        #expect(found.kept == [0, 1, 2, 4])
        // The last one's picture is there by half: it counts as missing.
        #expect(found.batch.present == Matrix<Float>([[1, 1], [0, 1], [1, 0], [0, 1]]))
        #expect(found.batch.inputs[0] == Matrix<Float>([[1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], [6, 5, 4, 3, 2, 1], [0, 0, 0, 0, 0, 0]]))
        #expect(found.batch.inputs[1] == Matrix<Float>([[7], [0], [8], [0]]))
        #expect(throws: TrainingError("no example has the modality 'image': there is nothing to fuse")) {
            try FusionExamples([(Self.tokens[0], [nil, nil]), (Self.tokens[1], [[1, 0, 0, 0, 0], nil])])
        }
    }

    @Test("with some titles and some pictures gone an operator still learns")
    func learning() throws {
        var (batch, labels) = Self.examples()
        for r in 0..<200 where r % 4 == 0 { batch.present[r, r % 8 == 0 ? 0 : 1] = 0 }
        var training = FusionTraining()
        (training.width, training.batch, training.epochs, training.rate) = (8, 32, 30, 0.01)
        let outcome = try training.run(.weightedSum, tokens: Self.tokens, batch: batch, labels: labels, progress: { _ in })
        #expect(outcome.validationAccuracy > 0.7)
    }
}
