public import ArgumentParser
import Evaluation
import Foundation
import LinearAlgebra
public import Training

extension AlignmentTraining.Method: ExpressibleByArgument {}

struct TrainAlignment: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alignment",
        abstract: "Learn the space that titles and pictures share, from a catalogue.",
        discussion: """
            Products are JSON objects, one a line: {"id", "title", "image", …}. Pictures and titles go through the shipped encoders; a picture that \
            was encoded before is not encoded again, so a run that was stopped goes on where it was. A tenth of the pairs is held out to choose \
            when to stop; the model is then made from everything.
            """)

    @Option(help: ArgumentHelp("Products, JSONL.", valueName: "file"))
    var data: String

    @Option(help: "cca (closed form) or contrastive (heads trained with InfoNCE upon it).")
    var method = AlignmentTraining.Method.contrastive

    @Option(help: "Dimensions of the canonical space.")
    var dimensions = 512

    @Option(help: "Contrastive heads; their similarities are averaged.")
    var heads = 2

    @Option(help: "Epochs of a head at most.")
    var epochs = 20

    @OptionGroup var features: FeatureOptions
    @OptionGroup var options: TrainingOptions

    func run() throws {
        guard (2...4_096).contains(dimensions), (1...64).contains(heads), (1...10_000).contains(epochs) else {
            throw Environment.fail("--dimensions takes 2 to 4096, --heads 1 to 64, --epochs 1 to 10000", code: 64)
        }
        try reportingTrainingErrors {
            let products = try ProductRow.read(data).filter { $0.image != nil }
            let rows = try features.pictures(products.compactMap(\.image), beside: data)
            let usable = products.indices.filter { rows[$0] != nil }
            let titles = usable.map { products[$0].title }
            let (space, sentences) = try features.sentences(titles)
            var training = AlignmentTraining()
            training.method = method
            training.dimensions = dimensions
            training.heads = heads
            training.options.epochs = epochs
            training.seed = options.seed
            let bar = ProgressBar()
            let (model, steps) = try training.run(
                .init(pictures: Matrix(usable.compactMap { rows[$0] }), titles: titles, sentences: sentences), textSpace: space
            ) { bar.show($0) }
            bar.end()
            var metrics: [String: Double] = ["pairs": Double(titles.count)]
            for step in steps { metrics["validation Recall@10 \(step.name)"] = step.recall10 }
            let card = ModelCard(
                kind: AlignmentModel.kind, method: method.rawValue, date: options.date, seed: options.seed,
                data: [URL(fileURLWithPath: data).lastPathComponent: try FileHash.sha256(data)],
                parameters: [
                    "dimensions": Double(model.correlation.correlations.count), "heads": Double(model.heads.count), "epochs_max": Double(epochs),
                    "words": Double(model.words.words.count), "regularisation_pictures": training.regularisation.pictures,
                    "regularisation_titles": training.regularisation.titles,
                ], metrics: metrics, settings: ["text_space": space])
            try model.write(to: options.out, card: card)
            try options.show(card)
        }
    }
}
