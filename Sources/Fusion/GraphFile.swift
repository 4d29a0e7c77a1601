// Fusion: how features of several modalities become one query and one decision.
//
// Owns the graph file, its checker and planner, and the operators, each with its formula. Pure: values in, values out, no I/O but reading
// the graph file, no clock, no thread. It must never know what a session, a plugin library or a product is.

import CheckedYAML

/// A graph as it stands in its file: nodes by name, not yet checked against each other.
struct GraphFile {
    var name: String
    var file: String
    var nodes: [GraphNode]

    static let nodesMax = 256

    func node(_ id: String) -> GraphNode? { nodes.first { $0.id == id } }
}

/// One node of the file with the line it stands on.
struct GraphNode {
    enum Kind {
        case plugin(String)
        case pass
        case reply
        case align(AlignPolicy)
        case fuse(FusionStep.Operator)
        case decide(FusionStep.Operator)
        case agent(name: String, query: PortName?, when: PortName?)
    }
    var id: String
    var kind: Kind
    var inputs: [PortName]
    var weights: [Float]
    var line: Int
}

enum FuseOperator: String, CaseIterable {
    case concatenation
    case weightedSum = "weighted_sum"
    /// In a space that `vitrine train alignment` has trained.
    case aligned
    /// The vector of an operator that `vitrine train fusion` has trained.
    case learnt
}

enum DecideOperator: String, CaseIterable {
    case decisionLevel = "decision_level"
    /// One that `vitrine train fusion` has trained; which of its forms, its file says.
    case learnt
    /// A network in an ONNX file, which the inference service runs.
    case onnx
}

/// "see.embedding": a node's output; "client.image": an input; "query": a node's only output. `alias` is the key in a mapping of inputs.
struct PortName: Equatable {
    var node: String
    var port: String
    var alias: String
    var line: Int

    var text: String { port.isEmpty ? node : "\(node).\(port)" }

    init(_ text: String, alias: String = "", line: Int) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        node = String(parts[0])
        port = parts.count > 1 ? String(parts[1]) : ""
        self.alias = alias
        self.line = line
    }
}

private enum MissingModality: String, CaseIterable {
    case zeros
}

private enum NodeType: String, CaseIterable {
    case plugin, pass, reply, align, fuse, decide, agent
}

extension GraphFile {
    init(_ document: YAMLValue) throws(YAMLError) {
        try document.fields("graph", "name", "nodes")
        _ = try document["graph"].int(in: 1...1)
        name = try document["name"].string()
        file = document.file
        nodes = []
        for item in try document["nodes"].items() {
            let node = try GraphNode(item)
            if let other = nodes.first(where: { $0.id == node.id }) {
                throw item.error("the name '\(node.id)' is taken by the node on line \(other.line)")
            }
            nodes.append(node)
            guard nodes.count <= GraphFile.nodesMax else { throw item.error("more than \(GraphFile.nodesMax) nodes") }
        }
        guard !nodes.isEmpty else { throw document["nodes"].error("a graph needs at least one node") }
    }
}

