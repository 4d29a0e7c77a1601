import Client
import EventLoop
import Wire

/// What a step's actions do on the line. Each either is done at once or goes on by a timer; `sent` follows the last one.
extension ConversationRunner {
    /// Performs the actions in order.
    func perform(_ actions: ArraySlice<ClientAction>, of index: Int) {
        var rest = actions
        while let action = rest.popFirst() {
            // A synthetic end of turn rides on the last thing said.
            if act(action, isLast: rest.isEmpty, then: { [weak self] in self?.perform(rest, of: index) }) { return }
        }
        sent(index)
    }

    /// True when the action takes time and `then` will go on.
    private func act(_ action: ClientAction, isLast: Bool, then: @escaping () -> Void) -> Bool {
        switch action {
        case .say(let text, let language): line.send { (c) throws(RPCStatus) in try c.say(text, language: language, endOfTurn: isLast) }
        case .show(let file): show(file, purpose: .query, isLast: isLast)
        case .selfie(let file): show(file, purpose: .selfie, isLast: isLast)
        case .speak(let source, let noise, let pace):
            return speak(assets.audio(source, noise: noise ?? script.impairments.noise), pace: pace, then: then)
        case .video(let video): return play(assets.video(video), video, then: then)
        case .tryOn(let request): line.send { (c) throws(RPCStatus) in try c.control(.tryOn(request), endOfTurn: isLast) }
        case .behaviour(let behaviour, let product): line.send { (c) throws(RPCStatus) in try c.did(behaviour, product: product) }
        case .language(let code): line.send { (c) throws(RPCStatus) in try c.control(.setLanguage(SetLanguage(language: code))) }
        case .consent(let consent): line.send { (c) throws(RPCStatus) in try c.control(.consent(consent)) }
        case .turn(let start): line.send { (c) throws(RPCStatus) in try c.control(start ? .turnStart(TurnStart()) : .turnEnd(TurnEnd())) }
        case .bargeIn: line.send { (c) throws(RPCStatus) in try c.control(.bargeIn(BargeIn())) }
        case .silence(let ms):
            loop.after(UInt64(ms) * 1_000, then)
            return true
        case .stopReading(let ms): line.stopReading(ms: ms)
        case .cancel: line.cancel()
        case .disconnect: line.disconnect()
        case .resume:
            guard !line.isUp else {
                finish(error: "there is nothing to resume: the connection stands")
                return true
            }
            line.connect { [weak self] failure in
                if let failure { self?.finish(error: "resuming: \(failure)") } else { then() }
            }
            return true
        }
        return false
    }

    private func show(_ file: String, purpose: ImagePurpose, isLast: Bool) {
        let bytes = assets.bytes(file)
        line.send { (c) throws(RPCStatus) in try c.show(bytes, purpose: purpose, endOfTurn: isLast) }
    }

    /// Sends speech at once, or so many times as fast as it was spoken.
    private func speak(_ audio: AudioFile, pace: Double, then: @escaping () -> Void) -> Bool {
        let chunks = audio.chunks(ms: ConversationRunner.audioChunkMs)
        let times = SpeechPace(pace: pace, chunkMs: ConversationRunner.audioChunkMs)
        guard times.dueUs(chunks.count - 1) > 0 || pace > 0 else {
            for chunk in chunks { line.send { (c) throws(RPCStatus) in try c.speak(chunk) } }
            return false
        }
        each(chunks.count, dueUs: times.dueUs, then: then) { [weak self] n in
            let chunk = chunks[n]
            self?.line.send { (c) throws(RPCStatus) in try c.speak(chunk) }
        }
        return true
    }

    private func play(_ frames: [[UInt8]], _ video: VideoSource, then: @escaping () -> Void) -> Bool {
        let us = UInt64(1_000_000 / video.framesPerSecond)
        each(frames.count, dueUs: { us * UInt64($0) }, then: then) { [weak self] n in
            let frame = frames[n]
            self?.line.send { (c) throws(RPCStatus) in try c.frame(frame, purpose: video.purpose) }
        }
        return true
    }

    /// Counted from the first, so that delays do not add up.
    private func each(_ count: Int, dueUs: @escaping (Int) -> UInt64, then: @escaping () -> Void, _ body: @escaping (Int) -> Void) {
        let beganUs = loop.nowUs
        func next(_ first: Int) {
            guard first < count else { return then() }
            var n = first
            repeat {
                body(n)
                n += 1
            } while n < count && dueUs(n) == 0
            let due = beganUs + dueUs(n)
            loop.after(due - min(due, loop.nowUs)) { next(n) }
        }
        next(0)
    }
}
