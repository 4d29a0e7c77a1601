import Catalog
import EventLoop
import Fusion
import Router
import Wire

/// The life of turns: carries out what their machines say.
extension Session {
    /// The turn that takes inputs now, or a new one. `wanted` is the client's turn id; 0 leaves the choice to the session.
    func collectingTurn(_ wanted: UInt64) throws(RPCStatus) -> Turn {
        if let turn = turns.last, turn.machine.isCollecting, wanted == 0 || wanted == turn.id { return turn }
        guard wanted <= Session.turnIDMax else {
            throw RPCStatus(.invalidArgument, "turn \(wanted): turns are counted from 1, up to \(Session.turnIDMax)")
        }
        if wanted != 0, wanted <= lastTurnID {
            throw RPCStatus(.failedPrecondition, "turn \(wanted) takes no more inputs; the next one is \(lastTurnID + 1)")
        }
        if let turn = turns.last, turn.machine.isCollecting { seal(turn) }
        guard turns.count < limits.turnsWaitingMax + 1 else {
            throw RPCStatus(.resourceExhausted, "\(turns.count) turns wait for their answers; at most \(limits.turnsWaitingMax + 1) may")
        }
        lastTurnID = wanted == 0 ? lastTurnID + 1 : wanted
        let turn = Turn(id: lastTurnID, deployment: deployment(), traceID: traceID(), nowUs: loop.nowUs)
        turns.append(turn)
        for take in carried { take(turn) }
        carried = []
        turn.collectTimer = timer(turn, afterMs: turn.deployment.plan.align.collectMsMax) { session, turn in
            session.apply(turn.machine.handle(.collectLimit), to: turn)
        }
        report(turn)
        return turn
    }

    func seal(_ turn: Turn) {
        turn.quietTimer?.cancel()
        turn.collectTimer?.cancel()
        turn.sealedUs = loop.nowUs
        // A turn's plugin streams end with its last input; the microphone's go on listening.
        if let route {
            let listening = route.plugins(of: .audio)
            for node in route.plan.streams.indices where !listening.contains(node) { route.finish(node) }
        }
        askForParts(turn)
        apply(turn.machine.handle(.seal), to: turn)
    }

    /// Nothing was said in this turn after all.
    func discard(_ turn: Turn) {
        turn.cancelTimers()
        apply(turn.machine.handle(.interrupt), to: turn)
    }

    /// An automatic turn is sealed when nothing more comes for a while and nobody is speaking.
    func restartQuiet(_ turn: Turn) {
        turn.quietTimer?.cancel()
        guard !turn.manual, turn.machine.isCollecting, !turn.speechOpen else { return }
        turn.quietTimer = timer(turn, afterMs: limits.turnQuietMs) { session, turn in
            if turn.machine.isCollecting, !turn.speechOpen, !turn.machine.isEmpty || turn.tryOnProduct != nil { session.seal(turn) }
        }
    }

    /// The customer speaks or says stop: answers in the making are cut off, what was delivered stays.
    func interruptAnswers() {
        stopSpeaking()
        for turn in turns where !turn.machine.isCollecting { apply(turn.machine.handle(.interrupt), to: turn) }
    }

    private func timer(_ turn: Turn, afterMs: Int, _ body: @escaping (Session, Turn) -> Void) -> LoopTimer {
        loop.after(UInt64(afterMs) * 1_000) { [weak self, weak turn] in
            guard let self, let turn, !self.ended else { return }
            body(self, turn)
        }
    }

    func apply(_ actions: [TurnMachine.Action], to turn: Turn) {
        for action in actions {
            switch action {
            case .startDeadline(let ms):
                turn.deadlineUs = loop.nowUs + UInt64(ms) * 1_000
                turn.deadlineTimer = timer(turn, afterMs: ms) { session, turn in session.apply(turn.machine.handle(.deadline), to: turn) }
            case .cancelDeadline:
                turn.deadlineTimer?.cancel()
            case .decide(let missing, let revision):
                decide(turn, missing: missing, revision: revision)
            case .conclude:
                conclude(turn)
            case .cancelNetworks:
                cancelNetworks(turn)
            case .cancelAnswers:
                for task in turn.tasks { task.cancel() }
                turn.tasks.removeAll()
            case .report:
                report(turn)
            case .finish:
                finish(turn)
            }
        }
    }

    private func report(_ turn: Turn) {
        emit(
            .turn(
                TurnEvent(
                    state: turn.machine.state.onWire, missing: turn.machine.missing, traceID: turn.traceID,
                    decision: turn.machine.state == .answering ? turn.decision : [])),
            turnID: turn.id, revision: turn.machine.revision)
    }

