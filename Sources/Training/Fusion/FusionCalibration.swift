import Fusion
import LinearAlgebra

/// Fits the decision level's temperatures and weights on examples that were not learnt from.
///
/// Each modality's temperature minimises the log loss of that modality alone, then the weights that of all together, one after the other.
/// Scalars alone are fitted: the classifiers stay as they are.
struct FusionCalibration {
    /// Temperatures from 1/8 to 8.
    static let logTemperatureMax = 2.08
    static let weightMax = 4.0
    private static let steps = 24

    /// What is held out, and its classes' numbers.
    let judge: FusionModel.Batch
    let truth: [Int]

    /// Whether the operator has votes to calibrate.
    static func applies(to fusion: LearntOperator) -> Bool { fusion == .decision || fusion == .hybrid }

    func run(_ model: inout FusionModel) throws(TrainingError) {
        guard let sharpness = model.names.firstIndex(of: DecisionForm.sharpness), let weights = model.names.firstIndex(of: DecisionForm.weights)
        else {
            return
        }
        // A hybrid's votes are calibrated by themselves, without its network.
        var votes = model.decisionLevel
        guard let own = votes.names.firstIndex(of: DecisionForm.sharpness) else { return }
        for modality in model.modalities.indices {
            var alone = judge
            for other in model.modalities.indices where other != modality { alone = alone.without(other) }
            let rows = (0..<alone.present.rows).filter { alone.present[$0, modality] != 0 }
            guard rows.count > 1 else { continue }
            let (part, ownTruth) = (alone.rows(rows), rows.map { truth[$0] })
            let best = try Self.least(-Self.logTemperatureMax, Self.logTemperatureMax) { (logTemperature) throws(TrainingError) in
                votes.parameters[own][0, modality] = 1 / exponential(Float(logTemperature)) - 1
                return FusionTraining.judge(try votes.probabilities(part), ownTruth).loss
            }
            votes.parameters[own][0, modality] = 1 / exponential(Float(best)) - 1
            model.parameters[sharpness][0, modality] = votes.parameters[own][0, modality]
        }
        for modality in model.modalities.indices.dropFirst() {
            let best = try Self.least(-Self.weightMax, Self.weightMax) { (weight) throws(TrainingError) in
                model.parameters[weights][0, modality] = model.parameters[weights][0, 0] + Float(weight)
                return FusionTraining.judge(try model.probabilities(judge), truth).loss
            }
            model.parameters[weights][0, modality] = model.parameters[weights][0, 0] + Float(best)
        }
    }

    /// Where a function of one valley is least: golden-section search. (Kiefer, "Sequential minimax search for a maximum", 1953.)
    static func least(
        _ low: Double, _ high: Double, _ value: (Double) throws(TrainingError) -> Double
    ) throws(TrainingError) -> Double {
        let golden = 0.6180339887498949
        var (a, b) = (low, high)
        var (x, y) = (b - golden * (b - a), a + golden * (b - a))
        var (fx, fy) = (try value(x), try value(y))
        for _ in 0..<steps {
            if fx <= fy {
                (b, y, fy) = (y, x, fx)
                x = b - golden * (b - a)
                fx = try value(x)
            } else {
                (a, x, fx) = (x, y, fy)
                y = a + golden * (b - a)
                fy = try value(y)
            }
        }
        return (a + b) / 2
    }
}

extension FusionModel {
    /// The decision level of a hybrid, by itself; a decision model as it is.
    var decisionLevel: FusionModel {
        var votes = FusionModel(.decision, tokens: tokens, classes: classes, width: width, seed: 0)
        for (index, name) in votes.names.enumerated() {
            if let place = names.firstIndex(of: name) { votes.parameters[index] = parameters[place] }
        }
        return votes
    }
}
