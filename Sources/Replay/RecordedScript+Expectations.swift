import Recording
import Wire

/// What should come again. Texts may be put otherwise; what was understood and what it is based on should not change.
extension RecordedScript.RecordedStep {
    var expectations: [String] {
        var expected: [String] = []
        if actions.contains(.resume) { expected.append("resumed") }
        if let transcript = transcriptExpectation { expected.append(transcript) }
        let newest = answers.map(\.revision).max() ?? 0
        for message in answers where message.revision == newest || !message.isAnswer {
            switch message.kind {
            case .recommendations(let found): expected.append("recommendations: {\(found.expectation.joined(separator: ", "))}")
            case .reply(let reply) where reply.last && end?.state == .done: expected.append("reply: {\(reply.expectation.joined(separator: ", "))}")
            case .tryOn(let tryOn): expected.append("try_on: {\(tryOn.expectation.joined(separator: ", "))}")
            case .problem(let problem): expected.append("problem: {code: \(StatusCode(rawValue: problem.code)?.name ?? "UNKNOWN")}")
            case .turn(let turn) where turn.state == .done && !turn.missing.isEmpty: expected.append("missing: \(ScriptText.list(turn.missing))")
            default: break
            }
        }
        switch end?.state {
        case .interrupted: expected.append("turn_interrupted")
        case .expired: expected.append("turn_expired")
        // Such a step is over when all has come that is expected.
        case .done where actions.contains(.resume): expected.append("turn_done")
        default: break
        }
        return expected
    }

    /// All that was heard, with a quarter of the words wrong, or one. What was really said nobody has written down.
    private var transcriptExpectation: String? {
        let said = finalTranscripts
        guard let last = said.last else { return nil }
        let text = said.map(\.text).joined(separator: " ")
        let words = WordErrorRate.words(text).count
        var fields = ["language: \(ScriptText.quoted(last.language))"]
        if words > 0 {
            let allowed = max(0.25, (100 / Double(words)).rounded(.up) / 100)
            fields.insert("wer: {of: \(ScriptText.quoted(text)), max: \(allowed)}", at: 0)
        }
        let slots = said.flatMap(\.slots)
        if !slots.isEmpty {
            fields.append("slots: {\(slots.map { "\(ScriptText.quoted($0.name)): \(ScriptText.quoted($0.value))" }.joined(separator: ", "))}")
        }
        return "transcript: {\(fields.joined(separator: ", "))}"
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

extension Recommendations {
    /// One of the first three products, what was understood, and on which modalities every product's place is based.
    fileprivate var expectation: [String] {
        guard !items.isEmpty else { return ["count_min: 0", "count_max: 0"] }
        var fields = ["any_of: \(ScriptText.list(items.prefix(3).map(\.productID)))", "top: \(min(items.count, 100))"]
        // One condition a field fits into a mapping; the others stand as they are.
        var slots: [String] = []
        var others: [String] = []
        for filter in filters {
            let condition = filter.operator == "=" ? filter.value : "\(filter.operator) \(filter.value)"
            if filters.count(where: { $0.field == filter.field }) == 1 {
                slots.append("\(ScriptText.quoted(filter.field)): \(ScriptText.quoted(condition))")
            } else {
                others.append("\(filter.field) \(filter.operator) \(filter.value)")
            }
        }
        if !slots.isEmpty { fields.append("slots: {\(slots.joined(separator: ", "))}") }
        if !others.isEmpty { fields.append("filters: \(ScriptText.list(others))") }
        let common = items[0].reasons.map(\.modality).filter { modality in
            items.allSatisfy { item in item.reasons.contains { $0.modality == modality } }
        }
        if !common.isEmpty { fields.append("modalities: \(ScriptText.list(common))") }
        if !language.isEmpty { fields.append("language: \(ScriptText.quoted(language))") }
        return fields
    }
}

extension ReplyDelta {
    fileprivate var expectation: [String] {
        var fields: [String] = []
        if !agent.isEmpty { fields.append("agent: \(ScriptText.quoted(agent))") }
        if !language.isEmpty { fields.append("language: \(ScriptText.quoted(language))") }
        switch replyKind {
        case .answer: fields.append("kind: answer")
        case .clarify: fields.append("kind: clarify")
        case .noAnswer: fields.append("kind: no_answer")
        case .unspecified: break
        }
        if !intent.isEmpty { fields.append("intent: \(ScriptText.quoted(intent))") }
        if let source = sources.first { fields.append("source: \(ScriptText.quoted("\(source.kind):\(source.id)"))") }
        return fields
    }
}

extension TryOn {
    /// The same picture has the same points, within a hundredth of its larger side.
    fileprivate var expectation: [String] {
        var fields = ["product: \(ScriptText.quoted(productID))", "overlays_min: \(min(overlays.count, 16))"]
        let within = max(4, Int(max(imageWidth, imageHeight)) / 100)
        let points = anchors.filter { $0.x >= 0 && $0.y >= 0 && $0.x <= 100_000 && $0.y <= 100_000 }.map {
            "{name: \(ScriptText.quoted($0.name)), x: \($0.x.rounded()), y: \($0.y.rounded()), within_px: \(within)}"
        }
        if !points.isEmpty { fields.append("anchors: [\(points.joined(separator: ", "))]") }
        return fields
    }
}

/// Texts as YAML and JSON write them.
enum ScriptText {
    static func quoted(_ text: String) -> String {
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

    static func list(_ texts: some Sequence<String>) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }
}
