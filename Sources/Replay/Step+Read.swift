import CheckedYAML
import Wire

private enum BehaviourName: String, CaseIterable {
    case view, click, like, dislike, buy
    case addToCart = "add_to_cart"

    var onWire: Behaviour {
        switch self {
        case .view: .view
        case .click: .click
        case .like: .like
        case .dislike: .dislike
        case .buy: .buy
        case .addToCart: .addToCart
        }
    }
}

private enum PurposeName: String, CaseIterable {
    case query, selfie
}

/// Formats of previews, as scripts name them.
enum PreviewName: String, CaseIterable {
    case jpeg, png

    var onWire: PreviewFormat { self == .jpeg ? .jpeg : .png }
}

private enum TurnMark: String, CaseIterable {
    case start, end
}

extension Step {
    /// Reads one step; its actions come in a fixed order, whatever the order of the keys.
    static func read(_ item: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> Step {
        try item.fields(
            "say", "language", "speak", "show", "selfie", "video", "try_on", "behaviour", "product", "set_language", "consent", "turn", "barge_in",
            "silence_ms", "stop_reading_ms", "cancel", "disconnect", "resume", "at_ms", "after", "delay_ms", "expect", "capture", "within_ms",
            "continue")
        let actions = try actions(item, located)
        let start = try StepStart.read(item)
        guard !actions.isEmpty || item["expect"].exists else {
            throw item.error(
                "a step does something (say, speak, show, selfie, video, try_on, behaviour, set_language, consent, turn, barge_in, silence_ms, "
                    + "stop_reading_ms, cancel, disconnect, resume) or expects something")
        }
        var expectations: [Expectation] = []
        for expected in try item["expect"].items() {
            expectations.append(try Expectation.read(expected, spoken: spokenWords(actions)))
        }
        return Step(
            file: item.file, line: item.line, start: start, actions: actions, expectations: expectations,
            captures: try Capture.read(item["capture"]), withinMs: try item["within_ms"].int(in: 1...600_000, or: 20_000),
            endsTurn: try !item["continue"].bool(or: false) && opensTurn(actions))
    }

    /// Whether what is done leads to a turn whose end can be waited for.
    private static func opensTurn(_ actions: [ClientAction]) -> Bool {
        if actions.contains(.cancel) || actions.contains(.disconnect) || actions.contains(.turn(start: true)) {
            return actions.contains(.turn(start: false))
        }
        return actions.contains {
            switch $0 {
            case .say, .speak, .show, .selfie, .tryOn, .turn(start: false): true
            default: false
            }
        }
    }

    /// What is synthesised in this step: what its transcripts are compared with.
    private static func spokenWords(_ actions: [ClientAction]) -> String? {
        for case .speak(.spoken(let spoken), _, _) in actions { return spoken.text }
        return nil
    }

    private static func actions(_ item: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> [ClientAction] {
        var actions: [ClientAction] = []
        if try item["resume"].bool(or: false) { actions.append(.resume) }
        if item["consent"].exists { actions.append(.consent(try consent(item["consent"]))) }
        if item["set_language"].exists { actions.append(.language(try item["set_language"].string())) }
        if try item["barge_in"].bool(or: false) { actions.append(.bargeIn) }
        if item["silence_ms"].exists { actions.append(.silence(ms: try item["silence_ms"].int(in: 0...600_000))) }
        let mark = item["turn"].exists ? try item["turn"].choice(TurnMark.self) : nil
        if mark == .start { actions.append(.turn(start: true)) }
        if item["behaviour"].exists {
            actions.append(.behaviour(try item["behaviour"].choice(BehaviourName.self).onWire, product: try item["product"].string()))
        }
        if item["show"].exists { actions.append(.show(file: located(try item["show"].string()))) }
        if item["selfie"].exists { actions.append(.selfie(file: located(try item["selfie"].string()))) }
        if item["video"].exists { actions.append(.video(try video(item["video"], located))) }
        if item["try_on"].exists { actions.append(.tryOn(try tryOn(item["try_on"]))) }
        if item["speak"].exists { actions.append(try speak(item["speak"], located)) }
        if item["say"].exists { actions.append(.say(try item["say"].string(), language: try item["language"].string(or: ""))) }
        if mark == .end { actions.append(.turn(start: false)) }
        if item["stop_reading_ms"].exists { actions.append(.stopReading(ms: try item["stop_reading_ms"].int(in: 1...600_000))) }
        if try item["cancel"].bool(or: false) { actions.append(.cancel) }
        if try item["disconnect"].bool(or: false) { actions.append(.disconnect) }
        return actions
    }

    private static func speak(_ value: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> ClientAction {
        if value.isScalar { return .speak(.file(located(try value.string())), noise: nil, pace: 0) }
        try value.fields("file", "say", "voice", "words_per_minute", "noise", "pace")
        guard value["file"].exists != value["say"].exists else { throw value.error("either a 'file' is spoken or 'say' says what") }
        let source: AudioSource = value["file"].exists ? .file(located(try value["file"].string())) : .spoken(try SpokenText.read(value))
        return .speak(source, noise: try Noise.read(value["noise"], located), pace: try value["pace"].number(in: 0...100, or: 0))
    }

    private static func tryOn(_ value: YAMLValue) throws(YAMLError) -> TryOnRequest {
        if value.isScalar { return TryOnRequest(productID: try value.string()) }
        try value.fields("product", "preview", "preview_side_px_max", "live")
        let preview = value["preview"].exists ? try value["preview"].choice(PreviewName.self).onWire : .unspecified
        return TryOnRequest(
            productID: try value["product"].string(), preview: preview,
            previewSidePxMax: UInt32(try value["preview_side_px_max"].int(in: 0...16_384, or: 0)), live: try value["live"].bool(or: false))
    }

    private static func video(_ value: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> VideoSource {
        if !value.isMapping {
            return VideoSource(files: try files(value, located), framesPerSecond: 5, purpose: .query)
        }
        try value.fields("frames", "file", "fps", "purpose", "jpeg")
        guard value["frames"].exists != value["file"].exists else {
            throw value.error("either 'frames' lists pictures or 'file' names a .mjpeg file")
        }
        let purpose: ImagePurpose = try value["purpose"].choice(PurposeName.self, or: .query) == .query ? .query : .selfie
        return VideoSource(
            files: try files(value["frames"].exists ? value["frames"] : value["file"], located),
            framesPerSecond: try value["fps"].number(in: 0.1...120, or: 5), purpose: purpose,
            jpegQuality: value["jpeg"].exists ? try value["jpeg"].int(in: 1...100) : nil)
    }

    private static func files(_ value: YAMLValue, _ located: (String) -> String) throws(YAMLError) -> [String] {
        let files = try value.strings()
        guard !files.isEmpty, files.count <= VideoFile.framesMax else { throw value.error("from 1 to \(VideoFile.framesMax) pictures are needed") }
        return files.map(located)
    }

    private static func consent(_ value: YAMLValue) throws(YAMLError) -> Consent {
        try value.fields("record_audio", "record_faces", "personalise")
        return Consent(
            recordAudio: try value["record_audio"].bool(or: false), recordFaces: try value["record_faces"].bool(or: false),
            personalise: try value["personalise"].bool(or: false))
    }
}

extension StepStart {
    fileprivate static func read(_ item: YAMLValue) throws(YAMLError) -> StepStart {
        var start = StepStart()
        if item["at_ms"].exists { start.atMs = try item["at_ms"].int(in: 0...3_600_000) }
        let after = item["after"]
        if after.isMapping {
            try after.fields("event", "count")
            start.after = try after["event"].choice(EventKind.self)
            start.afterCount = try after["count"].int(in: 1...1_000, or: 1)
        } else if after.exists {
            start.after = try after.choice(EventKind.self)
        }
        guard start.atMs == nil || start.after == nil else { throw item.error("a step begins 'at_ms' a time or 'after' an event, not both") }
        start.delayMs = try item["delay_ms"].int(in: 0...600_000, or: 0)
        return start
    }
}
