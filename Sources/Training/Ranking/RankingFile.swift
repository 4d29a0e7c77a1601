import Foundation
public import Fusion

/// Learnt weights of a recommendation's signals on disk: `card.json`, `weights.safetensors` (a weight a signal, a bias a place, how popular each item
/// is), `items.txt` (one id a line).
public struct RankingFile: Sendable {
    public var signals: [String]
    /// By signal; at least 0.
    public var weights: [Float]
    /// How much more likely a product is chosen in each place for the place alone, as a logarithm; the first is 0. Not used in ranking.
    public var places: [Float]
    public var popularity: [(id: String, amount: Float)]
    public var card: ModelCard

    public static let kind = "ranking"
    public static let method = "listwise-choice"
    public static let weightMax: Float = 1_000
    private static let itemsName = "items.txt"

    public func write(to folder: String) throws(TrainingError) {
        try ModelFolder.make(folder)
        var tensors = TensorFile()
        tensors.set("weights", weights)
        tensors.set("places", places)
        tensors.set("popularity", popularity.map(\.amount))
        tensors.metadata = ["signals": signals.joined(separator: " ")]
        try tensors.write("\(folder)/\(ModelCard.weightsName)")
        do {
            try popularity.map { "\($0.id)\n" }.joined().write(toFile: "\(folder)/\(Self.itemsName)", atomically: true, encoding: .utf8)
        } catch {
            throw TrainingError("\(folder)/\(Self.itemsName) cannot be written")
        }
        // The card comes last: a folder with a card is whole.
        try card.write(to: folder)
    }

    /// - Throws: for files that are missing, damaged or do not fit each other.
    public static func read(_ folder: String) throws(TrainingError) -> RankingFile {
        let card = try ModelCard.read(folder, kind: kind)
        let tensors = try TensorFile.read("\(folder)/\(ModelCard.weightsName)")
        guard let text = try? String(contentsOfFile: "\(folder)/\(itemsName)", encoding: .utf8) else {
            throw TrainingError("\(folder)/\(itemsName): no such file, or it is not UTF-8")
        }
        let items = text.split(separator: "\n").map(String.init)
        let signals = (tensors.metadata["signals"] ?? "").split(separator: " ").map(String.init)
        let weights = try tensors.vector("weights")
        let popularity = try tensors.vector("popularity")
        guard !signals.isEmpty, signals.count == weights.count, weights.allSatisfy({ (0...weightMax).contains($0) }) else {
            throw TrainingError("\(folder): every signal needs a weight from 0 to \(Int(weightMax))")
        }
        guard items.count == popularity.count, popularity.allSatisfy({ (0...1).contains($0) }) else {
            throw TrainingError("\(folder): \(items.count) items, but the popularity of \(popularity.count), each from 0 to 1")
        }
        return RankingFile(
            signals: signals, weights: weights, places: try tensors.vector("places"),
            popularity: zip(items, popularity).map { (id: $0, amount: $1) }, card: card)
    }
}
