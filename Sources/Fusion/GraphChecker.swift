public import CheckedYAML

/// What a plugin takes and gives, as its manifest says.
public struct PluginPorts: Sendable, Equatable {
    public var consumes: [String]
    public var produces: [Port]

    public struct Port: Sendable, Equatable {
        /// "embedding", "transcript", "pose" …
        public var kind: String
        public var dtype: String
        public var shape: [Int]
        public var spaceID: String

        public init(kind: String, dtype: String = "", shape: [Int] = [], spaceID: String = "") {
            self.kind = kind
            self.dtype = dtype
            self.shape = shape
            self.spaceID = spaceID
        }

        var text: String { "\(kind) \(dtype)\(shape)" + (spaceID.isEmpty ? "" : " in space \(spaceID)") }
    }

    public init(consumes: [String], produces: [Port]) {
        self.consumes = consumes
        self.produces = produces
    }
}

extension GraphPlan {
    /// Reads and checks a graph file.
    ///
    /// `ports` gives the manifest's ports of a plugin, nil when there is no such plugin; without it, plugins' ports are taken on trust.
    /// Throws for an unknown node or port, a cycle, a kind or shape that does not fit; the message names the file, the line and both ports.
    public static func load(_ path: String, ports: ((String) -> PluginPorts?)? = nil) throws(YAMLError) -> GraphPlan {
        try check(GraphFile(YAMLValue.load(path)), ports: ports)
    }

    /// The same for text; `file` is only named in errors.
    public static func parse(_ text: String, file: String = "graph.yaml", ports: ((String) -> PluginPorts?)? = nil) throws(YAMLError) -> GraphPlan {
        try check(GraphFile(YAMLValue.parse(text, file: file)), ports: ports)
    }

    private static func check(_ graph: GraphFile, ports: ((String) -> PluginPorts?)?) throws(YAMLError) -> GraphPlan {
        try GraphChecker(graph: graph, ports: ports).plan()
    }
}

/// Resolves names to indices and refuses what cannot run.
private struct GraphChecker {
    let graph: GraphFile
    let ports: ((String) -> PluginPorts?)?

    func fail(_ line: Int, _ message: String) -> YAMLError { YAMLError(file: graph.file, line: line, message: message) }

    func plan() throws(YAMLError) -> GraphPlan {
        for node in graph.nodes {
            for input in node.inputs { try checkReference(input, of: node) }
        }
        try checkCycles()
        var plan = GraphPlan(name: graph.name)
        let streamNodes = graph.nodes.filter(\.isStream)
        for node in streamNodes { plan.streams.append(StreamNode(id: node.id, kind: node.streamKind)) }
        let index = Dictionary(uniqueKeysWithValues: streamNodes.enumerated().map { ($1.id, $0) })
        for (position, node) in streamNodes.enumerated() {
            for input in node.inputs {
                if let client = input.client {
                    plan.ingress[client, default: []].append(position)
                } else if let source = index[input.node] {
                    plan.streams[source].downstream.append(StreamNode.Edge(output: input.port, node: position))
                }
            }
        }
        try addTurn(to: &plan, index: index)
        return plan
    }

