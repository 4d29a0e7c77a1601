public import CheckedYAML

/// What customer service does in which order, as a shop writes it down: states with what is asked, confirmed, done and said.
///
/// ```yaml
/// dialogue: 1
/// start: listen
/// states:
///   listen: {on: {cancel_order: cancel}}
///   cancel: {ask: order, for: cancel, say: {en: "Which order?", zh: "哪个订单？"}, next: sure}
///   sure: {confirm: {en: "Cancel {order}?", zh: "取消 {order} 吗？"}, yes: do, no: listen}
///   do: {do: cancel, say: {en: "Done.", zh: "已取消。"}, next: listen}
/// ```
public struct DialoguePolicy: Sendable {
    /// What can be asked for.
    public enum Slot: String, Sendable, CaseIterable {
        case order, product, size, quantity, address, detail
    }

    public struct Text: Sendable, Equatable {
        public var en: String
        public var zh: String
    }

    public enum Kind: Sendable, Equatable {
        /// Waits for an intent: intent → state, in the file's order.
        case listen([Choice])
        /// Asks for a slot that is not known yet; `about` is the operation whose orders come into question.
        case ask(Slot, about: String, Text, next: String)
        case confirm(Text, yes: String, no: String)
        case perform(String, Text, next: String)
        case say(Text, next: String)
    }

    public struct Choice: Sendable, Equatable {
        public var intent: String
        public var state: String
    }

    public struct State: Sendable, Equatable {
        public var id: String
        public var kind: Kind
        public var line: Int
    }

    public let file: String
    public let start: String
    public let states: [State]

    /// States of one policy.
    public static let statesMax = 500
    /// What can be done, as `do:` names it.
    public static let operations = ["cancel", "return", "exchange", "address", "resize", "repair", "stock_alert", "cart"]
    /// No policy: questions are answered, nothing is done.
    public static let none = DialoguePolicy(file: "", start: "listen", states: [State(id: "listen", kind: .listen([]), line: 0)])

    init(file: String, start: String, states: [State]) {
        self.file = file
        self.start = start
        self.states = states
    }

    public func state(_ id: String) -> State? { states.first { $0.id == id } }

    /// The intents that begin something, in the file's order.
    public var intents: [String] {
        guard case .listen(let choices)? = state(start)?.kind else { return [] }
        return choices.map(\.intent)
    }

    /// The state that an intent begins, if it begins any.
    public func begin(_ intent: String) -> String? {
        guard case .listen(let choices)? = state(start)?.kind else { return nil }
        return choices.first { $0.intent == intent }?.state
    }

    /// Reads and checks a policy: what is wrong is thrown with its line.
    public static func load(_ path: String) throws(YAMLError) -> DialoguePolicy { try read(YAMLValue.load(path), file: path) }

    static func parse(_ text: String) throws(YAMLError) -> DialoguePolicy {
        try read(YAMLValue.parse(text, file: "dialogue.yaml"), file: "dialogue.yaml")
    }

    private static func read(_ root: YAMLValue, file: String) throws(YAMLError) -> DialoguePolicy {
        try root.fields("dialogue", "start", "states")
        _ = try root["dialogue"].int(in: 1...1)
        let start = try root["start"].string(or: "listen")
        var states: [State] = []
        for (id, value) in try root["states"].entries() { states.append(State(id: id, kind: try kind(value), line: value.line)) }
        guard states.count <= statesMax else { throw root.error("\(states.count) states; at most \(statesMax) are allowed") }
        let policy = DialoguePolicy(file: file, start: start, states: states)
        if let fault = policy.faults().first { throw YAMLError(file: file, line: fault.line, message: fault.message) }
        return policy
    }

    private static func kind(_ value: YAMLValue) throws(YAMLError) -> Kind {
        if value["on"].exists {
            try value.fields("on")
            var choices: [Choice] = []
            for (intent, state) in try value["on"].entries() { choices.append(Choice(intent: intent, state: try state.string())) }
            return .listen(choices)
        }
        if value["ask"].exists {
            try value.fields("ask", "for", "say", "next")
            let about = try value["for"].string(or: "")
            if !about.isEmpty, !operations.contains(about) { throw value["for"].error("is none of \(operations.joined(separator: ", "))") }
            return .ask(try value["ask"].choice(Slot.self), about: about, try text(value["say"]), next: try value["next"].string())
        }
        if value["confirm"].exists {
            try value.fields("confirm", "yes", "no")
            return .confirm(try text(value["confirm"]), yes: try value["yes"].string(), no: try value["no"].string())
        }
        if value["do"].exists {
            try value.fields("do", "say", "next")
            let operation = try value["do"].string()
            guard operations.contains(operation) else { throw value["do"].error("is none of \(operations.joined(separator: ", "))") }
            return .perform(operation, try text(value["say"]), next: try value["next"].string())
        }
        try value.fields("say", "next")
        return .say(try text(value["say"]), next: try value["next"].string())
    }

    private static func text(_ value: YAMLValue) throws(YAMLError) -> Text {
        try value.fields("en", "zh")
        return Text(en: try value["en"].string(), zh: try value["zh"].string())
    }
}
