/// One conversation on the page.
extension HTMLReport {
    mutating func conversation(_ conversation: ConversationReport, _ index: Int) -> String {
        let state = conversation.passed ? "ok" : "bad"
        let tags = conversation.tags.map { "<span class=\"tag\">\(escaped($0))</span>" }.joined()
        var wrong = conversation.violations.map { "<p class=\"wrong\"><b>Protocol</b> \(escaped($0))</p>" }.joined()
        if let error = conversation.error { wrong += "<p class=\"wrong\"><b>Broken off</b> \(escaped(error))</p>" }
        var steps = ""
        var selfie: String?
        for step in conversation.steps {
            selfie = step.actions.last { $0.kind == "selfie" }?.media.first ?? selfie
            steps += self.step(step, selfie: selfie)
        }
        return """
            <article id="c\(index)" class="\(state)" data-state="\(state)"><header><h2><i>\(conversation.passed ? "✓" : "✕")</i>\
            \(escaped(conversation.name))\(again(conversation))</h2>
            <p>\(escaped(conversation.file)) · \(Self.duration(conversation.tookMs)) \(tags)</p></header>
            \(timeline(conversation))\(wrong)\(steps)</article>
            """
    }

    // MARK: Timeline

    /// Customer above, shop below, left to right; sounds as waves, answers as bars from the last word to the end of the turn.
    private func timeline(_ conversation: ConversationReport) -> String {
        let total = max(conversation.tookMs, 1)
        func x(_ ms: Double) -> Double { (max(0, min(ms, total)) / total * 9_800).rounded() / 10 + 10 }
        var marks: [String] = []
        for step in conversation.steps {
            let failed = !step.failures.isEmpty
            let title = "line \(step.line): \(step.actions.map { "\($0.kind) \($0.text)" }.joined(separator: ", "))"
            let from = x(step.startedAtMs)
            let sent = x(step.sentAtMs)
            let end = x(step.sentAtMs + step.tookMs)
            marks.append(
                "<rect class=\"answer\(failed ? " bad" : "")\" x=\"\(sent)\" y=\"34\" width=\"\(max(2, end - sent))\" height=\"14\" rx=\"3\">"
                    + "<title>\(escaped(title)) – \(Self.duration(step.tookMs))</title></rect>")
            if let waveform = step.actions.compactMap(\.waveform).first {
                let width = max(40, sent - from)
                marks.append(
                    "<g transform=\"translate(\(from) 4) scale(\(width / 160) 0.24)\"><path class=\"wave\" d=\"\(Self.wave(waveform))\"/></g>")
            } else if !step.actions.isEmpty {
                marks.append("<circle class=\"act\" cx=\"\(from)\" cy=\"16\" r=\"4\"><title>\(escaped(title))</title></circle>")
            }
            for message in step.messages where message.kind != "trace" && message.kind != "progress" {
                marks.append(
                    "<circle class=\"m \(message.kind)\" cx=\"\(x(message.atMs))\" cy=\"41\" r=\"2.6\"><title>\(Self.duration(message.atMs)): "
                        + "\(escaped(message.kind))</title></circle>")
            }
        }
        let seconds = total / 1_000
        let every = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].first { seconds / $0 <= 12 } ?? 1_800
        let grid = stride(from: 0, through: seconds, by: every).map { second in
            "<line class=\"grid\" x1=\"\(x(second * 1_000))\" x2=\"\(x(second * 1_000))\" y1=\"0\" y2=\"52\"/>"
                + "<text x=\"\(x(second * 1_000) + 3)\" y=\"62\">\(every < 1 ? "\((second * 10).rounded() / 10)" : "\(Int(second))") s</text>"
        }
        return "<svg class=\"timeline\" viewBox=\"0 0 1000 66\" preserveAspectRatio=\"none\">\(grid.joined())\(marks.joined())</svg>"
    }

    /// A closed outline about the middle line, 160 × 100.
    static func wave(_ peaks: [Int]) -> String {
        let upper = peaks.enumerated().map { "\($0)," + "\(50 - max(1, $1 / 2))" }
        let lower = peaks.enumerated().reversed().map { "\($0)," + "\(50 + max(1, $1 / 2))" }
        return "M" + (upper + lower).joined(separator: "L") + "Z"
    }

    // MARK: Steps

    private mutating func step(_ step: StepReport, selfie: String?) -> String {
        let state = step.isUnfinished ? "open" : step.failures.isEmpty ? "ok" : "bad"
        let customer = step.actions.map { action($0) }.joined()
        let shop = answers(step, selfie: selfie)
        let took = step.isUnfinished ? "not over" : Self.duration(step.tookMs)
        return """
            <section class="step \(state)"><div class="time"><b>\(took)</b><small>line \(step.line)</small></div>
            <div class="talk"><div class="customer">\(customer)</div><div class="shop">\(shop)</div>\(spans(step))</div>
            <div class="checks">\(checks(step))</div></section>
            """
    }

    private mutating func action(_ action: ActionReport) -> String {
        let text = action.text.isEmpty ? "" : escaped(action.text)
        switch action.kind {
        case "say": return "<p class=\"bubble\">\(text)</p>"
        case "speak":
            let wave = action.waveform.map {
                "<svg class=\"sound\" viewBox=\"0 0 160 100\" preserveAspectRatio=\"none\"><path d=\"\(Self.wave($0))\"/></svg>"
            }
            let player = action.media.first.flatMap { source($0) }.map { "<audio controls preload=\"none\" \($0)></audio>" }
            let length = action.seconds.map { " <small>\(Self.duration($0 * 1_000))</small>" } ?? ""
            return "<div class=\"bubble spoken\">\(wave ?? "")\(text.isEmpty ? "" : "<p>\(text)</p>")\(player ?? "")\(length)</div>"
        case "show", "selfie", "video":
            let pictures = action.media.prefix(8).map { name in
                source(name).map { "<img alt=\"\(escaped(action.kind))\" \($0)>" } ?? "<code>\(escaped(name))</code>"
            }
            return "<div class=\"bubble picture\">\(pictures.joined())<small>\(escaped(action.kind)) \(text)</small></div>"
        default: return "<p class=\"deed\">\(escaped(action.kind.replacing("_", with: " "))) \(text)</p>"
        }
    }

    private func checks(_ step: StepReport) -> String {
        var rows = step.expectations.map { expected in
            "<li class=\"\(expected.failure == nil ? "ok" : "bad")\"><code>\(escaped(expected.text))</code>"
                + (expected.failure.map { "<p>\(escaped($0))</p>" } ?? "") + "</li>"
        }
        for failure in step.failures where !step.expectations.contains(where: { $0.failure.map(failure.hasSuffix) ?? false }) {
            rows.append("<li class=\"bad\"><p>\(escaped(failure))</p></li>")
        }
        for value in step.captured ?? [] {
            rows.append("<li class=\"ok\"><code>\(escaped(value.name)) = \(escaped(value.value))</code></li>")
        }
        return rows.isEmpty ? "" : "<ul>\(rows.joined())</ul>"
    }

    /// Where the time of the turn went, where the server says it.
    private func spans(_ step: StepReport) -> String {
        let spans = step.messages.filter { $0.kind == "trace" }.flatMap { $0.message["trace"]?["spans"]?.items ?? [] }
        guard !spans.isEmpty else { return "" }
        let ends = spans.map { ($0["startUs"]?.number ?? 0) + ($0["durationUs"]?.number ?? 0) }
        let total = max(ends.max() ?? 1, 1)
        let rows = spans.map { span in
            let start = span["startUs"]?.number ?? 0
            let took = span["durationUs"]?.number ?? 0
            return "<div><span>\(escaped(span["node"]?.string ?? "?"))</span><i style=\"margin-left:\(percent(start, total));"
                + "width:max(3px,\(percent(took, total)))\"></i><small>\(Self.duration(took / 1_000))</small></div>"
        }
        return "<div class=\"spans\">\(rows.joined())</div>"
    }

    private func percent(_ part: Double, _ whole: Double) -> String { "\((part / whole * 600).rounded() / 10)%" }
}