    private func addTurn(to plan: inout GraphPlan, index: [String: Int]) throws(YAMLError) {
        let aligns = graph.nodes.filter(\.isAlign)
        if aligns.count > 1 {
            throw fail(aligns[1].line, "a second align node '\(aligns[1].id)'; '\(aligns[0].id)' on line \(aligns[0].line) is the turn already")
        }
        if let align = aligns.first, case .align(let policy) = align.kind {
            plan.align = policy
            for input in align.inputs {
                guard let stream = index[input.node] else {
                    throw fail(input.line, "'\(align.id)' aligns features; '\(input.text)' is none: connect a plugin's output")
                }
                plan.streams[stream].modality = input.alias
            }
        }
        for node in graph.nodes {
            switch node.kind {
            case .fuse(let operation), .decide(let operation):
                let names = try modalities(node, aligns.first)
                switch operation {
                case .weightedSum: try checkSameSpace(node, aligns.first)
                case .aligned(let space): try checkInputs(space.tokens, node, aligns.first)
                case .learnt(let model): try checkTrained(model.tokens, node, aligns.first)
                case .learntVector(let model):
                    try checkTrained(model.tokens, node, aligns.first)
                    if let other = plan.learntVectors.first {
                        throw fail(node.line, "'\(node.id)' is a second trained vector; products have one, that of '\(other.step)'")
                    }
                case .network(let network): try checkTrained(network.tokens, node, aligns.first)
                case .concatenation, .decisionLevel: break
                }
                plan.steps.append(FusionStep(id: node.id, operation: operation, inputs: names, weights: node.weights))
            case .agent(let name, let query, let when):
                if let query, graph.node(query.node)?.isFuse != true {
                    throw fail(query.line, "'\(node.id)' takes its query from a fuse node; '\(query.text)' is none")
                }
                if let when, graph.node(when.node)?.isDecide != true {
                    throw fail(when.line, "'\(node.id)' answers when a decide node says so; '\(when.text)' is none")
                }
                plan.agents.append(AgentNode(id: node.id, agent: name, query: query?.node, when: when?.node))
            default: break
            }
        }
    }

    /// Names of the modalities that a fuse or decide node takes from the turn.
    private func modalities(_ node: GraphNode, _ align: GraphNode?) throws(YAMLError) -> [String] {
        var names: [String] = []
        for input in node.inputs {
            guard let align, input.node == align.id else {
                throw fail(input.line, "'\(node.id)' takes modalities of the align node; '\(input.text)' is none")
            }
            guard align.inputs.contains(where: { $0.alias == input.port }) else {
                throw fail(
                    input.line, "the turn '\(align.id)' has no modality '\(input.port)'; it has \(align.inputs.map(\.alias).joined(separator: ", "))")
            }
            if names.contains(input.port) { throw fail(input.line, "'\(input.text)' is an input of '\(node.id)' twice") }
            names.append(input.port)
        }
        return names
    }

    /// A trained operator takes the modalities it was trained with, one vector each, in the shapes and spaces of then.
    private func checkTrained(_ tokens: [LearntToken], _ node: GraphNode, _ align: GraphNode?) throws(YAMLError) {
        for token in tokens where tokens.count(where: { $0.modality == token.modality }) > 1 {
            throw fail(
                node.line, "'\(node.id)' was trained with several vectors of '\(token.modality)'; a turn has one: train it with --inputs plugins")
        }
        for token in tokens where !node.inputs.contains(where: { $0.port == token.modality }) {
            throw fail(node.line, "\(trainedWith(tokens, node)); '\(token.modality)' is no input of it")
        }
        try checkInputs(tokens, node, align)
    }

    private func trainedWith(_ tokens: [LearntToken], _ node: GraphNode) -> String {
        "'\(node.id)' was trained with \(tokens.modalities.joined(separator: ", "))"
    }

    /// What a trained operator is given must be of the shapes and spaces it was trained with.
    private func checkInputs(_ tokens: [LearntToken], _ node: GraphNode, _ align: GraphNode?) throws(YAMLError) {
        for input in node.inputs {
            guard let token = tokens.first(where: { $0.modality == input.port }) else {
                throw fail(input.line, "\(trainedWith(tokens, node)); it cannot take '\(input.text)'")
            }
            guard let source = align?.inputs.first(where: { $0.alias == input.port }), let port = output(source) else { continue }
            guard port.shape == [token.width], token.spaceID.isEmpty || port.spaceID.isEmpty || token.spaceID == port.spaceID else {
                throw fail(
                    input.line,
                    "'\(source.text)' is \(port.text); '\(node.id)' was trained with f32[\(token.width)]"
                        + (token.spaceID.isEmpty ? "" : " in space \(token.spaceID)"))
            }
        }
    }

