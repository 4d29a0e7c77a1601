import Foundation
public import Fusion

/// What a model was trained on, how, and what it reached: `card.json` beside the weights.
public struct ModelCard: Sendable, Equatable, Codable {
    /// "ranker", "ranking", "alignment", "fusion", "intent".
    public var kind: String
    /// The learner, such as "item-transitions".
    public var method: String
    /// When it was trained, ISO 8601, UTC.
    public var date: String
    public var seed: UInt64
    /// SHA-256 of each training file, hex, by its name.
    public var data: [String: String]
    /// Hyperparameters as they were used.
    public var parameters: [String: Double]
    /// What was measured while training, such as "validation NDCG@10".
    public var metrics: [String: Double]
    /// Texts that using the model needs, such as the space ids of its inputs.
    public var settings: [String: String]

    public init(
        kind: String, method: String, date: String, seed: UInt64, data: [String: String], parameters: [String: Double] = [:],
        metrics: [String: Double] = [:], settings: [String: String] = [:]
    ) {
        self.kind = kind
        self.method = method
        self.date = date
        self.seed = seed
        self.data = data
        self.parameters = parameters
        self.metrics = metrics
        self.settings = settings
    }

    public static let fileName = "card.json"
    public static let weightsName = "weights.safetensors"

    public func write(to folder: String) throws(TrainingError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try encoder.encode(self).write(to: URL(fileURLWithPath: "\(folder)/\(Self.fileName)"), options: .atomic)
        } catch {
            throw TrainingError("\(folder)/\(Self.fileName) cannot be written")
        }
    }

    /// - Parameter kind: what the model must be.
    public static func read(_ folder: String, kind: String) throws(TrainingError) -> ModelCard {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(fileName)")) else {
            throw TrainingError("\(folder) holds no model: there is no \(fileName)")
        }
        guard let card = try? JSONDecoder().decode(ModelCard.self, from: data) else {
            throw TrainingError("\(folder)/\(fileName) is no model card")
        }
        guard card.kind == kind else { throw TrainingError("\(folder) holds a model of kind '\(card.kind)'; '\(kind)' is wanted") }
        return card
    }
}
