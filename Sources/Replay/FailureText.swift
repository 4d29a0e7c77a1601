import Wire

/// A failed conversation as text: what was expected and what came around the first step that failed.
public enum FailureText {
    /// Messages shown of a step.
    public static let messagesMax = 60

    public static func text(_ conversation: ConversationReport) -> String {
        var lines: [String] = []
        if let index = conversation.steps.firstIndex(where: { !$0.failures.isEmpty }) {
            if index > 0 { lines += ["  before, line \(conversation.steps[index - 1].line):"] + events(conversation.steps[index - 1], last: 6) }
            let step = conversation.steps[index]
            lines.append("  step \(step.index + 1), \(step.file):\(step.line):")
            lines += step.actions.map {
                "      → \($0.kind)\($0.text.isEmpty ? "" : ": \($0.text)")\($0.media.isEmpty ? "" : " \($0.media.joined(separator: " "))")"
            }
            lines += step.expectations.map { ($0.failure == nil ? "    ✔ " : "    ✘ ") + $0.text + ($0.failure.map { "\n        \($0)" } ?? "") }
            // What is wrong with the step itself, such as a turn that did not end.
            let own = step.failures.filter { failure in !step.expectations.contains { $0.failure.map(failure.hasSuffix) ?? false } }
            lines += own.map { "    ✘ \($0)" }
            lines.append("    what came:")
            lines += events(step, last: messagesMax)
        }
        lines += conversation.violations.map { "  ✘ protocol: \($0)" }
        if let error = conversation.error { lines.append("  ✘ \(error)") }
        return lines.joined(separator: "\n")
    }

    private static func events(_ step: StepReport, last count: Int) -> [String] {
        let shown = step.messages.filter { $0.kind != "trace" }.suffix(count)
        return shown.isEmpty ? ["      nothing"] : shown.map { "      \(padded(Int($0.afterMs.rounded()))) ms  \(brief($0))" }
    }

    /// A message on one line.
    static func brief(_ message: MessageReport, namesTurn: Bool = true) -> String {
        let content: String
        let body = message.message
        switch message.kind {
        case "transcript", "partial_transcript": content = quoted(body["transcript"]?["text"]) + " " + (body["transcript"]?["language"]?.string ?? "")
        case "reply", "reply_start":
            let reply = body["reply"]
            content = [quoted(reply?["text"]), reply?["language"]?.string ?? "", reply?["intent"]?.string ?? ""].filter { !$0.isEmpty }
                .joined(separator: " ")
        case "recommendations":
            let items = body["recommendations"]?["items"]?.items ?? []
            let filters = body["recommendations"]?["filters"]?.items ?? []
            content =
                items.compactMap { $0["productId"]?.string }.joined(separator: ", ")
                + (filters.isEmpty ? "" : "  [" + filters.map(filter).joined(separator: ", ") + "]")
        case "try_on":
            content =
                (body["tryOn"]?["productId"]?.string ?? "") + " "
                + (body["tryOn"]?["anchors"]?.items ?? []).map {
                    "\($0["name"]?.string ?? "?") (\(Int($0["x"]?.number ?? 0)), \(Int($0["y"]?.number ?? 0)))"
                }
                .joined(separator: ", ")
        case "problem":
            content = code(body["problem"]) + ": " + (body["problem"]?["message"]?.string ?? "")
        case "status": content = message.status ?? ""
        default: content = ""
        }
        let turn = namesTurn ? body["turnId"]?.string.map { " (turn \($0))" } ?? "" : ""
        return message.kind + turn + (content.isEmpty ? "" : ": " + content)
    }

    /// A problem's code by its name.
    static func code(_ problem: JSONValue?) -> String {
        let number = problem?["code"]?.number ?? 0
        return (0...1_000).contains(number) ? StatusCode(rawValue: UInt32(number))?.name ?? "\(Int(number))" : "\(number)"
    }

    private static func filter(_ filter: JSONValue) -> String {
        ["field", "operator", "value"].compactMap { filter[$0]?.string }.joined(separator: " ")
    }

    private static func quoted(_ value: JSONValue?) -> String { value?.string.map { "\"\($0)\"" } ?? "" }

    private static func padded(_ number: Int) -> String {
        let text = "\(number)"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text
    }
}
