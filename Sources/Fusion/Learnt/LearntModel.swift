import Foundation

/// A trained operator as a graph runs it: which tokens it takes, which classes it tells, its parameters.
public struct LearntModel: Sendable, Equatable {
    public let fusion: LearntOperator
    public let tokens: [LearntToken]
    public let classes: [String]
    /// Of the projections.
    public let width: Int
    public let parameters: [String: LearntMatrix]
    /// Of its fused vectors: a hash of the weights.
    public let spaceID: String

    public static let weightsName = "weights.safetensors"
    public static let widthMax = 4_096
    public static let classesMax = 100_000
    public static let tokensMax = 64
    public static let tokenWidthMax = 1_000_000

    public var modalities: [String] { tokens.modalities }

    /// - Parameter folder: holds `weights.safetensors`, whose metadata names operator, classes, tokens and width.
    /// - Throws: for a file that is missing or damaged, parameters that are missing, of another shape, or not finite.
    public static func read(_ folder: String) throws(ModelError) -> LearntModel {
        let file = try TensorFile.read("\(folder)/\(weightsName)")
        let classes = (file.metadata["classes"] ?? "").split(separator: "\n").map(String.init)
        guard let fusion = LearntOperator(rawValue: file.metadata["operator"] ?? ""), let width = Int(file.metadata["width"] ?? ""),
            let tokens = try? JSONDecoder().decode([LearntToken].self, from: Data((file.metadata["tokens"] ?? "").utf8)),
            (1...widthMax).contains(width), (2...classesMax).contains(classes.count), (1...tokensMax).contains(tokens.count),
            tokens.allSatisfy({ (1...tokenWidthMax).contains($0.width) })
        else { throw ModelError("\(folder): the weights do not say which operator, classes and tokens they are for") }
        var parameters: [String: LearntMatrix] = [:]
        for shape in fusion.form.shapes(tokens, modalities: tokens.modalities.count, width: width, classes: classes.count) {
            let found = try file.rows(shape.name)
            guard found.rows == shape.rows, found.columns == shape.columns else {
                throw ModelError(
                    "\(folder): '\(shape.name)' is \(found.rows)×\(found.columns); the operator \(fusion.rawValue) takes "
                        + "\(shape.rows)×\(shape.columns)")
            }
            guard found.values.allSatisfy(\.isFinite) else { throw ModelError("\(folder): '\(shape.name)' holds values that are not finite") }
            parameters[shape.name] = LearntMatrix(found.rows, found.columns, found.values)
        }
        return LearntModel(
            fusion: fusion, tokens: tokens, classes: classes, width: width, parameters: parameters,
            spaceID: "fused-\(try FileHash.sha256("\(folder)/\(weightsName)").prefix(16))")
    }

    public init(
        fusion: LearntOperator, tokens: [LearntToken], classes: [String], width: Int, parameters: [String: LearntMatrix], spaceID: String = ""
    ) {
        self.spaceID = spaceID
        self.fusion = fusion
        self.tokens = tokens
        self.classes = classes
        self.width = width
        self.parameters = parameters
    }

    /// What the operator says of one turn's features, each at length 1; nil when none of its modalities is there.
    ///
    /// Contributions: how far ln p(winner) falls when a modality is left out, in parts that add up to 1 (all of it when there is but one).
    /// - Throws: for features of another width or space, or that are not finite.
    public func decide(_ features: [Feature]) throws(FusionError) -> Decision? {
        let (vectors, present) = try tokens.vectors(of: features)
        guard !present.isEmpty else { return nil }
        let inputs = vectors.map { LearntMatrix(1, $0.count, $0) }
        let there = modalities.filter(present.contains)
        return Decision(
            classes, whole: probabilities(inputs, present), there: there,
            without: there.count > 1 ? there.map { probabilities(inputs, present.subtracting([$0])) } : [])
    }

    /// Whether there is one vector of all modalities: operators that let each modality vote have none.
    public var hasVector: Bool { fusion.form is any FusedForm.Type }

    /// The operator's vector of one turn's, or one product's, features, of length 1: `Modality.fused` in `spaceID`; empty when none of its modalities
    /// is there.
    ///
    /// Contributions: by how much the vector turns, 1 − cos, when a modality is left out, in parts that add up to 1 (equal ones if it never turns).
    /// - Throws: for features of another width or space, or that are not finite, and for an operator without a vector.
    public func fuse(_ features: [Feature]) throws(FusionError) -> FusedVector {
        guard let form = fusion.form as? any FusedForm.Type else { throw FusionError("the operator \(fusion.rawValue) votes: it has no vector") }
        let (vectors, present) = try tokens.vectors(of: features)
        var fused = FusedVector(parts: [], missing: modalities.filter { !present.contains($0) })
        let there = modalities.filter(present.contains)
        guard !there.isEmpty else { return fused }
        let inputs = vectors.map { LearntMatrix(1, $0.count, $0) }
        func vector(_ present: Set<String>) -> Feature {
            Feature(modality: Modality.fused, spaceID: spaceID, values: form.fused(graph(inputs, present)).values).normalised()
        }
        let whole = vector(present)
        fused.parts = [.init(feature: whole, weight: 1)]
        fused.contribute(
            there.map { name in
                guard there.count > 1 else { return (name, 1) }
                let cosine = zip(whole.values, vector(present.subtracting([name])).values).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                return (name, max(0, 1 - cosine))
            })
        return fused
    }

    private func probabilities(_ inputs: [LearntMatrix], _ present: Set<String>) -> [Float] {
        fusion.form.probabilities(graph(inputs, present)).values
    }

    private func graph(_ inputs: [LearntMatrix], _ present: Set<String>) -> LearntGraph<PlainAlgebra> {
        LearntGraph(
            algebra: PlainAlgebra(), tokens: tokens, inputs: inputs,
            present: LearntMatrix(1, modalities.count, modalities.map { present.contains($0) ? 1 : 0 }), parameters: parameters)
    }
}
