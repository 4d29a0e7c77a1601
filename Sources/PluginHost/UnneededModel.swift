public import Inference

/// Stands for a model that a plugin's options have no need for: it was not read, and a job for it is refused by every inference provider.
public final class UnneededModel: InferenceModel {
    public let name: String
    public let path: String

    init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}
