import ArgumentParser
import Foundation
import Replay
import Wire

struct ReplayCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Say what changed between two runs: versions, latencies, answers.",
        discussion: "Exit status: 0 nothing got worse; 1 a conversation that was as expected is not any more; 65 a report cannot be read.")

    @Argument(help: "Report of the first run (--json FILE).")
    var before: String

    @Argument(help: "Report of the second run.")
    var after: String

    @Option(help: ArgumentHelp("Write the comparison as one self-contained page.", valueName: "file"))
    var html: String?

    @Flag(help: "Print the comparison as JSON.")
    var json = false

    func run() throws {
        let first: ReplayReport
        let second: ReplayReport
        do {
            first = try ReplayReport.load(before)
            second = try ReplayReport.load(after)
        } catch {
            throw Environment.fail("\(error)", code: ReplayCommand.Exit.badFile)
        }
        let comparison = ReportComparison(first, second)
        if let html { try ReportFiles.put(HTMLReport.page(comparison, before: first, after: second), html) }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            printLine(String(decoding: try encoder.encode(comparison), as: UTF8.self))
        } else {
            print(comparison)
        }
        if !comparison.broken.isEmpty { throw ExitCode(ReplayCommand.Exit.failed) }
    }

    private func print(_ comparison: ReportComparison) {
        for version in comparison.versions {
            printLine("\(version.name): \(version.before)" + (version.before == version.after ? " (the same)" : " → \(version.after)"))
        }
        func number(_ value: Double?) -> String { value.map { "\(Int($0.rounded()))" } ?? "–" }
        for row in comparison.latencies {
            printLine(
                "\(row.name): median \(number(row.before?.p50)) → \(number(row.after?.p50)) ms, 90 % \(number(row.before?.p90)) → "
                    + "\(number(row.after?.p90)) ms (\(row.before?.count ?? 0) → \(row.after?.count ?? 0) turns)")
        }
        for change in comparison.changes {
            printLine("\n\(change.file):\(change.line)  \(change.action)" + (change.passedAfter ? "" : "  ✘"))
            for line in change.before.split(separator: "\n") { printLine("  - \(line)") }
            for line in change.after.split(separator: "\n") { printLine("  + \(line)") }
        }
        for (what, names) in [
            ("no longer as expected", comparison.broken), ("as expected now", comparison.mended), ("only before", comparison.onlyBefore),
            ("only after", comparison.onlyAfter),
        ] where !names.isEmpty { printLine("\(what): \(names.joined(separator: ", "))") }
        printLine("\(comparison.changes.count) of \(comparison.steps) steps answered otherwise")
    }
}
