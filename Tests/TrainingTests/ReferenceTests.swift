import Foundation
import Fusion
import LinearAlgebra
import Testing

@testable import Training

/// What scikit-learn 1.x gives for two small views made by a formula.
@Suite("Against scikit-learn")
struct ReferenceTests {
    private static let count = 24
    private static func first(_ r: Int, _ c: Int) -> Double {
        let angle: Double = 1.3 * Double(r) + 2.1 * Double(c)
        let step = Double((r * 7 + c * 3) % 5)
        return sin(angle) + 0.1 * step
    }

    private static func second(_ r: Int, _ c: Int) -> Double {
        let angle: Double = 0.7 * Double(r) + Double(c)
        let step = Double((r * 5 + c) % 7)
        return cos(angle) + 0.5 * first(r, c) + 0.1 * step
    }

    private static let x: [[Double]] = (0..<count).map { r in [first(r, 0), first(r, 1), first(r, 2)] }
    private static let y: [[Double]] = (0..<count).map { r in [second(r, 0), second(r, 1)] }

    private static func floats(_ rows: [[Double]]) -> Matrix<Float> { Matrix(rows).converted() }

    @Test("canonical correlations are those of cross_decomposition.CCA")
    func correlations() throws {
        let found = try CanonicalCorrelation(Self.floats(Self.x), Self.floats(Self.y), regularisation: (1e-9, 1e-9), dimensions: 2)
        #expect(abs(found.correlations[0] - 0.686816) < 1e-4)
        #expect(abs(found.correlations[1] - 0.347725) < 1e-4)
    }

    @Test("a decision of one modality is linear_model.LogisticRegression without a penalty")
    func logistic() throws {
        let token = LearntToken(name: "x", modality: "x", width: 3)
        var model = FusionModel(.decision, tokens: [token], classes: ["0", "1", "2"], width: 1, seed: 1)
        let batch = FusionModel.Batch(inputs: [Self.floats(Self.x)], present: Matrix(Self.count, 1, [Float](repeating: 1, count: Self.count)))
        let truth = (0..<Self.count).map { ($0 * $0 + $0 / 3) % 3 }
        var adam = Adam(model.parameters)
        var loss: Float = 0
        for step in 0..<1_500 {
            let (value, gradients) = model.gradient(batch, truth)
            model.parameters = adam.step(model.parameters, gradients, rate: step < 900 ? 0.1 : step < 1_300 ? 0.02 : 0.002)
            loss = value
        }
        #expect(abs(loss - 0.961001) < 1e-4)
        let p = try model.probabilities(batch)
        let wanted: [(row: Int, values: [Float])] = [(0, [0.244492, 0.190991, 0.564517]), (5, [0.221736, 0.262574, 0.515690])]
        for (row, values) in wanted {
            for (c, value) in values.enumerated() { #expect(abs(p[row, c] - value) < 5e-3, "row \(row), class \(c): \(p[row, c])") }
        }
    }
}
