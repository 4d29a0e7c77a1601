import Foundation

/// A trained operator as a graph runs it: which tokens it takes, which classes it tells, its parameters.
public struct LearntModel: Sendable, Equatable {
    public let fusion: LearntOperator
    public let tokens: [LearntToken]
    public let classes: [String]
    /// Of the projections.
    public let width: Int
    public let parameters: [String: LearntMatrix]

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
        return LearntModel(fusion: fusion, tokens: tokens, classes: classes, width: width, parameters: parameters)
    }

    public init(fusion: LearntOperator, tokens: [LearntToken], classes: [String], width: Int, parameters: [String: LearntMatrix]) {
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
        var inputs: [LearntMatrix] = []
        var present: Set<String> = []
        for token in tokens {
            guard let feature = features.first(where: { $0.modality == token.modality }) else {
                inputs.append(LearntMatrix(1, token.width, [Float](repeating: 0, count: token.width)))
                continue
            }
            try feature.requireFinite()
            guard feature.values.count == token.width, token.spaceID.isEmpty || token.spaceID == feature.spaceID else {
                throw FusionError(
                    "'\(feature.modality)' is \(feature.values.count) values in \(feature.spaceID); the operator was trained with \(token.width) in "
                        + token.spaceID)
            }
            inputs.append(LearntMatrix(1, token.width, feature.normalised().values))
            present.insert(token.modality)
        }
        guard !present.isEmpty else { return nil }
        let whole = probabilities(inputs, present)
        let ranked = whole.indices.sorted { (whole[$0], $1) > (whole[$1], $0) }
        let winner = ranked[0]
        let there = modalities.filter(present.contains)
        var falls = [Float](repeating: 1, count: there.count)
        if there.count > 1 {
            for (place, modality) in there.enumerated() {
                let rest = probabilities(inputs, present.subtracting([modality]))[winner]
                falls[place] = max(0, Float(log(Double(max(whole[winner], 1e-12))) - log(Double(max(rest, 1e-12)))))
            }
        }
        let total = falls.reduce(0, +)
        return Decision(
            classes: ranked.map { ClassProbability(name: classes[$0], probability: whole[$0]) },
            contributions: zip(there, falls).map { ClassProbability(name: $0, probability: total > 0 ? $1 / total : 1 / Float(there.count)) })
    }

    private func probabilities(_ inputs: [LearntMatrix], _ present: Set<String>) -> [Float] {
        let graph = LearntGraph(
            algebra: PlainAlgebra(), tokens: tokens, inputs: inputs,
            present: LearntMatrix(1, modalities.count, modalities.map { present.contains($0) ? 1 : 0 }), parameters: parameters)
        return fusion.form.probabilities(graph).values
    }
}
