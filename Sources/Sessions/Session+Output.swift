public import Wire

/// What goes to the client.
extension Session {
    /// Sends an agent's answer unless the turn has moved on. Returns whether it was sent.
    func emit(_ kind: ServerMessage.Kind, turnID: UInt64, epoch: UInt32) -> Bool {
        guard let turn = turns.first(where: { $0.id == turnID }), turn.machine.epoch == epoch, !turn.machine.isOver, !ended else { return false }
        let kind = setOff(kind, turn)
        note(kind, of: turn)
        emit(explained(kind, turn), turnID: turnID, revision: turn.machine.revision)
        if case .reply(let reply) = kind { speak(reply, turnID: turnID, revision: turn.machine.revision) }
        return true
    }

    /// What a second agent says of a turn begins on a line of its own: clients join all pieces of a turn.
    private func setOff(_ kind: ServerMessage.Kind, _ turn: Turn) -> ServerMessage.Kind {
        guard case .reply(var reply) = kind else { return kind }
        let isAfterAnother = turn.closedRevision == turn.machine.revision
        turn.closedRevision = reply.last ? turn.machine.revision : nil
        guard isAfterAnother, !reply.text.isEmpty else { return kind }
        reply.text = "\n" + reply.text
        return .reply(reply)
    }

    /// The first answer to a customer whose language is not spoken here begins by saying so in that language. It is written, not spoken: the voice
    /// has no other language either.
    private func explained(_ kind: ServerMessage.Kind, _ turn: Turn) -> ServerMessage.Kind {
        guard case .reply(var reply) = kind, !turn.notice.isEmpty, !toldLanguages, !languageIsSet, !reply.text.isEmpty else { return kind }
        toldLanguages = true
        reply.text = turn.notice + " " + reply.text
        return .reply(reply)
    }

    /// Numbers a message, keeps it until it is acknowledged, and sends it if a stream is attached.
    func emit(_ kind: ServerMessage.Kind, turnID: UInt64, revision: UInt32) {
        let sequence = outbox.nextSequence()
        let message = ServerMessage(sequence: sequence, turnID: turnID, revision: revision, timeUs: timelineUs, kind: kind)
        let bytes = message.encoded()
        outbox.keep(kept(message) ?? bytes, sequence: sequence)
        outlet?.send(bytes)
    }

    /// Numbers and sends what is of no use to a client that resumes.
    func emitUnkept(_ kind: ServerMessage.Kind) {
        let message = ServerMessage(sequence: outbox.nextSequence(), turnID: 0, revision: 0, timeUs: timelineUs, kind: kind)
        outlet?.send(message.encoded())
    }

    /// A try-on is kept without its preview, which would push everything else out; nil for what is kept as it is.
    private func kept(_ message: ServerMessage) -> [UInt8]? {
        guard case .tryOn(var tryOn) = message.kind, !tryOn.preview.isEmpty else { return nil }
        var bare = message
        (tryOn.preview, tryOn.previewFormat) = ([], .unspecified)
        bare.kind = .tryOn(tryOn)
        return bare.encoded()
    }

    /// Audio that has come through the graph: sent, but not kept, since late audio is of no use to a client that resumes.
    func emitAudio(_ chunk: UnsafeRawBufferPointer, turnID: UInt64, revision: UInt32) {
        let sequence = outbox.nextSequence()
        let now = timelineUs
        outlet?.send(writing: { output in
            ServerMessageEncoder.audio(sequence: sequence, turnID: turnID, revision: revision, timeUs: now, chunk: chunk, into: &output)
        })
    }

    /// Keeps what the conversation is about up to date with what was said.
    private func note(_ kind: ServerMessage.Kind, of turn: Turn) {
        switch kind {
        case .recommendations(let recommendations):
            context.shownProducts = recommendations.items.map(\.productID)
            context.focusedProduct = recommendations.items.first?.productID
        case .reply(let reply):
            turn.delivered += reply.text
        case .tryOn(let tryOn):
            context.focusedProduct = tryOn.productID
        default:
            break
        }
    }

    func focus(onProduct id: String, turnID: UInt64, epoch: UInt32) {
        guard let turn = turns.first(where: { $0.id == turnID }), turn.machine.epoch == epoch else { return }
        context.focusedProduct = id
    }

    func isUnderWay(turnID: UInt64, epoch: UInt32) -> Bool { turns.contains { $0.id == turnID && $0.machine.epoch == epoch && !$0.machine.isOver } }

    /// Writes down what the session is now, where it is kept.
    nonisolated(nonsending) func keep() async { await observer.sessionKeep(self) }

    /// - Returns: whether the turn is under way; what is dropped changes nothing.
    @discardableResult
    func remember(_ dialogue: Dialogue, turnID: UInt64, epoch: UInt32) -> Bool {
        guard let turn = turns.first(where: { $0.id == turnID }), turn.machine.epoch == epoch else { return false }
        let before = context.dialogue
        context.dialogue = dialogue
        // A person took or released the conversation while the agent worked: what it knows of that is old.
        if turn.handsSeen != hands { (context.dialogue.withPerson, context.dialogue.handoff) = (before.withPerson, before.handoff) }
        return true
    }

    /// A person of the shop writes into the conversation, outside of any turn.
    public func say(_ reply: ReplyDelta) { emit(.reply(reply), turnID: 0, revision: 0) }

    /// From now on a person answers, or the agents answer again.
    public func hand(toPerson: Bool, handoff: Int64) {
        hands += 1
        context.dialogue.withPerson = toPerson
        context.dialogue.handoff = handoff
        context.dialogue.misses = 0
    }
}
