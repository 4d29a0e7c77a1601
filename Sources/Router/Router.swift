// Router: which node takes which message, on one loop.
//
// Owns the registry of live nodes of its loop and the compiled form of the graph. Hands original bytes from node to node; it never
// decodes a payload, never blocks, and knows nothing of turns or agents. Everything here is confined to the loop.

public import Fusion

/// The registry of one loop: plugin name → the node that new streams go to.
public final class Router {
    private var nodes: [String: any Node] = [:]
    private var compiled: CompiledGraph?

    public init() {}

    /// New streams of plugins with this name go to `node` from now on; open ones stay where they are.
    public func install(_ node: any Node) { nodes[node.name] = node }

    /// Every live node, by name.
    public var installed: [any Node] { nodes.values.sorted { $0.name < $1.name } }

    public func remove(_ name: String) { nodes[name] = nil }

    public func node(_ name: String) -> (any Node)? { nodes[name] }

    /// A session's way through `plan`. Node streams are opened when their first message comes.
    public func route(_ plan: GraphPlan, sessionKey: UInt64, delegate: any RouteDelegate) -> Route {
        Route(graph: compile(plan), router: self, sessionKey: sessionKey, delegate: delegate)
    }

    private func compile(_ plan: GraphPlan) -> CompiledGraph {
        if let compiled, compiled.plan == plan { return compiled }
        let graph = CompiledGraph(plan)
        compiled = graph
        return graph
    }
}

/// A plan in the form that messages run through: flat arrays, no names.
final class CompiledGraph {
    enum Operation {
        case pass, reply, plugin
    }

    let plan: GraphPlan
    let operations: [Operation]
    let downstream: [[Int]]
    /// For each node the plugin nodes that a message given to it reaches: itself, or those behind pass-through nodes.
    let plugins: [[Int]]
    private let ingress: [[Int]]
    private let listeners: [[Int]]

    init(_ plan: GraphPlan) {
        self.plan = plan
        operations = plan.streams.map { node in
            switch node.kind {
            case .pass: .pass
            case .reply: .reply
            case .plugin: .plugin
            }
        }
        downstream = plan.streams.map { $0.downstream.map(\.node) }
        let ingress = ClientInput.allCases.map { plan.ingress[$0] ?? [] }
        let plugins = plan.streams.indices.map { CompiledGraph.plugins(behind: $0, plan) }
        self.ingress = ingress
        self.plugins = plugins
        listeners = ingress.map { nodes in Set(nodes.flatMap { plugins[$0] }).sorted() }
    }

    func targets(of input: ClientInput) -> [Int] { ingress[input.ordinal] }

    func plugins(of input: ClientInput) -> [Int] { listeners[input.ordinal] }

    private static func plugins(behind node: Int, _ plan: GraphPlan) -> [Int] {
        var found: Set<Int> = []
        var seen: Set<Int> = [node]
        var waiting = [node]
        while let next = waiting.popLast() {
            switch plan.streams[next].kind {
            case .plugin: found.insert(next)
            case .pass: for edge in plan.streams[next].downstream where seen.insert(edge.node).inserted { waiting.append(edge.node) }
            case .reply: break
            }
        }
        return found.sorted()
    }
}

extension ClientInput {
    var ordinal: Int {
        switch self {
        case .text: 0
        case .audio: 1
        case .image: 2
        case .selfie: 3
        case .video: 4
        case .behaviour: 5
        }
    }
}
