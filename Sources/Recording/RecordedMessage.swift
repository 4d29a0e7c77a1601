public import Wire

/// What a recorded frame says, decoded.
public enum RecordedMessage: Sendable, Equatable {
    case client(ClientMessage)
    case server(ServerMessage)
    /// Any other frame: Open, HalfClose, Cancel, Status, Credit.
    case control(Frame.Kind)
    /// Data that cannot be decoded; the reason.
    case broken(String)
}

extension RecordedEntry {
    /// Nil for what is no frame of the conversation, and for what is sealed.
    public var message: RecordedMessage? {
        guard case .frame(let direction, let frame, _, _) = what, let kind = frame.kind else { return nil }
        guard case .data(let bytes) = kind else { return .control(kind) }
        do throws(RPCStatus) {
            return direction == .in ? .client(try ClientMessage(decoding: bytes)) : .server(try ServerMessage(decoding: bytes))
        } catch {
            return .broken(error.message)
        }
    }

    /// The same frame with another message in it. Only for entries that have a message of that kind.
    func with(_ message: some WireMessage, withheld: Withheld, bytes: UInt64) -> RecordedEntry {
        guard case .frame(let direction, var frame, _, _) = what else { preconditionFailure("invariant: only a frame has a message") }
        frame.kind = .data(message.encoded())
        return RecordedEntry(timeUs: timeUs, what: .frame(direction, frame, withheld, withheldBytes: bytes))
    }
}

extension Recording {
    /// A turn as it can be seen from its frames.
    public struct TurnSpan: Sendable, Equatable {
        public var id: UInt64
        /// From the first thing the customer did for it to the last message about it, microseconds.
        public var fromUs: UInt64
        public var toUs: UInt64
        /// From its seal, or its first input, to its end; nil when it did not end.
        public var tookUs: UInt64?
    }

    /// The turns in the order of their numbers.
    ///
    /// Customers need not number what they say: an input belongs to the turn that the server speaks of next.
    public var turns: [TurnSpan] {
        var spans: [TurnSpan] = []
        var inputs: [UInt64] = []
        for entry in entries {
            switch entry.message {
            case .client(let message):
                if message.opensTurn { inputs.append(entry.timeUs) }
            case .server(let message) where message.turnID > 0:
                if let index = spans.firstIndex(where: { $0.id == message.turnID }) {
                    spans[index].toUs = entry.timeUs
                } else {
                    spans.append(TurnSpan(id: message.turnID, fromUs: inputs.first ?? entry.timeUs, toUs: entry.timeUs))
                    inputs = []
                }
                if case .turn(let turn) = message.kind, turn.state.isOver, let index = spans.firstIndex(where: { $0.id == message.turnID }) {
                    spans[index].tookUs = entry.timeUs - spans[index].fromUs
                }
            default: break
            }
        }
        return spans.sorted { $0.id < $1.id }
    }
}

extension TurnState {
    /// Nothing more comes of the turn.
    public var isOver: Bool { self == .done || self == .interrupted || self == .expired }
}

extension ClientMessage {
    /// Whether it is part of what a customer wants answered.
    public var opensTurn: Bool {
        switch kind {
        case .text, .audio, .image, .video: true
        case .control(let control):
            switch control.kind {
            case .tryOn, .turnStart: true
            default: false
            }
        case .behaviour, nil: false
        }
    }
}
