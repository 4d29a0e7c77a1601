public import Wire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension ReplayReport {
    /// A report of results. Messages that cannot be written as JSON are left out by name only.
    /// - Parameter onlyFailures: what came in conversations that were as expected is left out, where nobody is going to look at it.
    public init(
        _ results: [ConversationResult], assets: ScriptAssets, target: String, versions: [NamedVersion], startedAt: String, tookMs: Double,
        onlyFailures: Bool = false
    ) {
        self.target = target
        self.versions = versions
        self.startedAt = startedAt
        self.tookMs = tookMs
        conversations = results.map { ConversationReport($0, assets, withMessages: !onlyFailures || !$0.passed) }
        flakes = Flake.find(in: results).map { FlakeReport(name: $0.name, passed: $0.passed, failed: $0.failed) }
        turnLatency = LatencySummary(results.flatMap(\.steps).filter { $0.wasTurn && !$0.isUnfinished && $0.failures.isEmpty }.map(\.tookMs))
    }

    /// With sorted keys, so that equal reports are equal files.
    public func json() throws(RPCStatus) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw RPCStatus(.internalError, "the report cannot be written as JSON: \(error)")
        }
    }

    /// Reads what `json` wrote. Throws NOT_FOUND or INVALID_ARGUMENT, naming the file.
    public static func load(_ path: String) throws(RPCStatus) -> ReplayReport {
        guard let data = FileManager.default.contents(atPath: path) else { throw RPCStatus(.notFound, "\(path): no such file, or it cannot be read") }
        do {
            let report = try JSONDecoder().decode(ReplayReport.self, from: data)
            guard report.format == 1 else { throw RPCStatus(.unimplemented, "\(path): a report of format \(report.format); 1 is known here") }
            return report
        } catch let status as RPCStatus {
            throw status
        } catch {
            throw RPCStatus(.invalidArgument, "\(path): not a report of 'vitrine replay --json': \(error)")
        }
    }
}

extension ConversationReport {
    fileprivate init(_ result: ConversationResult, _ assets: ScriptAssets, withMessages: Bool) {
        self.init(
            name: result.name, file: result.file, tags: result.tags, repetition: result.repetition, passed: result.passed,
            tookMs: rounded(result.tookMs), error: result.error, violations: result.violations,
            steps: result.steps.map { StepReport($0, assets, result.impairments, withMessages: withMessages) })
    }
}

extension StepReport {
    fileprivate init(_ step: StepResult, _ assets: ScriptAssets, _ impairments: Impairments, withMessages: Bool) {
        self.init(
            index: step.index, file: step.file, line: step.line, startedAtMs: rounded(step.startedAtMs), sentAtMs: rounded(step.sentAtMs),
            tookMs: rounded(step.tookMs), wasTurn: step.wasTurn, isUnfinished: step.isUnfinished,
            actions: step.actions.map { ActionReport($0, assets, impairments) },
            expectations: step.expectations.map { ExpectationReport(file: $0.file, line: $0.line, text: $0.text, failure: $0.failure) },
            captured: step.captured.isEmpty ? nil : step.captured, failures: step.failures,
            messages: withMessages ? step.messages.map(MessageReport.init) : [])
    }
}

extension MessageReport {
    fileprivate init(_ received: ReceivedMessage) {
        let kind = EventKind.allCases.first { $0.matches(received) && ($0 != .replyStart || !EventKind.reply.matches(received)) }
        atMs = rounded(received.atMs)
        afterMs = rounded(received.afterMs)
        status = received.ended.map { "\($0)" }
        self.kind = kind?.rawValue ?? "message"
        message = .null
        guard received.ended == nil else { return }
        // What was decoded can be encoded again; a message that could not would only be missing from the report.
        if let text = try? ProtoJSON.encode(received.message.encoded(), as: .serverMessage),
            let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        {
            message = value
        }
    }
}

extension ActionReport {
    private static let waveformBins = 160

    fileprivate init(_ action: ClientAction, _ assets: ScriptAssets, _ script: Impairments) {
        self.init(kind: ActionReport.name(action), text: "")
        switch action {
        case .say(let words, _): text = words
        case .speak(let source, let own, _):
            if case .spoken(let spoken) = source { text = spoken.text }
            guard let sound = assets.sound(source, noise: own ?? script.noise) else { return }
            if let noise = sound.noise { text += (text.isEmpty ? "" : " ") + "(noise at \(noise.snrDb) dB)" }
            media = [sound.name]
            seconds = sound.audio.seconds
            waveform = sound.audio.peaks(ActionReport.waveformBins)
        case .show(let file), .selfie(let file): media = [file]
        case .video(let video):
            text = "\(video.framesPerSecond) pictures a second"
            media = video.files
        case .tryOn(let request): text = request.productID
        case .behaviour(let behaviour, let product): text = "\(behaviour) \(product)"
        case .language(let code): text = code
        case .consent(let consent): text = "audio \(consent.recordAudio), faces \(consent.recordFaces), personal \(consent.personalise)"
        case .turn(let start): text = start ? "start" : "end"
        case .silence(let ms), .stopReading(let ms): text = "\(ms)"
        case .bargeIn, .cancel, .disconnect, .resume: break
        }
    }

    /// The script's word for what is done.
    static func name(_ action: ClientAction?) -> String {
        switch action {
        case .say: "say"
        case .speak: "speak"
        case .show: "show"
        case .selfie: "selfie"
        case .video: "video"
        case .tryOn: "try_on"
        case .behaviour: "behaviour"
        case .language: "set_language"
        case .consent: "consent"
        case .turn: "turn"
        case .silence: "silence_ms"
        case .stopReading: "stop_reading_ms"
        case .bargeIn: "barge_in"
        case .cancel: "cancel"
        case .disconnect: "disconnect"
        case .resume: "resume"
        case nil: "nothing"
        }
    }
}

/// Microseconds are enough.
private func rounded(_ ms: Double) -> Double { (ms * 1_000).rounded() / 1_000 }
