import EventLoop
import Fusion
import Router
import Wire

/// What the client says, by kind. Each of these throws what is wrong with the content; the session goes on.
extension Session {
    func receiveText(_ payload: UnsafeRawBufferPointer, _ peek: MessagePeek) throws(RPCStatus) {
        let text = try TextInput(decoding: peek.contents(in: payload))
        guard !text.text.isEmpty else { throw RPCStatus(.invalidArgument, "the text is empty") }
        guard text.text.utf8.count <= limits.textBytesMax else {
            throw RPCStatus(.resourceExhausted, "the text has \(text.text.utf8.count) bytes; at most \(limits.textBytesMax) are allowed")
        }
        let turn = try collectingTurn(peek.turnID)
        try countInput(of: turn)
        turn.words += (turn.words.isEmpty ? "" : " ") + text.text
        // "2" is in no language: the answer comes in that of the conversation.
        let isWordless = text.language.isEmpty && !language.isEmpty && !text.text.unicodeScalars.contains { $0.properties.isAlphabetic }
        if !isWordless { heard(text.language.isEmpty ? Language(of: text.text) : Language(tag: text.language), in: turn) }
        try send(SharedBuffer(copying: payload), peek, to: .text, modality: Modality.text, turn: turn)
        awaitPointedAt(in: turn)
        restartQuiet(turn)
    }

    func receiveAudio(_ payload: UnsafeRawBufferPointer, _ peek: MessagePeek) throws(RPCStatus) {
        try ledger.spend(payload.count, on: .audio)
        defer { giveBack(payload.count, on: .audio) }
        let route = try currentRoute()
        guard !route.targets(of: .audio).isEmpty else { throw RPCStatus(.unimplemented, "this server's graph takes no audio") }
        let chunk = try AudioChunkView(peek.contents(in: payload))
        let isLast = chunk.last
        // Whatever becomes of its last piece: a signal that is over does not go on in the next one.
        defer { if isLast { finishAudio() } }
        let fileBytes = chunk.encoding == .file ? chunk.samples.count : 0
        if fileBytes > 0 { try holdSoundFile(fileBytes) }
        let turnID = turns.last?.id ?? 0
        let opening = StreamOpen(sessionKey: key, turnID: turnID, language: languageIsSet ? language : "")
        defer { audioNodesOpen = route.plugins(of: .audio).contains(where: route.isOpen) }
        do throws(RPCStatus) {
            try route.send(routed(SharedBuffer(copying: payload), peek, turnID: turnID), to: .audio, opening: opening)
        } catch {
            giveBackSound(fileBytes)
            throw error
        }
    }

    private func holdSoundFile(_ bytes: Int) throws(RPCStatus) {
        guard soundFileBytes + bytes <= limits.soundFilesBytesMax else {
            throw RPCStatus(
                .resourceExhausted,
                "\(soundFileBytes) bytes of sound files wait to be transcribed; at most \(limits.soundFilesBytesMax) may: send the next one later")
        }
        try hold((assembly?.bytes.count ?? 0) + soundFileBytes + bytes)
        soundFileBytes += bytes
    }

    /// Nothing that the client sent as sound is under way any more.
    func soundFilesDone() { giveBackSound(soundFileBytes) }

    private func giveBackSound(_ bytes: Int) {
        guard bytes > 0 else { return }
        ingress.give(bytes)
        ingressBytes -= bytes
        soundFileBytes -= bytes
    }

    /// The microphone is off: what was said is transcribed, then the streams end.
    func finishAudio() {
        guard let route, audioNodesOpen else { return }
        let listening = route.plugins(of: .audio)
        for node in listening where route.isOpen(node) { route.finish(node) }
        audioNodesOpen = false
        audioDraining = listening.contains(where: route.isDraining)
    }

    func receiveImage(_ payload: UnsafeRawBufferPointer, _ peek: MessagePeek) throws(RPCStatus) {
        try ledger.spend(payload.count, on: .media)
        defer { giveBack(payload.count, on: .media) }
        let part = try ImagePartView(peek.contents(in: payload))
        var joining = assembly ?? ImageAssembly()
        let outcome: ImageAssembly.Outcome
        do throws(RPCStatus) {
            outcome = try joining.add(imageID: part.imageID, part: part.part, last: part.last, data: part.data, bytesMax: limits.imageBytesMax)
        } catch {
            assembly = nil
            try hold(soundFileBytes)
            throw error
        }
        assembly = joining.isEmpty ? nil : joining
        try hold((assembly?.bytes.count ?? 0) + soundFileBytes)
        let whole: SharedBuffer
        switch outcome {
        case .incomplete: return
        case .whole: whole = SharedBuffer(copying: payload)
        case .joined(let data):
            let message = ClientMessage(
                sequence: peek.sequence, turnID: peek.turnID, revision: peek.revision, captureTimeUs: peek.captureTimeUs,
                kind: .image(ImagePart(purpose: part.purpose, imageID: part.imageID, part: 0, last: true, data: data)))
            whole = SharedBuffer(message.encoded())
        }
        let turn = try collectingTurn(peek.turnID)
        try countInput(of: turn)
        let selfie = part.purpose == .selfie
        if selfie { turn.picture = TurnPicture(payload: whole) }
        try send(whole, peek, to: selfie ? .selfie : .image, modality: selfie ? Modality.selfie : Modality.image, turn: turn)
        restartQuiet(turn)
    }

