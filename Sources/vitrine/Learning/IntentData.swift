import ArgumentParser
import CheckedYAML
import Foundation
import Intents

/// Examples of intents from files, embedded: what `train intent` and `evaluate intent` share.
struct IntentData: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Examples: a CSV file with the columns text (or utterance) and intent, or a shop's intents.yaml. May be given several times.",
            valueName: "file"))
    var data: [String]

    @OptionGroup var encoder: EncoderOptions

    @Flag(help: "Use the words alone, no text encoder.")
    var wordsOnly = false

    struct Loaded {
        var utterances: [Utterance]
        var spaceID: String
    }

    func load(_ bar: ProgressBar) throws -> Loaded {
        guard !data.isEmpty else { throw Environment.fail("--data FILE is needed", code: 64) }
        var utterances: [Utterance] = []
        for file in data { utterances += try read(file) }
        if wordsOnly { return Loaded(utterances: utterances, spaceID: "") }
        let vectors = try encoder.embed(utterances.map(\.text), bar)
        for (index, values) in vectors.values.enumerated() { utterances[index].embedding = values }
        return Loaded(utterances: utterances, spaceID: vectors.spaceID)
    }

    private func read(_ file: String) throws -> [Utterance] {
        do {
            if file.hasSuffix(".yaml") || file.hasSuffix(".yml") { return try IntentExamples.yaml(file) }
            guard let bytes = FileManager.default.contents(atPath: file) else { throw Environment.fail("\(file): cannot be read", code: 66) }
            let table = try CSVTable(String(decoding: bytes, as: UTF8.self))
            guard let text = table.column("text", "utterance"), let intent = table.column("intent", "category", "label") else {
                throw IntentError("a header with 'text' and 'intent' is needed; it has \(table.header.joined(separator: ", "))")
            }
            return table.rows.map { Utterance(text: $0[text], intent: $0[intent]) }.filter { !$0.text.isEmpty }
        } catch let error as IntentError {
            throw Environment.fail("\(file): \(error.message)", code: 65)
        } catch let error as YAMLError {
            throw Environment.fail("\(error)", code: 65)
        }
    }
}
