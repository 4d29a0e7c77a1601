import EventLoop
import Foundation
import Fusion
import LinearAlgebra
import Testing

@testable import Training

@Suite("Fusion operators that are learnt")
struct FusionTests {
    static let tokens = [
        LearntToken(name: "embedding", modality: "image", width: 4), LearntToken(name: "colours", modality: "image", width: 3),
        LearntToken(name: "sentence", modality: "text", width: 5),
    ]

    private static func random(_ rows: Int, _ columns: Int, _ generator: inout SeededRandom) -> Matrix<Double> {
        Matrix(rows, columns, (0..<rows * columns).map { _ in Double(gaussian(&generator)) })
    }

    @Test("have the derivatives that finite differences give, also with missing modalities", arguments: LearntOperator.allCases)
    func gradients(fusion: LearntOperator) {
        var generator = SeededRandom(seed: 3)
        let model = FusionModel(fusion, tokens: Self.tokens, classes: ["a", "b", "c"], width: 3, seed: 2)
        let parameters = model.parameters.map { Self.random($0.rows, $0.columns, &generator).scaled(by: 0.5) }
        let inputs = Self.tokens.map { Self.random(4, $0.width, &generator) }
        let present = Matrix<Double>([[1, 1], [1, 0], [0, 1], [1, 1]])
        let truth = [0, 2, 1, 2]
        func loss(_ parameters: [Matrix<Double>]) -> Double {
            let (tape, output, _) = FusionModel.graph(model, parameters, inputs, present)
            return tape.value(tape.negativeLogLikelihood(output, truth))[0, 0]
        }
        let (tape, output, leaves) = FusionModel.graph(model, parameters, inputs, present)
        tape.backward(tape.negativeLogLikelihood(output, truth))
        for (index, leaf) in leaves.enumerated() {
            let gradient = tape.gradient(leaf)
            for i in gradient.values.indices {
                var (up, down) = (parameters, parameters)
                up[index].values[i] += 1e-5
                down[index].values[i] -= 1e-5
                let slope = (loss(up) - loss(down)) / 2e-5
                #expect(abs(slope - gradient.values[i]) < 1e-6, "\(model.names[index])[\(i)]: \(slope), not \(gradient.values[i])")
            }
        }
    }

    /// The class is which of two the picture shows and which of two the title says: neither alone suffices.
    private static func examples(_ count: Int) -> (FusionModel.Batch, [String]) {
        var generator = SeededRandom(seed: 5)
        var inputs = tokens.map { Matrix<Float>(count, $0.width) }
        var labels: [String] = []
        for r in 0..<count {
            let (shown, said) = (r % 2, r / 2 % 2)
            for (index, token) in tokens.enumerated() {
                for c in 0..<token.width { inputs[index][r, c] = gaussian(&generator) * 0.3 }
            }
            inputs[0][r, shown] += 1
            inputs[2][r, said] += 1
            labels.append("\(shown)\(said)")
        }
        return (FusionModel.Batch(inputs: inputs, present: Matrix(count, 2, [Float](repeating: 1, count: count * 2))), labels)
    }

    @Test(
        "learn what needs both modalities, and say what each contributed", arguments: [LearntOperator.concatenation, .network, .hybrid, .coAttention])
    func learning(fusion: LearntOperator) throws {
        let (batch, labels) = Self.examples(400)
        var training = FusionTraining()
        training.width = 16
        training.batch = 32
        training.rate = 0.01
        training.epochs = 20
        let outcome = try training.run(fusion, tokens: Self.tokens, batch: batch, labels: labels, progress: { _ in })
        #expect(outcome.validationAccuracy > 0.85)
        let shares = try outcome.model.contributions(batch)
        let image = (0..<400).reduce(Float(0)) { $0 + shares[$1, 0] } / 400
        #expect(image > 0.3 && image < 0.7, "both count about the same: \(image)")
        let alone = try outcome.model.probabilities(batch.without(1))
        #expect(alone.isFinite)
        #expect(try outcome.model.contributions(batch.without(1))[0, 0] == 1)
    }

