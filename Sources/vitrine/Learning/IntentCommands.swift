import ArgumentParser
import Foundation
import Intents

struct TrainIntent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intent",
        abstract: "Learn from example sentences what customers want.",
        discussion: """
            Examples are a CSV file with the columns text and intent, or a shop's intents.yaml. Sentences whose intent is oos or out_of_scope are \
            what no intent fits. Probabilities are calibrated, and the threshold below which a sentence counts as out of scope is set, on folds that \
            the scoring model had not seen. Writes intent.model into the folder.
            """)

    @OptionGroup var examples: IntentData

    @Option(help: ArgumentHelp("Folder for the model.", valueName: "folder"))
    var out: String

    @Option(help: "C of the separators: how much an example on the wrong side costs; chosen by cross-validation without it.")
    var cost: Float?

    @Option(help: ArgumentHelp("How much of the in-scope accuracy the threshold may cost.", valueName: "share"))
    var inScopeLoss: Float = 0.004

    @Option(help: "The out-of-scope threshold, 0 to 1, instead of a fitted one.")
    var threshold: Float?

    @Option(help: "Threads that train.")
    var threads = 2

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        guard cost.map({ $0 > 0 && $0 <= 1_000 }) ?? true else { throw Environment.fail("--cost takes a number above 0, up to 1000", code: 64) }
        guard (0..<1).contains(inScopeLoss) else { throw Environment.fail("--in-scope-loss takes a share from 0 to below 1", code: 64) }
        guard threshold.map({ (0...1).contains($0) }) ?? true else { throw Environment.fail("--threshold takes a number from 0 to 1", code: 64) }
        guard (1...256).contains(threads) else { throw Environment.fail("--threads takes a number from 1 to 256", code: 64) }
        let start = ContinuousClock.now
        let bar = ProgressBar()
        let loaded = try examples.load(bar)
        var options = IntentTrainer.Options()
        options.cost = cost
        options.inScopeLoss = inScopeLoss
        options.threshold = threshold
        options.threads = threads
        do {
            let model = try IntentTrainer(options).train(loaded.utterances, spaceID: loaded.spaceID) {
                bar.show(stage: "training", done: Int($0 * 1_000), total: 1_000)
            }
            bar.end()
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
            let file = out + "/intent.model"
            try Data(try model.encoded()).write(to: URL(fileURLWithPath: file))
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            if json {
                printLine(
                    jsonText([
                        "model": file, "examples": loaded.utterances.count, "intents": model.inScopeCount, "threshold": Double(model.threshold),
                        "temperature": Double(model.temperature), "seconds": seconds,
                    ]))
            } else {
                printLine(
                    "\(file): \(model.inScopeCount) intents from \(loaded.utterances.count) sentences; out of scope below "
                        + "\(percent(Double(model.threshold))); \(String(format: "%.1f", seconds)) s")
            }
        } catch let error as IntentError {
            throw Environment.fail(error.message, code: 65)
        }
    }
}

struct EvaluateIntent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intent",
        abstract: "Measure how well a trained model names intents.",
        discussion: """
            Accuracy is that of the likeliest intent; 'at the threshold' counts a sentence that is taken for out of scope as wrong. Sentences whose \
            intent is oos or out_of_scope give the out-of-scope recall.
            """)

    @OptionGroup var examples: IntentData

    @Option(help: ArgumentHelp("The folder that train intent wrote.", valueName: "folder"))
    var model: String

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Confusions to list.")
    var confusions = 10

    func run() throws {
        let file = model + "/intent.model"
        guard let bytes = FileManager.default.contents(atPath: file) else { throw Environment.fail("\(file): cannot be read", code: 66) }
        do {
            let trained = try IntentModel(decoding: [UInt8](bytes))
            let bar = ProgressBar()
            let loaded = try examples.load(bar)
            bar.end()
            guard loaded.spaceID == trained.spaceID || examples.wordsOnly else {
                throw IntentError(
                    "\(file) was trained in the space '\(trained.spaceID)', the text encoder gives '\(loaded.spaceID)': name the "
                        + "configuration of the shop that it is for (--config), or train it again")
            }
            let result = IntentEvaluation(trained, on: loaded.utterances)
            if json { printLine(jsonText(object(result, trained))) } else { show(result, trained) }
        } catch let error as IntentError {
            throw Environment.fail(error.message, code: 65)
        }
    }

    private func show(_ result: IntentEvaluation, _ trained: IntentModel) {
        printLine("in scope                 \(result.inScope) sentences")
        printLine("accuracy                 \(percent(result.accuracy))")
        printLine("accuracy at \(percent(Double(trained.threshold)))        \(percent(result.acceptedAccuracy)), \(result.rejected) rejected")
        if let recall = result.outOfScopeRecall { printLine("out-of-scope recall      \(percent(recall)) of \(result.outOfScope)") }
        printLine("macro F1                 \(percent(Double(result.macroF1)))")
        printLine("calibration error        \(percent(Double(result.calibrationError)))")
        for name in result.unknownIntents { printLine("unknown to the model     \(name)") }
        for confusion in result.confusions.prefix(max(0, confusions)) {
            printLine("\(confusion.count) × \(confusion.truth) taken for \(confusion.guess)")
        }
    }

    private func object(_ result: IntentEvaluation, _ trained: IntentModel) -> [String: Any] {
        var object: [String: Any] = [
            "in_scope": result.inScope, "accuracy": result.accuracy, "accuracy_at_threshold": result.acceptedAccuracy, "rejected": result.rejected,
            "macro_f1": Double(result.macroF1), "calibration_error": Double(result.calibrationError), "threshold": Double(trained.threshold),
            "out_of_scope": result.outOfScope, "unknown_intents": result.unknownIntents,
            "confusions": result.confusions.prefix(max(0, confusions)).map {
                ["truth": $0.truth, "guess": $0.guess, "count": $0.count] as [String: Any]
            },
        ]
        if let recall = result.outOfScopeRecall { object["out_of_scope_recall"] = recall }
        return object
    }
}

private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