    /// A sum needs vectors of one shape and one space.
    private func checkSameSpace(_ node: GraphNode, _ align: GraphNode?) throws(YAMLError) {
        guard let align else { return }
        var first: (name: String, port: PluginPorts.Port)?
        for input in node.inputs {
            guard let source = align.inputs.first(where: { $0.alias == input.port }), let port = output(source) else { continue }
            if let first, first.port.shape != port.shape || first.port.dtype != port.dtype || first.port.spaceID != port.spaceID {
                throw fail(
                    input.line,
                    "'\(node.id)' adds vectors of one space: '\(first.name)' is \(first.port.text), '\(source.text)' is \(port.text)")
            }
            first = first ?? (source.text, port)
        }
    }

    private func output(_ name: PortName) -> PluginPorts.Port? {
        guard case .plugin(let plugin)? = graph.node(name.node)?.kind else { return nil }
        return ports?(plugin)?.produces.first { $0.kind == name.port }
    }

    private func checkReference(_ input: PortName, of node: GraphNode) throws(YAMLError) {
        if input.node == "client" {
            guard let client = input.client else {
                throw fail(
                    input.line,
                    "'\(input.text)' is no input of the client; there are "
                        + "\(ClientInput.allCases.map { "client.\($0.rawValue)" }.joined(separator: ", "))"
                )
            }
            guard node.isStream else {
                throw fail(input.line, "'\(node.id)' cannot take '\(client.rawValue)' straight from the client; connect a plugin between them")
            }
            return try checkConsumes(client == .selfie ? "image" : client.rawValue, input, node)
        }
        guard let source = graph.node(input.node) else {
            throw fail(
                input.line,
                "'\(node.id)' names the node '\(input.node)', which does not exist; there are \(graph.nodes.map(\.id).joined(separator: ", "))")
        }
        if case .plugin(let plugin) = source.kind {
            if let ports, ports(plugin) == nil { throw fail(source.line, "no plugin is called '\(plugin)'") }
            if let all = ports?(plugin)?.produces, !input.port.isEmpty, !all.contains(where: { $0.kind == input.port }) {
                throw fail(input.line, "'\(input.text)': plugin '\(plugin)' gives \(all.map(\.kind).joined(separator: ", ")), not '\(input.port)'")
            }
            if node.isStream { try checkConsumes(input.port == "transcript" ? "text" : input.port, input, node) }
        } else if node.isStream, !source.isStream {
            throw fail(input.line, "'\(node.id)' takes messages; '\(input.text)' gives none")
        }
    }

    private func checkConsumes(_ kind: String, _ input: PortName, _ node: GraphNode) throws(YAMLError) {
        guard case .plugin(let plugin) = node.kind, let ports else { return }
        guard let own = ports(plugin) else { throw fail(node.line, "no plugin is called '\(plugin)'") }
        guard own.consumes.contains(kind) else {
            throw fail(input.line, "'\(input.text)' gives \(kind); '\(node.id)' (plugin '\(plugin)') takes \(own.consumes.joined(separator: ", "))")
        }
    }

    private func checkCycles() throws(YAMLError) {
        var done: Set<String> = []
        func visit(_ node: GraphNode, _ trail: [String]) throws(YAMLError) {
            if let start = trail.firstIndex(of: node.id) {
                throw fail(node.line, "a cycle: \((trail[start...] + [node.id]).joined(separator: " → "))")
            }
            guard done.contains(node.id) == false else { return }
            for input in node.inputs {
                if let source = graph.node(input.node) { try visit(source, trail + [node.id]) }
            }
            done.insert(node.id)
        }
        for node in graph.nodes { try visit(node, []) }
    }
}

extension PortName {
    var client: ClientInput? { node == "client" ? ClientInput(rawValue: port) : nil }
}

extension GraphNode {
    var isStream: Bool {
        switch kind {
        case .plugin, .pass, .reply: true
        default: false
        }
    }
    var isAlign: Bool { if case .align = kind { true } else { false } }
    var isFuse: Bool { if case .fuse = kind { true } else { false } }
    var isDecide: Bool { if case .decide = kind { true } else { false } }

    fileprivate var streamKind: StreamNode.Kind {
        switch kind {
        case .plugin(let name): .plugin(name)
        case .reply: .reply
        default: .pass
        }
    }
}
