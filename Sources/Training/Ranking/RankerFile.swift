import Foundation
public import Fusion

/// A ranker on disk: `card.json`, `weights.safetensors` (the item graph in compressed rows), `items.txt` (one id a line, in the graph's order).
public struct RankerFile: Sendable {
    public var model: TransitionModel
    public var card: ModelCard

    public static let kind = "ranker"
    public static let method = "item-transitions"

    public init(model: TransitionModel, card: ModelCard) {
        self.model = model
        self.card = card
    }

    public func write(to folder: String) throws(TrainingError) {
        try ModelFolder.make(folder)
        var tensors = TensorFile()
        tensors.set("starts", integers: model.graph.starts)
        tensors.set("targets", integers: model.graph.targets)
        tensors.set("weights", model.graph.weights)
        if let content = model.content {
            tensors.set("content.starts", integers: content.attributes.starts)
            tensors.set("content.targets", integers: content.attributes.targets)
            tensors.set("content.weights", content.attributes.weights)
        }
        try tensors.write("\(folder)/\(ModelCard.weightsName)")
        do {
            try (model.items.joined(separator: "\n") + "\n").write(toFile: "\(folder)/items.txt", atomically: true, encoding: .utf8)
        } catch {
            throw TrainingError("\(folder)/items.txt cannot be written")
        }
        // The card comes last: a folder with a card is whole.
        try card.write(to: folder)
    }

    public static func read(_ folder: String) throws(TrainingError) -> RankerFile {
        let card = try ModelCard.read(folder, kind: kind)
        guard card.method == method else { throw TrainingError("\(folder): the ranker's method '\(card.method)' is not known; '\(method)' is") }
        guard let text = try? String(contentsOfFile: "\(folder)/items.txt", encoding: .utf8) else {
            throw TrainingError("\(folder)/items.txt: no such file, or it is not UTF-8")
        }
        let items = text.split(separator: "\n").map(String.init)
        let tensors = try TensorFile.read("\(folder)/\(ModelCard.weightsName)")
        let graph = try ItemGraph(
            starts: tensors.integers("starts"), targets: tensors.integers("targets"), weights: tensors.vector("weights")
        ).validated(name: folder)
        guard graph.count == items.count else { throw TrainingError("\(folder): \(items.count) items, but weights for \(graph.count)") }
        var parameters = TransitionModel.Parameters()
        parameters.historyDecay = card.parameters["history_decay"] ?? parameters.historyDecay
        // A number that is none of an Int must not end the program.
        parameters.historyMax = Int(exactly: card.parameters["history_max"] ?? Double(parameters.historyMax)) ?? 0
        parameters.content = card.parameters["content"] ?? 0
        guard parameters.content.isFinite, parameters.content >= 0 else { throw TrainingError("\(folder): 'content' must be at least 0") }
        guard (0...1).contains(parameters.historyDecay), (1...1_000).contains(parameters.historyMax) else {
            throw TrainingError("\(folder): history_decay must be from 0 to 1, history_max from 1 to 1000")
        }
        let content = tensors.tensors["content.starts"] == nil ? nil : try content(tensors, items.count, folder)
        return RankerFile(model: TransitionModel(items: items, parameters: parameters, graph: graph, content: content), card: card)
    }

    /// Values per shop at most.
    static let attributesMax = 10_000_000

    private static func content(_ tensors: TensorFile, _ items: Int, _ folder: String) throws(TrainingError) -> ItemContent {
        let graph = try ItemGraph(
            starts: tensors.integers("content.starts"), targets: tensors.integers("content.targets"), weights: tensors.vector("content.weights"))
        guard graph.count == items, graph.starts.first == 0, Int(graph.starts.last ?? -1) == graph.targets.count,
            graph.targets.count == graph.weights.count, graph.weights.allSatisfy(\.isFinite),
            zip(graph.starts, graph.starts.dropFirst()).allSatisfy({ $0 <= $1 }), graph.targets.allSatisfy({ $0 >= 0 && $0 < attributesMax })
        else { throw TrainingError("\(folder): the items' attributes do not fit together") }
        return ItemContent(attributes: graph)
    }
}
