import Agents
import ArgumentParser
import CheckedYAML
import EventLoop
import Evaluation
import Foundation
import Fusion
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn from the shop's own data: what comes next, the space of words and pictures, how to fuse, what words say.",
        subcommands: [
            TrainAlignment.self, TrainFusion.self, TrainRanker.self, TrainIntent.self, TrainReviews.self, TrainTerms.self, TrainVocabulary.self,
        ])
}

/// Options that every training has.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder for the model: card.json and weights.safetensors.", valueName: "folder"))
    var out: String

    @Option(help: "Seed: equal seeds and data give equal models.")
    var seed: UInt64 = 1

    @Flag(help: "Print the model card as JSON.")
    var json = false

    /// Now, as model cards name the date.
    var date: String { ISO8601DateFormatter().string(from: Date()) }

    func show(_ card: ModelCard) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return printLine(String(decoding: try encoder.encode(card), as: UTF8.self))
        }
        printLine("\(card.kind) (\(card.method)), seed \(card.seed) → \(out)")
        for (name, value) in card.parameters.sorted(by: { $0.key < $1.key }) { printLine("  \(name): \(EvaluationReport.number(value))") }
        for (name, value) in card.metrics.sorted(by: { $0.key < $1.key }) { printLine("  \(name): \(EvaluationReport.number(value))") }
        for (name, value) in card.settings.sorted(by: { $0.key < $1.key }) { printLine("  \(name): \(value)") }
    }
}

/// Runs a command's work; what is wrong with data ends it with code 65, a training that cannot be done with 1.
func reportingTrainingErrors<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try reportingDataErrors(body)
    } catch let error as TrainingError {
        throw Environment.fail(error.message)
    }
}

extension ProgressBar {
    /// For trainings: the stage with what is known so far.
    func show(_ progress: TrainingProgress) {
        show(stage: progress.note.isEmpty ? progress.stage : "\(progress.stage), \(progress.note)", done: progress.done, total: progress.total)
    }

    /// What is done so far could not be written.
    @Sendable func sayUnkept(_ why: String) { say(once: "what is learnt so far cannot be kept, and would be learnt anew after a stop: \(why)") }
}

struct TrainRanker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ranker",
        abstract: "Learn from behaviour which items come next, or how much each signal of a recommendation counts.",
        discussion: """
            --data: sequences are lines of 'user item item …' in the order of time. The last item of each is held out to choose the parameters; \
            the model is then made from everything. A run that was stopped goes on where it was when the same command is given again.

            --exposures: what customers were shown and what they chose of it, as 'vitrine catalog events --exposures' writes it. The weights of \
            likeness, words, behaviour, taste, price and popularity are learnt by how they tell the choices within each list, with allowance for \
            the place. What a fifth of the customers chose says whether they are better than those set by hand, which stay if not. It is done in \
            seconds; 'catalog: {ranking: FOLDER}' uses it.
            """)

    @Option(help: ArgumentHelp("Sequences.", valueName: "file"))
    var data: String?

    @Option(help: ArgumentHelp("What was shown, JSONL.", valueName: "file"))
    var exposures: String?

    @Option(help: ArgumentHelp("The shop's rules, whose weights are the ones set by hand; the usual ones without it.", valueName: "file"))
    var rules: String?

    @Option(help: ArgumentHelp("Attributes of items, {\"item\": [values]}: alike items speak for each other.", valueName: "file"))
    var attributes: String?

    @Option(help: "Edges kept for an item at most.")
    var edges = 1_000

    @OptionGroup var options: TrainingOptions

    func validate() throws {
        guard (data == nil) != (exposures == nil) else { throw ValidationError("give --data SEQUENCES or --exposures FILE") }
        guard rules == nil || exposures != nil else { throw ValidationError("--rules goes with --exposures") }
        guard exposures == nil || attributes == nil else { throw ValidationError("--attributes goes with --data") }
    }

    func run() throws {
        guard (1...100_000).contains(edges) else { throw Environment.fail("--edges takes a number from 1 to 100000", code: 64) }
        if let exposures { return try learnWeights(exposures) }
        guard let data else { return }
        try reportingTrainingErrors {
            let rows = try SequenceRow.read(data)
            let bar = ProgressBar()
            let job = RankerTraining(edgesMax: edges, seed: options.seed)
            let file = try job.run(
                Behaviour(rows), attributes: try attributes.map { try ItemAttributes.read($0) },
                dataName: URL(fileURLWithPath: data).lastPathComponent, dataHash: try FileHash.sha256(data), date: options.date,
                folder: options.out, progress: { bar.show($0) })
            bar.end()
            try options.show(file.card)
        }
    }

    private func learnWeights(_ exposures: String) throws {
        try reportingTrainingErrors {
            let rows = try ExposureRow.read(exposures)
            var byHand = RecommendationRules.Weights()
            if let rules {
                do throws(YAMLError) { byHand = try RecommendationRules.load(rules).weights } catch { throw Environment.fail("\(error)", code: 65) }
            }
            let bar = ProgressBar()
            let file = try RankingTraining(seed: options.seed).run(
                rows, byHand: RankingSignal.allCases.map { ($0.rawValue, Double(byHand[$0])) },
                dataName: URL(fileURLWithPath: exposures).lastPathComponent, dataHash: try FileHash.sha256(exposures), date: options.date,
                progress: { bar.show($0) })
            bar.end()
            try file.write(to: options.out)
            try options.show(file.card)
        }
    }
}
