/// JUnit's XML, as continuous-integration servers read it: a suite a file, a case a conversation.
public enum JUnitReport {
    public static func xml(_ report: ReplayReport) -> String {
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"vitrine replay\" tests=\"\(report.conversations.count)\" failures=\"\(report.conversations.count { isFailure($0) })\""
                + " errors=\"\(report.conversations.count { isError($0) })\" time=\"\(seconds(report.tookMs))\">",
        ]
        for file in inOrder(report.conversations.map(\.file)) {
            let cases = report.conversations.filter { $0.file == file }
            lines.append(
                "  <testsuite name=\"\(escaped(file))\" tests=\"\(cases.count)\" failures=\"\(cases.count { isFailure($0) })\""
                    + " errors=\"\(cases.count { isError($0) })\" time=\"\(seconds(cases.reduce(0) { $0 + $1.tookMs }))\""
                    + (report.startedAt.isEmpty ? "" : " timestamp=\"\(escaped(report.startedAt))\"") + ">")
            for conversation in cases { lines += testCase(conversation) }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
    }

    private static func testCase(_ conversation: ConversationReport) -> [String] {
        let name = conversation.name + (conversation.repetition > 0 ? " #\(conversation.repetition + 1)" : "")
        let opening = "    <testcase classname=\"\(escaped(conversation.file))\" name=\"\(escaped(name))\" time=\"\(seconds(conversation.tookMs))\""
        guard !conversation.passed else { return [opening + "/>"] }
        let failures = conversation.steps.flatMap { step in step.failures.map { "\(step.file):\(step.line): \($0)" } } + conversation.violations
        let element = isError(conversation) ? "error" : "failure"
        let all = failures + (conversation.error.map { [$0] } ?? [])
        return [
            opening + ">", "      <\(element) message=\"\(escaped(all.first ?? ""))\">\(escaped(all.joined(separator: "\n")))</\(element)>",
            "      <system-out>\(escaped(FailureText.text(conversation)))</system-out>", "    </testcase>",
        ]
    }

    /// An error is a conversation that could not be held; a failure one that was not as expected.
    private static func isError(_ conversation: ConversationReport) -> Bool { conversation.error != nil }
    private static func isFailure(_ conversation: ConversationReport) -> Bool { !conversation.passed && conversation.error == nil }

    private static func seconds(_ ms: Double) -> String { "\((ms).rounded() / 1_000)" }

    private static func inOrder(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// XML 1.0 has no place for most control characters, escaped or not.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\n": out += "&#10;"
            case "\t": out += "&#9;"
            default: out.unicodeScalars.append(scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value) ? "\u{FFFD}" : scalar)
            }
        }
        return out
    }
}
