import Agents
import Catalog
import CheckedYAML
import Fusion
import Intents

/// What the server understands of customers' words: learnt from the shop's examples, kept in its database until the examples change.
enum ShopUnderstanding {
    private static let name = "intents"

    /// The model of the examples in the snapshot: from the database, or trained now and kept. Blocks; only while starting and importing.
    static func model(_ stores: SQLiteStores, _ snapshot: CatalogSnapshot) throws(ServerError) -> IntentModel? {
        do {
            let hash = hash(snapshot)
            if let bytes = try stores.loadModel(name, hash: hash) { return try IntentModel(decoding: bytes) }
            guard let model = try IntentClassifier.train(snapshot.intentExamples) else { return nil }
            try stores.storeModel(name, hash: hash, bytes: try model.encoded())
            return model
        } catch let error as StoreError {
            throw ServerError("the model of intents: \(error.message)")
        } catch let error as IntentError {
            throw ServerError("the model of intents: \(error.message)")
        } catch {
            throw ServerError("\(error)")
        }
    }

    /// Of the examples, their order and their space.
    private static func hash(_ snapshot: CatalogSnapshot) -> String {
        var hash = TextHash("3")
        for example in snapshot.intentExamples {
            for text in [example.agent, example.intent, example.language, example.text, example.feature?.spaceID ?? ""] { hash.add(text) }
        }
        return hash.hex
    }

    /// What customer service does, from the file that the configuration names.
    static func policy(_ configuration: ServerConfiguration) throws(ServerError) -> DialoguePolicy {
        guard !configuration.dialogueFile.isEmpty else { return .none }
        do throws(YAMLError) {
            return try DialoguePolicy.load(configuration.dialogueFile)
        } catch {
            throw ServerError("\(error)")
        }
    }
}