    /// Turns are answered in order: one that is ready before its predecessor has finished waits.
    private func decide(_ turn: Turn, missing: [String], revision: UInt32) {
        if !turns.contains(where: { $0 === turn }) { turns.insert(turn, at: 0) }
        guard turns.first === turn else {
            turn.held = Turn.Held(missing: missing, revision: revision)
            return
        }
        turn.held = nil
        fillFromVideo(turn)
        let runs: [NetworkRun]
        do throws(FusionError) {
            let outcome = try turn.deployment.plan.fuse(
                turn.features, present: present(turn), words: turn.words, classifier: classifier(of: turn))
            runs = try turn.deployment.plan.networkRuns(turn.features)
            turn.judging = Turn.Judging(outcome: outcome, steps: runs.isEmpty ? try divide(turn) : [], missing: missing)
        } catch {
            problem(RPCStatus(.internalError, "the fusion graph failed: \(error.message)"), turnID: turn.id)
            return apply(turn.machine.handle(.decided(agents: 0)), to: turn)
        }
        apply(turn.machine.handle(.asked(networks: runs.count)), to: turn)
        if !runs.isEmpty { ask(runs, of: turn) }
    }

    /// The graph's steps and networks have said what they can.
    private func conclude(_ turn: Turn) {
        guard let judged = turn.judging else { preconditionFailure("invariant: what is concluded was fused") }
        turn.judging = nil
        for question in judged.waiting where !question.isAnswered {
            let ms = turn.deployment.plan.align.decideMs
            problem(
                RPCStatus(.deadlineExceeded, "the network of '\(question.step)' has not answered within \(ms) ms; decided without it"),
                turnID: turn.id)
        }
        let (outcome, missing) = (judged.outcome, judged.missing)
        // One after another where each has parts of the turn to answer, else all at once.
        var chosen = judged.steps
        if chosen.isEmpty {
            chosen = turn.deployment.plan.agents.compactMap { node -> AnswerStep? in
                guard isChosen(node, outcome, turn), let agent = turn.deployment.agent(named: node.agent) else { return nil }
                return AnswerStep(node: node, agent: agent, outcome: outcome)
            }
        }
        observer.sessionDecided(afterUs: loop.nowUs - turn.startedUs)
        turn.agents = chosen.map(\.node.agent)
        turn.decision = chosen.map { step in
            let classes = step.node.when.flatMap(step.outcome.decision)?.classes ?? []
            return Label(name: step.node.agent, probability: Float(classes.first { $0.name == step.node.agent }?.probability ?? 1))
        }
        turn.handsSeen = hands
        if chosen.isEmpty, !turn.deployment.plan.agents.isEmpty, !turn.words.isEmpty || !turn.features.isEmpty {
            problem(RPCStatus(.unavailable, "no agent of this server answers such a turn"), turnID: turn.id)
        }
        let answers = judged.steps.isEmpty ? chosen.map { [$0] } : [chosen]
        apply(turn.machine.handle(.decided(agents: answers.count)), to: turn)
        for steps in answers { start(steps, turn, missing: missing) }
    }

    private func classifier(of turn: Turn) -> (any ModalityClassifier)? {
        guard let reader = turn.deployment.turnClassifier else { return turn.deployment.classifier }
        return reader.reading(turn.words, turn.restated, context)
    }

    /// An explicit request to try something on needs no guess.
    private func isChosen(_ node: AgentNode, _ outcome: FusionOutcome, _ turn: Turn) -> Bool {
        if turn.tryOnProduct != nil { return node.agent == "try_on" }
        guard let step = node.when else { return true }
        return outcome.decision(step)?.winner == node.agent
    }

    private func present(_ turn: Turn) -> [String] {
        var names = turn.features.map(\.modality)
        if turn.pose != nil { names.append(Modality.selfie) }
        return names.sorted()
    }

    /// What the camera saw while the turn's words were said; a pose as long as it is fresh.
    private func fillFromVideo(_ turn: Turn) {
        guard let video else { return }
        if turn.pose == nil, let pose = freshPose(of: video) { (turn.pose, turn.picture) = (pose, video.picture) }
        // "Where is my order?" is about nothing that is shown.
        guard turn.words.isEmpty || PointingWords.moment(in: turn.words) != nil else { return }
        if let feature = video.timeline.chosen(for: pointing(turn)), !turn.features.contains(where: { $0.modality == feature.modality }) {
            turn.add(feature)
        }
    }

    /// When the turn's words were said: the utterance that points at something, else all of them; typed words from the turn's
    /// first input to its seal.
    func pointing(_ turn: Turn) -> FrameTimeline.Words {
        for words in turn.said {
            if let moment = PointingWords.moment(in: words.text) { return .init(fromUs: words.fromUs, toUs: words.toUs, moment: moment) }
        }
        if let first = turn.said.first, let last = turn.said.last { return .init(fromUs: first.fromUs, toUs: last.toUs) }
        let began = loop.nowUs - timelineUs
        return .init(fromUs: turn.startedUs - min(began, turn.startedUs), toUs: max(turn.sealedUs, turn.startedUs, began) - began, moment: 1)
    }

