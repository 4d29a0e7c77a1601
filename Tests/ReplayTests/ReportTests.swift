import Foundation
import Testing
import Wire

@testable import Replay

@Suite("Reports")
struct ReportTests {
    @Test("draws what is tried on as wide as it was stretched, mirrored where that is negative", arguments: [(-0.8, -1.6), (0, 2)])
    func stretched(stretch: Double, width: Double) throws {
        let overlay = JSONValue.object([
            "x": .number(3), "y": .number(4), "scale": .number(2), "imageAnchorX": .number(5), "imageAnchorY": .number(6),
            "stretch": .number(stretch),
        ])
        #expect(HTMLReport.transform(overlay) == "translate(3.0 4.0) rotate(0.0) scale(\(width) 2.0) translate(-5.0 -6.0)")
    }

    private func report(_ change: (inout ConversationResult) -> Void = { _ in }) throws -> ReplayReport {
        let steps = """
            conversation: "Rings & <things>"
            tags: [smoke]
            steps:
              - {say: 'gold "rings"', expect: [{reply: {contains: said gold}}]}
              - {say: bye, expect: [{reply: {contains: hello}}, {recommendations: {}}]}
            """
        var result = try ShopTest.play(steps).result
        change(&result)
        return ReplayReport(
            [result], assets: ScriptAssets(), target: "here", versions: [NamedVersion(name: "vitrine", version: "1")],
            startedAt: "2026-01-02T03:04:05Z",
            tookMs: 1_500)
    }

