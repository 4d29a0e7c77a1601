public import Fusion
public import Wire

/// What a route tells the session that owns it. Called on the session's loop.
public protocol RouteDelegate: AnyObject {
    /// A plugin gave something: a serialized `PluginOutput` whose oneof tag is `kind`. `turnID` is the turn its stream was opened for.
    func route(node: Int, turnID: UInt64, emitted kind: UInt32, payload: SharedBuffer)
    /// A plugin's stream has ended.
    func route(node: Int, turnID: UInt64, closed status: RPCStatus)
    /// A message has reached the graph's way back to the client.
    func route(reply message: RoutedMessage)
}

/// One session's streams through the graph, confined to its loop.
public final class Route {
    private let graph: CompiledGraph
    private unowned let router: Router
    private let sessionKey: UInt64
    /// The session, which owns this route and therefore outlives it.
    fileprivate unowned let delegate: any RouteDelegate
    /// The open stream of each plugin node, of the turn and of the camera: a camera's stream lasts longer than a turn, since what it shows is
    /// followed from picture to picture.
    private var open: [Branch?]
    private var feeds: [Branch?]
    /// Streams that were half-closed and still answer.
    private var draining: [Branch] = []

    /// Streams that may still be answering at once; more is a plugin that does not finish.
    public static let drainingStreamsMax = 32

    init(graph: CompiledGraph, router: Router, sessionKey: UInt64, delegate: any RouteDelegate) {
        self.graph = graph
        self.router = router
        self.sessionKey = sessionKey
        self.delegate = delegate
        open = Array(repeating: nil, count: graph.operations.count)
        feeds = open
    }

    /// The plan this route was made for.
    public var plan: GraphPlan { graph.plan }

    /// Nodes that take this kind of client input.
    public func targets(of input: ClientInput) -> [Int] { graph.targets(of: input) }

    /// Plugin nodes that this kind of client input reaches, also through pass-through nodes; ascending.
    public func plugins(of input: ClientInput) -> [Int] { graph.plugins(of: input) }

    /// Plugin nodes that a message given to `node` reaches: itself, or those behind pass-through nodes; ascending.
    public func plugins(behind node: Int) -> [Int] { graph.plugins[node] }

    /// Sends a client's message to every node that takes its kind.
    public func send(_ message: RoutedMessage, to input: ClientInput, opening: StreamOpen) throws(RPCStatus) {
        for node in graph.targets(of: input) { try send(message, toNode: node, opening: opening, isFeed: input == .video) }
    }

    /// Sends a message to one node, opening its stream if need be.
    /// - Parameter isFeed: a camera's picture, which has a stream beside the turn's.
    public func send(_ message: RoutedMessage, toNode node: Int, opening: StreamOpen, isFeed: Bool = false) throws(RPCStatus) {
        switch graph.operations[node] {
        case .pass:
            for next in graph.downstream[node] { try send(message, toNode: next, opening: opening, isFeed: isFeed) }
        case .reply:
            delegate.route(reply: message)
        case .plugin:
            try branch(node, opening, isFeed: isFeed).stream?.data(message)
        }
    }

    /// Whether a plugin node has streams that get nothing more and still answer.
    public func isDraining(_ node: Int) -> Bool { draining.contains { $0.node == node } }

    /// Whether a plugin node has an open stream, the camera's aside.
    public func isOpen(_ node: Int) -> Bool { open[node] != nil }

    /// Nothing more comes for this node; it answers what it has.
    public func finish(_ node: Int) {
        guard let branch = open[node] else { return }
        open[node] = nil
        draining.append(branch)
        branch.stream?.halfClose()
    }

    /// Nothing more is wanted of anybody.
    public func cancel() {
        for node in open.indices {
            open[node]?.stream?.cancel()
            feeds[node]?.stream?.cancel()
            (open[node], feeds[node]) = (nil, nil)
        }
        for branch in draining { branch.stream?.cancel() }
        draining.removeAll()
    }

    private func branch(_ node: Int, _ opening: StreamOpen, isFeed: Bool) throws(RPCStatus) -> Branch {
        if let branch = isFeed ? feeds[node] : open[node] { return branch }
        guard case .plugin(let name) = graph.plan.streams[node].kind, let target = router.node(name) else {
            throw RPCStatus(.unavailable, "no plugin serves node '\(graph.plan.streams[node].id)' at the moment")
        }
        guard draining.count < Route.drainingStreamsMax else {
            throw RPCStatus(
                .resourceExhausted, "\(draining.count) plugin streams of this session still answer; at most \(Route.drainingStreamsMax) may")
        }
        let branch = Branch(route: self, node: node, turnID: opening.turnID)
        var own = opening
        own.sessionKey = sessionKey
        branch.stream = try target.open(own, events: branch)
        if isFeed { feeds[node] = branch } else { open[node] = branch }
        return branch
    }

    fileprivate func closed(_ branch: Branch, status: RPCStatus) {
        if open[branch.node] === branch { open[branch.node] = nil }
        if feeds[branch.node] === branch { feeds[branch.node] = nil }
        draining.removeAll { $0 === branch }
        delegate.route(node: branch.node, turnID: branch.turnID, closed: status)
    }

    fileprivate func emitted(_ branch: Branch, kind: UInt32, payload: SharedBuffer) {
        delegate.route(node: branch.node, turnID: branch.turnID, emitted: kind, payload: payload)
    }
}

/// One plugin stream of a route: knows which node and turn its events belong to.
private final class Branch: NodeEvents {
    weak var route: Route?
    let node: Int
    let turnID: UInt64
    var stream: (any NodeStream)?

    init(route: Route, node: Int, turnID: UInt64) {
        self.route = route
        self.node = node
        self.turnID = turnID
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        route?.emitted(self, kind: kind, payload: payload)
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        self.stream = nil
        route?.closed(self, status: status)
    }
}
