import Wire

extension RecordedScript {
    /// The script's text, and the files that it names in `mediaFolder`, a folder beside it.
    public func rendered(mediaFolder: String) -> (text: String, files: [Media]) {
        var lines = ["conversation: \(ScriptText.quoted(name))", "description: \(ScriptText.quoted(about))"]
        if !token.isEmpty { lines.append("token: \(ScriptText.quoted(token))") }
        if !time.isEmpty { lines.append("time: \(ScriptText.quoted(time))") }
        lines.append("tags: [recorded\(isRedacted ? ", redacted" : "")]")
        lines.append("steps:")
        var files: [Media] = []
        for (index, step) in steps.enumerated() { lines += step.lines(number: index + 1, mediaFolder, &files) }
        return (lines.joined(separator: "\n") + "\n", files)
    }
}

extension RecordedScript.RecordedStep {
    /// Actions in the order in which a step does them. What does not fit one step becomes several.
    fileprivate func lines(number: Int, _ folder: String, _ files: inout [RecordedScript.Media]) -> [String] {
        var groups: [[String: String]] = [[:]]
        var comments: [String] = []
        func put(_ fields: [(String, String)]) {
            // A step does each thing once: a second one is a step of its own.
            if groups[groups.count - 1][fields[0].0] != nil { groups.append([:]) }
            for (key, value) in fields { groups[groups.count - 1][key] = value }
        }
        for action in actions {
            switch fields(action, number, folder, &files) {
            case .success(let fields): put(fields)
            case .failure(let unplayable): comments.append("  # step \(number): \(unplayable.why)")
            }
        }
        // Half a step would be answered otherwise.
        guard comments.isEmpty, !groups[0].isEmpty else { return comments }
        var lines: [String] = []
        for (index, group) in groups.enumerated() {
            var rows = index == 0 ? startLines : []
            for key in RecordedScript.RecordedStep.order { if let value = group[key] { rows.append("\(key): \(value)") } }
            let isWhole = index == groups.count - 1
            // Inputs of a turn that goes on, and turns that did not end, are not waited for.
            if !isWhole || (hasTurn && (isLeft || isCut || end == nil)) {
                if hasTurn { rows.append("continue: true") }
            } else {
                let expected = expectations
                if !expected.isEmpty { rows += ["expect:"] + expected.map { "  - \($0)" } }
                if let tookUs { rows.append("within_ms: \(RecordedScript.RecordedStep.generous(tookUs))") }
            }
            for (position, row) in rows.enumerated() { lines.append((position == 0 ? "  - " : "    ") + row) }
        }
        return lines
    }

    private struct Unplayable: Error {
        var why: String
    }

    /// The script's words for what was done; a file is put beside the script.
    private func fields(
        _ action: RecordedScript.Action, _ number: Int, _ folder: String, _ files: inout [RecordedScript.Media]
    ) -> Result<[(String, String)], Unplayable> {
        func file(_ what: String, _ kind: String, _ bytes: [UInt8]) -> String {
            let name = "\(number)-\(what)\(files.count).\(kind)"
            files.append(RecordedScript.Media(name: name, bytes: bytes))
            return ScriptText.quoted("\(folder)/\(name)")
        }
        switch action {
        case .text(let text, let language):
            return .success([("say", ScriptText.quoted(text))] + (language.isEmpty ? [] : [("language", ScriptText.quoted(language))]))
        case .audio(let audio):
            guard let sound = audio.file else { return .failure(Unplayable(why: "Opus packets are no sound file, and nothing was understood")) }
            let name = file("speech", sound.kind, sound.bytes)
            // Where customers and shop spoke at once, the time in which it was said matters.
            return .success([("speak", start == .next && end?.state != .interrupted ? name : "{file: \(name), pace: 1}")])
        case .image(let purpose, _, let data):
            return .success([
                purpose == .selfie ? ("selfie", file("selfie", kind(data), data)) : ("show", file("photo", kind(data), data))
            ])
        case .video(let purpose, let frames, let fromUs, let toUs):
            guard frames.count <= VideoFile.framesMax else {
                return .failure(Unplayable(why: "\(frames.count) camera pictures; \(VideoFile.framesMax) are played at most"))
            }
            let seconds = Double(toUs - min(fromUs, toUs)) / 1e6
            let rate = seconds > 0 ? min(120, max(0.1, (Double(frames.count - 1) / seconds * 10).rounded() / 10)) : 5
            let pictures =
                frames.allSatisfy { kind($0) == "jpg" }
                ? "file: \(file("camera", "mjpeg", frames.flatMap(\.self)))"
                : "frames: [\(frames.map { file("camera", kind($0), $0) }.joined(separator: ", "))]"
            return .success([("video", "{\(pictures), fps: \(rate), purpose: \(purpose == .selfie ? "selfie" : "query")}")])
        case .tryOn(let request): return .success([("try_on", request.inScript)])
        case .behaviour(let behaviour, let product):
            return .success([("behaviour", behaviour.scriptName), ("product", ScriptText.quoted(product))])
        case .language(let code): return .success([("set_language", ScriptText.quoted(code))])
        case .consent(let consent):
            return .success([
                (
                    "consent",
                    "{record_audio: \(consent.recordAudio), record_faces: \(consent.recordFaces), personalise: \(consent.personalise)}"
                )
            ])
        case .turn(let start): return .success([("turn", start ? "start" : "end")])
        case .bargeIn: return .success([("barge_in", "true")])
        case .disconnect: return .success([("disconnect", "true")])
        case .resume: return .success([("resume", "true")])
        case .lost(let why): return .failure(Unplayable(why: why))
        }
    }

    private var startLines: [String] {
        func delay(_ ms: Int) -> [String] { ms > 0 ? ["delay_ms: \(min(ms, 600_000))"] : [] }
        switch start {
        case .next: return []
        case .soon(let ms): return delay(ms)
        case .during(let kind, let count, let ms):
            return [count == 1 ? "after: \(kind.rawValue)" : "after: {event: \(kind.rawValue), count: \(count)}"] + delay(ms)
        }
    }

    /// In the order in which a step does them.
    private static let order = [
        "resume", "consent", "set_language", "barge_in", "turn", "behaviour", "product", "show", "selfie", "video", "try_on", "speak", "say",
        "language", "disconnect",
    ]

    /// Four times what it took then, at least three seconds, in halves of a second: another day is busier.
    private static func generous(_ us: UInt64) -> Int { max(3_000, Int(us / 1_000 * 4 / 500 + 1) * 500) }

    private func kind(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xff, 0xd8]) { return "jpg" }
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) { return "png" }
        if bytes.starts(with: Array("GIF8".utf8)) { return "gif" }
        return bytes.starts(with: Array("RIFF".utf8)) ? "webp" : "bin"
    }
}

extension TryOnRequest {
    /// The product alone where nothing else was asked for.
    fileprivate var inScript: String {
        var fields: [String] = []
        switch preview {
        case .jpeg: fields.append("preview: jpeg")
        case .png: fields.append("preview: png")
        case .unspecified: break
        }
        if previewSidePxMax > 0 { fields.append("preview_side_px_max: \(min(previewSidePxMax, 16_384))") }
        if live { fields.append("live: true") }
        let product = ScriptText.quoted(productID)
        return fields.isEmpty ? product : "{\((["product: \(product)"] + fields).joined(separator: ", "))}"
    }
}

extension Behaviour {
    fileprivate var scriptName: String {
        switch self {
        case .view, .unspecified: "view"
        case .click: "click"
        case .like: "like"
        case .dislike: "dislike"
        case .buy: "buy"
        case .addToCart: "add_to_cart"
        }
    }
}
