import ArgumentParser
import Evaluation
import Foundation
import Fusion
import LinearAlgebra
import Training

struct EvaluateFusion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fusion",
        abstract: "What a fusion model tells right, with every modality and without each of them.",
        discussion: "Each model is measured whole and with one modality after the other left out; several models are compared with the first.")

    @Option(help: ArgumentHelp("Products that the model has not seen, JSONL.", valueName: "file"))
    var data: String

    @Option(help: ArgumentHelp("A model that 'vitrine train fusion' made.", valueName: "folder"))
    var model: [String]

    @OptionGroup var features: FeatureOptions
    @OptionGroup var output: ReportOptions

    func run() throws {
        try reportingTrainingErrors {
            guard let first = model.first else { throw Environment.fail("give --model", code: 64) }
            let settings = try ModelCard.read(first, kind: FusionModel.kind).settings
            guard let label = settings["label"], let inputs = FusionInputs(rawValue: settings["inputs"] ?? "") else {
                throw TrainingError("\(first): the model card does not say which attribute the model tells, and from what")
            }
            var examples = try FusionData(data, label: label, rareMax: 0, inputs: inputs, features: features)
            let hash = try FileHash.sha256(data)
            var rows: [(name: String, rows: [PredictionRow])] = []
            for folder in model {
                let (fusion, card) = try FusionModel.read(folder)
                guard card.settings["label"] == label else { throw TrainingError("\(folder) does not tell '\(label)', as \(first) does") }
                guard fusion.tokens == examples.tokens else {
                    throw TrainingError("\(folder) takes other inputs than \(first), or its encoders were others than those that are installed")
                }
                if card.data.values.contains(hash) { throw TrainingError("\(folder) was trained on \(data): give products that it has not seen") }
                let known = Set(fusion.classes)
                if let unknown = examples.labels.first(where: { !known.contains($0) }) {
                    printError("examples of classes that \(folder) has not learnt, such as '\(unknown)', count as wrong")
                }
                let name = URL(fileURLWithPath: folder).lastPathComponent
                rows.append((name, try Self.predictions(fusion, examples.batch, examples)))
                for (m, modality) in fusion.modalities.enumerated() {
                    rows.append(("\(name) without \(modality)", try Self.predictions(fusion, examples.batch.without(m), examples)))
                }
            }
            examples.batch = FusionModel.Batch(inputs: [], present: Matrix(0, 0))
            var report = try ClassificationEvaluation(seed: output.seed).report(rows)
            report.task = "fusion"
            report.data.insert(.init("attribute", label), at: 0)
            try output.show(report)
        }
    }

    private static func predictions(_ model: FusionModel, _ batch: FusionModel.Batch, _ examples: FusionData) throws -> [PredictionRow] {
        // Of what lacks the one modality that is looked at, nothing can be said: every class is as likely.
        let rows = (0..<batch.present.rows).filter { r in batch.present.row(r).contains { $0 != 0 } }
        let even = Float(1) / Float(model.classes.count)
        var p = Matrix<Float>(batch.present.rows, model.classes.count, [Float](repeating: even, count: batch.present.rows * model.classes.count))
        if !rows.isEmpty {
            let found = try model.probabilities(batch.rows(rows))
            for (place, r) in rows.enumerated() { for c in 0..<p.columns { p[r, c] = found[place, c] } }
        }
        return examples.labels.indices.map { r in
            PredictionRow(
                id: examples.ids[r], label: examples.labels[r],
                probabilities: Dictionary(uniqueKeysWithValues: model.classes.enumerated().map { ($1, Double(p[r, $0])) }))
        }
    }
}
