public import ArgumentParser
import Evaluation
import Foundation
import Fusion
import LinearAlgebra
public import Training

extension AlignmentTraining.Method: ExpressibleByArgument {}
extension AlignmentPart: ExpressibleByArgument {}

struct TrainAlignment: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alignment",
        abstract: "Learn the space that titles and pictures share, from a catalogue.",
        discussion: """
            Products are JSON objects, one a line: {"id", "title", "image", …}. Pictures and titles go through the shipped encoders; a picture that \
            was encoded before is not encoded again, and heads that were trained are kept in OUT/unfinished, so a run that was stopped goes on where \
            it was. A tenth of the pairs is held out to choose \
            when to stop; the model is then made from everything.
            """)

    @Option(help: ArgumentHelp("Products, JSONL.", valueName: "file"))
    var data: String

    @Option(
        help: """
            cca (closed form; what was measured best), or heads upon it: contrastive (InfoNCE), deep-cca (greatest correlation), autoencoder (each \
            side tells the other).
            """)
    var method = AlignmentTraining.Method.cca

    @Option(
        help: "layers (the most that is known of a picture) or plugins (what a conversation's turn has: for a server's 'catalog: space:').")
    var inputs = FusionInputs.layers

    @Option(help: "Dimensions of the canonical space.")
    var dimensions = 512

    @Option(help: "Contrastive heads; their similarities are averaged.")
    var heads = 1

    @Option(help: "Epochs of a head at most.")
    var epochs = 8

    @Option(
        parsing: .upToNextOption,
        help: "What is learnt from: \(AlignmentPart.ofLayers.map(\.rawValue).joined(separator: ", ")), or embedding of plugins. All when left out.")
    var parts: [AlignmentPart] = []

    @Option(
        name: .customLong("attributes"), parsing: .upToNextOption,
        help: "Attributes that pictures and titles are also taught to tell; all that the products have when left out, 'none' for none.")
    var attributeNames: [String] = []

    @OptionGroup var features: FeatureOptions
    @OptionGroup var options: TrainingOptions

    func run() throws {
        guard (2...4_096).contains(dimensions), (1...64).contains(heads), (1...10_000).contains(epochs) else {
            throw Environment.fail("--dimensions takes 2 to 4096, --heads 1 to 64, --epochs 1 to 10000", code: 64)
        }
        let there = inputs == .plugins ? AlignmentPart.ofPlugins : AlignmentPart.ofLayers
        let chosen = parts.isEmpty ? there : there.filter { parts.contains($0) }
        if let other = parts.first(where: { !there.contains($0) }) {
            throw Environment.fail(
                "--inputs \(inputs.rawValue) has no '\(other.rawValue)'; it has \(there.map(\.rawValue).joined(separator: ", "))", code: 64)
        }
        try reportingTrainingErrors {
            let products = try ProductRow.read(data).filter { $0.image != nil }
            let names = products.compactMap(\.image)
            let (pictureSpace, rows) =
                inputs == .plugins ? try features.pluginPictures(names, beside: data) : ("", try features.pictures(names, beside: data))
            let usable = products.indices.filter { rows[$0] != nil }
            let titles = usable.map { products[$0].title }
            let attributes = try attributeValues(usable.map { products[$0] })
            let named = attributes.flatMap { attribute in Set(attribute.values).subtracting([""]).sorted().map { (attribute.name, $0) } }
            let (space, all) = try features.sentences(titles + named.map(\.1))
            let sentences = all.rows(titles.indices)
            var training = AlignmentTraining()
            training.method = method
            training.parts = chosen
            training.pictureSpace = pictureSpace
            training.dimensions = dimensions
            training.heads = heads
            training.options.epochs = epochs
            training.seed = options.seed
            let bar = ProgressBar()
            var pairs = AlignmentTraining.Pairs(pictures: Matrix(usable.compactMap { rows[$0] }), titles: titles, sentences: sentences)
            pairs.attributes = attributes
            let phrases = AlignmentTraining.Phrases(
                attribute: named.map(\.0), texts: named.map(\.1), sentences: all.rows(titles.count..<all.rows))
            let resume = AlignmentResume(
                folder: "\(options.out)/unfinished",
                key: FileHash.sha256(
                    Data(
                        [
                            try FileHash.sha256(data), space, pictureSpace, method.rawValue, chosen.map(\.rawValue).joined(separator: " "),
                            "\(dimensions) \(heads) \(epochs) \(options.seed) \(usable.count)",
                        ].joined(separator: "\n").utf8)), unkept: bar.sayUnkept)
            let (model, steps) = try training.run(pairs, phrases: phrases, textSpace: space, resume: resume) { bar.show($0) }
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
                ], metrics: metrics,
                settings: ["text_space": space, "picture_space": pictureSpace, "parts": chosen.map(\.rawValue).joined(separator: " ")])
            try model.write(to: options.out, card: card)
            try options.show(card)
        }
    }

    /// Attributes of the products by name, a value a product; those with one value or with too many are left out.
    private func attributeValues(_ products: [ProductRow]) throws -> [(name: String, values: [String])] {
        if attributeNames == ["none"] { return [] }
        let all = Set(products.flatMap { $0.attributes.keys }).sorted()
        if let unknown = attributeNames.first(where: { !all.contains($0) }) {
            throw TrainingError("no product has the attribute '\(unknown)'; there are \(all.joined(separator: ", "))")
        }
        var out: [(name: String, values: [String])] = []
        for name in all where attributeNames.isEmpty || attributeNames.contains(name) {
            let values = products.map { $0.attributes[name] ?? "" }
            let known = values.filter { !$0.isEmpty }
            let distinct = Set(known).count
            // What differs from product to product, such as a price or a number, tells nothing.
            guard distinct > 1, distinct <= AttributeHeads.classesMax, distinct * 10 <= known.count || !attributeNames.isEmpty else { continue }
            out.append((name, values))
        }
        return out
    }
}
