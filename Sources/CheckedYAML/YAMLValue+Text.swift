import Yams

extension YAMLValue {
    /// The value on one line, in YAML's flow style: what a report shows of a file.
    public var flowText: String { node.map(Self.flow) ?? "" }

    private static func flow(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): text(scalar)
        case .sequence(let sequence): "[" + sequence.map(flow).joined(separator: ", ") + "]"
        case .mapping(let mapping): "{" + mapping.map { "\(flow($0.key)): \(flow($0.value))" }.joined(separator: ", ") + "}"
        case .alias: "*"
        }
    }

    private static func text(_ scalar: Node.Scalar) -> String {
        let plain = scalar.string.allSatisfy { !"\"'\n,[]{}#&*!|>%@`".contains($0) } && !scalar.string.isEmpty && !scalar.string.contains(": ")
        if plain { return scalar.string }
        return "\"" + scalar.string.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
