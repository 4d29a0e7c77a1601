import Wire

extension RecordedScript {
    /// The script's text, and the files that it names in `mediaFolder`, a folder beside it.
    public func rendered(mediaFolder: String) -> (text: String, files: [Media]) {
        var lines = ["conversation: \(quoted(name))"]
        if !token.isEmpty { lines.append("token: \(quoted(token))") }
        lines.append("tags: [recorded\(isRedacted ? ", redacted" : "")]")
        lines.append("steps:")
        var files: [Media] = []
        for (index, step) in steps.enumerated() {
            lines += step.lines(number: index + 1, isLast: index == steps.count - 1, mediaFolder, &files)
        }
        return (lines.joined(separator: "\n") + "\n", files)
    }
}

/// As YAML and JSON write strings.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        // A script would take "${" for a variable.
        case "$": result += "$$"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}", "\u{feff}":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

private func list(_ texts: some Sequence<String>) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }

extension RecordedScript.RecordedStep {
    /// Actions in the order in which a step does them. What does not fit one step becomes several.
    fileprivate func lines(number: Int, isLast: Bool, _ folder: String, _ files: inout [RecordedScript.Media]) -> [String] {
        var groups: [[String: String]] = [[:]]
        var comments: [String] = []
        func put(_ fields: [(String, String)]) {
            // A step does each thing once: a second one is a step of its own.
            if groups[groups.count - 1][fields[0].0] != nil { groups.append([:]) }
            for (key, value) in fields { groups[groups.count - 1][key] = value }
        }
        for action in actions {
            switch action {
            case .text(let text, let language):
                put([("say", quoted(text))] + (language.isEmpty ? [] : [("language", quoted(language))]))
            case .audio(let audio):
                guard let file = audio.file else {
                    comments.append("  # step \(number): Opus packets are no sound file")
                    continue
                }
                let name = "\(number)-speech\(files.count).\(file.kind)"
                files.append(RecordedScript.Media(name: name, bytes: file.bytes))
                put([("speak", quoted("\(folder)/\(name)"))])
            case .image(let purpose, _, let data):
                let name = "\(number)-\(purpose == .selfie ? "selfie" : "photo")\(files.count).\(fileKind(data))"
                files.append(RecordedScript.Media(name: name, bytes: data))
                put([(purpose == .selfie ? "selfie" : "show", quoted("\(folder)/\(name)"))])
            case .tryOn(let product): put([("try_on", quoted(product))])
            case .behaviour(let behaviour, let product): put([("behaviour", behaviour.scriptName), ("product", quoted(product))])
            case .language(let code): put([("set_language", quoted(code))])
            case .bargeIn: put([("barge_in", "true")])
            case .lost(let why): comments.append("  # step \(number): \(why)")
            }
        }
        // Half a step would be answered otherwise.
        guard comments.isEmpty, !groups[0].isEmpty else { return comments }
        var lines = comments
        for (index, group) in groups.enumerated() {
            let keys = RecordedScript.RecordedStep.keys.filter { group[$0] != nil }
            for (position, key) in keys.enumerated() { lines.append("\(position == 0 ? "  - " : "    ")\(key): \(group[key] ?? "")") }
            let isWhole = index == groups.count - 1
            // An interrupted turn, and inputs of a turn that goes on, are not waited for.
            if !isWhole || (hasTurn && tookUs == nil && !isLast) {
                if hasTurn { lines.append("    continue: true") }
                continue
            }
            let expected = tookUs == nil ? [] : expectations
            if !expected.isEmpty { lines += ["    expect:"] + expected.map { "      - \($0)" } }
            if let tookUs { lines.append("    within_ms: \(RecordedScript.RecordedStep.generous(tookUs))") }
        }
        return lines
    }

    /// In the order in which a step does them.
    private static let keys = [
        "set_language", "barge_in", "silence_ms", "behaviour", "product", "show", "selfie", "try_on", "speak", "say", "language",
    ]

    /// Four times what it took then, at least three seconds, in halves of a second: another day is busier.
    private static func generous(_ us: UInt64) -> Int { max(3_000, Int(us / 1_000 * 4 / 500 + 1) * 500) }

    /// What should come again. Texts may be put otherwise; what was understood and what it is based on should not change.
    private var expectations: [String] {
        var expected: [String] = []
        let newest = answers.map(\.revision).max() ?? 0
        for message in answers where message.revision == newest || !message.isAnswer {
            switch message.kind {
            case .transcript(let transcript) where transcript.final && !transcript.text.isEmpty:
                expected.append("transcript: {contains: \(list(words(transcript.text))), language: \(quoted(transcript.language))}")
            case .recommendations(let found):
                var fields = ["count_min: \(min(1, found.items.count))"]
                if !found.items.isEmpty {
                    fields.append("any_of: \(list(found.items.prefix(3).map(\.productID)))")
                    fields.append("top: \(found.items.count)")
                }
                if !found.filters.isEmpty { fields.append("filters: \(list(found.filters.map { "\($0.field) \($0.operator) \($0.value)" }))") }
                expected.append("recommendations: {\(fields.joined(separator: ", "))}")
            case .reply(let reply) where reply.last: expected.append("reply: {\(reply.expectation.joined(separator: ", "))}")
            case .tryOn(let tryOn):
                expected.append("try_on: {product: \(quoted(tryOn.productID)), overlays_min: \(min(tryOn.overlays.count, 16))}")
            case .problem(let problem):
                let code = StatusCode(rawValue: problem.code)?.name ?? "UNKNOWN"
                expected.append("problem: {code: \(code)}")
            case .turn(let turn) where turn.state == .done && !turn.missing.isEmpty: expected.append("missing: \(list(turn.missing))")
            default: break
            }
        }
        return expected
    }

    /// The longest words of what was heard: another recogniser may write small ones otherwise.
    private func words(_ text: String) -> [String] {
        let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "'" }.map(String.init)
        let longest = words.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.prefix(3)
        return longest.sorted { $0.offset < $1.offset }.map(\.element)
    }

    private func fileKind(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xff, 0xd8]) { return "jpg" }
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) { return "png" }
        return bytes.starts(with: Array("RIFF".utf8)) ? "webp" : "bin"
    }
}

extension ServerMessage {
    /// Whether a later revision replaces it.
    fileprivate var isAnswer: Bool {
        switch kind {
        case .recommendations, .reply, .tryOn: true
        default: false
        }
    }
}

extension ReplyDelta {
    fileprivate var expectation: [String] {
        var fields: [String] = []
        if !language.isEmpty { fields.append("language: \(quoted(language))") }
        switch replyKind {
        case .answer: fields.append("kind: answer")
        case .clarify: fields.append("kind: clarify")
        case .noAnswer: fields.append("kind: no_answer")
        case .unspecified: break
        }
        if !intent.isEmpty { fields.append("intent: \(quoted(intent))") }
        if let source = sources.first { fields.append("source: \(quoted("\(source.kind):\(source.id)"))") }
        return fields
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
