extension HTMLReport {
    /// One self-contained page about what changed between two runs.
    public static func page(_ comparison: ReportComparison, before: ReplayReport, after: ReplayReport) -> String {
        let isWorse = !comparison.broken.isEmpty
        let tiles = [
            ("\(comparison.broken.count)", "no longer as expected", isWorse ? "bad" : ""),
            ("\(comparison.mended.count)", "as expected now", comparison.mended.isEmpty ? "" : "ok"),
            ("\(comparison.changes.count)", "of \(comparison.steps) steps answered otherwise", ""),
        ].map { "<div class=\"tile \($0.2)\"><b>\($0.0)</b><span>\($0.1)</span></div>" }
        let names = [
            ("No longer as expected", comparison.broken), ("As expected now", comparison.mended), ("Only before", comparison.onlyBefore),
            ("Only after", comparison.onlyAfter),
        ]
        let lists = names.filter { !$0.1.isEmpty }.map { "<p><b>\($0.0):</b> \(escaped($0.1.joined(separator: ", ")))</p>" }
        return document(
            title: "Replay · compared",
            body: """
                <main><section class="summary \(isWorse ? "bad" : "ok")"><h1>What changed</h1>
                <p class="about">\(escaped(before.target)) \(escaped(before.startedAt)) → \(escaped(after.target)) \(escaped(after.startedAt))</p>
                <div class="tiles">\(tiles.joined())</div>\(lists.joined())\(versions(comparison))</section>
                <section class="summary"><h2>Latency of turns</h2>\(latencies(comparison))</section>
                \(comparison.changes.map(change).joined())</main><style>body{display:block}</style>
                """)
    }

    private static func versions(_ comparison: ReportComparison) -> String {
        let rows = comparison.versions.map { version in
            "<tr><td>\(escaped(version.name))</td><td>\(escaped(version.before))</td>"
                + "<td>\(version.before == version.after ? "the same" : escaped(version.after))"
                + "</td></tr>"
        }
        return "<table><tr><th>version of</th><th>before</th><th>after</th></tr>\(rows.joined())</table>"
    }

    private static func latencies(_ comparison: ReportComparison) -> String {
        func cells(_ row: ReportComparison.Latency, _ value: (LatencySummary) -> Double) -> String {
            let (old, new) = (row.before.map(value), row.after.map(value))
            let state = if let old, let new, abs(new - old) > max(5, old * 0.1) { new > old ? " up" : " down" } else { "" }
            return "<td class=\"n\">\(old.map(duration) ?? "–")</td><td class=\"n\(state)\">\(new.map(duration) ?? "–")</td>"
        }
        let rows = comparison.latencies.map { row in
            "<tr><td>\(escaped(row.name))</td><td class=\"n\">\(row.before?.count ?? 0) → \(row.after?.count ?? 0)</td>"
                + cells(row, \.p50) + cells(row, \.p90) + cells(row, \.max) + "</tr>"
        }
        return
            "<table><tr><th></th><th class=\"n\">turns</th>"
            + "<th class=\"n\">median before</th><th class=\"n\">after</th><th class=\"n\">90 % before</th>"
            + "<th class=\"n\">after</th><th class=\"n\">slowest before</th><th class=\"n\">after</th></tr>\(rows.joined())</table>"
    }

    private static func change(_ change: ReportComparison.Change) -> String {
        let state = change.passedBefore && !change.passedAfter ? "bad" : "ok"
        let failures = change.failures.map { "<p class=\"wrong\">\(escaped($0))</p>" }
        return """
            <article class="\(state)"><header><h2>\(escaped(change.action))</h2>
            <p>\(escaped(change.conversation)) · \(escaped(change.file)):\(change.line)</p>
            </header><div class="diff"><div><small>before</small>
            \(escaped(change.before))</div><div><small>after</small>
            \(escaped(change.after))</div></div>\(failures.joined())</article>
            """
    }
}
