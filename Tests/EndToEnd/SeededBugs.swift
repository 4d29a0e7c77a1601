import Foundation
import Wire

/// Shops with something wrong between them and their customers, each found by an example script. What plugins do wrong is in `SeededPlugin`.
extension SeededBug {
    static let all: [SeededBug] = lost + late + wrongWords + wrongWares + wrongPlaces + wrongTurns + wrongLines

    // MARK: Frames that go missing

    private static let lost: [SeededBug] = [
        onMessage("a message is lost", "window.yaml", "was due: a message was lost") { message, memory in
            memory.count += 1
            return memory.count == 6 ? [] : [message]
        },
        onMessage("recommendations are never shown", "window.yaml", "no recommendations came") { message, _ in
            if case .recommendations? = message.kind { [] } else { [message] }
        },
        onClient("pictures arrive cut in half", "window.yaml", "no recommendations came") { message, _ in
            guard case .image(var part)? = message.kind else { return [message] }
            part.data = Array(part.data.prefix(part.data.count / 2))
            return [message.with(.image(part))]
        },
    ]

    // MARK: Answers that come too late

    private static let late: [SeededBug] = [
        SeededBug(
            name: "answers are late", script: "window.yaml", says: "2500 ms were allowed",
            toClient: { frame, _ in [Passing(frame: frame, lateMs: frame.isData ? 3_000 : 0)] }),
        onMessage("nothing but the end is said of a turn", "interruptions.yaml", "no recommendations came") { message, _ in
            switch message.kind {
            case .recommendations?, .reply?: []
            default: [message]
            }
        },
    ]

    // MARK: Wrong words

    private static let wrongWords: [SeededBug] = [
        onReply("languages are swapped", "window.yaml", "the reply's language is") { $0.language = $0.language == "en" ? "zh" : "en" },
        onReply("replies are cut off", "interruptions.yaml", "the reply lacks") { $0.text = String($0.text.prefix(3)) },
        onReply("sources are not named", "interruptions.yaml", "is not named; named are []") { $0.sources = [] },
        onReply("the intent is another", "interruptions.yaml", "the intent was 'shipping'") {
            $0.intent = $0.intent == "order_status" ? "shipping" : $0.intent
        },
        onMessage("a bad picture is the server's own fault", "manners.yaml", "the problem is INTERNAL, not INVALID_ARGUMENT") { message, _ in
            guard case .problem(var problem)? = message.kind else { return [message] }
            problem.code = StatusCode.internalError.rawValue
            return [message.with(.problem(problem))]
        },
    ]

    // MARK: Wrong wares

    private static let wrongWares: [SeededBug] = [
        onWares("prices are forgotten", "window.yaml", "at most 50000 were expected") { wares in
            for index in wares.items.indices { wares.items[index].price?.amountMinor += 100_000 }
        },
        onWares("filters are not understood", "window.yaml", "was not filled; filled were []") { $0.filters = [] },
        onWares("the least alike comes first", "window.yaml", "is among the first 1") { $0.items.reverse() },
        onWares("reasons do not add up", "window.yaml", "reasons add up to") { wares in
            for index in wares.items.indices {
                wares.items[index].reasons = wares.items[index].reasons.map { Reason(modality: $0.modality, share: 0.3) }
            }
        },
        onClient("every photo is taken for the same one", "window.yaml", #"none of ["ring-signet-gold"] is among the first"#) { message, _ in
            guard case .image(var part)? = message.kind else { return [message] }
            let other = ShopProcess.root + "/examples/jewelry/catalog/heldout/bracelet-charm-silver.jpg"
            part.data = Array(FileManager.default.contents(atPath: other) ?? Data())
            return [message.with(.image(part))]
        },
    ]

    // MARK: Wrong places

    private static let wrongPlaces: [SeededBug] = [
        onTryOn("a preview is said to be there and is empty", "try-on.yaml", "no preview came as jpeg") { tryOn in tryOn.preview = [] }
    ]

    // MARK: Turns that go wrong

    private static let wrongTurns: [SeededBug] = [
        onClient("an interruption is ignored", "interruptions.yaml", "no turn_interrupted came") { message, _ in
            if case .control(let control)? = message.kind, case .bargeIn? = control.kind { [] } else { [message] }
        },
        onMessage("the shop talks on when interrupted", "interruptions.yaml", "is over (interrupted), and reply") { message, _ in
            guard case .turn(let turn)? = message.kind, turn.state == .interrupted else { return [message] }
            let more = ReplyDelta(text: "As I was saying", language: "en", last: true)
            return [message, ServerMessage(sequence: message.sequence + 1, turnID: message.turnID, kind: .reply(more))]
        },
        onMessage("a turn is over before it is answered", "window.yaml", "no recommendations came") { message, memory in
            guard case .turn(let turn)? = message.kind else { return [message] }
            guard turn.state == .answering else { return [message] }
            var done = turn
            done.state = .done
            return [message, message.with(.turn(done))]
        },
    ]

