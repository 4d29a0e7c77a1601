import ArgumentParser
import Evaluation
import Foundation

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure what is found, recommended, classified and fused, with intervals and side by side.",
        subcommands: [
            EvaluateRetrieval.self, EvaluateRecommendation.self, EvaluateClassification.self, EvaluateFusion.self, EvaluateIntent.self,
            EvaluateReviews.self, EvaluateExperiment.self,
        ])
}

/// How an evaluation is printed: shared by the subcommands.
struct ReportOptions: ParsableArguments {
    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Also write the report as one HTML page, with plots.", valueName: "file"))
    var html: String?

    @Option(help: "Seed of the intervals and tests.")
    var seed: UInt64 = 1

    func show(_ report: EvaluationReport) throws {
        if let html {
            do {
                try report.html().write(toFile: html, atomically: true, encoding: .utf8)
            } catch {
                throw Environment.fail("\(html) cannot be written", code: 73)
            }
        }
        write(json ? try report.json() + "\n" : report.text(), to: 1)
    }
}

/// Runs a command's work; what is wrong with its data ends it with code 65 and the message.
func reportingDataErrors<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as EvaluationError {
        throw Environment.fail(error.message, code: 65)
    }
}

struct EvaluateClassification: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classification",
        abstract: "Accuracy, F1, AUC, log loss and calibration of predictions.",
        discussion: "A predictions file has one JSON object a line: {\"id\", \"label\": truth, \"probabilities\": {class: p, …}}.")

    @Option(help: ArgumentHelp("Predictions, JSONL.", valueName: "file"))
    var predictions: String

    @Option(help: ArgumentHelp("A second model's predictions for the same examples, to compare with.", valueName: "file"))
    var compare: String?

    @OptionGroup var output: ReportOptions

    func run() throws {
        try reportingDataErrors {
            var files = [(predictions, try PredictionRow.read(predictions))]
            if let compare { files.append((compare, try PredictionRow.read(compare))) }
            try output.show(try ClassificationEvaluation(seed: output.seed).report(files.map { (name: $0.0, rows: $0.1) }))
        }
    }
}
