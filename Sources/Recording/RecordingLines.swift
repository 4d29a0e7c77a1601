public import Wire

/// A recording as people read it: one line for each record.
public enum RecordingLines {
    /// "0:12.345  →  text          turn 2  "Gold rings"". → is what the customer does, ← what the shop answers.
    public static func line(_ entry: RecordedEntry) -> String {
        let (arrow, kind, text) = parts(entry)
        return "\(time(entry.timeUs))  \(arrow)  \(padded(kind, 16))\(text)"
    }

    /// Minutes, seconds and milliseconds on the session's time line.
    public static func time(_ us: UInt64) -> String {
        let ms = us / 1_000
        func digits(_ value: UInt64, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(ms / 60_000):\(digits(ms / 1_000 % 60, 2)).\(digits(ms % 1_000, 3))"
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }

    private static func parts(_ entry: RecordedEntry) -> (String, String, String) {
        switch entry.what {
        case .frame(let direction, _, let withheld, let bytes):
            let arrow = direction == .in ? "→" : "←"
            let lacking = withheld == .nothing ? "" : "  (\(withheld.words): \(bytes) bytes)"
            switch entry.message {
            case .client(let message): return (arrow, message.kindName, text(message) + (message.endOfTurn ? "  ⏎" : "") + lacking)
            case .server(let message):
                return (arrow, message.kindName, (message.turnID > 0 ? "turn \(message.turnID)  " : "") + text(message) + lacking)
            case .control(let kind): return (arrow, kind.name, text(kind))
            case .broken(let why): return (arrow, "unreadable", why + lacking)
            case nil: return (arrow, "empty", lacking)
            }
        case .sealed(let direction, let bytes):
            return (direction == .in ? "→" : direction == .out ? "←" : "⇄", "sealed", "\(bytes) bytes")
        case .outside(let name, let said, let withheld):
            return ("⇄", "outside", "\(name), \(said.count) bytes" + (withheld == .nothing ? "" : "  (\(withheld.words))"))
        case .read(let read): return ("·", "read", "\(read.store) \(read.key): \(shortened(read.value))")
        case .sealedRead: return ("·", "read", "sealed")
        case .marker(let marker): return ("·", "marker", text(marker))
        }
    }

    private static func text(_ message: ClientMessage) -> String {
        switch message.kind {
        case .text(let input): return quoted(input.text) + (input.language.isEmpty ? "" : " (\(input.language))")
        case .audio(let chunk):
            return "\(chunk.samples.count) bytes at \(chunk.sampleRateHz) Hz\(chunk.last ? ", the last" : "")"
        case .image(let part): return "\(part.purpose), \(part.data.count) bytes, part \(part.part)\(part.last ? ", the last" : "")"
        case .video(let frame): return "\(frame.purpose), \(frame.data.count) bytes"
        case .behaviour(let event): return "\(event.behaviour) \(event.productID)"
        case .control(let control):
            switch control.kind {
            case .setLanguage(let set): return "language '\(set.language)'"
            case .consent(let consent): return "consent: \(words(ConsentGiven(consent)))"
            case .acknowledge(let acknowledge): return "acknowledges \(acknowledge.sequence)"
            case .played(let played): return "played turn \(played.turnID) up to \(time(played.upToUs))"
            case .tryOn(let request): return "try on \(request.productID)"
            case .turnStart: return "turn start"
            case .turnEnd: return "turn end"
            case .bargeIn: return "barge-in"
            case nil: return "nothing"
            }
        case nil: return "nothing"
        }
    }

    private static func text(_ message: ServerMessage) -> String {
        switch message.kind {
        case .session(let started): return "\(started.sessionID)\(started.resumed ? ", resumed" : "")"
        case .turn(let turn):
            let missing = turn.missing.isEmpty ? "" : ", missing: \(turn.missing.joined(separator: ", "))"
            return "\(turn.state)\(missing)\(turn.decision.first.map { ", \($0.name)" } ?? "")"
        case .transcript(let transcript): return "\(transcript.final ? "" : "(so far) ")\(quoted(transcript.text)) (\(transcript.language))"
        case .speech(let speech): return "\(speech.event)"
        case .recommendations(let found): return found.items.map(\.productID).joined(separator: ", ")
        case .reply(let reply):
            return quoted(reply.text)
                + (reply.last ? "  \(reply.intent) \(reply.sources.map { "[\($0.kind) \($0.id)]" }.joined(separator: " "))" : "")
        case .tryOn(let tryOn): return "\(tryOn.productID), \(tryOn.overlays.count) overlays"
        case .progress(let progress): return progress.stage
        case .problem(let problem): return "\(StatusCode(rawValue: problem.code)?.name ?? "\(problem.code)"): \(problem.message)"
        case .trace(let trace): return "\(trace.spans.count) spans"
        case .audio(let chunk): return "\(chunk.samples.count) bytes"
        case .spoken(let unit):
            if unit.stopped { return "stopped at unit \(unit.unit)" }
            return unit.notSpoken.isEmpty ? "unit \(unit.unit): \(quoted(unit.text))" : "text alone: \(unit.notSpoken)"
        case nil: return "nothing"
        }
    }

    private static func text(_ kind: Frame.Kind) -> String {
        switch kind {
        case .open(let open): return ([open.method] + open.metadata.map(\.key)).joined(separator: " ")
        case .status(let status): return "\(RPCStatus(status))"
        case .credit(let credit): return "\(credit.lane) \(credit.bytes) bytes"
        case .cancel(let cancel): return cancel.reason
        default: return ""
        }
    }

    private static func text(_ marker: RecordingMarker) -> String {
        switch marker.kind {
        case .consent: return "the customer's consent: \(words(marker.consent ?? ConsentGiven()))"
        case .deployment:
            return "from here on: \((marker.plugins + [marker.graph, marker.catalogue].compactMap(\.self)).map(named).joined(separator: ", "))"
        case .cut: return "something was cut out here"
        case .unspecified: return ""
        }
    }

    static func named(_ hash: NamedHash) -> String { "\(hash.name) \(hash.sha256.isEmpty ? "(not there)" : String(hash.sha256.prefix(12)))" }

    public static func words(_ consent: ConsentGiven) -> String {
        let given = [consent.audio ? "audio" : nil, consent.faces ? "faces" : nil].compactMap(\.self)
        return given.isEmpty ? "neither audio nor faces" : given.joined(separator: " and ")
    }

    private static func quoted(_ text: String) -> String { "“\(text)”" }
    private static func shortened(_ text: String) -> String { text.count > 100 ? text.prefix(100) + "…" : text }

    /// The header, line by line.
    public static func lines(_ header: RecordingHeader) -> [String] {
        var lines = ["session      \(header.sessionID)\(header.redacted ? " (redacted)" : "")"]
        lines.append("server       \(header.serverVersion)\(header.openvinoVersion.isEmpty ? "" : ", OpenVINO \(header.openvinoVersion)")")
        lines.append("processor    \(header.instructionSet)\(header.precision.isEmpty ? "" : ", \(header.precision)")")
        lines.append("seed         \(header.seed)")
        lines.append("consent      \(words(header.consent ?? ConsentGiven()))")
        lines.append("key          \(header.keyID.isEmpty ? "none: in the clear" : header.keyID)")
        for (name, hash) in [("graph", header.graph), ("configured", header.configuration), ("catalogue", header.catalogue)] {
            if let hash { lines.append("\(padded(name, 13))\(named(hash))") }
        }
        lines += header.plugins.map { "plugin       \(named($0))" }
        lines += header.models.map { "model        \(named($0))" }
        return lines
    }
}

extension Withheld {
    public var words: String {
        switch self {
        case .nothing: "whole"
        case .audio: "audio withheld"
        case .face: "picture withheld"
        case .redacted: "redacted"
        }
    }
}

extension ClientMessage {
    var kindName: String {
        switch kind {
        case .text: "text"
        case .audio: "audio"
        case .image: "image"
        case .video: "video"
        case .behaviour: "behaviour"
        case .control: "control"
        case nil: "nothing"
        }
    }
}

extension ServerMessage {
    var kindName: String {
        switch kind {
        case .session: "session"
        case .turn: "turn"
        case .transcript: "transcript"
        case .speech: "speech"
        case .recommendations: "recommendations"
        case .reply: "reply"
        case .tryOn: "try_on"
        case .progress: "progress"
        case .problem: "problem"
        case .trace: "trace"
        case .audio: "audio"
        case .spoken: "spoken"
        case nil: "nothing"
        }
    }
}

extension Frame.Kind {
    var name: String {
        switch self {
        case .open: "open"
        case .data: "data"
        case .halfClose: "half_close"
        case .cancel: "cancel"
        case .status: "status"
        case .credit: "credit"
        case .ping: "ping"
        case .pong: "pong"
        case .goAway: "go_away"
        }
    }
}
