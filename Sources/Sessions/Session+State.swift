import Catalog
import Fusion
public import Wire

/// A session as a value: what is kept when the process goes, and taken up again.
extension Session {
    /// Layout of the stored state.
    static let stateVersion: UInt32 = 1
    /// Turns kept in the log.
    static let turnRecordsMax = 50

    public var state: SessionState {
        SessionState(
            version: Session.stateVersion, sessionID: id, user: principal.user, shop: principal.shop, language: languageIsSet ? language : "",
            nextServerSequence: outbox.lastSequence + 1, lastClientSequence: lastClientSequence, turnID: lastTurnID, turns: records,
            consentAudio: consent.recordAudio, consentFaces: consent.recordFaces, consentPersonalise: consent.personalise,
            shownProducts: context.shownProducts, focusedProduct: context.focusedProduct ?? "",
            viewedProducts: context.behaviour.filter { $0.behaviour != .dislike }.map(\.productID), dialogue: context.dialogue,
            dislikedProducts: context.behaviour.filter { $0.behaviour == .dislike }.map(\.productID))
    }

    /// Notes a turn that is over: what was said, and what the customer got of the reply.
    func record(_ turn: Turn) {
        records.append(
            TurnRecord(
                turnID: turn.id, revision: turn.machine.revision, state: UInt32(turn.machine.state.onWire.rawValue),
                said: String(turn.words.prefix(500)),
                modalities: turn.features.map(\.modality), delivered: Session.kept(delivered: turn.heard ?? turn.delivered),
                agent: turn.agents.first ?? ""))
        if records.count > Session.turnRecordsMax { records.removeFirst() }
    }

    static func kept(delivered text: String) -> String { String(text.prefix(500)) }

    /// Takes up a conversation where a stored one stood. For a session that has had no turn yet.
    /// - Parameter clientHas: the last message that the client has got. What was said after it is gone: the client is told when it is attached.
    public func take(up stored: SessionState, clientHas: UInt64 = 0) throws(RPCStatus) {
        guard stored.version == Session.stateVersion else {
            throw RPCStatus(.failedPrecondition, "the stored session has layout \(stored.version); this server reads \(Session.stateVersion)")
        }
        guard lastTurnID == 0, stored.user == principal.user, stored.shop == principal.shop else {
            throw RPCStatus(.failedPrecondition, "a stored session is taken up by its own customer, before the first turn")
        }
        // Both are counted on from, and one of them is what the client says.
        let clientHas = min(clientHas, Session.sequenceMax)
        let next = min(stored.nextServerSequence, Session.sequenceMax)
        hasHeard = true
        lastTurnID = min(stored.turnID, Session.turnIDMax)
        language = stored.language
        languageIsSet = !stored.language.isEmpty
        consent = Consent(recordAudio: stored.consentAudio, recordFaces: stored.consentFaces, personalise: stored.consentPersonalise)
        records = Array(stored.turns.suffix(Session.turnRecordsMax))
        context.shownProducts = stored.shownProducts
        context.focusedProduct = stored.focusedProduct.isEmpty ? nil : stored.focusedProduct
        context.turnsDone = records.count
        context.dialogue = stored.dialogue ?? Dialogue()
        // What was liked, or bought, is not kept apart: all of it has at least been looked at.
        let views = stored.viewedProducts.map { BehaviourEvent(behaviour: .view, productID: $0) }
        let dislikes = stored.dislikedProducts.map { BehaviourEvent(behaviour: .dislike, productID: $0) }
        context.behaviour = (views + dislikes).suffix(limits.behaviourEventsMax)
        if clientHas > 0, clientHas + 1 < next { lost = (clientHas + 1)...(next - 1) }
        // A client that has more than was kept of it is right.
        outbox.resume(at: max(next, clientHas + 1))
    }
}
