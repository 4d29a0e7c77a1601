// Replay: scripted conversations, and whether the answers are what they should be.
//
// Owns the script language, the expectations and the runner that plays a script over a real connection. Scripts and expectations are values;
// the runner is the only part with a socket. It must never know how the server makes its answers.

public import CheckedYAML
public import Wire

/// A scripted conversation.
public struct Script: Sendable {
    public var name: String
    public var file: String
    public var token: String
    public var tags: [String]
    public var steps: [Step]

    public static let stepsMax = 1_000
}

/// What the client does at once, and what must have come back when the turn is over.
public struct Step: Sendable {
    public var line: Int
    public var actions: [ClientAction]
    public var expectations: [Expectation]
    /// From the last thing sent to the end of the turn, milliseconds.
    public var withinMs: Int
    /// Goes on as soon as everything expected has come, without waiting for the end of a turn.
    public var endsTurn: Bool
}

/// One thing that a client does. Paths are resolved.
public enum ClientAction: Sendable, Equatable {
    case say(String, language: String)
    case speak(file: String)
    case show(file: String)
    case selfie(file: String)
    case tryOn(product: String)
    case behaviour(Behaviour, product: String)
    case language(String)
    case bargeIn
    case silence(ms: Int)
}

extension Script {
    /// Reads a script. Paths are relative to its folder; "@samples/…" and the like are relative to `cacheFolder`.
    public static func load(_ path: String, cacheFolder: String) throws(YAMLError) -> Script {
        try read(YAMLValue.load(path), cacheFolder: cacheFolder)
    }

    static func read(_ document: YAMLValue, cacheFolder: String) throws(YAMLError) -> Script {
        try document.fields("conversation", "token", "tags", "steps")
        let path = document.file
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        var script = Script(
            name: try document["conversation"].string(), file: path, token: try document["token"].string(or: ""),
            tags: try document["tags"].strings(),
            steps: [])
        for item in try document["steps"].items() {
            script.steps.append(
                try Step.read(item) { $0.hasPrefix("@") ? cacheFolder + "/" + $0.dropFirst() : $0.hasPrefix("/") ? $0 : folder + "/" + $0 })
        }
        guard !script.steps.isEmpty, script.steps.count <= stepsMax else { throw document["steps"].error("from 1 to \(stepsMax) steps are needed") }
        return script
    }
}

private enum BehaviourName: String, CaseIterable {
    case view, click, like, dislike, buy
    case addToCart = "add_to_cart"

    var onWire: Behaviour {
        switch self {
        case .view: .view
        case .click: .click
        case .like: .like
        case .dislike: .dislike
        case .buy: .buy
        case .addToCart: .addToCart
        }
    }
}

extension Step {
    static func read(_ item: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> Step {
        try item.fields(
            "say", "language", "speak", "show", "selfie", "try_on", "behaviour", "product", "set_language", "barge_in", "silence_ms", "expect",
            "within_ms",
            "continue")
        var actions: [ClientAction] = []
        if item["set_language"].exists { actions.append(.language(try item["set_language"].string())) }
        if try item["barge_in"].bool(or: false) { actions.append(.bargeIn) }
        if item["silence_ms"].exists { actions.append(.silence(ms: try item["silence_ms"].int(in: 0...600_000))) }
        if item["behaviour"].exists {
            actions.append(.behaviour(try item["behaviour"].choice(BehaviourName.self).onWire, product: try item["product"].string()))
        }
        if item["show"].exists { actions.append(.show(file: located(try item["show"].string()))) }
        if item["selfie"].exists { actions.append(.selfie(file: located(try item["selfie"].string()))) }
        if item["try_on"].exists { actions.append(.tryOn(product: try item["try_on"].string())) }
        if item["speak"].exists { actions.append(.speak(file: located(try item["speak"].string()))) }
        if item["say"].exists { actions.append(.say(try item["say"].string(), language: try item["language"].string(or: ""))) }
        guard !actions.isEmpty else {
            throw item.error("a step does something: say, speak, show, selfie, try_on, behaviour, set_language, barge_in or silence_ms")
        }
        var expectations: [Expectation] = []
        for expected in try item["expect"].items() { expectations.append(try Expectation.read(expected)) }
        let turn = actions.contains {
            switch $0 {
            case .say, .speak, .show, .selfie, .tryOn: true
            case .behaviour, .language, .bargeIn, .silence: false
            }
        }
        return Step(
            line: item.line, actions: actions, expectations: expectations, withinMs: try item["within_ms"].int(in: 1...600_000, or: 20_000),
            endsTurn: try !item["continue"].bool(or: false) && turn)
    }
}
