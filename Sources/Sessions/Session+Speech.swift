import EventLoop
import Router
import Wire

/// Speaks the replies: sentence by sentence on the voice's plugin, as SpeechQueue has it. What the customer has not heard when they interrupt was
/// not said.
extension Session {
    /// Whether this stream's client wants to hear the replies.
    public func speakReplies(_ wanted: Bool) {
        if wanted, speaker == nil { speaker = Speaker(session: self) }
        if !wanted {
            speaker?.cancel()
            speaker = nil
        }
    }

    /// A piece of a reply was sent.
    func speak(_ reply: ReplyDelta, turnID: UInt64, revision: UInt32) {
        guard let speaker, !ended else { return }
        speaker.say(reply, turnID: turnID, revision: revision, voice: deployment().voice)
    }

    /// What is being said is cut off: the conversation keeps what was heard of it.
    func stopSpeaking() {
        guard let speaker else { return }
        for cut in speaker.interrupt() {
            emit(.spoken(SpokenUnit(unit: cut.unit, stopped: true)), turnID: cut.turnID, revision: cut.revision)
            if let turn = turns.first(where: { $0.id == cut.turnID }) {
                turn.heard = cut.delivered
            } else if let index = records.lastIndex(where: { $0.turnID == cut.turnID }) {
                records[index].delivered = Session.kept(delivered: cut.delivered)
                records[index].state = UInt32(TurnState.interrupted.rawValue)
            }
        }
    }

    fileprivate func emitUnkept(_ chunk: AudioChunk, of unit: SpeechQueue.Unit) {
        chunk.encoded().withUnsafeBytes { emitAudio($0, turnID: unit.turnID, revision: unit.revision) }
    }

    fileprivate func spoke(_ unit: SpeechQueue.Unit) {
        if unit.number == 1 { observer.sessionSpoke(afterUs: loop.nowUs - min(unit.writtenUs, loop.nowUs)) }
    }

    fileprivate var voiceLoop: EventLoop { loop }

    fileprivate func voice(named name: String) -> (any Node)? { router.node(name) }
}

/// The voice of one session. Confined to its loop.
final class Speaker: NodeEvents {
    private unowned let session: Session
    private var queue = SpeechQueue()
    /// What of the reply in the making is no whole sentence yet, by agent.
    private var open: [(turnID: UInt64, agent: String, cutter: SentenceCutter)] = []
    private var stream: (any NodeStream)?
    private var speaking: SpeechQueue.Unit?
    private var timer: LoopTimer?
    private var voice = ""

    init(session: Session) { self.session = session }

    var isBusy: Bool { queue.isBusy }

    func say(_ reply: ReplyDelta, turnID: UInt64, revision: UInt32, voice: String?) {
        guard let voice else {
            if reply.last { session.emit(.spoken(SpokenUnit(notSpoken: "this server has no voice")), turnID: turnID, revision: revision) }
            return
        }
        self.voice = voice
        if queue.forget(turnID: turnID, before: revision) {
            open.removeAll { $0.turnID == turnID }
            if speaking?.turnID == turnID { silence() }
        }
        let index = open.firstIndex { $0.turnID == turnID && $0.agent == reply.agent }
        var cutter = index.map { open[$0].cutter } ?? SentenceCutter()
        if let index { open.remove(at: index) }
        var sentences = cutter.add(reply.text)
        if reply.last { if let rest = cutter.finish() { sentences.append(rest) } } else { open.append((turnID, reply.agent, cutter)) }
        // An agent that never ends its reply in earlier turns is not waited for.
        open.removeAll { $0.turnID < turnID }
        for sentence in sentences {
            guard queue.add(sentence, language: reply.language, turnID: turnID, revision: revision, nowUs: session.voiceLoop.nowUs) else {
                session.emit(
                    .spoken(SpokenUnit(notSpoken: "\(SpeechQueue.unitsMax) sentences wait to be spoken, which is the limit")), turnID: turnID,
                    revision: revision)
                break
            }
        }
        next()
    }

