public import ArgumentParser
import Evaluation
import Foundation
public import Fusion
import Training

extension LearntOperator: ExpressibleByArgument {}

struct TrainFusion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fusion",
        abstract: "Learn to tell an attribute of a product from its picture and its title together.",
        discussion: """
            Products are JSON objects, one a line: {"id", "title", "image", attributes …}. A tenth is held out to choose when to stop. One modality \
            is left out of a fifth of the examples, so that the model does with what there is; a product without title or picture takes part with \
            the other. The state of a training is kept in OUT/unfinished after each epoch, so a run that was stopped goes on where it was.
            """)

    @Option(help: ArgumentHelp("Products, JSONL.", valueName: "file"))
    var data: String

    @Option(help: "The attribute to tell, such as base_colour.")
    var label: String

    @Option(name: .customLong("operator"), help: "\(LearntOperator.allCases.map(\.rawValue).joined(separator: ", ")).")
    var fusion = LearntOperator.weightedSum

    @Option(
        help: "layers (the most that is known of a picture) or plugins (what a conversation's turn has: for a graph's decide node).")
    var inputs = FusionInputs.layers

    @Option(help: "Dimensions of each modality's projection.")
    var width = 128

    @Option(help: "Epochs at most; it stops when the held-out examples are told no better.")
    var epochs = 80

    @Option(name: .customLong("rare-max"), help: "Classes with at most this many examples are left out.")
    var rareMax = 0

    @Option(
        help: ArgumentHelp(
            "Also write the model as an ONNX file, for other programs or a graph's decide node with 'operator: onnx'.", valueName: "file"))
    var onnx: String?

    @OptionGroup var features: FeatureOptions
    @OptionGroup var options: TrainingOptions

    func run() throws {
        guard (1...4_096).contains(width), (1...10_000).contains(epochs), rareMax >= 0 else {
            throw Environment.fail("--width takes 1 to 4096, --epochs 1 to 10000, --rare-max 0 or more", code: 64)
        }
        try reportingTrainingErrors {
            let examples = try FusionData(data, label: label, rareMax: rareMax, inputs: inputs, features: features)
            var training = FusionTraining()
            (training.width, training.epochs, training.seed) = (width, epochs, options.seed)
            let bar = ProgressBar()
            let resume = FusionResume(folder: "\(options.out)/unfinished", key: try key(examples), unkept: bar.sayUnkept)
            let found = try training.run(fusion, tokens: examples.tokens, batch: examples.batch, labels: examples.labels, resume: resume) {
                bar.show($0)
            }
            bar.end()
            let card = ModelCard(
                kind: FusionModel.kind, method: fusion.rawValue, date: options.date, seed: options.seed,
                data: [URL(fileURLWithPath: data).lastPathComponent: try FileHash.sha256(data)],
                parameters: ["width": Double(width), "epochs": Double(found.epoch), "modality_dropout": training.modalityDropout],
                metrics: [
                    "validation accuracy": found.validationAccuracy, "validation log loss": found.validationLoss,
                    "examples": Double(examples.labels.count), "classes": Double(found.model.classes.count),
                ], settings: ["label": label, "inputs": inputs.rawValue])
            try found.model.write(to: options.out, card: card)
            resume.finish()
            if let onnx {
                do {
                    try Data(try LearntModel.read(options.out).onnx()).write(to: URL(fileURLWithPath: onnx), options: .atomic)
                } catch let error as CocoaError {
                    throw Environment.fail("\(onnx) cannot be written: \(error.localizedDescription)", code: 73)
                }
            }
            try options.show(card)
        }
    }

    /// Of everything that a training depends on.
    private func key(_ examples: FusionData) throws -> String {
        let tokens = examples.tokens.map { "\($0.name) \($0.width) \($0.spaceID)" }
        let options = "\(label) \(fusion.rawValue) \(inputs.rawValue) \(width) \(epochs) \(rareMax) \(self.options.seed) \(examples.ids.count)"
        return FileHash.sha256(Data(([try FileHash.sha256(data), options] + tokens).joined(separator: "\n").utf8))
    }
}
