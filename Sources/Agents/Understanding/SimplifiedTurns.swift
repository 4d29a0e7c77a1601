public import ChineseScript
public import Sessions
public import Wire

/// An agent that is told what customers write in traditional characters in simplified ones, as its words and tables are written.
///
/// What an action asks for (an address, what is wrong with a ring) is kept in the customer's own characters.
public struct SimplifiedTurns: Agent {
    public let name: String
    private let agent: any Agent
    private let simplifier: Simplifier

    public init(_ agent: any Agent, _ simplifier: Simplifier) {
        name = agent.name
        self.agent = agent
        self.simplifier = simplifier
    }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        var simple = turn
        if !SimplifiedTurns.tells(turn.context.dialogue) {
            simple.words = simplifier.understood(turn.words)
            simple.restated?.words = simplifier.understood(turn.restated?.words ?? "")
            for index in simple.parts.indices { simple.parts[index].words = simplifier.understood(simple.parts[index].words) }
        }
        try await agent.answer(simple, to: reply)
    }

    /// Whether the words are what an action waits for, and are kept as they are said.
    private static func tells(_ dialogue: Dialogue) -> Bool {
        guard !dialogue.state.isEmpty, let awaits = dialogue.slots.last(where: { $0.name == DialogueSlots.awaits })?.value else { return false }
        let kept = [DialoguePolicy.Slot.address.rawValue, DialoguePolicy.Slot.detail.rawValue]
        return kept.contains(awaits) && !dialogue.slots.contains { $0.name == awaits }
    }
}

extension Simplifier {
    /// The words in simplified characters, or as they are where they cannot be converted: they are understood as far as they go.
    func understood(_ words: String) -> String {
        do { return try simplified(words) } catch { return words }
    }
}
