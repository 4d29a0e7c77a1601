// Replay: scripted conversations, and whether the answers are what they should be.
//
// Owns the script language, the expectations, the runner that plays a script against a conversation target, the reports and the load generator.
// Scripts, expectations and reports are values; the runner does the talking. It must never know how the server makes its answers.

import CheckedYAML
public import Wire

/// A scripted conversation.
public struct Script: Sendable {
    public var name: String
    public var file: String
    public var token: String
    /// The customer's own time when the conversation begins, like "2026-09-21T14:05:00+02:00"; "" = the server is not told.
    public var time = ""
    public var tags: [String]
    /// What is wrong with the line between customer and shop.
    public var impairments = Impairments()
    public var steps: [Step]

    public static let stepsMax = 1_000
    /// Scripts that one file may become by its matrix.
    public static let variantsMax = 1_000
}

/// What the client does at once, and what must have come back when the turn is over.
public struct Step: Sendable {
    /// The file the step stands in: the script's own or an included one.
    public var file = ""
    public var line: Int
    public var start = StepStart()
    public var actions: [ClientAction]
    public var expectations: [Expectation]
    /// What it takes out of the answers, for later steps.
    public var captures: [Capture] = []
    /// It has captured values in it: what is here stands in until they are known.
    public var deferred: DeferredStep?
    /// From the last thing sent to the end of the turn, milliseconds.
    public var withinMs: Int
    /// The step is over when its turn is over; otherwise as soon as everything expected has come.
    public var endsTurn: Bool

    /// The step with the values that steps before it have captured.
    func bound(_ captured: [String: String]) throws(YAMLError) -> Step {
        if let deferred { return try deferred.step(captured) }
        return self
    }

    /// What is said or shown last completes a turn, whether the step waits for its end or not.
    var leadsToTurn: Bool {
        if endsTurn { return true }
        switch actions.last {
        case .say, .speak, .show, .selfie, .tryOn: return !actions.contains(.turn(start: true))
        default: return false
        }
    }
}

/// When a step begins. By default when the step before it is over.
public struct StepStart: Sendable, Equatable {
    /// Not before so many milliseconds after the conversation began; it does not wait for the step before.
    public var atMs: Int?
    /// As soon as this has come since the step before began; it does not wait for that step's end.
    public var after: EventKind?
    /// How many of them.
    public var afterCount = 1
    /// And then so many milliseconds later.
    public var delayMs = 0

    /// True when the step may begin while the one before it is still open.
    public var overlaps: Bool { atMs != nil || after != nil }
}

/// What the customer's microphone hears.
public enum AudioSource: Sendable, Hashable {
    case file(String)
    /// Synthesised: words, voice, and words a minute.
    case spoken(SpokenText)
}

/// Camera pictures.
public struct VideoSource: Sendable, Hashable {
    /// Files in the order of showing; a single ".mjpeg" or ".mjpg" file is a run of JPEG pictures.
    public var files: [String]
    public var framesPerSecond: Double
    public var purpose: ImagePurpose
    /// Pictures that are no JPEG are sent as one of this quality, 1 to 100, as cameras do; nil = every file as it is.
    public var jpegQuality: Int?
}

/// One thing that a client does. Paths are resolved.
public enum ClientAction: Sendable, Equatable {
    case say(String, language: String)
    /// `pace` is how fast it is sent: 0 = at once, 1 = as it is spoken.
    case speak(AudioSource, noise: Noise?, pace: Double)
    case show(file: String)
    case selfie(file: String)
    case video(VideoSource)
    case tryOn(TryOnRequest)
    case behaviour(Behaviour, product: String)
    case language(String)
    case consent(Consent)
    case turn(start: Bool)
    case bargeIn
    case silence(ms: Int)
    /// Ends the stream at once, by the protocol's Cancel.
    case cancel
    /// The connection is gone, without a word.
    case disconnect
    /// Connects again and goes on with the same session.
    case resume
    /// Reads nothing for so long: what comes waits in the server's and the kernel's buffers.
    case stopReading(ms: Int)

    /// A sound file as it is, sent at once.
    public static func speak(file: String) -> ClientAction { .speak(.file(file), noise: nil, pace: 0) }
}

/// Kinds of what may come: what `event` expects and `after` waits for.
public enum EventKind: String, Sendable, CaseIterable {
    case session, resumed
    case speechStart = "speech_start"
    case speechEnd = "speech_end"
    case partialTranscript = "partial_transcript"
    case transcript
    case recommendations
    case replyStart = "reply_start"
    case reply
    case tryOn = "try_on"
    case progress, problem, trace, audio
    case turnCollecting = "turn_collecting"
    case turnAwaiting = "turn_awaiting"
    case turnDeciding = "turn_deciding"
    case turnAnswering = "turn_answering"
    case turnDone = "turn_done"
    case turnInterrupted = "turn_interrupted"
    case turnExpired = "turn_expired"
    case status

    /// Whether a message is of this kind. "reply_start" is any piece of a reply; "reply" its last.
    public func matches(_ received: ReceivedMessage) -> Bool {
        if received.ended != nil { return self == .status }
        switch received.message.kind {
        case .session(let started): return self == .session || (self == .resumed && started.resumed)
        case .speech(let speech): return self == (speech.event == .start ? .speechStart : .speechEnd)
        case .transcript(let transcript): return self == (transcript.final ? .transcript : .partialTranscript)
        case .recommendations: return self == .recommendations
        case .reply(let reply): return self == .replyStart || (self == .reply && reply.last)
        case .tryOn: return self == .tryOn
        case .progress: return self == .progress
        case .problem: return self == .problem
        case .trace: return self == .trace
        case .audio: return self == .audio
        case .turn(let turn): return self == EventKind(turn.state)
        // Kinds that no script asks for.
        default: return false
        }
    }

    private init?(_ state: TurnState) {
        switch state {
        case .collecting: self = .turnCollecting
        case .awaiting: self = .turnAwaiting
        case .deciding: self = .turnDeciding
        case .answering: self = .turnAnswering
        case .done: self = .turnDone
        case .interrupted: self = .turnInterrupted
        case .expired: self = .turnExpired
        case .sealed, .unspecified: return nil
        }
    }
}