    @Test("JSON keeps everything, and is read back the same")
    func json() throws {
        let report = try report()
        let path = NSTemporaryDirectory() + "vitrine-report-\(UInt32.random(in: 0...(.max))).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try report.json().write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try ReplayReport.load(path) == report)
        #expect(report.failed == 1)
        #expect(report.turnLatency?.count == 1)
        let reply = try #require(report.conversations[0].steps[0].messages.first { $0.kind == "reply" })
        #expect(reply.message["reply"]?["text"]?.string == "you said gold \"rings\"")
        try "{\"format\":1}".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: RPCStatus.self) { try ReplayReport.load(path) }
        #expect(throws: RPCStatus(.notFound, "/nowhere: no such file, or it cannot be read")) { try ReplayReport.load("/nowhere") }
    }

    @Test("JUnit counts failures and errors apart, and is well-formed whatever the words")
    func junit() throws {
        let failed = JUnitReport.xml(try report())
        let document = try XMLDocumentCheck.parse(failed)
        #expect(document.count(of: "testcase") == 1)
        #expect(document.count(of: "failure") == 1)
        #expect(document.attributes(of: "testsuites").first?["failures"] == "1")
        #expect(document.attributes(of: "testcase").first?["name"] == "Rings & <things>")
        #expect(document.attributes(of: "failure").first?["message"]?.contains("talks/gold.yaml:5: line 5: reply: the reply lacks \"hello\"") == true)
        let broken = try XMLDocumentCheck.parse(JUnitReport.xml(try report { $0.error = "gone\u{1} & lost" }))
        #expect(broken.attributes(of: "testsuites").first?["errors"] == "1")
        #expect(broken.count(of: "error") == 1)
    }

    @Test("A failure is told with what was expected and what came, around the first step that failed")
    func text() throws {
        let text = FailureText.text(try #require(try report().conversations.first))
        for part in [
            "before, line 4:", "step 2, talks/gold.yaml:5:", "→ say: bye", "✘ reply: {contains: hello}",
            "the reply lacks \"hello\": \"you said bye\"",
            "✘ recommendations: {}", "no recommendations came", "what came:", "reply (turn 2): \"you said bye\" en", "turn_done (turn 2)",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test("A page holds everything itself, escaped, with each picture once")
    func html() throws {
        var report = try report()
        report.conversations[0].steps[0].actions.append(ActionReport(kind: "show", text: "", media: ["a.png"]))
        report.conversations[0].steps[1].actions.append(ActionReport(kind: "selfie", text: "", media: ["a.png"]))
        report.conversations[0].steps[0].actions.append(ActionReport(kind: "speak", text: "", media: ["no.wav"], seconds: 1, waveform: [0, 50, 100]))
        let page = HTMLReport.page(report, media: ["a.png": ReportMedia(type: "image/png", bytes: [1, 2, 3, 4])])
        #expect(page.components(separatedBy: "data:image/png;base64,AQIDBA==").count == 2)
        #expect(page.components(separatedBy: "data-media=\"0\"").count == 3)
        #expect(page.contains("Rings &amp; &lt;things&gt;"))
        #expect(!page.contains("<things>"))
        #expect(page.contains("the reply lacks &quot;hello&quot;"))
        #expect(page.contains("class=\"spans\""), "the trace's node latencies are drawn")
        #expect(page.contains("M0,49L1,25L2,0L2,100L1,75L0,51Z"), "the sound's wave is drawn")
        // Nothing is looked up elsewhere.
        #expect(!page.contains("http://") && !page.contains("https://"))
    }

    @Test("Two runs are compared by versions, verdicts, latencies and answers")
    func comparison() throws {
        let before = try report { $0.steps[1].failures = [] }
        var after = before
        after.versions.append(NamedVersion(name: "speech", version: "2", sha256: "abcdef0123456789"))
        #expect(ReportComparison(before, before).changes == [])
        after.conversations[0].passed = false
        after.conversations[0].steps[1].failures = ["wrong"]
        after.conversations[0].steps[0].tookMs += 100
        let place = try #require(after.conversations[0].steps[1].messages.firstIndex { $0.kind == "reply" })
        after.conversations[0].steps[1].messages[place].message = .object(["reply": .object(["text": .string("good bye")])])
        var passed = before
        passed.conversations[0].passed = true
        let comparison = ReportComparison(passed, after)
        #expect(comparison.broken == ["Rings & <things>"])
        #expect(comparison.versions.map(\.before) == ["1", "none"])
        #expect(comparison.versions.map(\.after) == ["1", "2 (abcdef012345)"])
        #expect(comparison.changes.map(\.before) == ["you said bye"])
        #expect(comparison.changes.map(\.after) == ["good bye"])
        #expect(comparison.steps == 2)
        #expect(comparison.latencies.map(\.name) == ["all turns", "say"])
        let page = HTMLReport.page(comparison, before: passed, after: after)
        #expect(page.contains("good bye") && page.contains("no longer as expected"))
    }

    @Test("Percentiles are nearest ranks")
    func latency() throws {
        let summary = try #require(LatencySummary((1...100).map(Double.init).shuffled()))
        #expect([summary.p50, summary.p90, summary.p99, summary.max, summary.mean] == [50, 90, 99, 100, 50.5])
        #expect(LatencySummary([7])?.p99 == 7)
        #expect(LatencySummary([]) == nil)
    }
}

/// Just enough of an XML reader to see that a report is well-formed: nested elements, quoted attributes, entities.
struct XMLDocumentCheck {
    struct Malformed: Error { var at: String }
    private(set) var elements: [(name: String, attributes: [String: String])] = []

    static func parse(_ text: String) throws -> XMLDocumentCheck {
        var document = XMLDocumentCheck()
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard !rest[..<start].contains(">") else { throw Malformed(at: String(rest.prefix(40))) }
            guard let end = rest[start...].firstIndex(of: ">") else { throw Malformed(at: String(rest.prefix(40))) }
            var tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") { continue }
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { throw Malformed(at: String(tag)) }
                continue
            }
            let isEmpty = tag.hasSuffix("/")
            if isEmpty { tag = tag.dropLast() }
            let name = String(tag.prefix { $0 != " " })
            var attributes: [String: String] = [:]
            for match in tag.matches(of: /(\w+)="([^"<]*)"/) { attributes[String(match.1)] = try unescaped(String(match.2)) }
            document.elements.append((name, attributes))
            if !isEmpty { open.append(name) }
        }
        guard open.isEmpty else { throw Malformed(at: "\(open)") }
        return document
    }

    private static func unescaped(_ text: String) throws -> String {
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else { throw Malformed(at: text) }
        var out = text
        for (entity, plain) in [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&#10;", "\n"), ("&#9;", "\t"), ("&amp;", "&")] {
            out = out.replacingOccurrences(of: entity, with: plain)
        }
        return out
    }

    func count(of name: String) -> Int { elements.count { $0.name == name } }
    func attributes(of name: String) -> [[String: String]] { elements.filter { $0.name == name }.map(\.attributes) }
}
