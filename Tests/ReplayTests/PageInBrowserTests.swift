import Foundation
import Testing
import Wire

@testable import Replay

/// One conversation with everything that a page shows, as it would have been played.
private struct ShownConversation {
    static let shop = SchemaTests.root + "/examples/jewelry"
    static let anchors = [Anchor(name: "ear_left", x: 300, y: 260), Anchor(name: "ear_right", x: 120, y: 250), Anchor(name: "chin", x: 210, y: 420)]
    static let selfie = (width: 512.0, height: 512.0)

    private var atMs = 0.0

    private mutating func message(_ kind: ServerMessage.Kind, after ms: Double, turn: UInt64) -> ReceivedMessage {
        atMs += 7
        return ReceivedMessage(message: ServerMessage(turnID: turn, kind: kind), afterMs: ms, atMs: atMs)
    }

    private func recommendation(_ id: String, _ title: String, _ shares: [(String, Float)]) -> Recommendation {
        Recommendation(
            productID: id, title: title, price: Money(amountMinor: 42_900, currency: "USD"),
            reasons: shares.map { Reason(modality: $0.0, share: $0.1, text: "looks alike") }, inStock: true)
    }

    private mutating func steps(_ script: Script) -> [StepResult] {
        var steps = script.steps.enumerated().map { index, step in
            StepResult(index: index, file: step.file, line: step.line, actions: step.actions, wasTurn: true)
        }
        atMs = 2_500
        steps[0].startedAtMs = 0
        steps[0].sentAtMs = 2_400
        steps[0].tookMs = 412
        steps[0].messages = [
            message(.transcript(Transcript(text: "gold rings with a ruby, please", language: "en", final: true)), after: 180, turn: 1),
            message(
                .recommendations(
                    Recommendations(
                        items: [
                            recommendation("ring-solitaire-ruby-gold", "Ruby Solitaire Ring in 18K Gold", [("text", 0.7), ("image", 0.3)]),
                            recommendation("ring-signet-gold", "18K金印章戒指", [("text", 1)]),
                        ], filters: [AppliedFilter(field: "material", operator: "=", value: "gold")], language: "en")), after: 190, turn: 1),
            message(
                .reply(
                    ReplyDelta(
                        text: "I found 2 for you. " + String(repeating: "Both can be resized. ", count: 12), language: "en", last: true,
                        replyKind: .answer, sources: [Source(kind: "policy", id: "resizing", title: "Resizing")], intent: "wish",
                        agent: "recommendation")),
                after: 400, turn: 1),
            message(.turn(TurnEvent(state: .done)), after: 412, turn: 1),
            message(
                .trace(
                    Trace(
                        traceID: "t",
                        spans: [
                            Span(node: "speech-recognizer", startUs: 0, durationUs: 171_000),
                            Span(node: "text-encoder", startUs: 171_000, durationUs: 430),
                        ])), after: 413, turn: 1),
        ]
        steps[0].expectations = [
            ExpectationResult(file: script.file, line: 4, text: "transcript: {contains: [ruby]}", failure: nil),
            ExpectationResult(
                file: script.file, line: 5, text: "recommendations: {price_max: 400, slots: {material: gold, category: ring}}",
                failure: "ring-solitaire-ruby-gold costs 42900 minor units; at most 40000 were expected"),
        ]
        steps[0].failures = ["line 5: recommendations: ring-solitaire-ruby-gold costs 42900 minor units; at most 40000 were expected"]
        steps[0].captured = [CapturedValue(name: "order", value: "VT-10023")]
        steps[1].startedAtMs = 3_000
        steps[1].sentAtMs = 3_000
        steps[1].tookMs = 31
        steps[1].messages = [
            message(
                .tryOn(
                    TryOn(
                        productID: "earring-stud-pearl-gold", imageWidth: 512, imageHeight: 512, anchors: Self.anchors,
                        overlays: [Overlay(anchor: "ear_left", x: 300, y: 260, scale: 0.1)])), after: 30, turn: 2),
            message(.problem(Problem(code: 8, message: "the picture has 20000 bytes; 10000 are allowed")), after: 31, turn: 2),
        ]
        return steps
    }

