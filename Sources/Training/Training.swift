// Training: models that are learnt from a shop's own data: the space that words and pictures share, fusion networks, and what comes next.
//
// It owns the learners, their files (safetensors weights, a model card) and their use for scoring. It must never run on a loop, train without a
// seed, or write a model that it could not read back.

public import Fusion

/// Data or options that cannot be trained with, or a model's file that cannot be used.
public typealias TrainingError = ModelError

/// How far a training is; called on the training's thread, often.
public struct TrainingProgress: Sendable {
    public var stage: String
    public var done: Int
    public var total: Int
    /// What is known by now, such as "Recall@10 0.41"; "" = nothing yet.
    public var note: String

    public init(stage: String, done: Int, total: Int, note: String = "") {
        self.stage = stage
        self.done = done
        self.total = total
        self.note = note
    }
}

public typealias ProgressReport = @Sendable (TrainingProgress) -> Void
