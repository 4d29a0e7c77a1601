import Foundation
import LinearAlgebra

extension FusionModel {
    public static let kind = "fusion"

    public func write(to folder: String, card: ModelCard) throws(TrainingError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw TrainingError("the folder \(folder) cannot be made")
        }
        var file = TensorFile()
        for (name, matrix) in zip(names, parameters) { file.set(name, matrix) }
        let tokens = (try? JSONEncoder().encode(self.tokens)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        file.metadata = ["operator": fusion.rawValue, "classes": classes.joined(separator: "\n"), "tokens": tokens, "width": "\(width)"]
        try file.write("\(folder)/\(ModelCard.weightsName)")
        try card.write(to: folder)
    }

    static let widthMax = 4_096
    static let classesMax = 100_000

    /// - Throws: for files that are missing, damaged or do not fit each other.
    public static func read(_ folder: String) throws(TrainingError) -> (model: FusionModel, card: ModelCard) {
        let card = try ModelCard.read(folder, kind: kind)
        let file = try TensorFile.read("\(folder)/\(ModelCard.weightsName)")
        let classes = (file.metadata["classes"] ?? "").split(separator: "\n").map(String.init)
        guard let fusion = FusionOperator(rawValue: file.metadata["operator"] ?? ""), let width = Int(file.metadata["width"] ?? ""),
            let tokens = try? JSONDecoder().decode([FusionToken].self, from: Data((file.metadata["tokens"] ?? "").utf8)),
            (1...widthMax).contains(width), (2...classesMax).contains(classes.count), (1...64).contains(tokens.count),
            tokens.allSatisfy({ (1...1_000_000).contains($0.width) })
        else { throw TrainingError("\(folder): the weights do not say which operator, classes and tokens they are for") }
        var model = FusionModel(fusion, tokens: tokens, classes: classes, width: width, seed: 0)
        for (index, name) in model.names.enumerated() {
            let matrix = try file.matrix(name)
            guard matrix.rows == model.parameters[index].rows, matrix.columns == model.parameters[index].columns else {
                throw TrainingError("\(folder): '\(name)' has the wrong shape")
            }
            model.parameters[index] = matrix
        }
        return (model, card)
    }
}
