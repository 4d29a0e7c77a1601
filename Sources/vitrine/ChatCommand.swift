import ArgumentParser
import Client
import EventLoop
import Foundation
import Replay
import Wire

struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "Talk to a server: once with options, or line by line.",
        discussion: """
            With --text, --audio, --image, --selfie or --try-on one turn is sent and its answer printed. Without them lines are read from standard \
            input: text, or /image FILE, /selfie FILE, /audio FILE, /try PRODUCT, /language en|zh, /stop (interrupt), /quit.
            """)

    @Option(help: ArgumentHelp("The server; or '@FILE' to read the address from a file.", valueName: "host:port"))
    var server = "127.0.0.1:7401"

    @Option(help: "Token that says who you are.")
    var token = ""

    @Option(help: "What to say.")
    var text: String?

    @Option(help: ArgumentHelp("A sound file to say it with.", valueName: "file"))
    var audio: String?

    @Option(help: ArgumentHelp("A photo of something to find.", valueName: "file"))
    var image: String?

    @Option(help: ArgumentHelp("A picture of yourself to try things on.", valueName: "file"))
    var selfie: String?

    @Option(help: ArgumentHelp("The product to try on.", valueName: "product"))
    var tryOn: String?

    @Option(help: ArgumentHelp("Where to write the picture with the product on you: .jpg or .png.", valueName: "file"))
    var preview: String?

    @Option(help: ArgumentHelp("Hear the replies, where the server has a voice: a WAV file to write them to.", valueName: "file"))
    var speak: String?

    @Option(help: ArgumentHelp("What you agree to have recorded, where the server records: audio, faces, or audio,faces.", valueName: "what"))
    var consent: String?

    @Option(
        help: ArgumentHelp(
            "Go on with a conversation: its session, and the number of the last message that was received.", valueName: "session:sequence"))
    var resume: String?

    @Flag(help: "Print every message as JSON.")
    var json = false

    @Flag(help: "Show where the time of each turn went.")
    var trace = false

    func run() throws {
        let address = try serverAddress(server)
        let previewFormat = try previewFormat()
        let loop = try EventLoop(name: "chat")
        let chat = Chat(
            loop: loop, json: json, trace: trace, colours: Environment.isTerminal, consent: try given(consent), preview: preview,
            voice: speak.map(SpokenReplies.init))
        let actions = try oneTurn(previewFormat)
        let resuming = try resumed()
        if actions.isEmpty { readLines(chat, loop) }
        vitrine.run(loop, chat) { [token] in $0.start(address, token: token, resuming: resuming, actions: actions) }
        if let failure = chat.failure { throw Environment.fail("\(failure)") }
    }

    private func resumed() throws -> (sessionID: String, after: UInt64)? {
        guard let resume else { return nil }
        let parts = resume.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, let after = parts.count == 1 ? 0 : UInt64(parts[1]) else {
            throw Environment.fail("--resume takes SESSION or SESSION:SEQUENCE, not '\(resume)'", code: 64)
        }
        return (String(parts[0]), after)
    }

    private func given(_ names: String?) throws -> Consent? {
        guard let names else { return nil }
        var consent = Consent()
        for name in names.split(separator: ",") {
            switch name {
            case "audio": consent.recordAudio = true
            case "faces": consent.recordFaces = true
            default: throw Environment.fail("--consent takes audio, faces, or audio,faces; not '\(names)'", code: 64)
            }
        }
        return consent
    }

    private func previewFormat() throws -> PreviewFormat {
        guard let preview else { return .unspecified }
        guard tryOn != nil else { throw Environment.fail("--preview goes with --try-on", code: 64) }
        let name = preview.lowercased()
        if name.hasSuffix(".png") { return .png }
        if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") { return .jpeg }
        throw Environment.fail("--preview takes the name of a .jpg or .png file, not '\(preview)'", code: 64)
    }

    private func oneTurn(_ preview: PreviewFormat) throws -> [ClientAction] {
        var actions: [ClientAction] = []
        for (file, make) in [(image, ClientAction.show), (selfie, ClientAction.selfie), (audio, ClientAction.speak(file:))]
            as [(String?, (String) -> ClientAction)]
        {
            guard let file else { continue }
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw Environment.fail("\(file): no such file, or it cannot be read", code: 66)
            }
            actions.append(make(file))
        }
        if let tryOn { actions.append(.tryOn(TryOnRequest(productID: tryOn, preview: preview))) }
        if let text { actions.append(.say(text, language: "")) }
        return actions
    }

    /// Standard input is read on a thread of its own: the loop must not wait for a person.
    private func readLines(_ chat: Chat, _ loop: EventLoop) {
        let bound = LoopBound(chat, loop: loop)
        let thread = Thread {
            while let line = nextInputLine() { loop.submit { bound.value.line(line) } }
            loop.submit { bound.value.finish() }
        }
        thread.start()
    }
}

/// One conversation of the command line.
private final class Chat {
    private let loop: EventLoop
    private let json: Bool
    private let trace: Bool
    private let consent: Consent?
    /// Where a preview goes.
    private let preview: String?
    private let voice: SpokenReplies?
    private let printer: TranscriptPrinter
    private var connection: ClientConnection?
    private var conversation: Conversation?
    private var early: [String] = []
    private var isFinishing = false
    /// A long sound is being sent; what was asked for meanwhile waits for its end.
    private var isSpeaking = false
    private var behindSpeech: [() -> Void] = []
    private(set) var failure: RPCStatus?

    /// What the clock on the wall shows here.
    private static var localTime: String {
        Date().formatted(Date.ISO8601FormatStyle(timeZoneSeparator: .colon, timeZone: .current))
    }

