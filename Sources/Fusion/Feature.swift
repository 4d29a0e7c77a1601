/// What one modality says, as a vector in a named space.
///
/// Only features of equal `spaceID` may be compared; the id is a hash of dtype, shape, model and preprocessing.
public struct Feature: Sendable, Equatable {
    /// "text", "image", "selfie" …
    public var modality: String
    public var spaceID: String
    /// Shape [values.count].
    public var values: [Float]

    public init(modality: String, spaceID: String, values: [Float]) {
        self.modality = modality
        self.spaceID = spaceID
        self.values = values
    }

    /// A feature whose vector has length 1 (unchanged when it is zero or not finite).
    public func normalised() -> Feature {
        var copy = self
        let norm = values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        if norm > 0, norm.isFinite { copy.values = values.map { $0 / norm } }
        return copy
    }

    /// The mean of the directions of features of one space, at unit length; those of another space than the first are left out. nil of none.
    public static func mean(_ features: [Feature]) -> Feature? {
        guard var mean = features.first?.normalised() else { return nil }
        for other in features.dropFirst() where other.spaceID == mean.spaceID && other.values.count == mean.values.count {
            let unit = other.normalised()
            for index in unit.values.indices { mean.values[index] += unit.values[index] }
        }
        return mean.normalised()
    }
}