    func played(_ heard: Played) {
        queue.played(turnID: heard.turnID, unit: heard.unit, upToUs: heard.upToUs)
        next()
    }

    func interrupt() -> [SpeechQueue.Cut] {
        silence()
        open.removeAll()
        return queue.interrupt(nowUs: session.voiceLoop.nowUs)
    }

    func cancel() {
        silence()
        timer?.cancel()
        timer = nil
    }

    private func silence() {
        stream?.cancel()
        (stream, speaking) = (nil, nil)
    }

    /// Speaks on, if there is something that may be spoken now.
    func next() {
        timer?.cancel()
        timer = nil
        switch queue.next(nowUs: session.voiceLoop.nowUs, isPaced: !session.halfClosed) {
        case nil: session.closeWhenQuiet()
        case .wait(let us): timer = session.voiceLoop.after(us) { [weak self] in self?.next() }
        case .speak(let unit): speak(unit)
        }
    }

    private func speak(_ unit: SpeechQueue.Unit) {
        speaking = unit
        let text = ClientMessage(turnID: unit.turnID, kind: .text(TextInput(text: unit.text, language: unit.language)))
        do throws(RPCStatus) {
            guard let node = session.voice(named: voice) else { throw RPCStatus(.unavailable, "the voice '\(voice)' is not there at the moment") }
            let opened = try node.open(
                StreamOpen(sessionKey: session.key, turnID: unit.turnID &+ UInt64(unit.number) << 32, language: unit.language), events: self)
            stream = opened
            opened.data(
                RoutedMessage(
                    kind: ClientMessageKind.text, turnID: unit.turnID, revision: unit.revision, captureTimeUs: 0,
                    payload: SharedBuffer(text.encoded())))
            opened.halfClose()
        } catch {
            fail(error)
        }
    }

    private func fail(_ status: RPCStatus) {
        silence()
        guard let failed = queue.failed() else { return }
        session.emit(
            .spoken(SpokenUnit(unit: failed.number, text: failed.text, notSpoken: status.message)), turnID: failed.turnID, revision: failed.revision)
        next()
    }

    // MARK: NodeEvents

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        guard stream === self.stream, let unit = speaking else { return }
        do throws(RPCStatus) {
            switch try PluginOutput(decoding: payload.bytes).kind {
            case .audio(let audio): try give(audio, unit)
            case .problem(let problem): throw RPCStatus(StatusCode(rawValue: problem.code) ?? .unknown, problem.message)
            default: throw RPCStatus(.internalError, "the voice '\(voice)' gave something that is no audio")
            }
        } catch {
            fail(error)
        }
    }

    private func give(_ audio: SpokenAudio, _ unit: SpeechQueue.Unit) throws(RPCStatus) {
        guard (8_000...48_000).contains(audio.sampleRateHz), audio.samples.count % 2 == 0 else {
            throw RPCStatus(.internalError, "the voice '\(voice)' gave \(audio.samples.count) bytes at \(audio.sampleRateHz) Hz")
        }
        session.voiceLoop.refreshClock()
        let us = UInt64(audio.samples.count / 2) * 1_000_000 / UInt64(audio.sampleRateHz)
        if queue.gave(us: us, nowUs: session.voiceLoop.nowUs) {
            session.spoke(unit)
            session.emit(.spoken(SpokenUnit(unit: unit.number, text: unit.text)), turnID: unit.turnID, revision: unit.revision)
        }
        let chunk = AudioChunk(encoding: .pcm16le, sampleRateHz: audio.sampleRateHz, channels: 1, samples: audio.samples, last: audio.last)
        session.emitUnkept(chunk, of: unit)
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        guard stream === self.stream else { return }
        guard status.code == .ok else { return fail(status) }
        (self.stream, speaking) = (nil, nil)
        queue.ended()
        next()
    }
}
