import EventLoop
import Wire

@testable import Replay

/// A server with no models: what it answers depends on the words alone. It lives on the test's own loop.
///
/// "slow" answers a piece every 40 ms, ten in all, and stops when interrupted; "silent" never answers; "full" ends the stream; anything else is
/// answered at once by "you said …". Sessions live on when their connection is gone.
final class FakeShop {
    private final class Session {
        var sent: [ServerMessage] = []
        var turn: UInt64 = 0
        var slow: LoopTimer?
        var outlet: ((ServerMessage) -> Void)?

        func send(_ kind: ServerMessage.Kind, turn: UInt64 = 0) {
            let message = ServerMessage(sequence: UInt64(sent.count + 1), turnID: turn, kind: kind)
            sent.append(message)
            outlet?(message)
        }
    }

    private var listener: SocketListener?
    private var connections: [ObjectIdentifier: ByteStream] = [:]
    private var sessions: [String: Session] = [:]
    /// What came, by kind; counted over all connections.
    private(set) var audioChunks = 0
    private(set) var frames = 0
    private(set) var connected = 0
    var address: SocketAddress { listener?.boundAddress ?? .tcp(host: "127.0.0.1", port: 0) }

    init(_ loop: EventLoop) throws {
        listener = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0), loop: loop) { [unowned self] stream in accept(stream, loop) }
    }

    func close() {
        listener?.close()
        for stream in connections.values { stream.close() }
    }

    private func accept(_ stream: ByteStream, _ loop: EventLoop) {
        connected += 1
        connections[ObjectIdentifier(stream)] = stream
        var decoder = FrameDecoder(frameBytesMax: 16 << 20)
        var session: Session?
        stream.onBytes = { [unowned self, unowned stream] bytes in
            do throws(RPCStatus) {
                try decoder.feed(bytes) { (frame) throws(RPCStatus) in
                    let frame = try Frame(decoding: frame)
                    if case .open(let open)? = frame.kind {
                        session = self.open(open, stream, frame.streamID)
                    } else if let session {
                        try self.receive(frame, session, stream, loop)
                    }
                }
            } catch {
                stream.close()
            }
        }
        stream.onClose = { [unowned self, unowned stream] _ in
            session?.outlet = nil
            connections[ObjectIdentifier(stream)] = nil
        }
        stream.startReading()
    }

    private func open(_ open: Open, _ stream: ByteStream, _ id: UInt64) -> Session {
        let metadata = Dictionary(open.metadata.map { ($0.key, String(decoding: $0.value, as: UTF8.self)) }, uniquingKeysWith: { first, _ in first })
        let outlet: (ServerMessage) -> Void = { [weak stream] message in
            stream?.write { FrameEncoder.frame(Frame(streamID: id, kind: .data(message.encoded())), into: &$0) }
        }
        if let name = metadata["vitrine-session-id"], let old = sessions[name] {
            let after = UInt64(metadata["vitrine-resume-after"] ?? "") ?? 0
            for message in old.sent where message.sequence > after { outlet(message) }
            old.outlet = outlet
            old.send(.session(SessionStarted(sessionID: name, resumed: true)))
            return old
        }
        let made = Session()
        made.outlet = outlet
        let name = "session-\(sessions.count)"
        sessions[name] = made
        made.send(.session(SessionStarted(sessionID: name)))
        return made
    }

    private func receive(_ frame: Frame, _ session: Session, _ stream: ByteStream, _ loop: EventLoop) throws(RPCStatus) {
        switch frame.kind {
        case .data(let bytes)?:
            let message = try bytes.withUnsafeBytes { bytes in Result { () throws(RPCStatus) in try ClientMessage(decoding: bytes) } }.get()
            switch message.kind {
            case .text(let text)?: say(text.text, session, stream, frame.streamID, loop)
            case .audio(let chunk)?:
                audioChunks += 1
                if chunk.last { heard(session) }
            case .video?: frames += 1
            case .control(let control)?:
                guard case .bargeIn? = control.kind, session.slow != nil else { return }
                session.slow?.cancel()
                session.slow = nil
                session.send(.turn(TurnEvent(state: .interrupted)), turn: session.turn)
            default: break
            }
        case .halfClose?: end(stream, frame.streamID, .ok)
        case .cancel?: end(stream, frame.streamID, RPCStatus(.cancelled, "as asked"))
        default: break
        }
    }

    private func say(_ words: String, _ session: Session, _ stream: ByteStream, _ id: UInt64, _ loop: EventLoop) {
        session.turn += 1
        let turn = session.turn
        session.send(.turn(TurnEvent(state: .collecting)), turn: turn)
        session.send(.turn(TurnEvent(state: .answering)), turn: turn)
        switch words {
        case "silent": break
        case "full": end(stream, id, RPCStatus(.resourceExhausted, "the shop is full"))
        case "slow":
            var left = 10
            session.slow = loop.every(40_000) {
                left -= 1
                session.send(.reply(ReplyDelta(text: "piece \(left) ", last: left == 0, agent: "a")), turn: turn)
                guard left == 0 else { return }
                session.slow?.cancel()
                session.slow = nil
                session.send(.turn(TurnEvent(state: .done)), turn: turn)
            }
        default: answer("you said \(words)", session, turn)
        }
    }

    private func heard(_ session: Session) {
        session.turn += 1
        session.send(.turn(TurnEvent(state: .collecting)), turn: session.turn)
        session.send(.transcript(Transcript(text: "words", language: "en", final: true)), turn: session.turn)
        answer("heard", session, session.turn)
    }

    private func answer(_ text: String, _ session: Session, _ turn: UInt64) {
        session.send(.reply(ReplyDelta(text: text, language: "en", last: true, replyKind: .answer, agent: "a")), turn: turn)
        session.send(.turn(TurnEvent(state: .done)), turn: turn)
        session.send(.trace(Trace(traceID: "t", spans: [Span(node: "text-encoder", startUs: 10, durationUs: 400)])), turn: turn)
    }

    private func end(_ stream: ByteStream, _ id: UInt64, _ status: RPCStatus) {
        stream.write {
            FrameEncoder.frame(Frame(streamID: id, kind: .status(Status(code: status.code.rawValue, message: status.message))), into: &$0)
        }
    }
}

