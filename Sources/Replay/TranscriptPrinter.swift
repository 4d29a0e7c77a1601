import Wire

/// A conversation as people read it: who said what, what was shown, why.
public struct TranscriptPrinter: Sendable {
    /// Colours for a terminal.
    public var colours: Bool

    public init(colours: Bool) { self.colours = colours }

    public func action(_ action: ClientAction) -> String {
        let what =
            switch action {
            case .say(let text, _): text
            case .speak(.file(let file), _, _): "🎙  \(fileName(file))"
            case .speak(.spoken(let spoken), _, _): "🎙  “\(spoken.text)” (\(spoken.voice))"
            case .show(let file): "🖼  \(fileName(file))"
            case .selfie(let file): "🤳 \(fileName(file))"
            case .video(let video): "🎥 \(video.files.map(fileName).joined(separator: ", "))"
            case .tryOn(let request): "try on \(request.productID)"
            case .behaviour(let behaviour, let product): "\(behaviour) \(product)"
            case .language(let code): "language: \(code.isEmpty ? "as spoken" : code)"
            case .consent(let consent): "consent: \(consented(consent))"
            case .turn(let start): start ? "(begins a turn)" : "(ends the turn)"
            case .bargeIn: "(interrupts)"
            case .silence(let ms): "(\(ms) ms of silence)"
            case .stopReading(let ms): "(reads nothing for \(ms) ms)"
            case .cancel: "(cancels)"
            case .disconnect: "(the connection is gone)"
            case .resume: "(comes back)"
            }
        return paint("36", "customer") + "  " + what
    }

    private func consented(_ consent: Consent) -> String {
        let given = [("audio", consent.recordAudio), ("faces", consent.recordFaces), ("personal", consent.personalise)].filter(\.1).map(\.0)
        return given.isEmpty ? "none" : given.joined(separator: ", ")
    }

    /// The lines a message is worth; none for what only machines want.
    public func lines(_ received: ReceivedMessage) -> [String] {
        if let ended = received.ended { return [paint("31", "ended   ") + "  \(ended)"] }
        switch received.message.kind {
        case .transcript(let transcript) where transcript.final:
            return [paint("2", "heard   ") + "  “\(transcript.text)” (\(transcript.language))"]
        case .recommendations(let recommendations):
            return recommendations.items.enumerated().flatMap { index, item -> [String] in
                let price = item.price.map { " · \($0.currency) \(major($0.amountMinor))" } ?? ""
                return [
                    paint("32", index == 0 ? "shop    " : "        ") + "  \(index + 1). \(item.title)\(price)\(item.inStock ? "" : " · sold out")"
                ]
                    + item.reasons.map { paint("2", "               \(percent($0.share)) \($0.modality): \($0.text)") }
            }
        case .reply(let reply):
            var lines = reply.text.isEmpty ? [] : [paint("32", "shop    ") + "  " + reply.text]
            for source in reply.sources {
                lines.append(paint("2", "               source: \(source.kind) \(source.id)\(source.title.isEmpty ? "" : " – \(source.title)")"))
            }
            return lines
        case .tryOn(let tryOn):
            let preview = tryOn.preview.isEmpty ? "" : ", preview of \(tryOn.preview.count) bytes"
            return [paint("32", "shop    ") + "  try-on of \(tryOn.productID) on \(tryOn.imageWidth) × \(tryOn.imageHeight)\(preview)"]
                + tryOn.overlays.map { paint("2", "               \($0.anchor) at (\(Int($0.x)), \(Int($0.y))), scale \(rounded($0.scale))") }
        case .spoken(let unit) where unit.stopped: return [paint("2", "               stops speaking")]
        case .spoken(let unit) where !unit.notSpoken.isEmpty: return [paint("2", "               text alone: \(unit.notSpoken)")]
        case .problem(let problem):
            return [paint("31", "problem ") + "  \(StatusCode(rawValue: problem.code)?.name ?? "\(problem.code)"): \(problem.message)"]
        default:
            return []
        }
    }

    private func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
    private func paint(_ code: String, _ text: String) -> String { colours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    private func percent(_ share: Float) -> String {
        let text = "\(Int((share * 100).rounded())) %"
        return String(repeating: " ", count: max(0, 5 - text.count)) + text
    }
    private func rounded(_ value: Float) -> String { "\((value * 100).rounded() / 100)" }
    private func major(_ minor: Int64) -> String {
        let cents = minor % 100
        return "\(minor / 100).\(cents < 10 ? "0" : "")\(cents)"
    }
}