    init(loop: EventLoop, json: Bool, trace: Bool, colours: Bool, consent: Consent?, preview: String?, voice: SpokenReplies?) {
        self.loop = loop
        self.json = json
        self.trace = trace
        self.consent = consent
        self.preview = preview
        self.voice = voice
        printer = TranscriptPrinter(colours: colours)
    }

    func start(_ address: SocketAddress, token: String, resuming: (sessionID: String, after: UInt64)?, actions: [ClientAction]) {
        ClientConnection.connect(address, loop: loop) { [self] result in
            switch result {
            case .failure(let status): end(status)
            case .success(let connection):
                self.connection = connection
                conversation = Conversation(
                    on: connection, token: token, resuming: resuming, wantsTrace: trace, wantsSpeech: voice != nil, localTime: Chat.localTime,
                    onMessage: { [unowned self] in received($0) },
                    onEnd: { [unowned self] in end($0) })
                if let consent { agree(to: consent) }
                for (index, action) in actions.enumerated() { perform(action, last: index == actions.count - 1) }
                for line in early { self.line(line) }
                if !actions.isEmpty || isFinishing { finish() }
            }
        }
    }

    func line(_ line: String) {
        guard conversation != nil else { return early.append(line) }
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        let argument = parts.count > 1 ? parts[1] : ""
        switch parts.first ?? "" {
        case "": break
        case "/quit": finish()
        case "/image": perform(.show(file: argument), last: true)
        case "/selfie": perform(.selfie(file: argument), last: false)
        case "/audio": perform(.speak(file: argument), last: true)
        case "/try": perform(.tryOn(TryOnRequest(productID: argument)), last: true)
        case "/language": perform(.language(argument), last: false)
        case "/stop": perform(.bargeIn, last: false)
        default: perform(.say(line, language: ""), last: true)
        }
    }

    func finish() {
        isFinishing = true
        if isSpeaking { return behindSpeech.append { [unowned self] in finish() } }
        conversation?.finish()
    }

    /// No further ahead of the time it takes to be spoken than the server lets wait.
    private func speak(_ chunks: [AudioChunk]) {
        let beganUs = loop.nowUs
        let times = SpeechPace(pace: 0, chunkMs: ConversationRunner.audioChunkMs)
        func next(_ first: Int) {
            var n = first
            while n < chunks.count, beganUs + times.dueUs(n) <= loop.nowUs {
                do throws(RPCStatus) { try conversation?.speak(chunks[n]) } catch {
                    printLine("\(error)")
                    n = chunks.count
                    break
                }
                n += 1
            }
            isSpeaking = n < chunks.count
            guard isSpeaking else {
                let waiting = behindSpeech
                behindSpeech = []
                for body in waiting { body() }
                return
            }
            loop.after(beganUs + times.dueUs(n) - loop.nowUs) { next(n) }
        }
        next(0)
    }

    private func report(_ played: Played) {
        do throws(RPCStatus) { try conversation?.control(.played(played)) } catch { printLine("\(error)") }
    }

    private func agree(to consent: Consent) {
        do throws(RPCStatus) { try conversation?.control(.consent(consent)) } catch { printLine("\(error)") }
    }

    private func perform(_ action: ClientAction, last: Bool) {
        guard let conversation else { return }
        if isSpeaking { return behindSpeech.append { [unowned self] in perform(action, last: last) } }
        do throws(RPCStatus) {
            switch action {
            case .say(let text, let language): try conversation.say(text, language: language, endOfTurn: last)
            case .show(let file): try conversation.show(try bytes(file), purpose: .query, endOfTurn: last)
            case .selfie(let file): try conversation.show(try bytes(file), purpose: .selfie, endOfTurn: last)
            case .speak(.file(let file), _, _):
                speak(try AudioFile.read(file).chunks(ms: ConversationRunner.audioChunkMs))
            case .tryOn(let request): try conversation.control(.tryOn(request), endOfTurn: last)
            case .language(let code): try conversation.control(.setLanguage(SetLanguage(language: code)))
            case .bargeIn: try conversation.control(.bargeIn(BargeIn()))
            // Only scripts do more.
            default: break
            }
        } catch {
            printLine("\(error)")
        }
    }

    private func bytes(_ file: String) throws(RPCStatus) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: file) else { throw RPCStatus(.notFound, "\(file): no such file, or it cannot be read") }
        return Array(data)
    }

    /// Writes the picture, and leaves the message without it.
    private func written(_ message: ServerMessage) -> ServerMessage {
        guard let preview, case .tryOn(var tryOn) = message.kind, !tryOn.preview.isEmpty else { return message }
        do {
            try Data(tryOn.preview).write(to: URL(fileURLWithPath: preview))
            printError("the picture is in \(preview)")
        } catch {
            failure = RPCStatus(.internalError, "\(preview) cannot be written: \(error.localizedDescription)")
        }
        tryOn.preview = []
        var rest = message
        rest.kind = .tryOn(tryOn)
        return rest
    }

    private func received(_ message: ServerMessage) {
        var message = written(message)
        if let voice {
            message = voice.heard(message)
            if let played = voice.takePlayed(), !isFinishing { report(played) }
        }
        if json {
            do throws(RPCStatus) {
                printLine(try message.json())
            } catch {
                printLine("\(error)")
            }
            return
        }
        for line in printer.lines(ReceivedMessage(message: message, afterMs: 0)) { printLine(line) }
        if case .trace(let trace) = message.kind {
            for span in trace.spans {
                printLine("               \(span.node): from \(Double(span.startUs) / 1_000) ms, took \(Double(span.durationUs) / 1_000) ms")
            }
        }
    }

    private func end(_ status: RPCStatus) {
        if status.code != .ok { failure = status }
        do throws(RPCStatus) { try voice?.write() } catch { failure = failure ?? error }
        connection?.close()
        loop.stop()
    }
}