    /// The page, and the one that compares it with another run.
    static func pages() throws -> (one: String, compared: String) {
        let script = """
            conversation: "A ring for 母亲"
            tags: [smoke]
            steps:
              - speak: {file: \(shop)/audio/gold-ruby-rings.flac, pace: 1}
              - {selfie: \(shop)/catalog/images/ring-signet-gold.jpg, try_on: earring-stud-pearl-gold}
            """
        let read = try #require(try scripts(script).first)
        let assets = try ScriptAssets.load([read], synthesiser: SpeechSynthesiser(folder: NSTemporaryDirectory()))
        var shown = ShownConversation()
        var result = ConversationResult(name: read.name, file: read.file, tags: read.tags)
        result.steps = shown.steps(read)
        result.tookMs = 3_100
        func report(_ result: ConversationResult) -> ReplayReport {
            ReplayReport(
                [result], assets: assets, target: "127.0.0.1:7401",
                versions: [NamedVersion(name: "text-encoder", version: "1.2", sha256: "abcdef0123456789")],
                startedAt: "2026-01-02T03:04:05Z", tookMs: 3_150)
        }
        var products: [String: HTMLReport.ProductPictures] = [:]
        for id in ["ring-solitaire-ruby-gold", "ring-signet-gold"] {
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(shop)/catalog/images/\(id).jpg"))
            products[id] = HTMLReport.ProductPictures(picture: ReportMedia(type: "image/jpeg", bytes: Array(data)), overlay: nil)
        }
        let failed = report(result)
        result.steps[0].failures = []
        result.steps[0].messages.removeFirst(2)
        let passed = report(result)
        let page = HTMLReport.page(failed, media: try assets.media(), products: products)
        return (page, HTMLReport.page(ReportComparison(passed, failed), before: passed, after: failed))
    }
}

@Suite("A report in a browser", .serialized, .timeLimit(.minutes(10)))
struct PageInBrowserTests {
    private func near(_ a: (r: Int, g: Int, b: Int), _ b: (r: Int, g: Int, b: Int), within: Int = 40) -> Bool {
        abs(a.r - b.r) <= within && abs(a.g - b.g) <= within && abs(a.b - b.b) <= within
    }