extension GraphNode {
    fileprivate init(_ item: YAMLValue) throws(YAMLError) {
        line = item.line
        id = try item["id"].string()
        guard !id.isEmpty, id != "client",
            id.unicodeScalars.allSatisfy({ $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_".unicodeScalars.contains($0) })
        else { throw item["id"].error("'\(id)' is not a node name: letters, digits, '-' and '_', and not 'client'") }
        let type = try item["type"].choice(NodeType.self)
        inputs = try GraphNode.ports(item["in"])
        weights = []
        switch type {
        case .plugin:
            try item.fields("id", "type", "plugin", "in")
            kind = .plugin(try item["plugin"].string())
        case .pass:
            try item.fields("id", "type", "in")
            kind = .pass
        case .reply:
            try item.fields("id", "type", "in")
            kind = .reply
        case .align:
            try item.fields("id", "type", "in", "deadline_ms", "decide_ms", "collect_ms_max", "late", "revisions_max", "inputs_max", "frames")
            guard item["in"].isMapping else { throw item["in"].error("align takes a mapping from modality to port, such as {text: read.embedding}") }
            kind = .align(
                AlignPolicy(
                    deadlineMs: try item["deadline_ms"].int(in: 1...600_000, or: 3_000),
                    decideMs: try item["decide_ms"].int(in: 1...60_000, or: 1_000),
                    collectMsMax: try item["collect_ms_max"].int(in: 100...3_600_000, or: 60_000),
                    late: try item["late"].choice(AlignPolicy.Late.self, or: .amend),
                    revisionsMax: try item["revisions_max"].int(in: 0...100, or: 3),
                    inputsMax: try item["inputs_max"].int(in: 1...1_000, or: 16), frames: try GraphNode.frames(item["frames"])))
        case .fuse:
            kind = .fuse(try GraphNode.fusion(item))
            weights = try GraphNode.weights(item["weights"], count: inputs.count)
        case .decide:
            kind = .decide(try GraphNode.decision(item))
            weights = try GraphNode.weights(item["weights"], count: inputs.count)
        case .agent:
            try item.fields("id", "type", "agent", "query", "when")
            let query = try item["query"].optionalString().map { PortName($0, line: item["query"].line) }
            let when = try item["when"].optionalString().map { PortName($0, line: item["when"].line) }
            kind = .agent(name: try item["agent"].string(), query: query, when: when)
            inputs = [query, when].compactMap { $0 }
        }
        if inputs.isEmpty, type != .agent { throw item["in"].error("node '\(id)' needs at least one input") }
    }

    /// `frames: {before_ms, after_ms, pointing, max}`: which frames of a video count with a turn's words.
    private static func frames(_ value: YAMLValue) throws(YAMLError) -> FrameTimeline.Policy {
        guard value.exists else { return .init() }
        try value.fields("before_ms", "after_ms", "pointing", "max")
        return .init(
            beforeMs: try value["before_ms"].int(in: 0...60_000, or: 2_000), afterMs: try value["after_ms"].int(in: 0...60_000, or: 500),
            pointing: try value["pointing"].choice(FrameTimeline.Policy.Pointing.self, or: .nearest),
            framesMax: try value["max"].int(in: 1...1_000, or: 32))
    }

    private static func fusion(_ item: YAMLValue) throws(YAMLError) -> FusionStep.Operator {
        switch try item["operator"].choice(FuseOperator.self) {
        case .concatenation:
            try item.fields("id", "type", "operator", "in", "weights")
            return .concatenation
        case .weightedSum:
            try item.fields("id", "type", "operator", "in", "weights")
            return .weightedSum
        case .aligned:
            try item.fields("id", "type", "operator", "in", "weights", "model")
            let path = try modelPath(item)
            do throws(ModelError) { return .aligned(try AlignedSpace.read(path)) } catch { throw item["model"].error(error.message) }
        case .learnt:
            try item.fields("id", "type", "operator", "in", "model")
            let path = try modelPath(item)
            do throws(ModelError) {
                let model = try LearntModel.read(path)
                guard model.hasVector else {
                    throw ModelError(
                        "the operator \(model.fusion.rawValue) of \(path) lets each modality vote: it decides, and has no vector to fuse")
                }
                return .learntVector(model)
            } catch {
                throw item["model"].error(error.message)
            }
        }
    }

    private static func decision(_ item: YAMLValue) throws(YAMLError) -> FusionStep.Operator {
        switch try item["operator"].choice(DecideOperator.self) {
        case .decisionLevel:
            try item.fields("id", "type", "operator", "in", "weights")
            return .decisionLevel
        case .learnt:
            try item.fields("id", "type", "operator", "in", "model")
            let path = try modelPath(item)
            do throws(ModelError) { return .learnt(try LearntModel.read(path)) } catch { throw item["model"].error(error.message) }
        case .onnx:
            try item.fields("id", "type", "operator", "in", "model", "classes", "missing")
            let path = try modelPath(item)
            let classes = item["classes"].exists ? try item["classes"].strings() : nil
            let missing = item["missing"].exists ? try item["missing"].choice(MissingModality.self).rawValue : nil
            do throws(ModelError) {
                return .network(try DecisionNetwork.read(path, classes: classes, missing: missing))
            } catch {
                throw item["model"].error(error.message)
            }
        }
    }

    /// What `model` names: from the graph file's own folder if it is not absolute.
    private static func modelPath(_ item: YAMLValue) throws(YAMLError) -> String {
        let name = try item["model"].string()
        let folder = item.file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return name.hasPrefix("/") || folder.isEmpty ? name : "\(folder)/\(name)"
    }

    private static func ports(_ value: YAMLValue) throws(YAMLError) -> [PortName] {
        var ports: [PortName] = []
        if value.isMapping {
            for (key, port) in try value.entries() { ports.append(PortName(try port.string(), alias: key, line: port.line)) }
        } else if value.exists {
            for text in try value.strings() { ports.append(PortName(text, line: value.line)) }
        }
        return ports
    }

    /// One weight an input, each from 0 to 1000; equal weights when none are given.
    private static func weights(_ value: YAMLValue, count: Int) throws(YAMLError) -> [Float] {
        guard value.exists else { return Array(repeating: 1 / Float(max(count, 1)), count: count) }
        var weights: [Float] = []
        for item in try value.items() { weights.append(Float(try item.number(in: 0...1000))) }
        guard weights.count == count else { throw value.error("\(weights.count) weights for \(count) inputs") }
        guard weights.contains(where: { $0 > 0 }) else { throw value.error("at least one weight must be above 0") }
        return weights
    }
}
