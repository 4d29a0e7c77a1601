/// Fusion by a network of the shop's own: an ONNX file whose classes a decide node chooses from. The inference service runs it; here is what it takes
/// and gives.
///
/// Interface of the file, n rows at a time, n left open:
/// * for each modality an input of its name, f32[n, width]: vectors of length 1, zeros where the modality is missing;
/// * an input `present`, f32[n, modalities], 1 = there, 0 = missing, columns in the order of the other inputs. A file without it must say
///   `missing` = `zeros` in its texts: it was made so that zeros mean "missing";
/// * an output `probabilities` (each row adding up to 1) or `logits` (softmax is taken of them), f32[n, classes];
/// * texts (`metadata_props`): `classes`, a name a line; optionally `space.MODALITY`, the space that the modality's vectors must be of.
public struct DecisionNetwork: Sendable, Equatable {
    public let path: String
    /// One an input, in the file's order; the name is the modality's.
    public let tokens: [LearntToken]
    public let takesPresence: Bool
    /// "probabilities" or "logits".
    public let output: String
    public let classes: [String]

    static let presence = "present"
    static let outputs = ["probabilities", "logits"]

    var modalities: [String] { tokens.map(\.modality) }

    /// - Parameters:
    ///   - classes: what the node says of them; nil = the file's own.
    ///   - missing: what the node says of missing modalities ("zeros"); nil = the file's own.
    /// - Throws: for a file that is no ONNX, and for one that has not the interface above.
    static func read(_ path: String, classes: [String]? = nil, missing: String? = nil) throws(ModelError) -> DecisionNetwork {
        try DecisionNetwork(OnnxInterface.read(path), path: path, classes: classes, missing: missing)
    }

    init(_ file: OnnxInterface, path: String, classes said: [String]? = nil, missing: String? = nil) throws(ModelError) {
        self.path = path
        classes = said ?? (file.texts["classes"] ?? "").split(separator: "\n").map(String.init)
        guard (2...LearntModel.classesMax).contains(classes.count), Set(classes).count == classes.count else {
            throw ModelError("\(path) names \(classes.count) classes: at least 2 different ones are wanted, in its text 'classes' or at the node")
        }
        var tokens: [LearntToken] = []
        var presence: OnnxInterface.Port?
        for input in file.inputs {
            if input.name == Self.presence {
                presence = input
                continue
            }
            guard let width = Self.columns(input), (1...LearntModel.tokenWidthMax).contains(width), input.shape?[0] == nil else {
                throw ModelError(
                    "\(path): the input '\(input.name)' is \(input.text); a modality is f32[?, width], with the number of rows left open")
            }
            tokens.append(LearntToken(name: input.name, modality: input.name, width: width, spaceID: file.texts["space.\(input.name)"] ?? ""))
        }
        guard (1...LearntModel.tokensMax).contains(tokens.count) else {
            throw ModelError("\(path) has \(tokens.count) inputs for modalities; it takes 1 to \(LearntModel.tokensMax)")
        }
        self.tokens = tokens
        takesPresence = presence != nil
        if let presence {
            guard Self.columns(presence) == tokens.count, presence.shape?[0] == nil else {
                throw ModelError(
                    "\(path): the input '\(Self.presence)' is \(presence.text); it says f32[?, \(tokens.count)] which modalities are there")
            }
        } else {
            guard missing ?? file.texts["missing"] == "zeros" else {
                throw ModelError(
                    "\(path) does not say what a missing modality is: give it an input '\(Self.presence)' f32[?, \(tokens.count)], "
                        + "or say 'missing: zeros'"
                )
            }
        }
        guard let output = file.outputs.first(where: { Self.outputs.contains($0.name) }) else {
            throw ModelError(
                "\(path) has the outputs \(file.outputs.map(\.name).joined(separator: ", ")); "
                    + "one called \(Self.outputs.joined(separator: " or ")) is wanted"
            )
        }
        guard Self.columns(output) == classes.count else {
            throw ModelError(
                "\(path): the output '\(output.name)' is \(output.text); f32[?, \(classes.count)] is wanted for \(classes.count) classes")
        }
        self.output = output.name
    }

    /// Of an f32 matrix.
    private static func columns(_ port: OnnxInterface.Port) -> Int? {
        guard port.isFloat, let shape = port.shape, shape.count == 2 else { return nil }
        return shape[1]
    }
}

/// One question to a network: the turn as it is, and once more without each of its modalities, so that one inference gives both the decision and what
/// each modality contributed.
public struct NetworkRun: Sendable, Equatable {
    public struct Input: Sendable, Equatable {
        public var name: String
        public var columns: Int
        /// rows × columns.
        public var values: [Float]
    }

    /// Of the graph.
    public let step: String
    public let network: DecisionNetwork
    public let rows: Int
    public let inputs: [Input]
    /// Modalities that are there, in the network's order; row r > 0 lacks the one before it.
    let there: [String]

    /// nil when none of the network's modalities is there.
    /// - Throws: for features of another width or space, or that are not finite.
    init?(_ network: DecisionNetwork, step: String, features: [Feature]) throws(FusionError) {
        let (vectors, present) = try network.tokens.vectors(of: features)
        there = network.modalities.filter(present.contains)
        guard !there.isEmpty else { return nil }
        self.step = step
        self.network = network
        // A row for each modality that can be left out: never the last one.
        let left = [""] + (there.count > 1 ? there : [])
        rows = left.count
        var inputs = zip(network.tokens, vectors).map { token, vector in
            let zeros = [Float](repeating: 0, count: vector.count)
            return Input(name: token.name, columns: token.width, values: left.flatMap { $0 == token.modality ? zeros : vector })
        }
        if network.takesPresence {
            let modalities = network.modalities
            let mask = left.flatMap { without in modalities.map { present.contains($0) && $0 != without ? Float(1) : 0 } }
            inputs.append(Input(name: DecisionNetwork.presence, columns: modalities.count, values: mask))
        }
        self.inputs = inputs
    }

    /// What the network's output, rows × classes, says.
    /// - Throws: for an output of another size, and for one that holds no probabilities.
    public func decision(_ output: [Float]) throws(FusionError) -> Decision {
        let count = network.classes.count
        guard output.count == rows * count else {
            throw FusionError("the network of '\(step)' gave \(output.count) numbers; \(rows)×\(count) were expected")
        }
        var matrix = LearntMatrix(rows, count, output)
        if network.output == "logits" { matrix = PlainAlgebra().softmax(matrix, mask: nil) }
        let found = (0..<rows).map { Array(matrix.values[$0 * count..<($0 + 1) * count]) }
        guard found.allSatisfy({ row in row.allSatisfy { $0.isFinite && $0 >= 0 } && abs(row.reduce(0, +) - 1) < 1e-3 }) else {
            throw FusionError("the network of '\(step)' gave no probabilities: each row's numbers must be at least 0 and add up to 1")
        }
        return Decision(network.classes, whole: found[0], there: there, without: Array(found.dropFirst()))
    }
}

extension GraphPlan {
    /// What the plan's networks are to be asked about a turn's features, in the order of the steps.
    /// - Throws: as `NetworkRun`.
    public func networkRuns(_ features: [Feature]) throws(FusionError) -> [NetworkRun] {
        var runs: [NetworkRun] = []
        for step in steps {
            guard case .network(let network) = step.operation else { continue }
            if let run = try NetworkRun(network, step: step.id, features: features) { runs.append(run) }
        }
        return runs
    }

    /// The networks that decide, in the order of the steps.
    public var networks: [DecisionNetwork] {
        steps.compactMap { step in if case .network(let network) = step.operation { network } else { nil } }
    }
}