    /// Agents that answer one after another, each once the one before has said all of its own.
    private func start(_ steps: [AnswerStep], _ turn: Turn, missing: [String]) {
        guard let first = steps.first else { return }
        let firstQuery = query(first, turn, missing)
        let sink = ReplySink(session: LoopBound(self, loop: loop), turnID: turn.id, epoch: turn.machine.epoch)
        let bound = sink.session
        loop.refreshClock()
        let startedUs = loop.nowUs
        let reads = observer.sessionReads(self)
        let deadlineUs = startedUs + UInt64(limits.answerMsMax) * 1_000
        let task = Task(executorPreference: loop) {
            for (place, step) in steps.enumerated() {
                let next: (TurnQuery, UInt64)? = place == 0 ? (firstQuery, startedUs) : bound.value.nextQuery(step, of: sink, missing)
                guard let (query, sinceUs) = next else { return }
                var failure: RPCStatus?
                await StoreReads.$note.withValue(reads) {
                    await StoreDeadline.$us.withValue(deadlineUs) {
                        do throws(RPCStatus) { try await step.agent.answer(query, to: sink) } catch { failure = error }
                    }
                }
                bound.value.agentFinished(step.agent.name, of: sink, sinceUs: sinceUs, failure: failure, isLast: place + 1 == steps.count)
            }
        }
        turn.tasks.append(task)
    }

    /// What the next agent of a turn is asked, in the light of what the one before has said; nil when nobody waits for it any more.
    private func nextQuery(_ step: AnswerStep, of sink: ReplySink, _ missing: [String]) -> (TurnQuery, UInt64)? {
        guard !ended, let turn = turns.first(where: { $0.id == sink.turnID }), turn.machine.epoch == sink.epoch else { return nil }
        loop.refreshClock()
        return (query(step, turn, missing), loop.nowUs)
    }

    private func query(_ step: AnswerStep, _ turn: Turn, _ missing: [String]) -> TurnQuery {
        TurnQuery(
            sessionID: id, traceID: turn.traceID, principal: principal, turnID: turn.id, revision: turn.machine.revision,
            language: answerLanguage(turn), words: step.words(turn), wasSpoken: turn.wasSpoken, features: step.features(turn), missing: missing,
            query: step.node.query.flatMap(step.outcome.vector), decision: step.node.when.flatMap(step.outcome.decision),
            imageLabels: turn.imageLabels, pose: turn.pose, picture: turn.picture, tryOn: turn.tryOn, context: context,
            mayBeLearntFrom: consent.personalise, timeUs: loop.nowUs, localTime: localTime, seed: random(), parts: step.parts,
            restated: step.parts.isEmpty ? turn.restated : nil)
    }

    private func agentFinished(_ agent: String, of sink: ReplySink, sinceUs: UInt64, failure: RPCStatus?, isLast: Bool) {
        guard !ended, let turn = turns.first(where: { $0.id == sink.turnID }), turn.machine.epoch == sink.epoch else { return }
        loop.refreshClock()
        turn.note(node: agent, sinceUs: sinceUs, nowUs: loop.nowUs)
        if let failure, failure.code != .cancelled { problem(failure, turnID: sink.turnID) }
        context.lastAgent = agent
        if isLast { apply(turn.machine.handle(.agentFinished), to: turn) }
    }

    private func answerLanguage(_ turn: Turn) -> String {
        if languageIsSet { return language }
        if !turn.language.isEmpty { return turn.language }
        return language.isEmpty ? "en" : language
    }

    private func finish(_ turn: Turn) {
        turn.cancelTimers()
        turn.tasks.removeAll()
        turn.picture = nil
        turn.judging = nil
        turns.removeAll { $0 === turn }
        lastOver = turn
        if !turn.words.isEmpty || !turn.delivered.isEmpty { record(turn) }
        if turn.machine.state == .done {
            context.turnsDone += 1
            if wantsTrace { emit(.trace(Trace(traceID: turn.traceID, spans: turn.spans)), turnID: turn.id, revision: turn.machine.revision) }
        }
        observer.sessionTurnOver(self, tookUs: loop.nowUs - (turn.sealedUs == 0 ? turn.startedUs : turn.sealedUs), state: turn.machine.state)
        if let next = turns.first, let held = next.held { decide(next, missing: held.missing, revision: held.revision) }
        closeWhenQuiet()
    }
}

extension TurnMachine.State {
    /// The state as clients see it.
    var onWire: TurnState {
        switch self {
        case .collecting: .collecting
        case .awaiting: .awaiting
        case .deciding, .judging: .deciding
        case .answering: .answering
        case .done: .done
        case .interrupted: .interrupted
        case .expired: .expired
        }
    }
}
