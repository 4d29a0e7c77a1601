import Wire

/// One self-contained page about a run: per conversation a timeline, what the customer said, showed and did, what the shop answered, what was
/// expected, and where the time went. Looks nothing up anywhere: pictures, sounds and style are inside.
public struct HTMLReport {
    let report: ReplayReport
    let media: [String: ReportMedia]
    let products: [String: ProductPictures]
    /// Data URIs in the order of their first use; elements refer to them by number, so that a picture shown often is stored once.
    private var stored: [String] = []
    private var numbers: [String: Int] = [:]
    private var storedBytes = 0

    /// Pictures and sounds in one page, bytes; what is beyond is only named.
    public static let mediaBytesMax = 96 << 20

    /// What products look like, for the page.
    public struct ProductPictures: Sendable {
        public var picture: ReportMedia?
        /// As worn; drawn onto the customer's picture.
        public var overlay: ReportMedia?

        public init(picture: ReportMedia?, overlay: ReportMedia?) {
            self.picture = picture
            self.overlay = overlay
        }
    }

    private init(_ report: ReplayReport, _ media: [String: ReportMedia], _ products: [String: ProductPictures]) {
        self.report = report
        self.media = media
        self.products = products
    }

    /// - Parameters:
    ///   - media: by the names in the report.
    ///   - products: by product id; what is missing is shown without a picture.
    public static func page(_ report: ReplayReport, media: [String: ReportMedia], products: [String: ProductPictures] = [:]) -> String {
        var page = HTMLReport(report, media, products)
        let body = page.summary() + report.conversations.enumerated().map { page.conversation($1, $0) }.joined()
        return document(title: "Replay · \(page.verdict)", body: page.navigation() + "<main>" + body + "</main>", data: page.stored)
    }

    static func document(title: String, body: String, data: [String] = []) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark"><title>\(escaped(title))</title><style>\(style)</style></head>
        <body>\(body)
        <script>const media=[\(data.map { "\"\($0)\"" }.joined(separator: ",\n"))];\(behaviour)</script>
        </body></html>

        """
    }

    /// Text for an element or a quoted attribute.
    static func escaped(_ text: String) -> String { JUnitReport.escaped(text) }

    func escaped(_ text: String) -> String { Self.escaped(text) }

    private var verdict: String { report.failed == 0 ? "\(report.passed) passed" : "\(report.failed) of \(report.conversations.count) failed" }

    // MARK: Media

    /// An attribute that the page's script turns into a source; nil when the picture is not there or the page is full.
    mutating func source(_ name: String) -> String? { media[name].flatMap { source(name, $0) } }

    mutating func source(_ name: String, _ media: ReportMedia) -> String? {
        if let number = numbers[name] { return "data-media=\"\(number)\"" }
        guard storedBytes + media.bytes.count <= Self.mediaBytesMax else { return nil }
        storedBytes += media.bytes.count
        numbers[name] = stored.count
        stored.append("data:\(media.type);base64,\(Base64.text(media.bytes))")
        return "data-media=\"\(stored.count - 1)\""
    }

    // MARK: Top of the page

    private func navigation() -> String {
        let rows = report.conversations.enumerated().map { index, conversation in
            "<a href=\"#c\(index)\" class=\"\(conversation.passed ? "ok" : "bad")\" data-state=\"\(conversation.passed ? "ok" : "bad")\">"
                + "<i>\(conversation.passed ? "✓" : "✕")</i><span>\(escaped(conversation.name))\(again(conversation))</span>"
                + "<small>\(Self.duration(conversation.tookMs))</small></a>"
        }
        return
            "<nav><header><b>Vitrine</b> replay</header><div class=\"switch\">"
            + "<button data-show=\"all\" class=\"on\">All \(report.conversations.count)"
            + "</button><button data-show=\"bad\">Failed \(report.failed)</button></div>\(rows.joined())</nav>"
    }

    func again(_ conversation: ConversationReport) -> String { conversation.repetition > 0 ? " <em>#\(conversation.repetition + 1)</em>" : "" }

    private func summary() -> String {
        var tiles = [
            tile("\(report.passed)", "passed", "ok"), tile("\(report.failed)", "failed", report.failed == 0 ? "" : "bad"),
            tile(Self.duration(report.tookMs), "whole run", ""),
        ]
        if let latency = report.turnLatency {
            tiles.append(tile(Self.duration(latency.p50), "median turn", ""))
            tiles.append(tile(Self.duration(latency.p90), "90 % of turns", ""))
            tiles.append(tile(Self.duration(latency.max), "slowest of \(latency.count) turns", ""))
        }
        let versions = report.versions.map { version in
            "<li><b>\(escaped(version.name))</b> \(escaped(version.version))"
                + (version.sha256.isEmpty ? "" : " <code>\(escaped(String(version.sha256.prefix(12))))</code>") + "</li>"
        }
        let flakes = report.flakes.map {
            "<p class=\"flake\"><b>Flaky</b> \(escaped($0.name)): \($0.passed) times as expected, \($0.failed) times not.</p>"
        }
        return """
            <section class="summary \(report.failed == 0 ? "ok" : "bad")"><h1>\(report.failed == 0 ? "Everything as expected" : escaped(verdict))</h1>
            <p class="about">\(escaped(report.target))\(report.startedAt.isEmpty ? "" : " · \(escaped(report.startedAt))")</p>
            <div class="tiles">\(tiles.joined())</div>\(flakes.joined())<ul class="versions">\(versions.joined())</ul></section>
            """
    }

    private func tile(_ value: String, _ name: String, _ state: String) -> String {
        "<div class=\"tile \(state)\"><b>\(escaped(value))</b><span>\(escaped(name))</span></div>"
    }

    /// "0.4 ms", "840 ms", "2.4 s", "3 min 20 s".
    static func duration(_ ms: Double) -> String {
        if ms > 0, ms < 9.95 { return "\((ms * 10).rounded() / 10) ms" }
        if ms < 1_000 { return "\(Int(ms.rounded())) ms" }
        if ms < 60_000 { return "\((ms / 100).rounded() / 10) s" }
        let seconds = Int((ms / 1_000).rounded())
        return "\(seconds / 60) min \(seconds % 60) s"
    }
}

/// RFC 4648, section 4.
enum Base64 {
    static func text(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let group = Int(bytes[index]) << 16 | (left > 1 ? Int(bytes[index + 1]) << 8 : 0) | (left > 2 ? Int(bytes[index + 2]) : 0)
            out.append(alphabet[group >> 18])
            out.append(alphabet[group >> 12 & 63])
            out.append(left > 1 ? alphabet[group >> 6 & 63] : UInt8(ascii: "="))
            out.append(left > 2 ? alphabet[group & 63] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: out, as: UTF8.self)
    }
}