    // MARK: Lines that go wrong

    private static let wrongLines: [SeededBug] = [
        SeededBug(
            name: "a cancel is ignored", script: "interruptions.yaml", says: "no status came",
            toServer: { frame, _ in if case .cancel? = frame.kind { [] } else { [Passing(frame: frame)] } }),
        SeededBug(
            name: "a resumed session is forgotten", script: "interruptions.yaml", says: "no resumed came",
            toServer: { frame, _ in
                guard case .open(var open)? = frame.kind else { return [Passing(frame: frame)] }
                open.metadata.removeAll { $0.key == "vitrine-session-id" }
                return [Passing(frame: Frame(streamID: frame.streamID, kind: .open(open)))]
            }),
        SeededBug(
            name: "customers are mixed up", script: "manners.yaml", says: "the reply's kind is answer, not noAnswer",
            toServer: { frame, _ in
                guard case .open(var open)? = frame.kind else { return [Passing(frame: frame)] }
                open.metadata.removeAll { $0.key == "authorization" }
                open.metadata.append(MetadataEntry(key: "authorization", value: Array("Bearer demo-customer-token".utf8)))
                return [Passing(frame: Frame(streamID: frame.streamID, kind: .open(open)))]
            }),
    ]

    // MARK: Making bugs

    private static func onMessage(
        _ name: String, _ script: String, _ says: String, _ change: @escaping @Sendable (ServerMessage, inout Memory) -> [ServerMessage]
    ) -> SeededBug {
        SeededBug(
            name: name, script: script, says: says,
            toClient: { frame, memory in
                guard let message = frame.serverMessage else { return [Passing(frame: frame)] }
                return change(message, &memory).map { Passing(frame: Frame(streamID: frame.streamID, kind: .data($0.encoded()))) }
            })
    }

    private static func onClient(
        _ name: String, _ script: String, _ says: String, _ change: @escaping @Sendable (ClientMessage, inout Memory) -> [ClientMessage]
    ) -> SeededBug {
        SeededBug(
            name: name, script: script, says: says,
            toServer: { frame, memory in
                guard let message = frame.clientMessage else { return [Passing(frame: frame)] }
                // Without numbers, so that the server does not notice by itself what is lost on the way.
                return change(message, &memory).map { changed in
                    var changed = changed
                    changed.sequence = 0
                    return Passing(frame: Frame(streamID: frame.streamID, kind: .data(changed.encoded())))
                }
            })
    }

    private static func onReply(
        _ name: String, _ script: String, _ says: String, _ change: @escaping @Sendable (inout ReplyDelta) -> Void
    ) -> SeededBug {
        onMessage(name, script, says) { message, _ in
            guard case .reply(var reply)? = message.kind else { return [message] }
            change(&reply)
            return [message.with(.reply(reply))]
        }
    }

    private static func onWares(
        _ name: String, _ script: String, _ says: String, _ change: @escaping @Sendable (inout Recommendations) -> Void
    ) -> SeededBug {
        onMessage(name, script, says) { message, _ in
            guard case .recommendations(var wares)? = message.kind else { return [message] }
            change(&wares)
            return [message.with(.recommendations(wares))]
        }
    }

    private static func onTryOn(_ name: String, _ script: String, _ says: String, _ change: @escaping @Sendable (inout TryOn) -> Void) -> SeededBug {
        onMessage(name, script, says) { message, _ in
            guard case .tryOn(var tryOn)? = message.kind else { return [message] }
            change(&tryOn)
            return [message.with(.tryOn(tryOn))]
        }
    }
}

extension Frame {
    var isData: Bool { if case .data? = kind { true } else { false } }

    var serverMessage: ServerMessage? { payload { try? ServerMessage(decoding: $0) } }

    var clientMessage: ClientMessage? { payload { try? ClientMessage(decoding: $0) } }

    /// What is no message passes on as it is.
    private func payload<Message>(_ decode: (UnsafeRawBufferPointer) -> Message?) -> Message? {
        guard case .data(let bytes)? = kind else { return nil }
        return bytes.withUnsafeBytes(decode)
    }
}

extension ServerMessage {
    func with(_ kind: Kind) -> ServerMessage {
        var changed = self
        changed.kind = kind
        return changed
    }
}

extension ClientMessage {
    func with(_ kind: Kind) -> ClientMessage {
        var changed = self
        changed.kind = kind
        return changed
    }
}
