import Foundation
public import Fusion
import LinearAlgebra

extension FusionModel {
    public static let kind = "fusion"

    public func write(to folder: String, card: ModelCard) throws(TrainingError) {
        try ModelFolder.make(folder)
        var file = TensorFile()
        for (name, matrix) in zip(names, parameters) { file.set(name, matrix) }
        let tokens = (try? JSONEncoder().encode(self.tokens)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
        file.metadata = ["operator": fusion.rawValue, "classes": classes.joined(separator: "\n"), "tokens": tokens, "width": "\(width)"]
        try file.write("\(folder)/\(ModelCard.weightsName)")
        try card.write(to: folder)
    }

    /// - Throws: for files that are missing, damaged or do not fit each other.
    public static func read(_ folder: String) throws(TrainingError) -> (model: FusionModel, card: ModelCard) {
        let card = try ModelCard.read(folder, kind: kind)
        let file = try LearntModel.read(folder)
        var model = FusionModel(file.fusion, tokens: file.tokens, classes: file.classes, width: file.width, seed: 0)
        for (index, name) in model.names.enumerated() {
            guard let matrix = file.parameters[name] else { throw TrainingError("\(folder): there is no '\(name)'") }
            model.parameters[index] = Matrix(matrix.rows, matrix.columns, matrix.values)
        }
        return (model, card)
    }
}
