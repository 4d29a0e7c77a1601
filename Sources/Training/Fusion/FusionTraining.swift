import EventLoop
public import Fusion
import LinearAlgebra

/// Trains a fusion operator to tell classes apart.
public struct FusionTraining: Sendable {
    public var width = 128
    /// At most: it stops when the held-out examples are told no better.
    public var epochs = 80
    public var batch = 256
    public var rate: Float = 1e-3
    public var decay: Float = 1e-3
    /// How often a modality is left out of a training example (never the last one).
    public var modalityDropout = 0.2
    /// Epochs without a better validation after which training stops.
    public var patience = 4
    public var validationShare = 0.1
    public var seed: UInt64 = 1

    public init() {}

    public struct Outcome: Sendable {
        public var model: FusionModel
        /// Of the held-out examples, with the state that was kept.
        public var validationAccuracy: Double
        public var validationLoss: Double
        public var epoch: Int
    }

    public static let examplesMin = 20

    /// - Parameter resume: where a run that was stopped left off; its state is kept there after every epoch.
    /// - Throws: for too few examples, fewer than two classes, and features that do not fit or are not finite.
    public func run(
        _ fusion: LearntOperator, tokens: [LearntToken], batch examples: FusionModel.Batch, labels: [String], resume: FusionResume? = nil,
        progress: ProgressReport
    ) throws(TrainingError) -> Outcome {
        guard labels.count == examples.present.rows, labels.count >= Self.examplesMin else {
            throw TrainingError("\(labels.count) examples; at least \(Self.examplesMin) are needed")
        }
        let classes = Set(labels).sorted()
        guard classes.count > 1 else { throw TrainingError("all examples are '\(classes.first ?? "")': one class cannot be told from others") }
        let place = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        let truth = labels.map { place[$0] ?? 0 }
        var model = FusionModel(fusion, tokens: tokens, classes: classes, width: width, seed: seed)
        try model.check(examples)
        var random = SeededRandom(seed: seed &+ 1)
        let order = Array(0..<labels.count).shuffled(using: &random)
        let held = Array(order.prefix(max(5, Int(Double(labels.count) * validationShare))))
        let learnt = Array(order.dropFirst(held.count))
        let judge = examples.rows(held)
        let fixed = model.names.firstIndex(of: DecisionForm.sharpness)
        var best = Outcome(model: model, validationAccuracy: 0, validationLoss: .infinity, epoch: 0)
        var adam = Adam(model.parameters, decay: decay)
        var done = 0
        if let state = resume?.load(model) {
            (done, model.parameters, best) = (state.epoch, state.parameters, state.best)
            adam = state.adam
            adam.decay = decay
        }
        for epoch in 1...max(1, epochs) {
            if epoch - best.epoch > patience { break }
            let shuffled = learnt.shuffled(using: &random)
            for start in stride(from: 0, to: shuffled.count, by: batch) {
                let rows = Array(shuffled[start..<min(shuffled.count, start + batch)])
                var present = examples.present.rows(rows)
                dropModalities(&present, &random)
                // What was done before is drawn again, so that chance goes on where it was.
                if epoch <= done { continue }
                let part = FusionModel.Batch(inputs: examples.inputs.map { $0.rows(rows) }, present: present)
                var (_, gradients) = model.gradient(part, rows.map { truth[$0] })
                // Fitted afterwards, on what is held out: the examples that are learnt from would make every modality sure of itself.
                if let fixed { gradients[fixed] = Matrix(gradients[fixed].rows, gradients[fixed].columns) }
                model.parameters = adam.step(model.parameters, gradients, rate: rate)
            }
            if epoch <= done { continue }
            let p = try model.probabilities(judge)
            let (accuracy, loss) = Self.judge(p, held.map { truth[$0] })
            if loss < best.validationLoss { best = Outcome(model: model, validationAccuracy: accuracy, validationLoss: loss, epoch: epoch) }
            let note = "validation accuracy \(EvaluationNumber.text(accuracy)), log loss \(EvaluationNumber.text(loss))"
            progress(.init(stage: "epoch", done: epoch, total: epochs, note: note))
            resume?.save(.init(epoch: epoch, parameters: model.parameters, adam: adam, best: best), names: model.names)
            if epoch - best.epoch >= patience { break }
        }
        if FusionCalibration.applies(to: fusion) {
            let heldTruth = held.map { truth[$0] }
            try FusionCalibration(judge: judge, truth: heldTruth).run(&best.model)
            (best.validationAccuracy, best.validationLoss) = Self.judge(try best.model.probabilities(judge), heldTruth)
        }
        return best
    }

    private func dropModalities(_ present: inout Matrix<Float>, _ random: inout SeededRandom) {
        for r in 0..<present.rows {
            for m in 0..<present.columns where present[r, m] != 0 && Double(random.next() >> 11) / Double(1 << 53) < modalityDropout {
                if present.row(r).reduce(0, +) > 1 { present[r, m] = 0 }
            }
        }
    }

    static func judge(_ p: Matrix<Float>, _ truth: [Int]) -> (accuracy: Double, loss: Double) {
        var right = 0
        var loss = 0.0
        for (r, c) in truth.enumerated() {
            if (0..<p.columns).allSatisfy({ p[r, $0] <= p[r, c] }) { right += 1 }
            loss -= logarithm(Double(max(p[r, c], 1e-12)))
        }
        return (Double(right) / Double(max(truth.count, 1)), loss / Double(max(truth.count, 1)))
    }
}
