extension GraphPlan {
    /// The graph in Graphviz's language, nodes in file order.
    public func dot() -> String {
        var lines = ["digraph \"\(name)\" {", "  rankdir=LR; node [shape=box, fontname=\"sans-serif\"];"]
        for input in ClientInput.allCases where ingress[input] != nil { lines.append("  \"client.\(input.rawValue)\" [shape=ellipse];") }
        for (from, to, label) in edges { lines.append("  \"\(from)\" -> \"\(to)\"" + (label.isEmpty ? ";" : " [label=\"\(label)\"];")) }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The graph as text: every node with what flows into it.
    public func text() -> String {
        var lines = ["graph \(name)"]
        var targets: [String] = []
        for edge in edges where !targets.contains(edge.to) { targets.append(edge.to) }
        for target in targets {
            lines.append("  \(target)  \(describe(target))")
            for edge in edges where edge.to == target { lines.append("    ← \(edge.from)" + (edge.label.isEmpty ? "" : "  (\(edge.label))")) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func describe(_ id: String) -> String {
        if let stream = streams.first(where: { $0.id == id }) {
            switch stream.kind {
            case .plugin(let name): return "plugin \(name)"
            case .pass: return "pass-through"
            case .reply: return "back to the client"
            }
        }
        if id == "turn" { return "align: decided at most \(align.deadlineMs) ms after the seal, late features: \(align.late.rawValue)" }
        if let step = steps.first(where: { $0.id == id }) {
            switch step.operation {
            case .concatenation: return "fuse by concatenation"
            case .weightedSum: return "fuse by weighted sum"
            case .aligned(let space): return "fuse in the shared space \(space.spaceID): \(space.dimensions) values"
            case .learntVector(let model): return "fuse by a trained \(model.fusion.rawValue) operator: space \(model.spaceID)"
            case .decisionLevel: return "decide: argmax Σ w·p"
            case .learnt(let model): return "decide by a trained \(model.fusion.rawValue) operator: \(model.classes.count) classes"
            case .network(let network): return "decide by the network \(network.path): \(network.classes.count) classes"
            }
        }
        return agents.first { $0.id == id }.map { "agent \($0.agent)" } ?? ""
    }

    private var edges: [(from: String, to: String, label: String)] {
        var all: [(from: String, to: String, label: String)] = []
        for input in ClientInput.allCases { for node in ingress[input] ?? [] { all.append(("client.\(input.rawValue)", streams[node].id, "")) } }
        for stream in streams {
            for edge in stream.downstream { all.append((stream.id, streams[edge.node].id, edge.output)) }
            if let modality = stream.modality { all.append((stream.id, "turn", modality)) }
        }
        for step in steps { for (input, weight) in zip(step.inputs, step.weights) { all.append(("turn", step.id, "\(input) × \(weight)")) } }
        for agent in agents {
            if let query = agent.query { all.append((query, agent.id, "query")) }
            if let when = agent.when { all.append((when, agent.id, "when")) }
        }
        return all
    }
}
