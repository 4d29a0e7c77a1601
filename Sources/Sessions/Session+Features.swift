import EventLoop
import Fusion
public import Router
public import Wire

/// What comes back from the graph's nodes.
extension Session: RouteDelegate {
    /// The route through the deployment that is live now; a new deployment takes over when no turn and no microphone holds the old one.
    func currentRoute() throws(RPCStatus) -> Route {
        let live = deployment()
        if let route, routeDeployment == live.number || !turns.isEmpty || audioNodesOpen || audioDraining { return route }
        // Other builds of the same plugins change nothing of the way: their streams are handed over, not cut off.
        if let route, route.plan == live.plan {
            routeDeployment = live.number
            return route
        }
        route?.cancel()
        video?.forget()
        let fresh = router.route(live.plan, sessionKey: key, delegate: self)
        route = fresh
        routeDeployment = live.number
        return fresh
    }

    public func route(reply message: RoutedMessage) {
        guard message.kind == ClientMessageKind.audio else { return }
        do throws(RPCStatus) {
            let peek = try MessagePeek(clientMessage: message.payload.bytes)
            let bytes = peek.contents(in: message.payload.bytes)
            _ = try AudioChunkView(bytes)
            emitAudio(bytes, turnID: message.turnID, revision: message.revision)
        } catch {
            problem(error)
        }
    }

    public func route(node: Int, turnID: UInt64, emitted kind: UInt32, payload: SharedBuffer) {
        guard !ended else { return }
        let output: PluginOutput
        do throws(RPCStatus) {
            output = try PluginOutput(decoding: payload.bytes)
        } catch {
            problem(RPCStatus(.internalError, "node '\(name(node))' gave a message that cannot be read: \(error.message)"))
            return
        }
        if Session.isPart(turnID) { return partGave(node, turnID, output) }
        switch output.kind {
        case .transcript(let transcript): heard(transcript, node: node)
        case .speech(let event): heard(event, node: node)
        case .embedding(let embedding):
            guard let modality = modality(of: node, output), let feature = feature(embedding, modality, node: node) else {
                if isVideo(turnID) { videoAnswered(node) }
                return
            }
            if isVideo(turnID) { return videoGave(node, feature: feature, captureTimeUs: output.captureTimeUs) }
            arrived(modality, node: node, turnID: turnID) { $0.add(feature) }
        case .pose(let pose):
            guard let modality = modality(of: node, output) else { return }
            if isVideo(turnID) { return videoGave(node, pose: pose, captureTimeUs: output.captureTimeUs) }
            arrived(modality, node: node, turnID: turnID) { $0.pose = pose }
        case .labels(let labels):
            if labels.scheme == "imagenet" { turn(turnID)?.imageLabels = labels.labels }
        case .features, .audio, .sparse, .writing:
            // For whoever runs the plugin alone or computes on in another one; a conversation has no use for single frames, terms or lines, and hears
            // replies by a way of their own.
            break
        case .problem(let reason):
            refused(RPCStatus(StatusCode(rawValue: reason.code) ?? .unknown, reason.message), node: node, turnID: turnID)
        case nil:
            problem(RPCStatus(.internalError, "node '\(name(node))' gave a message of no kind"))
        }
    }

    public func route(node: Int, turnID: UInt64, closed status: RPCStatus) {
        guard !ended else { return }
        if Session.isPart(turnID) {
            partClosed(node, turnID, status)
            return closeWhenQuiet()
        }
        if let route, route.plugins(of: .audio).contains(node) {
            let listening = route.plugins(of: .audio)
            audioNodesOpen = listening.contains(where: route.isOpen)
            audioDraining = listening.contains(where: route.isDraining)
            // Other nodes may have long to do with the words: the sound itself is nobody's any more.
            if !audioNodesOpen, !audioDraining { soundFilesDone() }
            if let turn = turns.first(where: { $0.speechOpen }) {
                turn.speechOpen = false
                failed(Modality.text, node: node, in: turn)
                if turn.machine.isCollecting { seal(turn) }
            }
        }
        if status.code != .ok {
            refused(RPCStatus(status.code, "node '\(name(node))': \(status.message)"), node: node, turnID: turnID)
        } else if isVideo(turnID) {
            videoAnswered(node)
        } else if let turn = turn(turnID) {
            // It closed without giving what it owed; parts of the words have streams of their own.
            for owed in turn.owed where owed.node == node && owed.modality != Modality.parts { failed(owed.modality, node: node, in: turn) }
        }
        closeWhenQuiet()
    }

    // MARK: Speech

    private func heard(_ event: SpeechEvent, node: Int) {
        if event.event == .start {
            interruptAnswers()
            do throws(RPCStatus) {
                let turn = try collectingTurn(0)
                turn.speechOpen = true
                turn.wasSpoken = true
                turn.quietTimer?.cancel()
                turn.owe(node: node, modality: Modality.text, nowUs: loop.nowUs)
                apply(turn.machine.handle(.expect(Modality.text)), to: turn)
            } catch {
                problem(error)
            }
        }
        emit(.speech(event), turnID: turns.last?.id ?? 0, revision: 0)
    }