    func receiveBehaviour(_ payload: UnsafeRawBufferPointer, _ peek: MessagePeek) throws(RPCStatus) {
        try rateLimited()
        let event = try BehaviourEvent(decoding: peek.contents(in: payload))
        guard event.behaviour != .unspecified, !event.productID.isEmpty else {
            throw RPCStatus(.invalidArgument, "a behaviour event names what happened and a product_id")
        }
        if context.behaviour.count >= limits.behaviourEventsMax { context.behaviour.removeFirst() }
        context.behaviour.append(event)
        if event.behaviour == .view || event.behaviour == .click { context.focusedProduct = event.productID }
        observer.sessionBehaviour(self, event)
    }

    func receiveControl(_ payload: UnsafeRawBufferPointer, _ peek: MessagePeek) throws(RPCStatus) {
        try rateLimited()
        switch try Control(decoding: peek.contents(in: payload)).kind {
        case .turnStart:
            try collectingTurn(peek.turnID).manual = true
        case .turnEnd:
            finishAudio()
            if let turn = turns.last, turn.machine.isCollecting, !turn.speechOpen { seal(turn) }
        case .bargeIn:
            interruptAnswers()
        case .setLanguage(let set):
            guard ["", "en", "zh"].contains(set.language) else {
                throw RPCStatus(.invalidArgument, "language '\(set.language)' is not spoken here; allowed: en, zh, or empty to follow the customer")
            }
            language = set.language
            languageIsSet = !set.language.isEmpty
        case .consent(let given):
            consent = given
        case .acknowledge(let ack):
            guard ack.sequence <= outbox.lastSequence else {
                throw RPCStatus(.outOfRange, "message \(ack.sequence) was acknowledged; the last one sent is \(outbox.lastSequence)")
            }
            outbox.acknowledge(upTo: ack.sequence)
        case .played(let heard):
            speaker?.played(heard)
        case .tryOn(let request):
            try receive(request, peek)
        case nil:
            throw RPCStatus(.invalidArgument, "the control message has no control")
        }
    }

    // MARK: Helpers

    private func rateLimited() throws(RPCStatus) {
        guard controlRate.take(nowUs: loop.nowUs) else {
            throw RPCStatus(.resourceExhausted, "more than \(limits.controlMessagesPerSecondMax) control and behaviour messages a second")
        }
    }

    private func countInput(of turn: Turn) throws(RPCStatus) {
        let most = turn.deployment.plan.align.inputsMax
        guard turn.inputs < most else {
            throw RPCStatus(.resourceExhausted, "turn \(turn.id) has \(turn.inputs) inputs; at most \(most) are allowed")
        }
        turn.inputs += 1
    }

    /// Charges what waits for the rest of it, or for its turn, to the server's budget.
    private func hold(_ bytes: Int) throws(RPCStatus) {
        let more = bytes - ingressBytes
        guard more <= 0 || ingress.take(more) else {
            // What the recogniser holds is not dropped by refusing more.
            ingress.give(ingressBytes - soundFileBytes)
            ingressBytes = soundFileBytes
            assembly = nil
            throw RPCStatus(
                .resourceExhausted,
                "the server holds \(ingress.usedBytes) bytes of unfinished input, of \(ingress.bytesMax) allowed; send the photo or the sound again")
        }
        if more < 0 { ingress.give(-more) }
        ingressBytes = bytes
    }

    func giveBack(_ bytes: Int, on lane: Lane) {
        if let grant = ledger.giveBack(bytes, on: lane) { outlet?.grant(grant) }
    }

    func heard(_ heard: Language, in turn: Turn) {
        turn.language = heard.answered
        turn.notice = heard.notice
        if !languageIsSet { language = heard.answered }
    }

    /// Sends an input to the graph and notes what the turn may expect from it.
    func send(_ payload: SharedBuffer, _ peek: MessagePeek, to input: ClientInput, modality: String, turn: Turn) throws(RPCStatus) {
        let route = try currentRoute()
        let targets = route.targets(of: input)
        guard !targets.isEmpty else { throw RPCStatus(.unimplemented, "this server's graph takes no \(input.rawValue)") }
        for node in targets {
            try route.send(routed(payload, peek, turnID: turn.id), toNode: node, opening: opening(turn))
            for plugin in route.plugins(behind: node) {
                // Where no agent answers, what the plugins give is the answer: the turn ends when their streams have.
                let gives = route.plan.streams[plugin].modality ?? (route.plan.agents.isEmpty ? modality : nil)
                if let gives { expect(gives, from: plugin, in: turn) }
            }
        }
    }

    func expect(_ modality: String, from node: Int, in turn: Turn) {
        turn.owe(node: node, modality: modality, nowUs: loop.nowUs)
        apply(turn.machine.handle(.expect(modality)), to: turn)
    }

    func opening(_ turn: Turn) -> StreamOpen {
        StreamOpen(sessionKey: key, turnID: turn.id, epoch: turn.machine.epoch, deadlineUs: turn.deadlineUs, language: languageIsSet ? language : "")
    }

    func routed(_ payload: SharedBuffer, _ peek: MessagePeek, turnID: UInt64) -> RoutedMessage {
        let arrival = timelineUs
        let capture = peek.captureTimeUs == 0 ? arrival : min(peek.captureTimeUs, arrival)
        return RoutedMessage(kind: peek.kind, turnID: turnID, revision: peek.revision, captureTimeUs: capture, payload: payload)
    }
}
