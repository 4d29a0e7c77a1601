import ArgumentParser
import CheckedYAML
import Foundation
import Intents

/// Sentences of reviews from a file, embedded.
private enum ReviewData {
    struct Sentence {
        var example: ReviewExample
        var stars: Int?
    }

    static func read(_ file: String) throws -> [Sentence] {
        do {
            if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return try ReviewExample.yaml(file).map { Sentence(example: $0) } }
            guard let bytes = FileManager.default.contents(atPath: file) else { throw Environment.fail("\(file): cannot be read", code: 66) }
            let table = try CSVTable(String(decoding: bytes, as: UTF8.self))
            guard let text = table.column("text"), let aspect = table.column("aspect"), let mood = table.column("sentiment") else {
                throw IntentError("a header with 'text', 'aspect' and 'sentiment' is needed; it has \(table.header.joined(separator: ", "))")
            }
            let rating = table.column("rating")
            return try table.rows.enumerated().map { index, row in
                guard ["good", "bad"].contains(row[mood]) else {
                    throw IntentError("row \(index + 1): the sentiment is good or bad, not '\(row[mood])'")
                }
                return Sentence(
                    example: ReviewExample(text: row[text], aspect: row[aspect], isPraise: row[mood] == "good"),
                    stars: rating.flatMap { Int(row[$0]) })
            }
        } catch let error as IntentError {
            throw Environment.fail("\(file): \(error.message)", code: 65)
        } catch let error as YAMLError {
            throw Environment.fail("\(error)", code: 65)
        }
    }
}

struct TrainReviews: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reviews", abstract: "Learn from example sentences what reviews are about, and whether they praise or complain.",
        discussion: """
            Examples are a shop's reviews.yaml (aspect, good or bad, language, sentences), or a CSV file with the columns text, aspect and \
            sentiment. `catalog import` does the same with the file that the configuration names. Writes reviews.model into the folder.
            """)

    @Option(help: ArgumentHelp("The examples.", valueName: "file"))
    var data: String

    @Option(help: ArgumentHelp("Folder for the model.", valueName: "folder"))
    var out: String

    @OptionGroup var encoder: EncoderOptions

    @Option(help: "Threads that train.")
    var threads = 2

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() throws {
        guard (1...256).contains(threads) else { throw Environment.fail("--threads takes a number from 1 to 256", code: 64) }
        let start = ContinuousClock.now
        let bar = ProgressBar()
        let examples = try ReviewData.read(data).map(\.example)
        let vectors = try encoder.embed(examples.map(\.text), bar)
        do {
            let model = try ReviewModel.train(examples, embeddings: vectors.values, spaceID: vectors.spaceID, threads: threads) {
                bar.show(stage: "training", done: Int($0 * 1_000), total: 1_000)
            }
            bar.end()
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
            let file = out + "/reviews.model"
            try Data(try model.encoded()).write(to: URL(fileURLWithPath: file))
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let aspects = Set(examples.map(\.aspect)).sorted()
            if json {
                printLine(jsonText(["model": file, "examples": examples.count, "aspects": aspects, "seconds": seconds]))
            } else {
                printLine("\(file): \(aspects.count) aspects from \(examples.count) sentences; \(String(format: "%.1f", seconds)) s")
            }
        } catch let error as IntentError {
            throw Environment.fail(error.message, code: 65)
        }
    }
}

struct EvaluateReviews: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reviews", abstract: "Measure how well a trained model reads sentences of reviews.",
        discussion: """
            Sentences are a CSV file with the columns text, aspect and sentiment (good or bad), and rating where the stars of the review are known. \
            Sentiment is measured by the words alone, and with the stars where there are some.
            """)

    @Option(help: ArgumentHelp("Sentences that were kept aside.", valueName: "file"))
    var data: String

    @Option(help: ArgumentHelp("The folder that train reviews wrote.", valueName: "folder"))
    var model: String

    @OptionGroup var encoder: EncoderOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let file = model + "/reviews.model"
        guard let bytes = FileManager.default.contents(atPath: file) else { throw Environment.fail("\(file): cannot be read", code: 66) }
        do {
            let trained = try ReviewModel(decoding: [UInt8](bytes))
            let bar = ProgressBar()
            let sentences = try ReviewData.read(data)
            let vectors = try encoder.embed(sentences.map(\.example.text), bar)
            bar.end()
            guard vectors.spaceID == trained.spaceID else {
                throw IntentError(
                    "\(file) was trained in the space '\(trained.spaceID)', the text encoder gives '\(vectors.spaceID)': name the "
                        + "configuration of the shop that it is for (--config), or train it again")
            }
            let result = ReviewEvaluation(trained, zip(sentences, vectors.values).map { ($0.example, $1, $0.stars) })
            if json { printLine(jsonText(object(result))) } else { show(result) }
        } catch let error as IntentError {
            throw Environment.fail(error.message, code: 65)
        }
    }

    private func show(_ result: ReviewEvaluation) {
        printLine("sentences                \(result.sentences)")
        printLine("aspect accuracy          \(percent(result.aspectAccuracy))")
        printLine("sentiment accuracy       \(percent(result.moodAccuracy)) by the words alone")
        if result.starred > 0 { printLine("                         \(percent(result.starredMoodAccuracy)) with the stars, of \(result.starred)") }
        for aspect in result.aspects { printLine("\(aspect.right) of \(aspect.count) \(aspect.name)") }
    }

    private func object(_ result: ReviewEvaluation) -> [String: Any] {
        var object: [String: Any] = [
            "sentences": result.sentences, "aspect_accuracy": result.aspectAccuracy, "sentiment_accuracy": result.moodAccuracy,
            "aspects": result.aspects.map { ["name": $0.name, "count": $0.count, "right": $0.right] as [String: Any] },
        ]
        if result.starred > 0 {
            object["starred"] = result.starred
            object["sentiment_accuracy_with_stars"] = result.starredMoodAccuracy
        }
        return object
    }

    private func percent(_ share: Double) -> String { String(format: "%.2f %%", share * 100) }
}