/// Plays scripts against a FakeShop on a loop of the test's own.
final class ShopTest: @unchecked Sendable {
    // Invariant: touched by the calling thread alone, which is the loop's while it runs.
    let loop: EventLoop
    private var shop: FakeShop?
    private var run: ReplayRun?
    private var load: LoadRun?
    private(set) var results: [ConversationResult] = []
    private(set) var loadReport: LoadReport?
    private(set) var failure: (any Error)?
    private(set) var counts = (audio: 0, frames: 0, connected: 0)

    init() throws { loop = try EventLoop(name: "shop-test") }

    /// One conversation of this text.
    static func play(_ text: String, assets: ScriptAssets = ScriptAssets()) throws -> (result: ConversationResult, test: ShopTest) {
        let test = try ShopTest()
        try test.play(ReplayRun.plan(scripts(text), repeated: 1), assets: assets)
        guard let result = test.results.first else { throw RPCStatus(.unknown, "no result") }
        return (result, test)
    }

    func play(_ jobs: [ReplayRun.Job], jobsMax: Int = 1, assets: ScriptAssets = ScriptAssets()) throws {
        try go { [self] target in
            run = ReplayRun(jobs, jobsMax: jobsMax, target: target, assets: assets) { [self] results in
                self.results = results
                end()
            }
            run?.start()
        }
    }

    func load(_ plan: LoadPlan, _ scripts: [Script]) throws {
        try go { [self] target in
            load = LoadRun(plan, scripts: scripts, target: target, assets: ScriptAssets(), options: RunnerOptions(), progress: { _, _ in }) {
                [self] report in
                loadReport = report
                end()
            }
            load?.start()
        }
    }

    private func go(_ body: @escaping (SocketTarget) -> Void) throws {
        loop.submit { [self, bound = Unchecked(body)] in
            loop.after(20_000_000) { [self] in end() }
            do {
                let shop = try FakeShop(loop)
                self.shop = shop
                bound.value(SocketTarget(shop.address, loop: loop))
            } catch {
                failure = error
                end()
            }
        }
        loop.run()
        if let failure { throw failure }
    }

    private func end() {
        if let shop { counts = (shop.audioChunks, shop.frames, shop.connected) }
        shop?.close()
        loop.stop()
    }

    private struct Unchecked<Value>: @unchecked Sendable {
        // Invariant: handed to the loop before it runs, used there alone.
        let value: Value
        init(_ value: Value) { self.value = value }
    }
}
