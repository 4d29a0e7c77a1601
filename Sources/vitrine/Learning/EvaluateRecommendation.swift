import ArgumentParser
import Evaluation
import Foundation
import Fusion
import Training

struct EvaluateRecommendation: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommendation",
        abstract: "Hit rate, NDCG, MRR, AUC, coverage and diversity of next items, all items ranked.",
        discussion: """
            Sequences are lines of 'user item item …' in the order of time: what users did before. Targets are lines of 'user item …': what they did \
            next. Without --targets the last item of every sequence is held out and counts as its target.
            """)

    enum Baseline: String, ExpressibleByArgument, CaseIterable {
        case itemKNN = "item-knn"
        case popularity
    }

    @Option(help: ArgumentHelp("What users did before.", valueName: "file"))
    var sequences: String

    @Option(help: ArgumentHelp("What they did next.", valueName: "file"))
    var targets: String?

    @Option(help: ArgumentHelp("A model that 'vitrine train ranker' made; more than one are compared with the first.", valueName: "folder"))
    var model: [String] = []

    @Option(help: "A baseline counted from the sequences, listed first: item-knn or popularity.")
    var baseline: [Baseline] = []

    @Option(help: ArgumentHelp("Attributes of items, {\"item\": [values]}: for diversity.", valueName: "file"))
    var attributes: String?

    @OptionGroup var output: ReportOptions

    func run() throws {
        try reportingTrainingErrors {
            guard !(model.isEmpty && baseline.isEmpty) else { throw Environment.fail("give --model or --baseline", code: 64) }
            let bar = ProgressBar()
            let data = try NextItemData(sequences: sequences, targets: targets)
            let evaluation = NextItemEvaluation(data: data, attributes: try attributes.map { try ItemAttributes.read($0) }, seed: output.seed)
            var lists: [RankingEvaluation.Lists] = []
            for name in baseline {
                let ranker: any NextItemModel =
                    switch name {
                    case .itemKNN: ItemKNN(data.behaviour)
                    case .popularity: Popularity(data.behaviour)
                    }
                lists.append(try evaluation.measure(ranker, name: name.rawValue) { bar.show($0) })
            }
            for folder in model {
                let file = try RankerFile.read(folder)
                try requireUnseen(file.card, folder)
                lists.append(try evaluation.measure(file.model, name: folder) { bar.show($0) })
            }
            bar.end()
            try output.show(evaluation.report(lists))
        }
    }

    /// A model that has learnt from the held-out items says nothing about others.
    private func requireUnseen(_ card: ModelCard, _ folder: String) throws {
        guard targets == nil else { return }
        let hash = try FileHash.sha256(sequences)
        if card.data.values.contains(hash) {
            throw Environment.fail("\(folder) was trained on \(sequences), whose last items would be asked for: give --targets", code: 65)
        }
    }
}
