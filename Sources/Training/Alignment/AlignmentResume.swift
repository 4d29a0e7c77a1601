import Foundation
import Fusion

/// Where a stopped training of an alignment goes on: the two models that it makes (one that a tenth is held out from, then one of everything), each
/// written when a head of it is done, beside what was found out by then.
public struct AlignmentResume: Sendable {
    private let folder: String
    private let key: String
    private let unkept: @Sendable (String) -> Void

    /// What is known beside a model's weights.
    struct Notes: Codable, Equatable {
        var key: String
        var epochs: [Int] = []
        var steps: [AlignmentTraining.Step] = []
    }

    enum Stage: String {
        case held, whole
    }

    /// - Parameters:
    ///   - folder: for the unfinished models alone; gone when the training is done.
    ///   - key: of data, options and encoders: what was begun with others is not gone on with.
    ///   - unkept: told why, each time that a model cannot be written; the training goes on, but would begin anew after a stop.
    public init(folder: String, key: String, unkept: @escaping @Sendable (String) -> Void) {
        self.folder = folder
        self.key = key
        self.unkept = unkept
    }

    /// nil = nothing was begun, or with another key, or it was cut off while it was written.
    func load(_ stage: Stage) -> (model: AlignmentModel, notes: Notes)? {
        let path = "\(folder)/\(stage.rawValue)"
        guard let data = FileManager.default.contents(atPath: "\(path)/\(Self.notesName)"),
            let notes = try? JSONDecoder().decode(Notes.self, from: data), notes.key == key, let model = try? AlignmentModel.read(path).model,
            model.heads.count <= notes.epochs.count
        else { return nil }
        return (model, notes)
    }

    /// Notes come last: a folder with notes is whole.
    func save(_ stage: Stage, _ model: AlignmentModel, epochs: [Int], steps: [AlignmentTraining.Step]) {
        let path = "\(folder)/\(stage.rawValue)"
        try? FileManager.default.removeItem(atPath: "\(path)/\(Self.notesName)")
        do {
            try model.write(to: path, card: ModelCard(kind: AlignmentModel.kind, method: "unfinished", date: "", seed: 0, data: [:]))
            let notes = try JSONEncoder().encode(Notes(key: key, epochs: epochs, steps: steps))
            try notes.write(to: URL(fileURLWithPath: "\(path)/\(Self.notesName)"), options: .atomic)
        } catch let error as TrainingError {
            unkept(error.message)
        } catch {
            unkept("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    func finish() { try? FileManager.default.removeItem(atPath: folder) }

    private static let notesName = "notes.json"
}
