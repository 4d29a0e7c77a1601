import ArgumentParser
import CheckedYAML
import Foundation
import Fusion
import Intents
import Server

/// Examples of intents from files, embedded: what `train intent` and `evaluate intent` share.
struct IntentData: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Examples: a CSV file with the columns text (or utterance) and intent, or a shop's intents.yaml. May be given several times.",
            valueName: "file"))
    var data: [String]

    @Option(help: ArgumentHelp("The server's configuration, for its models and plugins; without it, the usual folders.", valueName: "file"))
    var config: String?

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
        do {
            let embedder = try PluginEmbedder(configuration())
            defer { embedder.close() }
            let total = utterances.count
            let features = try embedder.embed(utterances.map(\.text)) { bar.show(stage: "embedding", done: $0, total: total) }
            for (index, feature) in features.enumerated() { utterances[index].embedding = feature.normalised().values }
            return Loaded(utterances: utterances, spaceID: features.first?.spaceID ?? "")
        } catch let error as ServerError {
            throw Environment.fail(error.message)
        }
    }

    private func configuration() throws -> ServerConfiguration {
        if let config {
            do {
                var configuration = try ServerConfiguration.load(config, cacheFolder: Environment.cacheFolder)
                if configuration.pluginFolder.isEmpty { configuration.pluginFolder = Environment.pluginFolder }
                return configuration
            } catch {
                throw Environment.fail("\(error)", code: 78)
            }
        }
        var configuration = ServerConfiguration()
        configuration.pluginFolder = Environment.pluginFolder
        configuration.modelsFolder = Environment.cacheFolder + "/models"
        configuration.runtimeFolder = Environment.cacheFolder + "/openvino/libs"
        return configuration
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