    private func heard(_ transcript: Transcript, node: Int) {
        let turn = turns.first { $0.speechOpen }
        emit(.transcript(transcript), turnID: turn?.id ?? 0, revision: turn?.machine.revision ?? 0)
        guard transcript.final, let turn else { return }
        turn.speechOpen = false
        guard !transcript.text.isEmpty else {
            failed(Modality.text, node: node, in: turn)
            return sealAfterSpeech(turn)
        }
        turn.words += (turn.words.isEmpty ? "" : " ") + transcript.text
        if transcript.endUs > transcript.startUs { turn.said.append((transcript.startUs, transcript.endUs, transcript.text)) }
        heard(Language(tag: transcript.language), in: turn)
        forward(transcript, from: node, in: turn)
        awaitPointedAt(in: turn)
        sealAfterSpeech(turn)
    }

    /// The words go on as text to the nodes that the graph names.
    private func forward(_ transcript: Transcript, from node: Int, in turn: Turn) {
        guard let route else { return }
        let message = ClientMessage(
            turnID: turn.id, captureTimeUs: transcript.startUs, kind: .text(TextInput(text: transcript.text, language: transcript.language)))
        let payload = SharedBuffer(message.encoded())
        for edge in route.plan.streams[node].downstream where edge.output.isEmpty || edge.output == "transcript" {
            let routed = RoutedMessage(
                kind: ClientMessageKind.text, turnID: turn.id, revision: 0, captureTimeUs: transcript.startUs, payload: payload)
            do throws(RPCStatus) {
                try route.send(routed, toNode: edge.node, opening: opening(turn))
                // The expectation made at the start of speech moves on to the node that turns words into a feature.
                if turn.settle(node: node, modality: Modality.text, nowUs: loop.nowUs) {
                    turn.owe(node: edge.node, modality: Modality.text, nowUs: loop.nowUs)
                } else {
                    expect(Modality.text, from: edge.node, in: turn)
                }
            } catch {
                refused(error, node: node, turnID: turn.id)
            }
        }
        if turn.settle(node: node, modality: Modality.text, nowUs: loop.nowUs) {
            apply(turn.machine.handle(.failed(Modality.text)), to: turn)
        }
    }

    private func sealAfterSpeech(_ turn: Turn) {
        if turn.manual { return restartQuiet(turn) }
        if turn.words.isEmpty, turn.inputs == 0, turn.tryOnProduct == nil {
            // Noise was taken for speech: nobody said anything.
            return discard(turn)
        }
        seal(turn)
    }

    // MARK: Features

    func turn(_ id: UInt64) -> Turn? {
        turns.first { $0.id == id } ?? (lastOver?.id == id ? lastOver : nil)
    }

    func arrived(_ modality: String, node: Int, turnID: UInt64, _ take: @escaping (Turn) -> Void) {
        guard let turn = turn(turnID), turn.settle(node: node, modality: modality, nowUs: loop.nowUs) else { return }
        if turn.isLate(modality), turn.deployment.plan.align.late == .next {
            carry(take, from: turn)
        } else {
            take(turn)
        }
        apply(turn.machine.handle(.feature(modality)), to: turn)
    }

    /// To the turn that is being said, or the next to begin.
    private func carry(_ take: @escaping (Turn) -> Void, from turn: Turn) {
        if let next = turns.last, next !== turn, next.machine.isCollecting { return take(next) }
        carried.append(take)
        // No more than a turn may have.
        if carried.count > turn.deployment.plan.align.inputsMax { carried.removeFirst() }
    }

    func failed(_ modality: String, node: Int, in turn: Turn) {
        guard turn.settle(node: node, modality: modality, nowUs: loop.nowUs) else { return }
        apply(turn.machine.handle(.failed(modality)), to: turn)
    }

    private func refused(_ status: RPCStatus, node: Int, turnID: UInt64) {
        problem(status, turnID: turnID)
        if isVideo(turnID) { return videoAnswered(node) }
        guard let turn = turn(turnID), let owed = turn.owed.first(where: { $0.node == node && $0.modality != Modality.parts }) else { return }
        failed(owed.modality, node: node, in: turn)
    }

    func feature(_ embedding: Embedding, _ modality: String, node: Int) -> Feature? {
        guard !embedding.values.isEmpty, embedding.values.allSatisfy(\.isFinite) else {
            problem(RPCStatus(.internalError, "node '\(name(node))' gave an embedding that is empty or not finite"))
            return nil
        }
        return Feature(modality: modality, spaceID: embedding.spaceID, values: embedding.values)
    }

    private func modality(of node: Int, _ output: PluginOutput) -> String? {
        guard let route, node < route.plan.streams.count else { return nil }
        return route.plan.streams[node].modality
    }

    private func name(_ node: Int) -> String {
        guard let route, node < route.plan.streams.count else { return "\(node)" }
        return route.plan.streams[node].id
    }
}