    @Test("shows waves, pictures, anchors in their places and latencies, all of it readable", arguments: [false, true])
    func page(dark: Bool) throws {
        let page = try BrowsedPage(
            ShownConversation.pages().one,
            boxes: [
                ".sound path", ".timeline .wave", ".timeline .answer", ".tryon figure:first-child svg", ".anchor circle", ".anchor text", ".spans i",
            ],
            dark: dark)
        let found = page.findings
        try readable(page, ["412 ms", "171 ms", "0.4 ms", "31 ms", "order = VT-10023", "A ring for 母亲", "RESOURCE_EXHAUSTED"])

        // The sound, beside the words and on the timeline, where it takes 2.4 of 3.1 s.
        let waves = try (#require(found.boxes[".sound path"]?.first), #require(found.boxes[".timeline .wave"]?.first))
        #expect(waves.0[2] > 250 && waves.0[3] > 15, "\(waves.0)")
        let timeline = try #require(found.boxes[".timeline .answer"]?.first)
        #expect(
            waves.1[2] > 500 && waves.1[3] > 5 && waves.1[1] < timeline[1] && waves.1[0] + waves.1[2] <= timeline[0] + 3, "\(waves.1), \(timeline)")
        let blue: ((r: Int, g: Int, b: Int)) -> Bool = { $0.b > $0.r + 50 }
        #expect(page.share(of: waves.0, blue) > 0.08, "the wave is drawn")
        #expect(page.share(of: waves.0, blue) < 0.9, "and it is a wave")

        // Two products and the customer's picture, decoded and large enough to be recognised.
        #expect(found.brokenImages == [] && found.images.count == 3)
        for image in found.images {
            #expect(image[2] >= 120 && image[3] >= 120, "\(image)")
            let middle = [image[0] + image[2] / 4, image[1] + image[3] / 4, image[2] / 2, image[3] / 2]
            let gold: ((r: Int, g: Int, b: Int)) -> Bool = { $0.r > $0.b + 40 }
            #expect(page.share(of: middle, gold) > 0.1, "a gold ring is in the picture")
        }

        // Each anchor's ring stands at its point of the picture, its name beside it, none over another.
        let picture = try #require(found.boxes[".tryon figure:first-child svg"]?.first)
        let scale = picture[2] / ShownConversation.selfie.width
        let rings = try #require(found.boxes[".anchor circle"])
        let names = try #require(found.boxes[".anchor text"])
        #expect(rings.count == 3 && names.count == 3 && scale > 0.4)
        for (ring, anchor) in zip(rings, ShownConversation.anchors) {
            let (x, y) = (ring[0] + ring[2] / 2, ring[1] + ring[3] / 2)
            #expect(
                abs(x - picture[0] - Double(anchor.x) * scale) < 1 && abs(y - picture[1] - Double(anchor.y) * scale) < 1, "\(anchor.name): \(ring)")
            let pink = [ring[0] - 1, ring[1] - 1, ring[2] + 2, ring[3] + 2]
            #expect(page.share(of: pink) { near($0, (255, 79, 163), within: 60) } > 0.1, "\(anchor.name) is drawn")
        }
        for (index, name) in names.enumerated() {
            #expect(name[3] >= 10, "the letters are large enough")
            #expect(name[0] >= picture[0] && name[0] + name[2] <= picture[0] + picture[2], "\(name) in \(picture)")
            for other in names[..<index] {
                #expect(
                    name[0] + name[2] <= other[0] || other[0] + other[2] <= name[0] || name[1] + name[3] <= other[1] || other[1] + other[3] <= name[1]
                )
            }
        }

        // Nodes' latencies as bars, the second behind the first.
        let bars = try #require(found.boxes[".spans i"])
        #expect(bars.count == 2 && bars[0][2] > 50 && bars[1][2] >= 2.5 && bars[1][0] >= bars[0][0] + bars[0][2] - 1, "\(bars)")
    }

    @Test("shows what changed between two runs", arguments: [false, true])
    func comparison(dark: Bool) throws {
        let page = try BrowsedPage(ShownConversation.pages().compared, dark: dark)
        try readable(page, ["What changed", "no longer as expected", "A ring for 母亲", "412 ms"])
    }

    /// Nothing is wider than the page or cut off, every letter stands out from what is behind it, and these texts are there.
    private func readable(_ page: BrowsedPage, _ wanted: [String]) throws {
        let found = page.findings
        #expect(found.width <= Double(BrowsedPage.width) && found.height <= Double(BrowsedPage.height), "\(found.width) × \(found.height)")
        for text in wanted { #expect(found.texts.contains { $0.text.contains(text) }, "\(text)") }
        for text in found.texts {
            #expect(!text.isCut, "\(text.what) is cut off: \(text.text)")
            #expect(text.contrast >= 4.5, "\(text.what) is hard to read (\(text.contrast)): \(text.text)")
            #expect(text.box[3] >= 9 && text.box[0] >= 0 && text.box[0] + text.box[2] <= Double(BrowsedPage.width), "\(text.what): \(text.box)")
        }
        let first = page.colour(5, 5)
        #expect(page.share(of: [0, 0, Double(BrowsedPage.width), 600]) { near($0, first, within: 3) } < 0.98, "something is drawn")
    }
}