    /// A modality that is sure of itself and often wrong beside one that is right: labels of the examples that are held out differ at random.
    @Test("are calibrated where they vote: each modality alone says how sure it is", arguments: [LearntOperator.decision, .hybrid])
    func calibration(fusion: LearntOperator) throws {
        var generator = SeededRandom(seed: 8)
        let tokens = [LearntToken(name: "embedding", modality: "image", width: 40), LearntToken(name: "sentence", modality: "text", width: 40)]
        func examples(_ count: Int) -> (FusionModel.Batch, [Int]) {
            var inputs = tokens.map { Matrix<Float>(count, $0.width) }
            var truth: [Int] = []
            for r in 0..<count {
                let c = r % 2
                for i in 0..<2 { for column in 0..<40 { inputs[i][r, column] = gaussian(&generator) } }
                inputs[0][r, 0] += c == 0 ? -0.4 : 0.4
                inputs[1][r, 0] += c == 0 ? -1.5 : 1.5
                truth.append(c)
            }
            return (FusionModel.Batch(inputs: inputs, present: Matrix(count, 2, [Float](repeating: 1, count: count * 2))), truth)
        }
        let (learnt, unseen) = (examples(200), examples(600))
        var training = FusionTraining()
        (training.width, training.batch, training.rate, training.epochs, training.patience, training.validationShare) = (8, 32, 0.03, 40, 40, 0.4)
        let model = try training.run(fusion, tokens: tokens, batch: learnt.0, labels: learnt.1.map { "\($0)" }, progress: { _ in }).model
            .decisionLevel
        var plain = model
        let place = try #require(model.names.firstIndex(of: DecisionForm.sharpness))
        #expect(model.parameters[place].values.contains { abs($0) > 0.05 })
        plain.parameters[place] = Matrix(1, 2)
        for modality in 0..<2 {
            let alone = unseen.0.without(1 - modality)
            let (with, without) = (
                FusionTraining.judge(try model.probabilities(alone), unseen.1), FusionTraining.judge(try plain.probabilities(alone), unseen.1)
            )
            #expect(with.loss < without.loss + 0.01 && with.accuracy == without.accuracy, "\(modality): \(with), uncalibrated \(without)")
        }
        let first = unseen.0.without(1)
        #expect(
            FusionTraining.judge(try model.probabilities(first), unseen.1).loss < FusionTraining.judge(try plain.probabilities(first), unseen.1).loss
                - 0.02,
            "the modality that was sure of itself is less so")
    }

    @Test("come back from disk as they were")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (batch, _) = Self.examples(3)
        let model = FusionModel(.attention, tokens: Self.tokens, classes: ["a", "b"], width: 4, seed: 9)
        try model.write(to: folder, card: ModelCard(kind: "fusion", method: "attention", date: "", seed: 9, data: [:]))
        #expect(try FusionModel.read(folder).model.probabilities(batch) == model.probabilities(batch))
    }

    @Test("give in a graph what they give in training, also with missing modalities", arguments: LearntOperator.allCases)
    func served(fusion: LearntOperator) throws {
        let tokens = [LearntToken(name: "embedding", modality: "image", width: 4), LearntToken(name: "sentence", modality: "text", width: 5)]
        var generator = SeededRandom(seed: 14)
        var model = FusionModel(fusion, tokens: tokens, classes: ["a", "b", "c"], width: 3, seed: 4)
        model.parameters = model.parameters.map { Self.random($0.rows, $0.columns, &generator).converted() }
        var inputs: [Matrix<Float>] = tokens.map { Self.random(1, $0.width, &generator).converted() }
        for i in inputs.indices { inputs[i].normaliseRows() }
        let served = LearntModel(
            fusion: fusion, tokens: tokens, classes: model.classes, width: 3,
            parameters: Dictionary(
                uniqueKeysWithValues: zip(model.names, model.parameters.map { LearntMatrix($0.rows, $0.columns, $0.values) })))
        for present: [Float] in [[1, 1], [1, 0], [0, 1]] {
            let batch = FusionModel.Batch(inputs: inputs, present: Matrix([present]))
            let wanted = try model.probabilities(batch)
            let shares = try model.contributions(batch)
            let features = tokens.indices.filter { present[$0] == 1 }
                .map { Feature(modality: tokens[$0].modality, spaceID: "", values: Array(inputs[$0].row(0))) }
            let found = try #require(try served.decide(features))
            for answer in found.classes {
                let place = try #require(model.classes.firstIndex(of: answer.name))
                #expect(abs(answer.probability - wanted[0, place]) < 1e-5)
            }
            for share in found.contributions {
                let place = try #require(model.modalities.firstIndex(of: share.name))
                if shares.row(0).reduce(0, +) > 0 { #expect(abs(share.probability - shares[0, place]) < 1e-3) }
            }
        }
    }

    @Test("refuse one class, wrong shapes, values that are not finite, and examples without anything")
    func refusals() throws {
        let (batch, labels) = Self.examples(40)
        let training = FusionTraining()
        func message(_ batch: FusionModel.Batch, _ labels: [String]) -> String {
            do {
                _ = try training.run(.network, tokens: Self.tokens, batch: batch, labels: labels, progress: { _ in })
                return ""
            } catch { return error.message }
        }
        #expect(message(batch, Array(repeating: "x", count: 40)) == "all examples are 'x': one class cannot be told from others")
        var bad = batch
        bad.inputs[1][0, 0] = .nan
        #expect(message(bad, labels) == "'colours' holds values that are not finite")
        bad = batch
        bad.inputs[1] = Matrix(40, 2)
        #expect(message(bad, labels) == "'colours' has 2 values; the model was trained with 3")
        #expect(message(batch.without(0).without(1), labels) == "example 1 has none of the modalities image, text")
    }
}
