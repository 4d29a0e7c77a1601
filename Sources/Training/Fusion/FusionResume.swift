import EventLoop
import Foundation
import Fusion
import LinearAlgebra

/// Where a stopped training of a fusion operator goes on: its state after the last whole epoch, in one file that is replaced as a whole.
public struct FusionResume: Sendable {
    private let folder: String
    private let key: String
    private let unkept: @Sendable (String) -> Void
    private static let name = "fusion.safetensors"

    struct State {
        var epoch: Int
        var parameters: [Matrix<Float>]
        var adam: Adam
        var best: FusionTraining.Outcome
    }

    /// - Parameters:
    ///   - folder: for the unfinished model alone; gone when the training is done.
    ///   - key: of data, options and encoders: what was begun with others is not gone on with.
    ///   - unkept: told why, each time that the state cannot be written; the training goes on, but would begin anew after a stop.
    public init(folder: String, key: String, unkept: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        self.key = key
        self.unkept = unkept
    }

    /// nil = nothing was begun, or with another key, or what is there fits no such model.
    func load(_ model: FusionModel) -> State? {
        guard let file = try? TensorFile.read("\(folder)/\(Self.name)"), file.metadata["key"] == key,
            let epoch = file.metadata["epoch"].flatMap({ Int($0) }), let steps = file.metadata["steps"].flatMap({ Int($0) }),
            let bestEpoch = file.metadata["best_epoch"].flatMap({ Int($0) }), let accuracy = file.metadata["best_accuracy"].flatMap({ Double($0) }),
            let loss = file.metadata["best_loss"].flatMap({ Double($0) }), epoch > 0, steps > 0, let parameters = matrices("now", file, model),
            let first = matrices("first", file, model), let second = matrices("second", file, model), let best = matrices("best", file, model)
        else { return nil }
        var kept = model
        kept.parameters = best
        return State(
            epoch: epoch, parameters: parameters, adam: Adam(first: first.map(\.values), second: second.map(\.values), steps: steps),
            best: .init(model: kept, validationAccuracy: accuracy, validationLoss: loss, epoch: bestEpoch))
    }

    private func matrices(_ part: String, _ file: TensorFile, _ model: FusionModel) -> [Matrix<Float>]? {
        var found: [Matrix<Float>] = []
        for (name, like) in zip(model.names, model.parameters) {
            guard let matrix = try? file.matrix("\(part) \(name)"), matrix.rows == like.rows, matrix.columns == like.columns, matrix.isFinite else {
                return nil
            }
            found.append(matrix)
        }
        return found
    }

    func save(_ state: State, names: [String]) {
        var file = TensorFile()
        for (place, name) in names.enumerated() {
            let now = state.parameters[place]
            file.set("now \(name)", now)
            file.set("first \(name)", rows: now.rows, columns: now.columns, state.adam.first[place])
            file.set("second \(name)", rows: now.rows, columns: now.columns, state.adam.second[place])
            file.set("best \(name)", state.best.model.parameters[place])
        }
        file.metadata = [
            "key": key, "epoch": "\(state.epoch)", "steps": "\(state.adam.steps)", "best_epoch": "\(state.best.epoch)",
            "best_accuracy": "\(state.best.validationAccuracy)", "best_loss": "\(state.best.validationLoss)",
        ]
        do {
            try ModelFolder.make(folder)
            try file.write("\(folder)/\(Self.name)")
        } catch { unkept("\(error)") }
    }

    /// The model is whole.
    public func finish() { try? FileManager.default.removeItem(atPath: folder) }
}
